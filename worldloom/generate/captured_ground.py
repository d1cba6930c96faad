"""The ground of a captured world: its height, its colours, how far it reaches; for growing on past its edge."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.generate.build.site import Bounds
from worldloom.generate.spec import BiomeName, BiomeShare, Relief, Vegetation, Water, WorldSpec
from worldloom.scene.collider import solid_gaussians
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import SH_C0, Gaussians
from worldloom.scene.rotations import quat_to_matrix
from worldloom.scene.semantics import labels_under
from worldloom.scene.srgb import from_srgb, srgb
from worldloom.scene.surfels import Array, Surfels
from worldloom.scene.world import Layer, World

_CELL = 1.0
"""Metres: ground is found once per square of that edge."""
_LOOKS: dict[BiomeName, tuple[float, float, float]] = {
    "meadow": (0.30, 0.36, 0.16),
    "forest": (0.24, 0.25, 0.15),
    "desert": (0.72, 0.58, 0.42),
    "coast": (0.74, 0.69, 0.58),
    "heath": (0.42, 0.36, 0.26),
    "alpine": (0.52, 0.52, 0.52),
    "volcanic": (0.18, 0.17, 0.17),
    "tundra": (0.86, 0.87, 0.90),
}
"""sRGB of ground, for choosing what a captured one goes on as."""


@dataclass(frozen=True, eq=False)
class CapturedGround:
    """What was found."""

    bounds: Bounds
    """Of the ground that was seen well."""
    places: Array
    """(M, 2) x and z of squares with ground."""
    heights: Array
    """(M,) metres."""
    colour: Array
    """(3,) sRGB, the middle one of the ground."""

    def height(self, flat: Array) -> Array:
        """Metres (N,) at places (N, 2), beyond the bounds too: an even mean of the nearest ground."""
        from scipy.spatial import KDTree

        count = min(12, len(self.places))
        nearest = KDTree(self.places).query(flat, k=[*range(1, count + 1)])  # pyright: ignore[reportArgumentType]
        distance, index = np.asarray(nearest[0]), np.asarray(nearest[1])
        weight = 1 / (distance + 0.6) ** 2
        return ((self.heights[index] * weight).sum(axis=1) / weight.sum(axis=1)).astype(np.float32)

    def nearest(self) -> BiomeName:
        """The biome whose ground looks most like it."""
        return min(_LOOKS, key=lambda name: float(np.abs(np.subtract(_LOOKS[name], self.colour)).sum()))

    def spec(self, world: World, seed: int) -> WorldSpec:
        """A landscape like it."""
        nearest = self.nearest()
        now = world.environment
        rough = float(np.quantile(self.heights, 0.9) - np.quantile(self.heights, 0.1))
        bare = nearest in ("desert", "volcanic", "alpine", "tundra")
        return WorldSpec(
            seed=seed,
            title=world.name,
            biomes=(BiomeShare(name=nearest),),
            relief=Relief(shape="rolling", height=float(np.clip(4 + 1.5 * rough, 4, 40)), ruggedness=0.25),
            water=Water(),
            vegetation=Vegetation(trees=0.05 if bare else 0.2, grass=0.05 if bare else 0.6),
            hour=now.hour if now.hour is not None else 13.0,
            season=now.season or "summer",
        )

    def tinted(self, pieces: Surfels, weight: Array) -> Surfels:
        """New ground in the captured colours where `weight` (N,) is 1, in its own where it is 0."""
        ground = np.isin(pieces.label, labels_under("ground"))
        if not ground.any():
            return pieces
        own = pieces.albedo[ground].mean(axis=0)
        wanted = from_srgb(self.colour)
        hue = wanted / max(float(wanted.mean()), 1e-3) * float(own.mean())
        factor = 1 + (hue / np.maximum(own, 1e-3) - 1) * (0.35 + 0.65 * weight[ground])[:, None]
        albedo = pieces.albedo.copy()
        albedo[ground] = (albedo[ground] * factor).clip(0.005, 0.95)
        return replace(pieces, albedo=albedo)

    def matched(self, layer: Layer) -> Layer:
        """A lit layer whose ground is on the whole as bright as the captured one."""
        surface = layer.surface
        if surface is None:
            return layer
        ground = np.isin(surface.labels.numpy(), labels_under("ground"))
        if not ground.any():
            return layer
        colour = (layer.gaussians.sh[:, 0].numpy() * SH_C0 + 0.5).clip(0, 1)
        own = from_srgb(np.median(colour[ground], axis=0)).mean()
        gain = float(np.clip(from_srgb(self.colour).mean() / max(float(own), 1e-3), 0.4, 2.5))
        sh = layer.gaussians.sh.clone()
        bright = srgb((from_srgb(colour) * gain).clip(0, 1).astype(np.float32))
        sh[:, 0] = torch.from_numpy((bright - 0.5) / np.float32(SH_C0))
        old = layer.gaussians
        return replace(layer, gaussians=Gaussians(old.means, old.quats, old.log_scales, old.opacity_logits, sh))


def captured_ground(world: World) -> CapturedGround:
    """Find the ground: what faces up, lowest in each square, and near in height to what is around it.

    Raises:
        InvalidDataError: there is nothing solid to go on from.
    """
    solid = solid_gaussians(world)
    if len(solid) < 50:
        raise InvalidDataError(f"World '{world.name}' has no solid ground to go on from.")
    means = solid.means.numpy()
    up = _upwards(solid)
    # Only as far out as there is much of it: a capture frays towards its edge.
    low, high = (
        (np.quantile(means[up], share, axis=0) for share in (0.04, 0.96))
        if up.sum() > 50
        else (
            means.min(axis=0),
            means.max(axis=0),
        )
    )
    bounds = Bounds(float(low[0]), float(low[2]), float(max(high[0], low[0] + 1)), float(max(high[2], low[2] + 1)))
    chosen = up & bounds.inside(means[:, [0, 2]])
    if chosen.sum() < 20:
        chosen = bounds.inside(means[:, [0, 2]])
    places, heights = _lowest(means[chosen])
    settled = np.abs(heights - np.median(heights)) < max(
        2.0, 3 * float(np.median(np.abs(heights - np.median(heights))))
    )
    level = heights[settled]
    floor = means[:, 1] < np.quantile(level, 0.9) + 0.3
    colours = (solid.sh[:, 0].numpy() * SH_C0 + 0.5).clip(0, 1)
    shown = chosen & floor
    colour = np.median(colours[shown if shown.any() else chosen], axis=0)
    return CapturedGround(bounds, places[settled], level, colour)


def _upwards(solid: Gaussians) -> NDArray[np.bool_]:
    """Which Gaussians (N,) are flat and level."""
    shortest = solid.scales.argmin(dim=1).numpy()
    normals = quat_to_matrix(solid.quats).numpy()[np.arange(len(shortest)), :, shortest]
    return np.abs(normals[:, 1]) > 0.75


def _lowest(means: Array) -> tuple[Array, Array]:
    """Middles (M, 2) of the squares that hold points (N, 3), and a low height (M,) in each."""
    cell = np.floor(means[:, [0, 2]] / _CELL).astype(np.int64)
    keys, index = np.unique(cell, axis=0, return_inverse=True)
    order = np.lexsort((means[:, 1], index.reshape(-1)))
    counts = np.bincount(index.reshape(-1))
    start = np.concatenate([[0], np.cumsum(counts)[:-1]])
    picked = order[start + (counts * 0.25).astype(int)]
    return (keys + 0.5) * _CELL, means[picked, 1]
