"""The picture's view and regions: lens, horizon, kind, sky, ground, ceiling; estimated where nobody has said."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.image.guides import Guides, pixel_of
from worldloom.generate.image.pieces import out_of_focus
from worldloom.generate.image.reading import Picture
from worldloom.generate.image.segment import edge_strength, ground_of, rough_underfoot, sky_of
from worldloom.generate.image.solve import Known, Scene, ground_q, level
from worldloom.generate.image.vanishing import Lines, find_lines
from worldloom.generate.image.view import View, view_of_horizon

Array = NDArray[Any]
Mask = NDArray[np.bool_]

_USUAL_FOV = 60.0
"""Degrees across the longer side, where nothing is known of the lens."""
_EYE_HEIGHT = 1.6
_SURE = 0.25
"""Share of edges that must lead to one vanishing point for it to be believed."""


@dataclass(frozen=True, eq=False)
class Layout:
    view: View
    scene: Scene
    guides: Guides
    """As given, and filled in where nothing was given."""
    known: Known
    reasons: tuple[str, ...]
    """How lens and horizon are known, in plain sentences."""


def lay_out(picture: Picture, guides: Guides, seed: int) -> Layout:
    """See the module's text."""
    import cv2

    rgb = picture.rgb
    height, width = rgb.shape[:2]
    lines = find_lines(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.uint8), seed)
    focal, lens = _focal(picture, guides, lines)
    forced_room = guides.kind == "room"
    reach = np.full(width, 0.7 * height)
    if guides.horizon is not None:
        reach = _horizon_rows(guides.horizon, width, height)
    elif lines.main is not None and lines.main_share > _SURE:
        reach = np.full(width, height / 2 + lines.main[1] + 0.03 * height)
    sky = np.zeros((height, width), bool) if forced_room else sky_of(rgb, reach, guides.sky)
    kind = guides.kind or ("outdoor" if sky.any() else "room")
    (left, right), horizon = _horizon(guides, lines, sky, width, height)
    tall = guides.camera_height or _EYE_HEIGHT
    view = view_of_horizon(width, height, focal, left, right, tall)
    rays = view.rays()
    rows = _horizon_rows(view.horizon(), width, height)
    ground = ground_of(rgb, rows, sky, guides.contacts)
    blurred = out_of_focus(rgb, sky) if kind == "outdoor" else np.zeros_like(sky)
    if (ground & blurred).sum() > 0.5 * ground.sum():  # what lies behind all that is sharp is not underfoot
        ground[:] = False
    blurred &= ~ground
    ceiling = np.zeros((height, width), bool)
    if kind == "room" and rows.mean() > 0.2 * height:
        # The same question upside down: what is joined to the upper edge, above eye level. Where it can't be told from
        # the walls, which then reach the upper edge, there is none.
        ceiling = ground_of(rgb[::-1], (height - 1 - rows), np.zeros_like(sky))[::-1] & (rays[..., 1] > 0)
        end = ceiling[:-2] & ~ceiling[2:]
        plain = not end.any() or float(np.median(edge_strength(rgb)[1:-1][end])) < 5
        reaches_down = end.any() and np.percentile(end.nonzero()[0], 80) > 0.75 * rows.mean()
        if plain or reaches_down or ceiling[0].mean() < 0.6 or not 0.02 < ceiling.mean() < 0.3:
            ceiling[:] = False
    farthest = 80.0 * max(1.0, tall / _EYE_HEIGHT) if kind == "outdoor" else 14.0 * tall / _EYE_HEIGHT
    if guides.depths:
        farthest = max(farthest, 1.1 * max(handle.metres for handle in guides.depths))
    outdoors = kind == "outdoor" or (guides.kind is None and rough_underfoot(rgb))
    scene = Scene(rays, rgb, ground, sky, ceiling, tall, farthest, blurred=blurred, outdoors=outdoors)
    filled = guides.model_copy(
        update={
            "kind": kind,
            "horizon": view.horizon() if guides.horizon is None else guides.horizon,
            "vertical_fov": view.vertical_fov if guides.vertical_fov is None else guides.vertical_fov,
            "camera_height": tall,
        }
    )
    return Layout(view, scene, filled, _known(guides, scene), (lens, horizon))


def _focal(picture: Picture, guides: Guides, lines: Lines) -> tuple[float, str]:
    height, width = picture.rgb.shape[:2]
    longer = max(width, height)
    if guides.vertical_fov is not None:
        return height / 2 / math.tan(math.radians(guides.vertical_fov) / 2), "The angle of view is as you set it."
    if picture.focal_over_long_side is not None:
        return picture.focal_over_long_side * longer, f"The lens is known: {picture.focal_source}."
    if lines.focal is not None:
        return lines.focal, "The lens is estimated from two directions of straight edges."
    return longer / 2 / math.tan(
        math.radians(_USUAL_FOV) / 2
    ), f"The lens is not known; {_USUAL_FOV:g} degrees assumed."


def _horizon(
    guides: Guides, lines: Lines, sky: Mask, width: int, height: int
) -> tuple[tuple[tuple[float, float], tuple[float, float]], str]:
    if guides.horizon is not None:
        return guides.horizon, "The horizon is as you set it."
    lean = math.tan(lines.slant) * width / height / 2
    if lines.main is not None and lines.main_share > _SURE:
        middle = 0.5 + float(lines.main[1]) / height - lean * 2 * float(lines.main[0]) / width
        if 0.1 < middle < 0.8 or (-0.3 < middle < 1.3 and lines.main_share > 2 * _SURE):
            return ((0.0, middle - lean), (1.0, middle + lean)), "The horizon is where straight edges meet."
    if sky.any():
        lowest = np.array([column.nonzero()[0].max() if column.any() else 0 for column in sky.T]) / height
        middle = float(np.clip(np.percentile(lowest, 85) + 0.05, 0.3, 0.75))
        return ((0.0, middle - lean), (1.0, middle + lean)), "The horizon is put a little below where the sky ends."
    return ((0.0, 0.34 - lean), (1.0, 0.34 + lean)), "The horizon is a guess; drag it where eye level is."


def _horizon_rows(points: tuple[tuple[float, float], tuple[float, float]], width: int, height: int) -> Array:
    (x0, y0), (x1, y1) = points
    slope = (y1 - y0) / (x1 - x0) if abs(x1 - x0) > 1e-6 else 0.0
    return (y0 + slope * ((np.arange(width) + 0.5) / width - x0)) * height


def _known(guides: Guides, scene: Scene) -> Known:
    height, width = scene.ground.shape
    plane = ground_q(scene.rays, scene.eye_height)
    length = np.linalg.norm(scene.rays, axis=2)
    flat = level(scene.rays)
    rows, columns, values = [], [], []
    for handle in guides.depths:
        row, column = pixel_of(handle.at, width, height)
        rows.append(row)
        columns.append(column)
        values.append(length[row, column] / flat[row, column] / handle.metres)
    for point in guides.contacts:
        row, column = pixel_of(point, width, height)
        if plane[row, column] > 1 / scene.farthest:
            rows.append(max(row - round(0.012 * height), 0))
            columns.append(column)
            values.append(plane[row, column])
    return Known(np.array(rows, np.int64), np.array(columns, np.int64), np.array(values, np.float64))
