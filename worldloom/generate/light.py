"""Light on surfels: what never changes is found out once (`surface_of`), colours for a moment are quick (`shade`).

Sunlight with shadows, skylight by the part of the sky that a surface sees, light from lamps with shadows, light thrown
back by sunny ground, mirrored sky, and the haze between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from worldloom.generate.build.site import Lamp
from worldloom.generate.daylight import Daylight, from_srgb, irradiance, srgb, srgb_table, tone
from worldloom.generate.surfels import Array, Surfels, unit
from worldloom.render.flats import frames
from worldloom.render.mirrors import mirrored
from worldloom.render.shadows import Discs, lamplight, openness, roominess, sunlit, voxels_of
from worldloom.scene.gaussians import SH_C0, Gaussians
from worldloom.scene.semantics import labels_under
from worldloom.scene.sh import sh_basis
from worldloom.scene.surface import Surface

_OPAQUE = 0.3
"""Fainter things cast no shadow."""
_GLOSSY_LAYER = 0.25
"""A layer of which more than this share mirrors gets colours that change with the direction of sight."""


@dataclass(frozen=True, eq=False)
class Setting:
    """What light there is besides the sky's."""

    light: Daylight
    viewpoint: Array
    """(3,) metres; haze and what windows mirror are as seen from there."""
    indoor: bool = False
    brightness: float = 1.0
    """Indoors: a factor of the exposure, so that rooms by lamplight are as bright as eyes see them."""
    haze: bool = True
    albedo: Array | None = None
    """(N, 3) linear, in place of the surface's own: seasons, snow."""
    lit: Array | None = None
    """(N,) share of the sunlight that reaches each surfel, where it is known already."""


def gaussians_of(pieces: Surfels) -> Gaussians:
    """Flat Gaussians (N,) of surfels, black."""
    return Gaussians(
        torch.from_numpy(np.ascontiguousarray(pieces.position, np.float32)),
        torch.from_numpy(frames(pieces.along, pieces.normal)),
        torch.from_numpy(np.log(pieces.size.clip(5e-4)).astype(np.float32)),
        torch.logit(torch.from_numpy(np.ascontiguousarray(pieces.opacity, np.float32)).clamp(0.004, 0.99)),
        torch.zeros(len(pieces), 1, 3),
    )


def discs_of(pieces: Surfels) -> Discs:
    """What of the surfels casts shadows."""
    casting = (pieces.opacity > _OPAQUE) & ~np.isin(pieces.label, _shadowless())
    radii = _shadow_width(pieces.leaf[casting]) * np.sqrt(pieces.size[casting, 0] * pieces.size[casting, 1])
    return Discs(pieces.position[casting], pieces.normal[casting], radii)


def discs_of_surface(means: Array, scales: Array, opacities: Array, surface: Surface) -> Discs:
    """The same, of what is left of them in a world."""
    casting = (opacities > _OPAQUE) & ~np.isin(surface.labels.numpy(), _shadowless())
    flat = np.sort(scales[casting], axis=1)
    normals = unit(surface.normals.numpy()[casting].astype(np.float32))
    leaf = _share(surface.leaf)[casting]
    return Discs(means[casting], normals, _shadow_width(leaf) * np.sqrt(flat[:, 1] * flat[:, 2]))


def _shadow_width(leaf: Array) -> Array:
    """Radius (N,) of shadows over the standard deviation: leaves let some light by."""
    return np.where(leaf > 0.2, np.float32(0.8), np.float32(1.5))


def _shadowless() -> list[int]:
    return [number for name in ("sky", "mist", "rain", "snow", "water") for number in labels_under(name)]


def surface_of(pieces: Surfels, casters: Discs, lamps: Sequence[Lamp] = (), *, indoor: bool = False) -> Surface:
    """What does not change with the hour: how open each surfel lies in front of `casters`, and its light by lamps."""
    # On shores and in streets a cell of a third of a metre; wide worlds look at less.
    extent = float(np.ptp(casters.centers, axis=0).max()) if len(casters.centers) else 1.0
    cell = float(np.clip(extent / 500, 0.05 if indoor else 0.2, 2.0))
    open_, bent = openness(pieces.position, pieces.normal, pieces.leaf, casters, cell=cell)
    light = np.zeros_like(pieces.position)
    if lamps or indoor:
        near = _near(casters, lamps) if not indoor else casters
        voxels = voxels_of(near, 0.09)
        if indoor:
            # A room's corners are darker than its middle, whatever lights it.
            room = roominess(pieces.position, pieces.normal, voxels, reach=1.6)
            open_ = np.maximum(open_, 0.0)
            light += 0.16 * room[:, None] ** 1.5 * _mean_lamp(lamps)
        places = np.array([lamp.position for lamp in lamps], np.float32).reshape(-1, 3)
        colours = np.array([lamp.colour for lamp in lamps], np.float32).reshape(-1, 3)
        reaches = np.array([lamp.reach for lamp in lamps], np.float32)
        light += lamplight(pieces.position, pieces.normal, pieces.leaf, voxels, places, colours, reaches)
    return Surface(
        albedo=_bytes(srgb(pieces.albedo)),
        normals=_signed(pieces.normal),
        open_direction=_signed(bent),
        openness=_bytes(open_),
        glow=_bytes(srgb(pieces.glow / 2)),
        lamplight=_bytes(srgb(light / 2)),
        leaf=_bytes(pieces.leaf),
        gloss=_bytes(pieces.gloss),
        opacity=_bytes(pieces.opacity),
        labels=torch.from_numpy(np.ascontiguousarray(pieces.label)),
    )


