"""Which pixels belong to what: SAM 2 (points and boxes) and SAM 3 (words and boxes), through transformers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from worldloom.generate.models import hardware
from worldloom.generate.models.adapters.loaded import Loaded, checked_picture
from worldloom.generate.models.card import Card
from worldloom.generate.models.interfaces import Masks
from worldloom.scene.errors import InvalidDataError


@dataclass(frozen=True)
class _Input:
    """What pictures a network reads."""

    size: int = 1024
    """Pixels a side; pictures are stretched to a square."""
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    deviation: tuple[float, ...] = (0.229, 0.224, 0.225)

    @staticmethod
    def of(folder: Path) -> _Input:
        """From the model's own settings, where it has any."""
        for name in ("preprocessor_config.json", "processor_config.json"):
            if (folder / name).is_file():
                told = json.loads((folder / name).read_text(encoding="utf-8"))
                told = told.get("image_processor", told)
                size = told.get("size", {}).get("height", _Input.size)
                mean, deviation = told.get("image_mean", _Input.mean), told.get("image_std", _Input.deviation)
                return _Input(int(size), tuple(mean), tuple(deviation))
        return _Input()


@dataclass(frozen=True, eq=False)
class Sam2(Loaded):
    """Segment Anything 2 (Ravi et al. 2024): the thing at some points, or those in some boxes.

    Pictures are prepared here rather than by transformers' processor, which would want torchvision for it.
    """

    network: Any = field(kw_only=True)
    reads: _Input = field(kw_only=True)

    def segment(
        self,
        image: np.ndarray,
        *,
        text: str | None = None,
        points: Sequence[tuple[float, float]] = (),
        boxes: Sequence[tuple[float, float, float, float]] = (),
    ) -> Masks:
        """See `interfaces.Segmenter`."""
        import torch

        image = checked_picture(image)
        if text is not None:
            raise InvalidDataError("SAM 2 doesn't read words; give it points or boxes, or use SAM 3.")
        if bool(points) == bool(boxes):
            raise InvalidDataError("SAM 2 needs either points or boxes.")
        height, width = image.shape[:2]
        scale = torch.tensor([self.reads.size / width, self.reads.size / height])
        asked = {"pixel_values": self._pixels(image)}
        if points:
            asked["input_points"] = (torch.tensor(points, dtype=torch.float32) * scale)[None, None]
            asked["input_labels"] = torch.ones(1, 1, len(points), dtype=torch.int64)
        else:
            asked["input_boxes"] = (torch.tensor(boxes, dtype=torch.float32) * scale.repeat(2))[None]
        with torch.inference_mode():
            answered = self.network(**{name: value.to(self.device) for name, value in asked.items()})
        masks, scores = answered.pred_masks[0].float(), answered.iou_scores[0].float()  # (things, candidates, ...)
        if points:
            masks, scores = masks[0], scores[0]
        else:  # the best candidate of each box
            best, rows = scores.argmax(dim=1), torch.arange(len(boxes))
            masks, scores = masks[rows, best], scores[rows, best]
        grown = torch.nn.functional.interpolate(masks[None], (height, width), mode="bilinear", align_corners=False)
        return _best_first((grown[0] > 0).cpu().numpy(), scores.cpu().numpy())

    def _pixels(self, image: np.ndarray) -> Any:
        import torch
        from PIL import Image

        side = self.reads.size
        square = np.array(Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR), np.float32) / 255
        square = (square - np.array(self.reads.mean, np.float32)) / np.array(self.reads.deviation, np.float32)
        return torch.from_numpy(square).permute(2, 0, 1)[None]


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
        return _best_first(masks, found["scores"].float().cpu().numpy())


def load_sam2(card: Card, folder: Path, *, device: str | None = None) -> Sam2:
    """From the folder of a transformers model."""
    from transformers import Sam2Model

    device = hardware.choose(device)
    # Not in half precision: masks of thin things suffer, and this network is small.
    network: Any = Sam2Model.from_pretrained(str(folder), local_files_only=True)
    network = network.to(device).eval()
    return Sam2(*Loaded.of(card, folder), device=device, network=network, reads=_Input.of(folder))


def load_sam3(card: Card, folder: Path, *, device: str | None = None, threshold: float = 0.5) -> Sam3:
    """From the folder of a transformers model; `threshold` (0 to 1) is the least score of what counts as found."""
    from transformers import Sam3Model, Sam3Processor

    device = hardware.choose(device)
    network: Any = Sam3Model.from_pretrained(str(folder), local_files_only=True)
    network = network.to(device).eval()
    processor = Sam3Processor.from_pretrained(str(folder), local_files_only=True)
    return Sam3(*Loaded.of(card, folder), device=device, network=network, processor=processor, threshold=threshold)


def _best_first(masks: np.ndarray, scores: np.ndarray) -> Masks:
    order = np.argsort(-scores, kind="stable")
    return Masks(masks[order], np.clip(scores[order], 0, 1).astype(np.float32))
