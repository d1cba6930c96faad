"""How new ground meets the old: one height and one palette along the edge, passing into the new part's own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from worldloom.generate.build.site import Bounds
from worldloom.generate.build.terrain import Terrain
from worldloom.generate.captured_ground import CapturedGround
from worldloom.generate.noise import noise, smoothstep
from worldloom.generate.spec import WorldSpec
from worldloom.scene.semantics import labels_under
from worldloom.scene.surfels import Array, Surfels

BLEND = 28.0
"""Metres over which the old passes into the new."""


@dataclass(frozen=True, eq=False)
class Old:
    """The world as it was."""

    spec: WorldSpec
    bounds: Bounds
    ground: CapturedGround | None


def fitted(pieces: Surfels, bounds: Bounds, old: Old, wanted: WorldSpec) -> Surfels:
    """Surfels of a new part, moved up or down so that they meet the old ground along the edge.

    A generated world that goes on as it is needs none of it: its ground is the same function on both sides.
    """
    if len(pieces) == 0 or (old.ground is None and old.spec == wanted):
        return pieces
    flat = pieces.position[:, [0, 2]]
    weight = smoothstep(BLEND, 0.0, _distance(flat, old.bounds)).astype(np.float32)
    if not (weight > 0).any():
        return pieces
    near = weight > 0
    inner = _inner(flat[near], old.bounds)
    new = Terrain(wanted, bounds.grown(2))
    there = np.asarray(new.height(flat[near]), np.float32)
    if old.ground is not None:
        level = old.ground.height(inner)
    else:
        level = np.asarray(Terrain(old.spec, bounds.grown(2)).height(flat[near]), np.float32)
    rise = np.zeros(len(pieces), np.float32)
    rise[near] = (level - there) * weight[near]
    position = pieces.position.copy()
    position[:, 1] += rise
    moved = replace(pieces, position=position)
    return _dithered(moved, weight, old, wanted, bounds) if old.ground is None else old.ground.tinted(moved, weight)


def _distance(flat: Array, bounds: Bounds) -> Array:
    """Metres (N,) from places (N, 2) to a rectangle."""
    away = flat - _inner(flat, bounds)
    return np.sqrt((away * away).sum(axis=1))


def _inner(flat: Array, bounds: Bounds) -> Array:
    """The nearest place (N, 2) of a rectangle."""
    low, high = np.array([bounds.min_x, bounds.min_z]), np.array([bounds.max_x, bounds.max_z])
    return np.clip(flat, low, high).astype(np.float32)


def _dithered(pieces: Surfels, weight: Array, old: Old, wanted: WorldSpec, bounds: Bounds) -> Surfels:
    """Colours of the ground that pass from the old palette into the new in patches."""
    ground = np.isin(pieces.label, labels_under("ground")) & (weight > 0)
    if not ground.any():
        return pieces
    places = pieces.position[ground]
    sample = Terrain(old.spec, bounds.grown(2)).surfels(bounds, 4000, tuple(places.mean(axis=0).tolist()))
    if len(sample) == 0:
        return pieces
    from scipy.spatial import KDTree

    _, nearest = KDTree(sample.position[:, [0, 2]]).query(places[:, [0, 2]])
    patches = weight[ground] + 0.35 * noise(places[:, [0, 2]] * 0.35, 23) * (1 - np.abs(2 * weight[ground] - 1))
    share = smoothstep(0.25, 0.75, patches).astype(np.float32)[:, None]
    albedo = pieces.albedo.copy()
    albedo[ground] = albedo[ground] * (1 - share) + sample.albedo[nearest] * share
    return replace(pieces, albedo=albedo)
