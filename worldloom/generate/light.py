"""Light on surfels: what never changes is found out once (`surface_of`), colours for a moment are quick (`shade`).

Sunlight with shadows, skylight by the part of the sky that a surface sees, light from lamps with shadows, light thrown
back by sunny ground, mirrored sky, and the haze between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch

from worldloom.generate.build.site import Lamp
from worldloom.generate.daylight import Daylight, irradiance, tone
from worldloom.generate.indoors import OUTSIDE, Room, inside, reflected, room_irradiance, room_surface, used_to
from worldloom.generate.skyline import land_share
from worldloom.render.casters import OPAQUE, shadow_width, shadowless
from worldloom.render.lights import TURNS, behind_haze, open_light, toned
from worldloom.render.mirrors import mirrored
from worldloom.render.shadows import Discs, lamplight, openness, sunlit, voxels_of
from worldloom.scene.gaussians import SH_C0
from worldloom.scene.sh import sh_basis
from worldloom.scene.srgb import from_srgb, srgb, srgb_table
from worldloom.scene.surface import Surface
from worldloom.scene.surfels import Array, Surfels, unit

_MIRROR = 0.02
"""Gloss from which the sky is seen in a surface."""
_GLOSSY_LAYER = 0.25
"""A layer of which more than this share mirrors gets colours that change with the direction of sight."""
_LAND = np.array([0.10, 0.12, 0.07], np.float32)
"""Albedo of land as water mirrors it."""
_LAND_AWAY = 60.0
"""Metres of haze before it."""


@dataclass(frozen=True, eq=False)
class Setting:
    """What light there is besides the sky's."""

    light: Daylight
    viewpoint: Array
    """(3,) metres; haze and what windows mirror are as seen from there."""
    indoor: bool = False
    brightness: float = 1.0
    """Of what is outdoors: a factor of the exposure."""
    room: Room | None = None
    """Indoors: how eyes see it."""
    haze: bool = True
    albedo: Array | None = None
    """(N, 3) linear, in place of the surface's own: seasons, snow."""
    lit: Array | None = None
    """(N,) share of the sunlight that reaches each surfel, where it is known already."""
    skyline: tuple[float, ...] | None = None
    """What stands around, which water mirrors; see `skyline.skyline_of`."""


def discs_of(pieces: Surfels) -> Discs:
    """What of the surfels casts shadows."""
    casting = (pieces.opacity > OPAQUE) & ~np.isin(pieces.label, shadowless())
    radii = shadow_width(pieces.leaf[casting]) * np.sqrt(pieces.size[casting, 0] * pieces.size[casting, 1])
    return Discs(pieces.position[casting], pieces.normal[casting], radii)


def surface_of(
    pieces: Surfels, casters: Discs, lamps: Sequence[Lamp] = (), *, indoor: bool = False, sky: bool = True
) -> Surface:
    """What does not change with the hour: how open each surfel lies in front of `casters`, and its light by lamps.

    Args:
        sky: indoors: whether there is daylight outside.
    """
    open_, bent, light = np.empty(len(pieces), np.float32), np.zeros_like(pieces.normal), np.zeros_like(pieces.position)
    outside = np.ones(len(pieces), bool)
    if indoor and len(pieces):
        within, share, by_lamps = room_surface(pieces, lamps, sky=sky)
        # Little light is told apart better by its square root.
        open_[within], light[within], outside = np.sqrt(share), by_lamps, ~within
    if outside.any():
        out = pieces if outside.all() else pieces[outside]
        # On shores and in streets a cell of a third of a metre; wide worlds look at less.
        extent = float(np.ptp(casters.centers, axis=0).max()) if len(casters.centers) else 1.0
        cell = float(np.clip(extent / 500, 0.2, 2.0))
        open_[outside], bent[outside] = openness(out.position, out.normal, out.leaf, casters, cell=cell)
        if lamps and not indoor:
            light = _lit_by(lamps, out, casters)
    return Surface(
        albedo=_bytes(srgb(pieces.albedo)),
        normals=_signed(pieces.normal),
        open_direction=_signed(bent),
        openness=_bytes(open_),
        glow=_bytes(_shown(pieces.glow)),
        lamplight=_bytes(_shown(light)),
        leaf=_bytes(pieces.leaf),
        gloss=_bytes(pieces.gloss),
        opacity=_bytes(pieces.opacity),
        labels=torch.from_numpy(np.ascontiguousarray(pieces.label)),
    )


