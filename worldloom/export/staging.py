"""A world as formats take it that know nodes, cameras and animations: its pieces, and how they move in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.scene.authored import Audio, LayerAnimation
from worldloom.scene.camera_path import duration, sample
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import merge, transform
from worldloom.scene.record_types import Vector
from worldloom.scene.world import Layer, World

Floats = NDArray[np.float64]

PERIOD_STEPS = 32
"""Samples of a motion in one period; between them it is straight, or turns evenly."""
PATH_RATE = 15
"""Samples of a camera path in a second."""
_MOST_SAMPLES = 9000


@dataclass(frozen=True, eq=False)
class Motion:
    """A motion without end: its first period. Exactly one of `offsets` and `turns` is there."""

    name: str
    seconds: Floats
    """(n,) from 0 to the period."""
    pivot: Vector
    """The point about which it turns, world frame."""
    offsets: Floats | None = None
    """(n, 3) metres."""
    turns: Floats | None = None
    """(n, 4) unit quaternions, wxyz."""


@dataclass(frozen=True, eq=False)
class Piece:
    """Gaussians that move together."""

    name: str
    gaussians: Gaussians
    """In the world's frame, at rest."""
    motions: tuple[Motion, ...] = ()
    """The first is applied last: it moves all others."""


@dataclass(frozen=True, eq=False)
class Shot:
    """A camera: still if it has one sample."""

    name: str
    vertical_fov: float
    """Degrees."""
    seconds: Floats
    positions: Floats
    """(n, 3) metres."""
    rotations: Floats
    """(n, 4) wxyz, of glTF's camera."""


@dataclass(frozen=True, eq=False)
class Staging:
    """All of it."""

    pieces: tuple[Piece, ...]
    shots: tuple[Shot, ...]
    sounds: tuple[Audio, ...]
    notes: dict[str, Any]
    """What formats have no words for, as in `world.json`: annotations, portals, media, triggers, weather, spawn."""


def staged(world: World) -> Staging:
    """A world's visible layers, camera paths, sounds and notes. What does not move is one piece."""
    visible = [layer for layer in world.layers if layer.visible and len(layer.gaussians)]
    by_layer = {layer.name: _motions(layer, world.authored.animations) for layer in visible}
    still = [transform(layer.gaussians, layer.transform) for layer in visible if not by_layer[layer.name]]
    pieces = [Piece("splats", merge(still))] if still else []
    pieces += [
        Piece(layer.name, transform(layer.gaussians, layer.transform), by_layer[layer.name])
        for layer in visible
        if by_layer[layer.name]
    ]
    notes = {
        "annotations": [note.model_dump(mode="json") for note in world.annotations],
        "spawn": world.spawn.model_dump(mode="json"),
        **world.authored.model_dump(mode="json"),
    }
    sounds = tuple(medium for medium in world.authored.media if isinstance(medium, Audio))
    return Staging(tuple(pieces), tuple(_shot(path) for path in world.camera_paths), sounds, notes)


def _motions(layer: Layer, animations: Sequence[LayerAnimation]) -> tuple[Motion, ...]:
    own = [animation for animation in animations if animation.layer == layer.name and animation.playing]
    return tuple(motion(animation, layer.transform.translation) for animation in own)


def motion(animation: LayerAnimation, origin: Vector) -> Motion:
    """The first period of an animation.

    Args:
        origin: of its layer's frame, about which it turns if it has no pivot.
    """
    seconds = np.linspace(0, animation.period, PERIOD_STEPS + 1)
    turn = 2 * math.pi * (seconds / animation.period + animation.phase)
    axis = np.asarray(animation.axis, np.float64)
    axis = axis / np.linalg.norm(axis)
    pivot = animation.pivot or origin
    if animation.motion == "translate":
        offsets = animation.amplitude * np.sin(turn)[:, None] * axis
        return Motion(animation.name, seconds, pivot, offsets=offsets)
    angle = turn if animation.motion == "spin" else math.radians(animation.amplitude) * np.sin(turn)
    turns = np.concatenate([np.cos(angle / 2)[:, None], np.sin(angle / 2)[:, None] * axis], axis=1)
    return Motion(animation.name, seconds, pivot, turns=turns)


def _shot(path: Any) -> Shot:
    whole = duration(path) if len(path.poses) > 1 else 0.0
    count = 1 if whole <= 0 else min(max(round(whole * PATH_RATE), len(path.poses)), _MOST_SAMPLES) + 1
    seconds = np.linspace(0, whole, count)
    positions, rotations = sample(path.model_copy(update={"loop": False}), seconds)
    return Shot(path.name, path.vertical_fov, seconds, positions, rotations)
