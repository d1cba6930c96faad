"""A street of plain boxes, every Gaussian of which has a class, to give orders in; and the same as a capture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from worldloom.edit.state import EditState, Rows
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0
from worldloom.scene.semantics import label_index
from worldloom.scene.surface import Surface
from worldloom.scene.world import Layer, World
from worldloom.scene.world_record import Environment, Pose

Box = tuple[str, str, tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
"""Name, class, middle, size, sRGB."""
_GREY, _GREEN, _BROWN = (0.5, 0.5, 0.5), (0.2, 0.5, 0.15), (0.4, 0.28, 0.15)
LAND: tuple[Box, ...] = (
    ("grass", "ground/grass", (0, -0.05, 0), (40, 0, 40), (0.3, 0.5, 0.2)),
    ("lake", "water/lake", (12, 0, -10), (8, 0, 8), (0.2, 0.35, 0.6)),
)
THINGS: tuple[Box, ...] = (
    ("house walls", "building/wall", (-8, 1.5, -8), (6, 3, 6), (0.7, 0.5, 0.35)),
    ("house roof", "building/roof", (-8, 3.4, -8), (6.6, 0.8, 6.6), (0.5, 0.2, 0.15)),
    ("house door", "building/door", (-8, 1.0, -4.95), (1, 2, 0.1), _BROWN),
    ("left tree", "tree/trunk", (-14, 1, 4), (0.5, 2, 0.5), _BROWN),
    ("left tree", "tree/leaves/deciduous", (-14, 3, 4), (2.5, 2.5, 2.5), _GREEN),
    ("middle tree", "tree/trunk", (1, 1, -16), (0.5, 2, 0.5), _BROWN),
    ("middle tree", "tree/leaves/deciduous", (1, 3, -16), (2.5, 2.5, 2.5), _GREEN),
    ("lake tree", "tree/trunk", (7, 1, -5), (0.5, 2, 0.5), _BROWN),
    ("lake tree", "tree/leaves/deciduous", (7, 3, -5), (2.5, 2.5, 2.5), _GREEN),
    ("red car", "vehicle", (0, 0.7, 1), (1.8, 1.4, 4), (0.75, 0.12, 0.1)),
    ("blue car", "vehicle", (3, 0.7, -8), (1.8, 1.4, 4), (0.15, 0.3, 0.75)),
    ("statue", "object/statue", (5, 1, 6), (0.8, 2, 0.8), _GREY),
    ("bench", "furniture/seat", (-6, 0.4, 5), (1.8, 0.8, 0.6), _BROWN),
    ("table", "furniture/table", (-3, 0.4, 8), (1.4, 0.8, 0.9), _BROWN),
    ("lamp", "lamp", (10, 0.3, 8), (0.3, 0.6, 0.3), (0.8, 0.8, 0.7)),
    ("person", "person", (13, 0.9, 2), (0.5, 1.8, 0.4), (0.6, 0.4, 0.35)),
)
FOUNTAIN: tuple[Box, ...] = (("fountain", "object", (-14, 0.5, 12), (2, 1, 2), _GREY),)
SKY: tuple[Box, ...] = (("sky", "sky", (0, 40, 0), (160, 80, 160), (0.5, 0.65, 0.9)),)


def street(spacing: float = 0.2) -> World:
    """Somebody stands at (0, 1.7, 14) and looks along -Z, north."""
    layers = (
        _layer("ground", LAND, 2 * spacing),
        _layer("things", THINGS, spacing),
        replace(_layer("fountain", FOUNTAIN, spacing), surface=None, kind="object"),
        replace(_layer("sky", SKY, 50 * spacing), kind="sky"),
    )
    environment = Environment(sun_direction=(0.3, 0.8, 0.52), hour=14.0, season="summer")
    return World("Street", layers, environment=environment, spawn=Pose(position=(0.0, 1.7, 14.0)))


def capture(spacing: float = 0.2) -> World:
    """The same without classes, in one layer beside the sky."""
    world = street(spacing)
    whole = _layer("street", (*LAND, *THINGS), spacing)
    return replace(world, layers=(replace(whole, surface=None, kind="captured"), world.layers[-1]))


def things_in(state: EditState) -> dict[str, Rows]:
    """Which rows of `street()` each thing is, by its name; "*" is all but the sky."""
    found: dict[str, dict[str, torch.Tensor]] = {}
    for part, boxes, scale in zip(state.parts, (LAND, THINGS, FOUNTAIN, SKY), (2, 1, 1, 50)):
        start = 0
        for name, _, _, size, _ in boxes:
            stop = start + len(_points((0, 0, 0), size, 0.2 * scale)[0])
            mask = found.setdefault(name, {}).setdefault(part.key, torch.zeros(len(part), dtype=torch.bool))
            mask[start:stop] = True
            start = stop
    everything: dict[str, torch.Tensor] = {part.key: part.open for part in state.parts if part.layer.kind != "sky"}
    return {**found, "*": everything}


def _layer(name: str, boxes: tuple[Box, ...], spacing: float) -> Layer:
    points, colours, labels, flat = [], [], [], []
    for _, label, middle, size, colour in boxes:
        piece, facing = _points(middle, size, spacing)
        flat.append(facing)
        points.append(piece)
        colours.append(np.broadcast_to(colour, piece.shape))
        labels.append(np.full(len(piece), label_index(label), np.uint8))
    means = torch.from_numpy(np.concatenate(points)).float()
    count = len(means)
    quats = torch.tensor([1.0, 0, 0, 0]).repeat(count, 1)
    scales = torch.full((count, 3), float(np.log(0.6 * spacing)))
    scales[torch.arange(count), torch.from_numpy(np.concatenate(flat))] -= 2.0
    albedo = torch.from_numpy(np.concatenate(colours)).float()
    gaussians = Gaussians(means, quats, scales, torch.full((count,), 3.0), rgb_to_sh0(albedo)[:, None])
    kinds = torch.from_numpy(np.concatenate(labels))
    return Layer(name, gaussians, "generated", surface=_surface((albedo * 255).to(torch.uint8), kinds))


def _surface(albedo: torch.Tensor, kinds: torch.Tensor) -> Surface:
    """In the open, dull and dark."""

    def all_of(value: int, *shape: int) -> torch.Tensor:
        return torch.full((len(kinds), *shape), value, dtype=torch.uint8)

    def up() -> torch.Tensor:
        return torch.tensor([0, 127, 0], dtype=torch.int8).repeat(len(kinds), 1)

    dark, lamplight = all_of(0, 3), all_of(0, 3)
    return Surface(albedo, up(), up(), all_of(255), dark, lamplight, all_of(0), all_of(0), all_of(255), kinds)


def _points(
    middle: tuple[float, float, float], size: tuple[float, float, float], spacing: float
) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) points on the six faces of a box, one face if it has no height, and (N,) the axis that they face along."""
    half = np.array(size) / 2
    faces, axes = [], []
    for axis in range(3):
        others = [other for other in range(3) if other != axis]
        if min(size[other] for other in others) <= 0:
            continue
        steps = [np.linspace(-half[o], half[o], max(round(size[o] / spacing), 1) + 1) for o in others]
        first, second = (grid.ravel() for grid in np.meshgrid(*steps, indexing="ij"))
        for side in (-1, 1) if size[axis] > 0 else (1,):
            face = np.zeros((len(first), 3))
            face[:, others[0]], face[:, others[1]], face[:, axis] = first, second, side * half[axis]
            faces.append(face)
            axes.append(np.full(len(face), axis))
    return np.concatenate(faces) + np.array(middle), np.concatenate(axes)
