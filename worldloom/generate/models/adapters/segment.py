"""Which pixels belong to the thing at a point or in a box: SAM 2, through transformers."""

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
class SquareInput:
    """What pictures a network reads. They are prepared here rather than by transformers' processors, which would want
    torchvision for it."""

    size: int = 1024
    """Pixels a side; pictures are stretched to a square."""
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    deviation: tuple[float, ...] = (0.229, 0.224, 0.225)

    @staticmethod
    def of(folder: Path) -> SquareInput:
        """From the model's own settings, where it has any."""
        for name in ("preprocessor_config.json", "processor_config.json"):
            if (folder / name).is_file():
                told = json.loads((folder / name).read_text(encoding="utf-8"))
                told = told.get("image_processor", told)
                size = told.get("size", SquareInput.size)
                size = size.get("height", SquareInput.size) if isinstance(size, dict) else size
                mean, deviation = told.get("image_mean", SquareInput.mean), told.get("image_std", SquareInput.deviation)
                return SquareInput(int(size), tuple(mean), tuple(deviation))
        return SquareInput()

    def pixels(self, image: np.ndarray) -> Any:
        """(1, 3, size, size) float32 tensor of a picture (H, W, 3) uint8."""
        import torch
        from PIL import Image

        square = Image.fromarray(image).resize((self.size, self.size), Image.Resampling.BILINEAR)
        values = np.array(square, np.float32) / 255
        values = (values - np.array(self.mean, np.float32)) / np.array(self.deviation, np.float32)
        return torch.from_numpy(values).permute(2, 0, 1)[None]


@dataclass(frozen=True, eq=False)
class Sam2(Loaded):
    """Segment Anything 2 (Ravi et al. 2024): the thing at some points, or those in some boxes."""

    network: Any = field(kw_only=True)
    reads: SquareInput = field(kw_only=True)

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
            raise InvalidDataError("SAM 2 doesn't read words; give it points or boxes, or use CLIPSeg or SAM 3.")
        if bool(points) == bool(boxes):
            raise InvalidDataError("SAM 2 needs either points or boxes.")
        height, width = image.shape[:2]
        scale = torch.tensor([self.reads.size / width, self.reads.size / height])
        asked = {"pixel_values": self.reads.pixels(image)}
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
        return best_first((grown[0] > 0).cpu().numpy(), scores.cpu().numpy())


def load_sam2(card: Card, folder: Path, *, device: str | None = None) -> Sam2:
    """From the folder of a transformers model."""
    from transformers import Sam2Model

    device = hardware.choose(device)
    # Not in half precision: masks of thin things suffer, and this network is small.
    network: Any = Sam2Model.from_pretrained(str(folder), local_files_only=True)
    network = network.to(device).eval()
    return Sam2(*Loaded.of(card, folder), device=device, network=network, reads=SquareInput.of(folder))


def best_first(masks: np.ndarray, scores: np.ndarray) -> Masks:
    """Masks (M, H, W) bool in the order of their scores (M,)."""
    order = np.argsort(-scores, kind="stable")
    return Masks(masks[order], np.clip(scores[order], 0, 1).astype(np.float32))
