"""Which pixels belong to what: SAM 2 (points and boxes) and SAM 3 (words and boxes), through transformers."""

from __future__ import annotations

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


@dataclass(frozen=True, eq=False)
class _Segmenting(Loaded):
    network: Any = field(kw_only=True)
    processor: Any = field(kw_only=True)

    def _ask(self, image: np.ndarray, **questions: Any) -> tuple[Any, Any]:
        import torch

        asked = self.processor(images=image, return_tensors="pt", **questions).to(self.device)
        asked["pixel_values"] = asked["pixel_values"].to(self.network.dtype)
        with torch.inference_mode():
            passed = {name: value for name, value in asked.items() if name != "original_sizes"}
            return asked, self.network(**passed)


@dataclass(frozen=True, eq=False)
class Sam2(_Segmenting):
    """Segment Anything 2 (Ravi et al. 2024): the thing at some points, or those in some boxes."""

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
        if text is not None:
            raise InvalidDataError("SAM 2 doesn't read words; give it points or boxes, or use SAM 3.")
        if bool(points) == bool(boxes):
            raise InvalidDataError("SAM 2 needs either points or boxes.")
        if points:
            questions: dict[str, Any] = {"input_points": [[[list(point) for point in points]]]}
            questions["input_labels"] = [[[1] * len(points)]]
        else:
            questions = {"input_boxes": [[list(box) for box in boxes]]}
        asked, answered = self._ask(image, **questions)
        masks = self.processor.post_process_masks(answered.pred_masks.float().cpu(), asked["original_sizes"].cpu())[0]
        scores = answered.iou_scores.float().cpu()[0]  # (objects, candidates)
        if points:
            masks, scores = masks[0], scores[0]
        else:  # the best candidate of each box
            best = scores.argmax(dim=1)
            rows = range(len(best))
            masks, scores = masks[rows, best], scores[rows, best]
        return _best_first(masks.numpy().astype(bool), scores.numpy())


@dataclass(frozen=True, eq=False)
class Sam3(_Segmenting):
    """Segment Anything 3 (Carion et al. 2025): everything that words or boxes mean."""

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
        _, answered = self._ask(image, **questions)
        found = self.processor.post_process_instance_segmentation(
            answered, threshold=self.threshold, mask_threshold=0.5, target_sizes=[image.shape[:2]]
        )[0]
        masks = np.asarray(found["masks"].cpu()).astype(bool).reshape(-1, *image.shape[:2])
        return _best_first(masks, found["scores"].float().cpu().numpy())


def load_sam2(card: Card, folder: Path, *, device: str | None = None) -> Sam2:
    """From the folder of a transformers model."""
    from transformers import Sam2Model, Sam2Processor

    return Sam2(*Loaded.of(card, folder), **_parts(folder, device, Sam2Model, Sam2Processor))


def load_sam3(card: Card, folder: Path, *, device: str | None = None, threshold: float = 0.5) -> Sam3:
    """From the folder of a transformers model; `threshold` (0 to 1) is the least score of what counts as found."""
    from transformers import Sam3Model, Sam3Processor

    return Sam3(*Loaded.of(card, folder), threshold=threshold, **_parts(folder, device, Sam3Model, Sam3Processor))


def _parts(folder: Path, device: str | None, network: Any, processor: Any) -> dict[str, Any]:
    device = hardware.choose(device)
    # Not half precision: masks of thin things suffer, and these networks are small.
    loaded = network.from_pretrained(str(folder), local_files_only=True).to(device).eval()
    return {
        "device": device,
        "network": loaded,
        "processor": processor.from_pretrained(str(folder), local_files_only=True),
    }


def _best_first(masks: np.ndarray, scores: np.ndarray) -> Masks:
    order = np.argsort(-scores, kind="stable")
    return Masks(masks[order], np.clip(scores[order], 0, 1).astype(np.float32))
