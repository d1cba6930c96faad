"""Which pixels are what words name: CLIPSeg, and SAM 3 (which takes boxes too), through transformers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from worldloom.generate.models import hardware
from worldloom.generate.models.adapters.loaded import Loaded, checked_picture
from worldloom.generate.models.adapters.segment import SquareInput, best_first
from worldloom.generate.models.card import Card
from worldloom.generate.models.interfaces import Masks
from worldloom.scene.errors import InvalidDataError

_LEAST_SHARE = 1e-3
"""Of a picture: smaller spots that CLIPSeg finds are not things."""


@dataclass(frozen=True, eq=False)
class ClipSeg(Loaded):
    """CLIPSeg (Lueddecke & Ecker 2022): how well each pixel fits some words. Spots that hang together are a mask each,
    with the mean of their likelihoods as its score."""

    network: Any = field(kw_only=True)
    tokenizer: Any = field(kw_only=True)
    reads: SquareInput = field(kw_only=True)
    threshold: float = field(default=0.4, kw_only=True)

    def segment(
        self,
        image: np.ndarray,
        *,
        text: str | None = None,
        points: Sequence[tuple[float, float]] = (),
        boxes: Sequence[tuple[float, float, float, float]] = (),
    ) -> Masks:
        """See `interfaces.Segmenter`."""
        import cv2
        import torch

        image = checked_picture(image)
        if points or boxes or not text:
            raise InvalidDataError("CLIPSeg needs words, and nothing else; for points and boxes use SAM 2.")
        words = self.tokenizer([text], return_tensors="pt", truncation=True)
        with torch.inference_mode():
            answered = self.network(
                input_ids=words["input_ids"].to(self.device),
                attention_mask=words["attention_mask"].to(self.device),
                pixel_values=self.reads.pixels(image).to(self.device),
            )
        small = answered.logits.float().sigmoid().reshape(self.reads.size, self.reads.size).cpu().numpy()
        height, width = image.shape[:2]
        likely = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
        count, spots, facts, _ = cv2.connectedComponentsWithStats((likely > self.threshold).astype(np.uint8))
        large = [
            spot for spot in range(1, count) if facts[spot, cv2.CC_STAT_AREA] >= max(_LEAST_SHARE * likely.size, 1)
        ]
        masks = np.array([spots == spot for spot in large], bool).reshape(-1, height, width)
        return best_first(masks, np.array([likely[mask].mean() for mask in masks], np.float32))


@dataclass(frozen=True, eq=False)
class Sam3(Loaded):
    """Segment Anything 3 (Carion et al. 2025): everything that words or boxes mean."""

    network: Any = field(kw_only=True)
    processor: Any = field(kw_only=True)
    threshold: float = field(default=0.5, kw_only=True)

    def segment(
        self,
        image: np.ndarray,
        *,
        text: str | None = None,
        points: Sequence[tuple[float, float]] = (),
        boxes: Sequence[tuple[float, float, float, float]] = (),
    ) -> Masks:
        """See `interfaces.Segmenter`."""
        image = checked_picture(image)
        if points:
            raise InvalidDataError("SAM 3 takes words or boxes here; for points use SAM 2.")
        if not text and not boxes:
            raise InvalidDataError("SAM 3 needs words or boxes that say what to look for.")
        questions: dict[str, Any] = {"text": text or "visual"}
        if boxes:
            questions["input_boxes"] = [[list(box) for box in boxes]]
            questions["input_boxes_labels"] = [[1] * len(boxes)]
        import torch

        asked = self.processor(images=image, return_tensors="pt", **questions).to(self.device)
        asked.pop("original_sizes", None)
        with torch.inference_mode():
            answered = self.network(**asked)
        found = self.processor.post_process_instance_segmentation(
            answered, threshold=self.threshold, mask_threshold=0.5, target_sizes=[image.shape[:2]]
        )[0]
        masks = np.asarray(found["masks"].cpu()).astype(bool).reshape(-1, *image.shape[:2])
        return best_first(masks, found["scores"].float().cpu().numpy())


def load_clipseg(card: Card, folder: Path, *, device: str | None = None, threshold: float = 0.4) -> ClipSeg:
    """From the folder of a transformers model; `threshold` (0 to 1) is how likely a pixel must be."""
    from transformers import CLIPSegForImageSegmentation, CLIPTokenizer

    device = hardware.choose(device)
    network: Any = CLIPSegForImageSegmentation.from_pretrained(str(folder), local_files_only=True)
    network = network.to(device).eval()
    tokenizer = CLIPTokenizer.from_pretrained(str(folder), local_files_only=True)
    reads = SquareInput.of(folder)
    made = Loaded.of(card, folder)
    return ClipSeg(*made, device=device, network=network, tokenizer=tokenizer, reads=reads, threshold=threshold)


def load_sam3(card: Card, folder: Path, *, device: str | None = None, threshold: float = 0.5) -> Sam3:
    """From the folder of a transformers model; `threshold` (0 to 1) is the least score of what counts as found."""
    from transformers import Sam3Model, Sam3Processor

    device = hardware.choose(device)
    network: Any = Sam3Model.from_pretrained(str(folder), local_files_only=True)
    network = network.to(device).eval()
    processor = Sam3Processor.from_pretrained(str(folder), local_files_only=True)
    return Sam3(*Loaded.of(card, folder), device=device, network=network, processor=processor, threshold=threshold)
