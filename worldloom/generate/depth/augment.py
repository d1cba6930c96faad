"""Rendered views made as various as photos are: cropped, mirrored, in other light, out of focus, noisy, compressed."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Inverse = NDArray[np.float32]


def varied(
    rgb: Picture, inverse: Inverse, width: int, height: int, rng: np.random.Generator
) -> tuple[Picture, Inverse]:
    """(height, width, 3) and (height / 2, width / 2), of a view (H, W, 3) and (H / 2, W / 2)."""
    rgb, inverse = _cropped(rgb, inverse, width, height, rng)
    if rng.random() < 0.5:
        rgb, inverse = rgb[:, ::-1], inverse[:, ::-1]
    if rng.random() < 0.12:
        rgb = _out_of_focus(rgb, inverse, rng)
    return _photographed(rgb, rng), np.ascontiguousarray(inverse)


def _cropped(
    rgb: Picture, inverse: Inverse, width: int, height: int, rng: np.random.Generator
) -> tuple[Picture, Inverse]:
    """A part of the view. Crops change scale and shift of inverse depth at most, so the truth stays true."""
    tall, wide = inverse.shape
    share = rng.uniform(0.6, 1.0)
    stretch = np.exp(rng.uniform(-0.15, 0.15))
    h, w = min(tall, int(tall * share * stretch)), min(wide, int(wide * share / stretch))
    top, left = int(rng.integers(tall - h + 1)), int(rng.integers(wide - w + 1))
    part = rgb[2 * top : 2 * (top + h), 2 * left : 2 * (left + w)]
    depth = inverse[top : top + h, left : left + w]
    way = cv2.INTER_AREA if h * 2 > height else cv2.INTER_LINEAR
    picture = cv2.resize(part, (width, height), interpolation=way)
    truth = cv2.resize(depth, (width // 2, height // 2), interpolation=cv2.INTER_NEAREST)
    return np.asarray(picture, np.uint8), np.asarray(truth, np.float32)


def _out_of_focus(rgb: Picture, inverse: Inverse, rng: np.random.Generator) -> Picture:
    """Sharp only about one depth, as through a wide aperture."""
    focus = inverse[rng.integers(inverse.shape[0] // 3, inverse.shape[0]), rng.integers(inverse.shape[1])]
    away = np.abs(inverse - focus) / max(float(np.quantile(inverse, 0.95)), 1e-3)
    share = cv2.resize((away * rng.uniform(1, 4)).clip(0, 1), (rgb.shape[1], rgb.shape[0]))
    share = cv2.GaussianBlur(share, (0, 0), 1.5)[..., None]
    blurred = cv2.GaussianBlur(np.ascontiguousarray(rgb), (0, 0), rng.uniform(1.5, 4))
    return (rgb * (1 - share) + blurred * share).astype(np.uint8)


def _photographed(rgb: Picture, rng: np.random.Generator) -> Picture:
    colour = (rgb / np.float32(255)) ** np.float32(np.exp(rng.normal(0, 0.25)))
    colour = colour * np.exp(rng.normal(0, 0.2) + rng.normal(0, 0.07, 3)).astype(np.float32)
    grey = colour.mean(axis=2, keepdims=True)
    colour = grey + (colour - grey) * np.float32(0 if rng.random() < 0.06 else rng.uniform(0.5, 1.3))
    middle = colour.mean()
    colour = middle + (colour - middle) * np.float32(rng.uniform(0.75, 1.35))
    if rng.random() < 0.3:
        colour = cv2.GaussianBlur(colour, (0, 0), rng.uniform(0.3, 1.3))
    elif rng.random() < 0.5:  # renders are softer than photos
        soft = cv2.GaussianBlur(colour, (0, 0), 1.2)
        colour = colour + (colour - soft) * np.float32(rng.uniform(0.3, 1.5))
    if rng.random() < 0.5:
        grain = rng.standard_normal(rgb.shape, np.float32)
        if rng.random() < 0.5:  # rough surfaces, which few Gaussians leave smooth
            grain = cv2.resize(grain[::2, ::2], (rgb.shape[1], rgb.shape[0]))
        colour = colour + grain * np.float32(rng.uniform(0.005, 0.06))
    picture = (colour.clip(0, 1) * 255 + 0.5).astype(np.uint8)
    if rng.random() < 0.4:
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))])
        picture = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return picture