def _near(casters: Discs, lamps: Sequence[Lamp]) -> Discs:
    """The casters within any lamp's reach, for voxels no larger than needed."""
    places = np.array([lamp.position for lamp in lamps])
    reach = max(lamp.reach for lamp in lamps)
    low, high = places.min(axis=0) - reach, places.max(axis=0) + reach
    inside = ((casters.centers >= low) & (casters.centers <= high)).all(axis=1)
    return Discs(casters.centers[inside], casters.normals[inside], casters.radii[inside])


def _mean_lamp(lamps: Sequence[Lamp]) -> Array:
    if not lamps:
        return np.array([0.9, 0.95, 1.0], np.float32)
    return np.mean([lamp.colour for lamp in lamps], axis=0).astype(np.float32)


def adapted(means: Array, sizes: Array, surface: Surface, casters: Discs, setting: Setting, ahead: Array) -> Setting:
    """The setting as eyes get used to it: brighter where what is looked at first lies in the shade.

    Args:
        sizes: (N,) standard deviations, metres: larger ones count more.
        ahead: (3,) unit, the direction of sight.
    """
    way = means - setting.viewpoint.astype(np.float32)
    distance = np.sqrt((way * way).sum(axis=1)).clip(0.5)
    looked_at = np.flatnonzero((way @ ahead.astype(np.float32) > 0.72 * distance) & (distance < 70))[::7][:30_000]
    if len(looked_at) < 200:
        return setting
    part = surface[torch.from_numpy(looked_at)]
    there = setting if setting.lit is None else replace(setting, lit=setting.lit[looked_at])
    seen = albedo_of(part) * illumination(means[looked_at], part, casters, there)
    light = (seen @ np.array([0.21, 0.72, 0.07], np.float32)) * np.float32(setting.light.exposure * setting.brightness)
    weight = (sizes[looked_at] / distance[looked_at]) ** 2
    middle = float(np.exp((np.log(light + 1e-3) * weight).sum() / weight.sum()))
    day = 1 - setting.light.dark if not setting.indoor else 1.0
    factor = float(np.clip((0.13 / middle) ** 0.65, 0.85, 2.6)) ** day
    return replace(setting, brightness=setting.brightness * factor)


def shade(means: Array, surface: Surface, casters: Discs, setting: Setting) -> torch.Tensor:
    """Spherical harmonics (N, 1 or 4, 3) of surfaces as they look in a setting; 4 where much of the layer mirrors.

    Args:
        means: (N, 3) metres, world frame.
        casters: of the whole world.
    """
    normals, gloss = normals_of(surface), _share(surface.gloss)
    albedo = albedo_of(surface) if setting.albedo is None else setting.albedo
    exposure = setting.light.exposure * setting.brightness
    seen = albedo * illumination(means, surface, casters, setting)
    seen += _linear(surface.glow) * np.float32(2 * 1.2 * _lamps_on(setting) / exposure)
    mirrors = gloss > 0.02
    directional = bool(mirrors.mean() > _GLOSSY_LAYER) if len(gloss) else False
    if mirrors.any() and not directional:
        toward = unit(setting.viewpoint.astype(np.float32) - means[mirrors])
        seen[mirrors] = _mirrored(seen[mirrors], normals[mirrors], toward, gloss[mirrors], setting.light)
    seen = hazed(seen, means, setting)
    if directional:
        return _directional(seen, normals, gloss, setting, exposure)
    first = (tone(seen * np.float32(exposure)) - 0.5) / SH_C0
    return torch.from_numpy(first.astype(np.float32))[:, None]


def illumination(means: Array, surface: Surface, casters: Discs, setting: Setting) -> Array:
    """Radiance (N, 3) of white surfaces in a setting, not exposed."""
    light = setting.light
    normals, leaf = normals_of(surface), _share(surface.leaf)
    radiance = np.zeros((len(surface), 3), np.float32)
    if float(light.sunlight.max()) > 1e-4 and len(means):
        cosine = normals @ light.sun.astype(np.float32)
        facing = np.maximum(cosine, 0) * (1 - 0.3 * leaf) + leaf * (0.45 * np.maximum(-cosine, 0) + 0.22)
        lit = sun_share(means, normals, casters, light) if setting.lit is None else setting.lit
        radiance += (lit * facing)[:, None] * light.sunlight.astype(np.float32)
    ambient, open_ = light.ambient(), _share(surface.openness)[:, None]
    bent = surface.open_direction.numpy().astype(np.float32) / 127
    sky_part = irradiance(ambient, unit(normals + bent)) * open_
    # What the sky does not light is lit by what stands in its way, a little.
    between = 0.30 * irradiance(ambient, np.array([[0.0, 1.0, 0.0]], np.float32)) * (1 - open_)
    if setting.indoor:
        sky_part, between = sky_part * 1.6, between * 0.5
    radiance += sky_part + between
    # Lamps are as bright as they look at night, whatever the exposure then is.
    scale = 2 * _lamps_on(setting) / (light.exposure * setting.brightness)
    return radiance + _linear(surface.lamplight) * np.float32(scale)


