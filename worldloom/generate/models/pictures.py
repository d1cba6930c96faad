"""Reading and writing the files of the chain's stages: pictures, arrays, Gaussians."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from worldloom.generate.models.align import SphereDepth
from worldloom.scene.errors import FormatError
from worldloom.scene.gaussians import FIELD_NAMES, Gaussians


def write_picture(path: Path, image: np.ndarray) -> None:
    """PNG of (H, W, 3) uint8 sRGB or (H, W) uint8 or bool."""
    values = image.astype(np.uint8) * 255 if image.dtype == bool else image
    if values.ndim == 3:
        values = cv2.cvtColor(values, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".png", values)
    if not done:
        raise FormatError(f"{path} could not be written as PNG.")
    path.write_bytes(data.tobytes())


def read_picture(path: Path) -> np.ndarray:
    """(H, W, 3) uint8 sRGB."""
    found = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if found is None:
        raise FormatError(f"{path} is not a picture that can be read.")
    return cv2.cvtColor(found, cv2.COLOR_BGR2RGB)


def depth_picture(depth: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 for people: near is bright and warm, far is dark, sky is black."""
    inverse = np.where(valid, 1 / np.maximum(depth, 1e-6), 0)
    low, high = np.quantile(inverse[valid], (0.01, 0.99)) if valid.any() else (0.0, 1.0)
    shade = np.clip((inverse - low) / max(high - low, 1e-9), 0, 1)
    coloured = cv2.applyColorMap((shade * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    return np.where(valid[..., None], cv2.cvtColor(coloured, cv2.COLOR_BGR2RGB), 0).astype(np.uint8)


def write_depth(path: Path, depth: SphereDepth) -> None:
    """NPZ."""
    np.savez_compressed(
        path,
        distance=depth.distance,
        valid=depth.valid,
        metric=np.array(depth.metric),
        disagreement=np.array(depth.disagreement),
    )


def read_depth(path: Path) -> SphereDepth:
    """See `write_depth`."""
    with np.load(path) as kept:
        return SphereDepth(kept["distance"], kept["valid"], bool(kept["metric"]), float(kept["disagreement"]))


def write_gaussians(path: Path, gaussians: Gaussians) -> None:
    """safetensors of the five fields."""
    from safetensors.torch import save_file

    save_file({name: tensor.contiguous() for name, tensor in zip(FIELD_NAMES, gaussians.tensors)}, path)


def read_gaussians(path: Path) -> Gaussians:
    """See `write_gaussians`."""
    from safetensors.torch import load_file

    kept = load_file(path)
    return Gaussians.checked(*(kept[name] for name in FIELD_NAMES), origin=str(path))
