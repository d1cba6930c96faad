"""A lamp's ball, and its light baked onto the Gaussians around."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from worldloom.edit.compose.bodies import solid
from worldloom.edit.compose.flat import flat_layer
from worldloom.edit.compose.footing import shown
from worldloom.edit.compose.insert import with_layer
from worldloom.edit.compose.light import InsertLight
from worldloom.edit.compose.placing import placed
from worldloom.edit.operation import Applied, Applying
from worldloom.edit.state import EditState, Part
from worldloom.render.shadows import Discs, lamplight, voxels_of
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0, sh0_to_rgb
from worldloom.scene.geometry import shortest_axes
from worldloom.scene.srgb import from_srgb, srgb
from worldloom.scene.surfels import Array, Surfels, join, surfels, unit

_CASTS = 0.3
"""Opacity from which a Gaussian stops light."""
_FAINTEST = 1 / 1024
"""Light that changes nothing that can be seen."""
_VOXEL = 1 / 60
"""Edge of the cubes in which shadows are looked for, of the reach, within `_VOXELS` metres."""
_VOXELS = (0.04, 0.4)
_AROUND = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) / np.sqrt(3)
"""Directions (8, 3) from the ball's middle to the points that its light comes from."""
_HALOS = ((1.1, 0.22), (3.0, 0.05))
"""Glow in the air around: standard deviation over the ball's diameter, and opacity."""


@dataclass(frozen=True, eq=False)
class _Lit:
    """Gaussians of one part within a lamp's reach, world frame."""

    rows: Tensor
    """(M,) their numbers."""
    means: Array
    """(M, 3) metres."""
    normals: Array
    """(M, 3) unit; where no surface is known, towards the lamp."""
    leaf: Array
    """(M,) share of light that comes through."""
    discs: Discs
    """Those that stop light."""


def with_lamp(insert: InsertLight, state: EditState, by: Applying) -> Applied:
    """See `InsertLight`."""
    light = from_srgb(np.array(insert.colour))
    ball = solid("sphere", (insert.size, insert.size, insert.size), None, 0)
    where = placed(insert.place, state, torch.from_numpy(ball.position).float())
    center = where.apply_to_points(torch.tensor([0.0, insert.size / 2, 0.0])).numpy()
    near = {part.key: _within(part, center, insert.reach) for part in state.parts}
    edge = float(np.clip(insert.reach * _VOXEL, *_VOXELS))
    voxels = voxels_of(_joined([lit.discs for lit in near.values()]), edge)
    bulbs = center + max(insert.size / 2, edge) * _AROUND  # of one point alone, shadows would show the cubes
    strengths = np.tile(light * insert.strength / len(bulbs), (len(bulbs), 1))
    reaches = np.full(len(bulbs), insert.reach)
    changed, count = [], 0
    for part in state.parts:
        lit = near[part.key]
        received = lamplight(lit.means, lit.normals, lit.leaf, voxels, bulbs, strengths, reaches)
        seen = (received.max(axis=1) > _FAINTEST) & part.open[lit.rows].numpy()
        if seen.any():
            changed.append(_brightened(part, lit.rows[torch.from_numpy(seen)], received[seen]))
            count += int(seen.sum())
    glowing = _ball(ball, light, insert.size)
    layer = flat_layer("lamp", glowing, state.world.environment, where, shaded=False)
    done = with_layer(state.with_parts(changed), by, layer)
    return replace(done, count=count, note=f"It lights {count:,} Gaussians." if count else "It lights nothing.")


def _ball(ball: Surfels, light: Array, size: float) -> Surfels:
    """The ball, whiter than its light as bright things look, and its glow in the air."""
    hot = 0.5 * light + 0.5 * float(light.max())
    middle = np.array([[0.0, size / 2, 0.0]])
    halos = [
        surfels(middle, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0], np.full((1, 3), wide * size)).with_values(opacity=faint)
        for wide, faint in _HALOS
    ]
    parts = [piece.painted(light).glowing(glow) for piece, glow in ((ball, hot), *((halo, light) for halo in halos))]
    return join(parts).labelled("lamp")


def _within(part: Part, center: Array, reach: float) -> _Lit:
    way = torch.from_numpy(center).float() - part.world_means
    rows = torch.nonzero(shown(part) & ((way * way).sum(dim=1) < reach**2))[:, 0]
    own, turn, scale = part.gaussians[rows], part.layer.transform.rotation_matrix.float(), part.layer.transform.scale
    toward = unit(way[rows].numpy())
    sizes = np.sort(own.scales.numpy() * scale, axis=1)
    surface = part.layer.surface
    if surface is not None:
        normals = unit((surface.normals[rows].float() @ turn.T).numpy())
        leaf = surface.leaf[rows].numpy() / 255
    else:
        normals = (shortest_axes(own) @ turn.T).numpy()
        normals *= np.where((normals * toward).sum(axis=1, keepdims=True) < 0, -1, 1)
        flat = 1 - sizes[:, :1] / sizes[:, 1:2].clip(1e-9)  # a round one has no side
        normals, leaf = unit(flat * normals + (1 - flat) * toward), np.zeros(len(rows))
    means = part.world_means[rows].numpy()
    stops = (own.opacities > _CASTS).numpy()
    discs = Discs(means[stops], normals[stops], 1.5 * np.sqrt(sizes[stops, 1] * sizes[stops, 2]))
    return _Lit(rows, means, normals, leaf, discs)


def _joined(parts: list[Discs]) -> Discs:
    none = Discs(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32), np.zeros(0, np.float32))
    fields = zip(*((part.centers, part.normals, part.radii) for part in (*parts, none)))
    return Discs(*(np.concatenate(field).astype(np.float32) for field in fields))


def _brightened(part: Part, rows: Tensor, received: Array) -> Part:
    """Some rows (M,) with so much light (M, 3) more on them. Bright places gain less, as film does."""
    sh, surface = part.gaussians.sh.clone(), part.layer.surface
    old = sh0_to_rgb(sh[rows, 0]).numpy()
    seen = from_srgb(old.clip(0, 1))
    if surface is not None:
        albedo = from_srgb(surface.albedo[rows].numpy() / 255)
        light = 2 * from_srgb(surface.lamplight[rows].numpy() / 255) + received
        lamps = surface.lamplight.clone()
        lamps[rows] = torch.from_numpy((srgb(light / 2) * 255 + 0.5).astype(np.uint8))
        surface = replace(surface, lamplight=lamps)
    else:
        albedo = _guessed_albedo(seen)
    new = srgb(1 - (1 - seen) * np.exp(-albedo * received))
    sh[rows, 0] += rgb_to_sh0(torch.from_numpy((new - srgb(seen)).astype(np.float32)) + 0.5)
    gaussians = Gaussians(*part.gaussians.tensors[:4], sh)
    return replace(part, layer=replace(part.layer, gaussians=gaussians, surface=surface))


def _guessed_albedo(seen: Array) -> Array:
    """(M, 3) what reflects so that it is seen like this (M, 3), linear: its hue, and lighter the brighter it is."""
    most = seen.max(axis=1, keepdims=True)
    return (seen + 0.02) / (most + 0.02) * (0.2 + 0.6 * np.sqrt(most))