def sun_share(means: Array, normals: Array, casters: Discs, light: Daylight) -> Array:
    """Share (N,) of the sunlight that casters leave to surfaces."""
    extent = float(np.ptp(casters.centers, axis=0).max()) if len(casters.centers) else 1.0
    return sunlit(means, normals, casters, light.sun, cell=float(np.clip(extent / 1800, 0.03, 0.6)), soft=2)


def _lamps_on(setting: Setting) -> float:
    return 1.0 if setting.indoor else 0.06 + 0.94 * setting.light.dark


def albedo_of(surface: Surface) -> Array:
    """(N, 3) linear."""
    return _linear(surface.albedo)


def normals_of(surface: Surface) -> Array:
    """(N, 3) unit, as they are kept."""
    return unit(surface.normals.numpy().astype(np.float32))


def _share(values: torch.Tensor) -> Array:
    return values.numpy().astype(np.float32) / 255


def _linear(values: torch.Tensor) -> Array:
    return from_srgb(np.arange(256) / 255).astype(np.float32)[values.numpy()]


def _mirrored(body: Array, normals: Array, toward: Array, gloss: Array, light: Daylight) -> Array:
    """Radiance (N, 3) of glossy surfaces seen from directions (N, 3): the sky mixed in by Schlick's formula."""
    facing = (normals * toward).sum(axis=1).clip(0.03, 1)
    level = 2 * facing[:, None] * normals - toward
    share = (0.04 + 0.96 * (1 - facing) ** 5) * gloss
    level[:, 1] = np.abs(level[:, 1])
    return body * (1 - share)[:, None] + _sky_and_glint(light, unit(level)) * share[:, None]


def _sky_and_glint(light: Daylight, above: Array) -> Array:
    """Radiance (N, 3) of what is mirrored in directions (N, 3) above the horizon."""
    glint = np.exp(((above @ light.sun.astype(np.float32)) - 1) * 60)[:, None] * light.sunlight.astype(np.float32) * 3
    return light.sky(above).astype(np.float32) + glint


def hazed(seen: Array, means: Array, setting: Setting) -> Array:
    """What is left (N, 3) of it beyond the haze, from the viewpoint."""
    if not setting.haze:
        return seen
    way = means - setting.viewpoint.astype(np.float32)
    distance = np.sqrt((way * way).sum(axis=1))
    left = np.exp(-distance * np.float32(setting.light.cover.haze))
    if left.min() > 0.995:
        return seen
    turns = 32
    turn = (np.arange(turns) + 0.5) / turns * 2 * np.pi
    ring = setting.light.haze(np.stack([np.sin(turn), np.zeros(turns), np.cos(turn)], axis=1)).astype(np.float32)
    index = ((np.arctan2(way[:, 0], way[:, 2]) / (2 * np.pi)) % 1 * turns).astype(int).clip(0, turns - 1)
    return seen * left[:, None] + ring[index] * (1 - left)[:, None]


def _directional(body: Array, normals: Array, gloss: Array, setting: Setting, exposure: float) -> torch.Tensor:
    """Harmonics (N, 4, 3) of what mirrors the sky: least squares over the directions from which people look down."""
    directions, weights = _sights()
    basis = sh_basis(torch.from_numpy(directions), 1).numpy()
    weighted = basis * weights[:, None]
    restraint = np.diag([0.0, 1, 1, 1]) * 0.012 * weights.sum()
    solve = np.linalg.solve(basis.T @ weighted + restraint, weighted.T)

    def sky(above: Array) -> Array:
        return _sky_and_glint(setting.light, above)

    fitted = mirrored(body, normals, gloss * np.float32(0.8), sky, srgb_table(), directions, solve, exposure)
    fitted[:, 1:] = fitted[:, 1:].clip(-0.9, 0.9)
    return torch.from_numpy(fitted)


def _sights() -> tuple[Array, Array]:
    """Directions (D, 3) from eyes to level water, and how often they are looked along (D,)."""
    found = []
    for down, weight in ((0.03, 1.6), (0.12, 1.8), (0.35, 1.2), (0.75, 0.5)):
        for turn in np.arange(9) / 9 * 2 * np.pi:
            flat = np.sqrt(1 - down**2)
            found.append((flat * np.sin(turn), -down, flat * np.cos(turn), weight))
    table = np.array(found)
    return table[:, :3], table[:, 3]


def _bytes(values: Array) -> torch.Tensor:
    return torch.from_numpy((values.clip(0, 1) * 255 + 0.5).astype(np.uint8))


def _signed(vectors: Array) -> torch.Tensor:
    return torch.from_numpy(np.round(vectors.clip(-1, 1) * 127).astype(np.int8))
