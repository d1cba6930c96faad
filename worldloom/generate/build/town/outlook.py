"""How fine each piece of a town needs to be: by its distance from the eye, how slanted it is seen, and whether anything
stands before it from where people start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worldloom.generate.build.town.quads import Quads
from worldloom.scene.surfels import Array, Vector, cross

UNSEEN = 2.9
"""Distance between the surfels of what is not seen from the start over that of what is."""
_AROUND = 6.0
"""Metres from the start, to the four sides, from where things are looked at too."""
_BINS = 256
_NEAR = 10.0
"""Metres within which slanted walls are as fine as others: people walk up to them."""
_MASSES = 40
"""Buildings, the nearest, that are looked behind."""
_SLACK = 0.9
"""Metres behind the face of a house at which its inside begins."""


@dataclass(frozen=True)
class Mass:
    """A building as something that hides others: its ground rectangle and the height of its eaves."""

    center: tuple[float, float]
    half: tuple[float, float]
    turn: float
    eaves: float


def coarser(pieces: Quads, eye: Vector, masses: Sequence[Mass]) -> Array:
    """(N,) how much further apart than usual the surfels of each piece may be."""
    eye = np.asarray(eye, float)
    wide, high = pieces.lengths
    normal = cross(pieces.shape[:, 1], pieces.shape[:, 2])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True).clip(1e-9)
    middle = pieces.middle
    seen = np.zeros(len(pieces), np.float32)
    shifts = [(0.0, 0.0), (_AROUND, 0.0), (-_AROUND, 0.0), (0.0, _AROUND), (0.0, -_AROUND)]
    away = [float(np.hypot(mass.center[0] - eye[0], mass.center[1] - eye[2])) for mass in masses]
    masses = [masses[number] for number in np.argsort(away, kind="stable")[:_MASSES]]
    box = np.array([(*mass.center, *mass.half, mass.turn, mass.eaves) for mass in masses]).reshape(-1, 6)
    for number, shift in enumerate(shifts):
        place = eye + np.array([shift[0], 0.0, shift[1]])
        if number and _inside(place, box):
            continue
        way = middle - place.astype(np.float32)
        distance = np.linalg.norm(way, axis=1).clip(0.1)
        reach = 0.5 * np.maximum(wide, high)
        slant = -np.einsum("nk,nk->n", way, normal)
        facing = slant > -reach * 0.02 - 0.02
        level = np.hypot(way[:, 0], way[:, 2]).clip(0.1)
        top = (way[:, 1] + 0.5 * (np.abs(pieces.shape[:, 1, 1]) + np.abs(pieces.shape[:, 2, 1]))) / level
        free = ~_hidden(place, box, way, level, top)
        view = facing & free
        # a wall seen at a slant shows less of itself
        share = np.maximum((np.abs(slant) / distance).clip(0.16, 1.0) ** 0.3, (distance < _NEAR + reach).astype(float))
        share = np.where(view, share, 0.0)
        seen = np.maximum(seen, share if number == 0 else 0.72 * share)
    return np.where(seen > 0, 1 / seen.clip(0.4), UNSEEN).astype(np.float32)


def _inside(place: Array, box: Array) -> bool:
    if not len(box):
        return False
    away = place[[0, 2]] - box[:, :2]
    cos, sin = np.cos(box[:, 4]), np.sin(box[:, 4])
    x, z = away[:, 0] * cos - away[:, 1] * sin, away[:, 0] * sin + away[:, 1] * cos
    return bool(((np.abs(x) < box[:, 2]) & (np.abs(z) < box[:, 3])).any())


def _hidden(place: Array, box: Array, way: Array, level: Array, top: Array) -> Array:
    """(N,) whether a building stands before pieces that lie `way` (N, 3) off, as high as `top`, rise over run."""
    if not len(box):
        return np.zeros(len(way), bool)
    angle = (np.arange(_BINS) + 0.5) / _BINS * 2 * np.pi
    ray = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    bins = (np.arctan2(way[:, 0], way[:, 2]) / (2 * np.pi) % 1 * _BINS).astype(np.int64).clip(0, _BINS - 1)
    hidden = np.zeros(len(way), bool)
    for x, z, wide, deep, turn, eaves in box:
        cos, sin = np.cos(turn), np.sin(turn)
        off = np.array([place[0] - x, place[2] - z])
        local = np.array([off[0] * cos - off[1] * sin, off[0] * sin + off[1] * cos])
        turned = np.stack([ray[:, 0] * cos - ray[:, 1] * sin, ray[:, 0] * sin + ray[:, 1] * cos], axis=1)
        turned = np.where(np.abs(turned) < 1e-9, 1e-9, turned)
        half = np.array([wide, deep])
        enter = ((-np.sign(turned) * half - local) / turned).max(axis=1)
        leave = ((np.sign(turned) * half - local) / turned).min(axis=1)
        hit = (enter < leave) & (enter > 0)
        if not hit.any():
            continue
        enter = np.where(hit, enter, np.inf)
        slope = np.where(hit, (eaves - place[1]) / np.maximum(enter, 0.5), -np.inf)
        hidden |= (level > enter[bins] + _SLACK) & (top < slope[bins])
    return hidden
