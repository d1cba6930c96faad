"""Where copies come to stand, and the part that they make."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from worldloom.edit.change.rows import in_frame, joined, taken_rows
from worldloom.edit.compose.footing import SurfacePoints, shown
from worldloom.edit.compose.insert import with_layer
from worldloom.edit.compose.others import read_splats
from worldloom.edit.compose.placing import after, moved_to, turn_onto, underside, yaw
from worldloom.edit.compose.scatter import Scatter
from worldloom.edit.operation import Applied, Applying
from worldloom.edit.state import EditState, Rows
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import Transform, merge, transform
from worldloom.scene.solids import spread
from worldloom.scene.surface import Surface, join_surfaces
from worldloom.scene.surfels import Array
from worldloom.scene.world import Layer

_MOST_GAUSSIANS = 20_000_000
_CANDIDATES = 120_000
_FLAT = 0.6
"""Of a polygon's Gaussians, those whose normals are as near to the vertical as this cosine are ground, ..."""
_CELL, _LOWEST, _ROUGH = 1.5, 0.1, 0.35
"""... if in their cell of so many metres they lie no more than so high above the lowest tenth: not tree tops."""
_TALLEST = 0.02
"""Share of a thing's Gaussians that may reach beyond what counts as its width."""


def with_copies(scatter: Scatter, state: EditState, by: Applying) -> Applied:
    """See `Scatter`."""
    thing = _thing(scatter, state, by)
    rng = np.random.default_rng(scatter.seed)
    feet, normals, area = _candidates(scatter, state, by, rng)
    wanted = min(max(round(area * scatter.density), 1), scatter.most)
    spacing = _width(thing.gaussians) * scatter.scale[1] if scatter.spacing is None else scatter.spacing
    chosen = _apart(feet, spacing, rng)[:wanted]
    if len(chosen) * len(thing.gaussians) > _MOST_GAUSSIANS:
        raise InvalidDataError(
            f"{len(chosen):,} copies of {len(thing.gaussians):,} Gaussians are more than {_MOST_GAUSSIANS:,}; take "
            "fewer, or decimate the thing first."
        )
    turns = rng.uniform(0, 2 * np.pi, len(chosen)) if scatter.turned else np.zeros(len(chosen))
    sizes = np.exp(rng.uniform(math.log(scatter.scale[0]), math.log(scatter.scale[1]), len(chosen)))
    places = [
        _placed(feet[index], None if scatter.upright else normals[index], float(turn), float(size))
        for index, turn, size in zip(chosen, turns, sizes)
    ]
    note = f"{len(chosen):,} copies on {area:,.0f} m²."
    if len(chosen) < wanted:
        note += f" More than these would stand less than {spacing:.2f} m apart; {wanted:,} were wanted."
    done = with_layer(state, by, _copies(thing, places), note)
    return replace(done, figures={"copies": float(len(chosen)), "area": area, "spacing": spacing})


def _thing(scatter: Scatter, state: EditState, by: Applying) -> Layer:
    """One copy, its foot at the origin.

    Raises:
        InvalidDataError: there is none.
    """
    if scatter.blob is not None:
        gaussians = read_splats(by.sources.blob(scatter.blob), scatter.name or scatter.blob, None)
        layer = Layer(Path(scatter.name).stem or "copies", gaussians, "object")
    else:
        rows = state.selection(by.person) if scatter.what is None else _seen(state, scatter.what.rows(state, by))
        if not rows:
            raise InvalidDataError("There is nothing to scatter: select a thing first, or say what.")
        parts = [in_frame(layer, Transform()) for layer in taken_rows(state, rows)]
        layer = joined(parts, f"{parts[0].name} copies")
    foot = moved_to(-underside(layer.gaussians.means))
    return replace(layer, gaussians=transform(layer.gaussians, foot), transform=Transform())


def _seen(state: EditState, rows: Rows) -> Rows:
    found = {part.key: rows[part.key] & shown(part) for part in state.parts if part.key in rows}
    return {key: mask for key, mask in found.items() if bool(mask.any())}