def _lit_by(lamps: Sequence[Lamp], pieces: Surfels, casters: Discs) -> Array:
    """Irradiance (N, 3) by lamps that stand outdoors."""
    voxels = voxels_of(_near(casters, lamps), 0.09)
    places = np.array([lamp.position for lamp in lamps], np.float32).reshape(-1, 3)
    colours = np.array([lamp.colour for lamp in lamps], np.float32).reshape(-1, 3)
    reaches = np.array([lamp.reach for lamp in lamps], np.float32)
    return lamplight(pieces.position, pieces.normal, pieces.leaf, voxels, places, colours, reaches)


def _near(casters: Discs, lamps: Sequence[Lamp]) -> Discs:
    """The casters within any lamp's reach, for voxels no larger than needed."""
    places = np.array([lamp.position for lamp in lamps])
    reach = max(lamp.reach for lamp in lamps)
    low, high = places.min(axis=0) - reach, places.max(axis=0) + reach
    inside = ((casters.centers >= low) & (casters.centers <= high)).all(axis=1)
    return Discs(casters.centers[inside], casters.normals[inside], casters.radii[inside])


def adapted(means: Array, sizes: Array, surface: Surface, casters: Discs, setting: Setting, ahead: Array) -> Setting:
    """The setting as eyes get used to it: brighter where what is looked at first lies in the shade.

    Args:
        sizes: (N,) standard deviations, metres: larger ones count more.
        ahead: (3,) unit, the direction of sight.
    """
    if setting.indoor:
        return _used_to_room(means, sizes, surface, casters, setting, ahead)
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
    factor = float(np.clip((0.13 / middle) ** 0.65, 0.85, 2.6)) ** (1 - setting.light.dark)
    return replace(setting, brightness=setting.brightness * factor)


