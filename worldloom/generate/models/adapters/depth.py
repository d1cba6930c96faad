"""Depth of a picture: Depth Anything V2 through transformers, MoGe through its own package."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from worldloom.generate.models import hardware
from worldloom.generate.models.adapters.loaded import Loaded, checked_picture
from worldloom.generate.models.card import Card
from worldloom.generate.models.interfaces import DepthMap

_SKY = 0.01
"""Relative inverse depths under this share of the nearest ones mean sky."""


@dataclass(frozen=True, eq=False)
class DepthAnything(Loaded):
    """Depth Anything V2 (Yang et al. 2024): relative inverse depth; its metric variants give metres."""

    network: Any = field(kw_only=True)
    processor: Any = field(kw_only=True)

    def depth(self, image: np.ndarray, *, intrinsics: np.ndarray | None = None) -> DepthMap:
        """See `interfaces.DepthEstimator`; this network doesn't use `intrinsics`."""
        import torch

        image = checked_picture(image)
        pixels = self.processor(images=image, return_tensors="pt")["pixel_values"]
        with torch.inference_mode():
            predicted = self.network(pixels.to(self.network.device, self.network.dtype)).predicted_depth
            predicted = torch.nn.functional.interpolate(
                predicted[:, None].float(), image.shape[:2], mode="bicubic", align_corners=False
            )
        values = predicted[0, 0].cpu().numpy()
        if self.network.config.depth_estimation_type == "metric":
            valid = np.isfinite(values) & (values > 1e-3)
            return DepthMap(np.where(valid, values, 0).astype(np.float32), valid, metric=True)
        near = float(np.quantile(values, 0.995))
        valid = np.isfinite(values) & (values > max(_SKY * near, 1e-6))
        depth = np.where(valid, max(near, 1e-6) / np.where(valid, values, 1), 0)
        return DepthMap(depth.astype(np.float32), valid, metric=False, affine=True)


def load_depth_anything(card: Card, folder: Path, *, device: str | None = None) -> DepthAnything:
    """From the folder of a transformers model."""
    from transformers import AutoImageProcessor, AutoModelForDepthEstimation

    device = hardware.choose(device)
    network = AutoModelForDepthEstimation.from_pretrained(
        str(folder), dtype=hardware.dtype_of(device), local_files_only=True
    )
    processor = AutoImageProcessor.from_pretrained(str(folder), local_files_only=True)
    return DepthAnything(
        *Loaded.of(card, folder), device=device, network=network.to(device).eval(), processor=processor
    )


@dataclass(frozen=True, eq=False)
class MoGe(Loaded):
    """MoGe-2 (Wang et al. 2025): metric depth with normals, focal length and a mask of the sky."""

    network: Any = field(kw_only=True)

    def depth(self, image: np.ndarray, *, intrinsics: np.ndarray | None = None) -> DepthMap:
        """See `interfaces.DepthEstimator`."""
        import torch

        image = checked_picture(image)
        height, width = image.shape[:2]
        pixels = torch.from_numpy(image).to(self.device).permute(2, 0, 1).float() / 255
        fov = None if intrinsics is None else math.degrees(2 * math.atan(width / 2 / float(intrinsics[0, 0])))
        found = self.network.infer(pixels, fov_x=fov, use_fp16=self.device.startswith("cuda"))
        depth = found["depth"].float().cpu().numpy()
        valid = np.isfinite(depth) & (depth > 0)
        if "mask" in found:
            valid &= found["mask"].cpu().numpy().astype(bool)
        seen = found["intrinsics"].double().cpu().numpy() * np.array([[width], [height], [1]])  # MoGe's are per picture
        normals = _facing(found["normal"].float().cpu().numpy(), seen) if "normal" in found else None
        depth = np.where(valid, depth, 0).astype(np.float32)
        return DepthMap(depth, valid, metric=True, intrinsics=seen, normals=normals)


def load_moge(card: Card, folder: Path, *, device: str | None = None) -> MoGe:
    """From a folder with model.pt."""
    from moge.model.v2 import MoGeModel  # pyright: ignore[reportMissingImports]

    device = hardware.choose(device)
    network = MoGeModel.from_pretrained(str(folder / "model.pt")).to(device).eval()
    return MoGe(*Loaded.of(card, folder), device=device, network=network)


def _facing(normals: np.ndarray, intrinsics: np.ndarray) -> np.ndarray:
    """Normals turned towards the camera."""
    rows, columns = np.mgrid[: normals.shape[0], : normals.shape[1]] + 0.5
    x, y = (columns - intrinsics[0, 2]) / intrinsics[0, 0], (rows - intrinsics[1, 2]) / intrinsics[1, 1]
    away = normals[..., 0] * x + normals[..., 1] * y + normals[..., 2] > 0
    return np.where(away[..., None], -normals, normals).astype(np.float32)
