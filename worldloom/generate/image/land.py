"""Outdoors past the frame: the project's own ground and plants, level with the picture's and in its colours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.generate.assemble import Moment, layers_of_parts
from worldloom.generate.build.plants import vegetate
from worldloom.generate.build.site import Bounds
from worldloom.generate.build.terrain import Terrain
from worldloom.generate.captured_ground import CapturedGround
from worldloom.generate.light import Setting, discs_of
from worldloom.generate.noise import smoothstep
from worldloom.generate.spec import BiomeShare, Relief, Vegetation, WorldSpec
from worldloom.scene.gaussians import SH_C0, Gaussians, rgb_to_sh0
from worldloom.scene.geometry import merge
from worldloom.scene.semantics import labels_under
from worldloom.scene.surfels import Surfels, join

Array = NDArray[Any]

EXTENT = 150.0
"""Metres of new land from edge to edge, round the eye."""
_BUDGET = 140_000
_FAR = 9_000
_GREEN = 0.55
"""Share of the budget for plants."""
_TALL = 0.45
"""Metres of room: plants that need more are trees and bushes."""
_ROOM = 13.0
"""Metres about the eye without them."""
_LEVEL = (9.0, 55.0)
"""Metres from the eye between which the land passes from the picture's level ground to its own shape."""


def land(ground: Array, eye: Array, half: float, seed: int) -> tuple[Gaussians, NDArray[np.bool_]]:
    """Lit ground and plants all round, level about the eye, and which of them (N,) are ground.

    Args:
        ground: (3,) sRGB of the picture's ground, by which the kind of land is chosen.
        eye: (3,) metres; the ground below it is y = 0.
        half: radians left and right of -Z that the picture shows: nothing grows there.
    """
    spec = _spec(ground, seed)
    bounds = Bounds.around(EXTENT)
    site = Terrain(spec, bounds)
    above = (0.0, float(site.height(np.zeros((1, 2), np.float32))[0]) + float(eye[1]), 0.0)
    plants = vegetate(spec, _Clear(site, half), bounds, int(_GREEN * _BUDGET), above)
    near = {"terrain": site.surfels(bounds, _BUDGET - len(plants), above), "plants": plants}
    parts = {name: _levelled(part, site) for name, part in near.items() if len(part)}
    far = site.far(_FAR)
    down = np.array([0.0, float(site.height(np.zeros((1, 2), np.float32))[0]), 0.0], np.float32)
    parts["far"] = replace(far, position=far.position - down)
    moment = Moment(spec.hour, spec.season, spec.weather)
    casters = discs_of(join([part for name, part in parts.items() if name != "far"]))
    layers = layers_of_parts(parts, casters, (), Setting(moment.light(), eye.astype(np.float32)), moment)
    made = [layer for layer in layers if layer.surface is not None]
    labels = np.concatenate([layer.surface.labels.numpy() for layer in made if layer.surface is not None])
    gaussians = merge([layer.gaussians for layer in made])
    return _plain(gaussians), np.isin(labels, labels_under("ground"))


def coloured(gaussians: Gaussians, which: NDArray[np.bool_], like: Array) -> Gaussians:
    """Those of `which` (N,) with the mean and the spread of colours of `like` (M, 3) sRGB, in CIELAB (Reinhard et al.
    2001)."""
    import cv2

    if not which.any() or len(like) < 10:
        return gaussians
    rgb = (gaussians.sh[:, 0].numpy() * SH_C0 + 0.5).clip(0, 1)
    own = cv2.cvtColor(rgb[which][None].astype(np.float32), cv2.COLOR_RGB2LAB)[0]
    wanted = cv2.cvtColor(like[None].astype(np.float32), cv2.COLOR_RGB2LAB)[0]
    spread = (wanted.std(axis=0) / own.std(axis=0).clip(0.5)).clip(0.3, 1.6)
    moved = (own - own.mean(axis=0)) * spread + wanted.mean(axis=0)
    out = rgb.astype(np.float32)
    out[which] = cv2.cvtColor(moved[None].astype(np.float32), cv2.COLOR_LAB2RGB)[0].clip(0, 1)
    return Gaussians(*gaussians.tensors[:4], rgb_to_sh0(torch.from_numpy(out))[:, None])


def _spec(ground: Array, seed: int) -> WorldSpec:
    # In the shade and at dusk ground keeps its hue, not its brightness.
    bright = ground / max(float(ground.mean()), 0.02) * float(np.clip(ground.mean(), 0.3, 0.6))
    biome = CapturedGround(Bounds.around(8.0), np.zeros((1, 2)), np.zeros(1), bright).nearest()
    bare = biome in ("desert", "volcanic", "alpine", "tundra", "coast")
    if bare and ground.mean() < 0.3:
        biome, bare = "heath", False
    return WorldSpec(
        seed=seed,
        extent=EXTENT,
        biomes=(BiomeShare(name=biome),),
        relief=Relief(shape="rolling", height=9.0, ruggedness=0.2, erosion=0.0),
        vegetation=Vegetation(trees=0.15 if bare else 0.35, bushes=0.25, grass=0.1 if bare else 0.5),
        hour=15.0,
        season="summer",
    )


class _Clear:
    """The ground, where plants keep out of the picture and away from the eye, from where they would look coarse."""

    def __init__(self, site: Terrain, half: float) -> None:
        self._site, self._half, self.bounds = site, half, site.bounds
        self.height, self.normal, self.water_level = site.height, site.normal, site.water_level
        self.anchors, self.fertility = site.anchors, site.fertility

    def free(self, flat: Array, room: float) -> NDArray[np.bool_]:
        away = np.hypot(flat[:, 0], flat[:, 1])
        turn = np.abs(np.arctan2(flat[:, 0], -flat[:, 1]))
        beside = away * np.sin((turn - self._half).clip(0, np.pi / 2))
        tall = room > _TALL
        return self._site.free(flat, room) & (beside > 0.6 + 1.5 * room) & (away > (_ROOM if tall else 2.5) + room)


def _levelled(part: Surfels, site: Terrain) -> Surfels:
    """Moved down or up so that the ground about the origin is y = 0."""
    flat = part.position[:, [0, 2]].astype(np.float32)
    away = np.hypot(flat[:, 0], flat[:, 1])
    middle = float(site.height(np.zeros((1, 2), np.float32))[0])
    own = smoothstep(*_LEVEL, away)
    height = np.asarray(site.height(flat), np.float32)
    position = part.position.copy()
    position[:, 1] -= middle + (height - middle) * (1 - own)
    return replace(part, position=position.astype(np.float32))


def _plain(gaussians: Gaussians) -> Gaussians:
    """With one colour for all directions."""
    return Gaussians(*gaussians.tensors[:4], gaussians.sh[:, :1].contiguous())