def _used_to_room(
    means: Array, sizes: Array, surface: Surface, casters: Discs, setting: Setting, ahead: Array
) -> Setting:
    near = (np.abs(means - setting.viewpoint) < 60).all(axis=1)  # not the stars outside
    rooms = np.flatnonzero(inside(surface.open_direction.numpy()) & (surface.opacity.numpy() > 80) & near)
    if len(rooms) < 200:
        return setting
    some = rooms[:: max(len(rooms) // 60_000, 1)]
    part, places = surface[torch.from_numpy(some)], means[some]
    there = setting if setting.lit is None else replace(setting, lit=setting.lit[some])
    sun = _sun_on(places, part, casters, there)
    seen = _room_light(places, part, sun, setting)
    daylit = float((part.openness.numpy() > 12).mean()) * (1 - setting.light.dark)
    room = used_to(
        places.astype(float), sizes[some].astype(float) ** 2, albedo_of(part), seen, sun, setting.light,
        setting.viewpoint.astype(float), ahead, daylit,
    )  # fmt: skip
    return replace(setting, room=room)


def shade(means: Array, surface: Surface, casters: Discs, setting: Setting) -> torch.Tensor:
    """Spherical harmonics (N, 1 or 4, 3) of surfaces as they look in a setting; 4 where much of the layer mirrors.

    Args:
        means: (N, 3) metres, world frame.
        casters: of the whole world.
    """
    normals, gloss = normals_of(surface), _share(surface.gloss)
    albedo = albedo_of(surface) if setting.albedo is None else setting.albedo
    exposure = np.full(len(surface), setting.light.exposure * setting.brightness, np.float32)
    within = np.zeros(len(surface), bool)
    seen = albedo * illumination(means, surface, casters, setting)
    if setting.indoor:
        within = inside(surface.open_direction.numpy())
        exposure[:] = setting.light.exposure * OUTSIDE
        if setting.room is not None:
            exposure[within] = setting.light.exposure * setting.room.brightness
            seen[within] *= setting.room.balance.astype(np.float32)
    if surface.glow.any():
        seen += _linear(surface.glow) * np.float32(2 * 1.2 * _lamps_on(setting)) / exposure[:, None]
    mirrors = gloss > _MIRROR
    directional = bool(mirrors.mean() > _GLOSSY_LAYER) and not setting.indoor if len(gloss) else False
    if mirrors.any() and not directional:
        toward = unit(setting.viewpoint.astype(np.float32) - means[mirrors])
        room = setting.room if setting.indoor else None
        seen[mirrors] = _mirrored(
            seen[mirrors], normals[mirrors], toward, gloss[mirrors], setting, room, within[mirrors]
        )
    seen = hazed(seen, means, setting)
    if directional:
        return _directional(seen, normals, gloss, setting, float(exposure[0]))
    first = (toned(seen, exposure, srgb_table()) - np.float32(0.5)) / np.float32(SH_C0)
    return torch.from_numpy(first)[:, None]


def illumination(means: Array, surface: Surface, casters: Discs, setting: Setting) -> Array:
    """Radiance (N, 3) of white surfaces in a setting, not exposed."""
    if not setting.indoor:
        return _open_light(surface, _lit(means, surface, casters, setting), setting)
    rooms = inside(surface.open_direction.numpy())
    sun = _sun_on(means, surface, casters, setting)
    radiance = np.empty((len(surface), 3), np.float32)
    radiance[rooms] = _room_light(means[rooms], surface[torch.from_numpy(rooms)], sun[rooms], setting)
    if not rooms.all():
        part = surface[torch.from_numpy(~rooms)]
        known = setting if setting.lit is None else replace(setting, lit=setting.lit[~rooms])
        radiance[~rooms] = _open_light(part, _lit(means[~rooms], part, casters, known), setting)
    return radiance


def _lit(means: Array, surface: Surface, casters: Discs, setting: Setting) -> Array | None:
    """Share (N,) of the sunlight that reaches each; None at night."""
    if float(setting.light.sunlight.max()) <= 1e-4:
        return None
    return sun_share(means, normals_of(surface), casters, setting.light) if setting.lit is None else setting.lit


def _sun_on(means: Array, surface: Surface, casters: Discs, setting: Setting) -> Array:
    """Cosine (N,) to the sun where it shines into rooms."""
    light, open_ = setting.light, np.ones(len(means), np.float32)
    # Where no sky is seen there is no sun either, though a ray may find its way between two surfels of a wall.
    rooms = inside(surface.open_direction.numpy())
    open_[rooms] = (_share(surface.openness)[rooms] * 14 - 1).clip(0, 1)
    lit = _lit(means, surface, casters, setting) if open_.any() else None
    if lit is None:
        return np.zeros(len(means), np.float32)
    leaf = _share(surface.leaf)
    cosine = normals_of(surface) @ light.sun.astype(np.float32)
    facing = np.maximum(cosine, 0) * (1 - 0.3 * leaf) + leaf * (0.45 * np.maximum(-cosine, 0) + 0.22)
    return lit * facing * open_


def _open_light(surface: Surface, lit: Array | None, setting: Setting) -> Array:
    """Outdoors."""
    light = setting.light
    return open_light(
        *(surface.normals.numpy(), surface.open_direction.numpy(), surface.openness.numpy(), surface.leaf.numpy()),
        *(surface.lamplight.numpy(), lit, light.sun, light.sunlight, light.ambient(), _bytes_to_linear()),
        # Lamps are as bright as they look at night, whatever the exposure then is.
        2 * _lamps_on(setting) / (light.exposure * setting.brightness),
    )


def sun_share(means: Array, normals: Array, casters: Discs, light: Daylight) -> Array:
    """Share (N,) of the sunlight that casters leave to surfaces."""
    extent = float(np.ptp(casters.centers, axis=0).max()) if len(casters.centers) else 1.0
    return sunlit(means, normals, casters, light.sun, cell=float(np.clip(extent / 1800, 0.03, 0.6)), soft=2)


def _room_light(means: Array, surface: Surface, sun: Array, setting: Setting) -> Array:
    share = _share(surface.openness) ** 2
    return room_irradiance(means, share, 2 * _linear(surface.lamplight), sun, setting.light, setting.room)


def _lamps_on(setting: Setting) -> float:
    return 1.0 if setting.indoor else 0.06 + 0.94 * setting.light.dark


def sky_seen(surface: Surface) -> Array:
    """The share of the open sky (N,) that each sees: none in rooms."""
    return np.where(inside(surface.open_direction.numpy()), np.float32(0), _share(surface.openness))


def albedo_of(surface: Surface) -> Array:
    """(N, 3) linear."""
    return _linear(surface.albedo)


def normals_of(surface: Surface) -> Array:
    """(N, 3) unit, as they are kept."""
    return unit(surface.normals.numpy().astype(np.float32))


def _share(values: torch.Tensor) -> Array:
    return values.numpy().astype(np.float32) / 255


def _linear(values: torch.Tensor) -> Array:
    return _bytes_to_linear()[values.numpy()]


@cache
def _bytes_to_linear() -> Array:
    """(256,) light of bytes of sRGB."""
    return from_srgb(np.arange(256) / 255).astype(np.float32)


def _mirrored(
    body: Array,
    normals: Array,
    toward: Array,
    gloss: Array,
    setting: Setting,
    room: Room | None = None,
    within: Array | None = None,
) -> Array:
    """Radiance (N, 3) of glossy surfaces seen from directions (N, 3): the sky, or `within` a room what is around, mixed
    in by Schlick's formula."""
    facing = (normals * toward).sum(axis=1).clip(0.03, 1)
    outward = 2 * facing[:, None] * normals - toward
    share = (0.04 + 0.96 * (1 - facing) ** 5) * gloss
    around = np.empty_like(body)
    open_ = np.ones(len(body), bool) if room is None or within is None else ~within
    above = outward[open_]
    above[:, 1] = np.abs(above[:, 1])
    around[open_] = _above_horizon(setting, unit(above))
    if room is not None:
        around[~open_] = reflected(room, outward[~open_])
    return body * (1 - share)[:, None] + around * share[:, None]


def _above_horizon(setting: Setting, above: Array) -> Array:
    """Radiance (N, 3) of what is mirrored in directions (N, 3) above the horizon: sky, the sun's glint, and land."""
    light = setting.light
    sunlight = light.sunlight.astype(np.float32)
    glint = np.exp(((above @ light.sun.astype(np.float32)) - 1) * 60)[:, None] * sunlight * 3
    sky = light.sky(above).astype(np.float32) + glint
    if setting.skyline is None:
        return sky
    level = irradiance(light.ambient(), np.array([[0.0, 1.0, 0.0]], np.float32))
    land = _LAND * (0.6 * level + 0.3 * max(float(light.sun[1]), 0.0) * sunlight)
    clear = np.exp(-_LAND_AWAY * light.cover.haze) if setting.haze else 1.0
    share = land_share(setting.skyline, above)[:, None] * np.float32(clear)
    return sky * (1 - share) + land * share


def hazed(seen: Array, means: Array, setting: Setting) -> Array:
    """What is left (N, 3) of it beyond the haze, from the viewpoint."""
    if not setting.haze:
        return seen
    turn = (np.arange(TURNS) + 0.5) / TURNS * 2 * np.pi
    ring = setting.light.haze(np.stack([np.sin(turn), np.zeros(TURNS), np.cos(turn)], axis=1))
    return behind_haze(seen, means, setting.viewpoint, setting.light.cover.haze, ring)


def _directional(body: Array, normals: Array, gloss: Array, setting: Setting, exposure: float) -> torch.Tensor:
    """Harmonics (N, 4, 3) of what mirrors the sky: least squares over the directions from which people look down."""
    directions, weights = _sights()
    whole = np.zeros((len(body), 4, 3), np.float32)
    whole[:, 0] = (tone(body * np.float32(exposure)) - 0.5) / SH_C0
    shiny = np.flatnonzero(gloss > _MIRROR)
    body, normals, gloss = body[shiny], normals[shiny], gloss[shiny]
    basis = sh_basis(torch.from_numpy(directions), 1).numpy()
    weighted = basis * weights[:, None]
    restraint = np.diag([0.0, 1, 1, 1]) * 0.012 * weights.sum()
    solve = np.linalg.solve(basis.T @ weighted + restraint, weighted.T)

    def sky(above: Array) -> Array:
        return _above_horizon(setting, above)

    fitted = mirrored(body, normals, gloss * np.float32(0.8), sky, srgb_table(), directions, solve, exposure)
    fitted[:, 1:] = fitted[:, 1:].clip(-0.9, 0.9)
    whole[shiny] = fitted
    return torch.from_numpy(whole)


def _sights() -> tuple[Array, Array]:
    """Directions (D, 3) from eyes to level water, and how often they are looked along (D,)."""
    found = []
    for down, weight in ((0.03, 1.6), (0.12, 1.8), (0.35, 1.2), (0.75, 0.5)):
        for turn in np.arange(9) / 9 * 2 * np.pi:
            flat = np.sqrt(1 - down**2)
            found.append((flat * np.sin(turn), -down, flat * np.cos(turn), weight))
    table = np.array(found)
    return table[:, :3], table[:, 3]


def _shown(light: Array) -> Array:
    """sRGB (N, 3) of half that light; most surfaces give none, which needs no working out."""
    return srgb(light / 2) if light.any() else np.zeros_like(light)


def _bytes(values: Array) -> torch.Tensor:
    return torch.from_numpy((values.clip(0, 1) * 255 + 0.5).astype(np.uint8))


def _signed(vectors: Array) -> torch.Tensor:
    return torch.from_numpy(np.round(vectors.clip(-1, 1) * 127).astype(np.int8))