def _candidates(
    scatter: Scatter, state: EditState, by: Applying, rng: np.random.Generator
) -> tuple[Array, Array, float]:
    """Points (N, 3) where one could stand, in random order, their upward normals, and m² of the ground seen from above.

    Raises:
        InvalidDataError: there are none.
    """
    rows = _seen(state, scatter.over.rows(state, by)) if scatter.over is not None else _under(state, scatter.polygon)
    points = SurfacePoints.joined([SurfacePoints.of(part, rows[part.key]) for part in state.parts if part.key in rows])
    normals = points.normals * np.where(points.normals[:, 1:2] < 0, -1, 1)
    keep = normals[:, 1] >= math.cos(math.radians(min(scatter.steepest, 90.0)))
    if scatter.over is None:
        keep &= normals[:, 1] > _FLAT
        if keep.any():
            keep[keep] = _on_ground(points.positions[keep])
    index = np.flatnonzero(keep)
    if len(index) == 0:
        raise InvalidDataError("There is no surface there that is level enough to stand on; choose another place.")
    # Where pieces lie close together they are not to be chosen more often: by area, not by number.
    weight = points.areas[index] * normals[index, 1]
    drawn = rng.choice(index, min(_CANDIDATES, 20 * len(index)), p=weight / weight.sum())
    shaken = np.cross(normals[drawn], rng.normal(size=(len(drawn), 3))) * np.sqrt(points.areas[drawn, None] / 12)
    feet = points.positions[drawn] + shaken
    if scatter.over is None:
        inside = _inside(feet[:, [0, 2]], np.array(scatter.polygon))
        feet, drawn = feet[inside], drawn[inside]
    if len(feet) == 0:
        raise InvalidDataError("There is no surface there to stand on; choose a larger place.")
    return feet, normals[drawn], _area(points.positions[index])


def _under(state: EditState, polygon: tuple[tuple[float, float], ...]) -> Rows:
    corners = np.array(polygon)
    found = {}
    for part in state.parts:
        inside = torch.from_numpy(_inside(part.world_means[:, [0, 2]].numpy(), corners))
        found[part.key] = inside & shown(part)
    return found


def _inside(points: Array, corners: Array) -> np.ndarray:
    """(N,) which points (N, 2) lie in a polygon (C, 2): those from which a ray meets its edges an odd number of
    times."""
    inside = np.zeros(len(points), bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0)):
        if ay != by:
            crosses = (ay > points[:, 1]) != (by > points[:, 1])
            inside ^= crosses & (points[:, 0] < (bx - ax) * (points[:, 1] - ay) / (by - ay) + ax)
    return inside


def _on_ground(positions: Array) -> np.ndarray:
    """(N,) which of them lie low in their neighbourhood."""
    cell = _cells(positions, _CELL)
    order = np.lexsort((positions[:, 1], cell))
    _, first, count = np.unique(cell[order], return_index=True, return_counts=True)
    low = positions[order[first + (count * _LOWEST).astype(int)], 1]
    return positions[:, 1] - np.repeat(low, count)[np.argsort(order)] < _ROUGH


def _cells(positions: Array, edge: float) -> np.ndarray:
    grid = np.floor((positions[:, [0, 2]] - positions[:, [0, 2]].min(axis=0)) / edge).astype(np.int64)
    return grid[:, 0] * (grid[:, 1].max() + 1) + grid[:, 1]


def _area(positions: Array) -> float:
    """m² that points cover seen from above, in cells that hold several of them."""
    wide = np.ptp(positions[:, [0, 2]], axis=0).clip(1e-6)
    edge = max(float(np.sqrt(wide.prod() / len(positions)) * 3), 1e-3)
    return len(np.unique(_cells(positions, edge))) * edge**2


def _width(gaussians: Gaussians) -> float:
    """Metres that a thing is wide seen from above, in the direction in which it is widest."""
    low, high = (np.quantile(gaussians.means[:, [0, 2]].numpy(), share, axis=0) for share in (_TALLEST, 1 - _TALLEST))
    return float((high - low).max())


def _apart(feet: Array, spacing: float, rng: np.random.Generator) -> np.ndarray:
    """Indices of points no two of which are nearer than `spacing`, in random order (Cook 1986)."""
    if spacing <= 0:
        return np.arange(len(feet))
    # What lies in one small cell would only be thrown out again: one of each is enough.
    cell = np.floor(feet / (spacing / 5)).astype(np.int64)
    _, first = np.unique(cell, axis=0, return_index=True)
    first = rng.permutation(np.sort(first))
    kept = spread(feet[first], spacing, rng.random(len(first)))
    return first[kept]


def _placed(foot: Array, normal: Array | None, turn: float, size: float) -> Transform:
    lean = (1.0, 0.0, 0.0, 0.0) if normal is None else turn_onto(normal / np.linalg.norm(normal))
    return moved_to(foot, Transform(rotation=after(yaw(turn), lean), scale=size))


def _copies(thing: Layer, places: list[Transform]) -> Layer:
    surface: Surface | None = None
    if thing.surface is not None:
        surface = join_surfaces([thing.surface.turned(place.rotation_matrix) for place in places])
    return replace(thing, gaussians=merge([transform(thing.gaussians, place) for place in places]), surface=surface)
