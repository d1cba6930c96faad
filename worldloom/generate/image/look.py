"""What a picture is taken for before a world is made of it: for pages that show it and let people drag."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from worldloom.generate.image.guides import Guides
from worldloom.generate.image.layout import lay_out
from worldloom.generate.image.reading import LONG_SIDE, Picture, read_picture
from worldloom.generate.image.solve import level, solve

_GRID = 24
"""Cells of `distances` on the shorter side, at least."""
_PREVIEW = 960
"""Pixels of the preview's longer side."""


@dataclass(frozen=True, eq=False)
class Looked:
    kind: Literal["picture", "panorama"]
    width: int
    """Of the file, upright, pixels."""
    height: int
    guides: Guides
    """As given, with what was not given estimated; of a panorama only what was given."""
    sentences: tuple[str, ...]
    """How lens and horizon are known, in plain words."""
    distances: tuple[tuple[float, ...], ...]
    """Metres along the line of sight, row by row from the top left; empty for a panorama."""
    preview: bytes
    """A small upright JPEG."""


def look_at(path: Path, guides: Guides | None = None) -> Looked:
    """Read a picture and estimate its view, as `from_image` will.

    Raises:
        FormatError, InvalidDataError: the picture can't be used; the message says why.
    """
    given = guides or Guides()
    picture = read_picture(path, LONG_SIDE)
    if is_panorama(picture):
        notes = (*picture.notes, "It is taken for a panorama: it is twice as wide as high, or its file says so.")
        return Looked("panorama", picture.width, picture.height, given, notes, (), _jpeg(picture))
    layout = lay_out(picture, given, 0)
    q = solve(layout.scene, layout.known)
    rays = layout.scene.rays
    metres = np.linalg.norm(rays, axis=2) / (q * level(rays))
    step = max(1, min(metres.shape) // _GRID)
    coarse = metres[step // 2 :: step, step // 2 :: step]
    rows = tuple(tuple(round(float(value), 2) for value in row) for row in coarse)
    sentences = (*layout.reasons, *picture.notes)
    return Looked("picture", picture.width, picture.height, layout.guides, sentences, rows, _jpeg(picture))


def is_panorama(picture: Picture) -> bool:
    """Whether a picture is equirectangular: twice as wide as high, or with tags that place it on the sphere."""
    return "FullPanoWidthPixels" in picture.tags or math.isclose(picture.width / picture.height, 2, abs_tol=0.02)


def _jpeg(picture: Picture) -> bytes:
    import cv2

    rgb = picture.rgb
    scale = min(1.0, _PREVIEW / max(rgb.shape[:2]))
    size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    done, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 82])
    assert done, "OpenCV always writes JPEG"
    return data.tobytes()
