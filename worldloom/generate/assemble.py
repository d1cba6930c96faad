"""From a draft of surfels to a lit `World`, and the same world in another light."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch

from worldloom.generate.build.site import Draft, Lamp
from worldloom.generate.daylight import Daylight, daylight, tone
from worldloom.generate.light import (
    Setting,
    adapted,
    discs_of,
    normals_of,
    shade,
    sky_seen,
    sun_share,
    surface_of,
)
from worldloom.generate.seasons import dressed
from worldloom.generate.sky import dome, dome_count
from worldloom.generate.skyline import skyline_of
from worldloom.generate.spec import Season, Weather, WorldSpec
from worldloom.generate.weather import AIR, in_the_air
from worldloom.render.casters import discs_of_surface
from worldloom.render.flats import gaussians_of, zorder
from worldloom.render.shadows import Discs
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0
from worldloom.scene.provenance import Provenance, installed_versions
from worldloom.scene.rotations import matrix_to_quat
from worldloom.scene.semantics import labels_under
from worldloom.scene.surface import Surface, join_surfaces
from worldloom.scene.surfels import Array, Surfels, Vector, join, no_surfels, unit
from worldloom.scene.world import Environment, Layer, Pose, World

FAR = "far"
"""Name of the layer of what lies beyond the edge: too large and coarse to cast shadows."""
BACKDROP = ("far", "far beyond")
"""Layers too large and coarse to cast shadows: what lies beyond the edge, and what is left of it after growing."""
SKY = "sky"
"""Name of the layer that is made anew with every change of light."""


@dataclass(frozen=True)
class Moment:
    """When and in what weather a world is seen."""

    hour: float
    season: Season
    weather: Weather
    snow: bool = False
    """Whether snow lies."""
    sun_azimuth: float | None = None
    """Degrees clockwise from north (-Z); None: where the sun stands at that hour."""

    def light(self) -> Daylight:
        azimuth = None if self.sun_azimuth is None else math.radians(self.sun_azimuth)
        return daylight(self.hour, self.season, self.weather, azimuth)


def assemble(draft: Draft, spec: WorldSpec, name: str) -> World:
    """Light a draft and make it a world."""
    given = {title: part for title, part in draft.layers.items() if len(part)}
    with ThreadPoolExecutor(2) as both:
        parts = dict(zip(given, both.map(lambda part: _ordered(part.single()), given.values())))
    pieces = join([part for title, part in parts.items() if title != FAR])
    casters = discs_of(pieces)
    moment = Moment(spec.hour, spec.season, spec.weather, _snow_lies(spec))
    setting = Setting(moment.light(), np.asarray(draft.spawn, np.float32), indoor=draft.indoor, haze=not draft.indoor)
    own_sky = draft.indoor and SKY in draft.layers
    with ThreadPoolExecutor(1) as beside:  # the sky, while others find out what they see of it
        above = (
            None if own_sky else beside.submit(sky_layer, setting.light, radius_of(parts), spec.seed, spec.gaussians)
        )
        around = beside.submit(_skyline, pieces, casters, setting)
        surface = surface_of(pieces, casters, draft.lamps, indoor=draft.indoor, sky=SKY not in draft.layers)
        setting = replace(setting, skyline=around.result())
    ahead = unit(np.subtract(draft.look_at, draft.spawn))
    if float(setting.light.sunlight.max()) > 0:
        lit = sun_share(pieces.position, normals_of(surface), casters, setting.light)
        setting = replace(setting, lit=lit)
    setting = adapted(pieces.position, pieces.size[:, 0], surface, casters, setting, ahead)
    layers = lit_layers(
        {title: part for title, part in parts.items() if title != FAR}, surface, casters, setting, moment
    )
    if FAR in parts:
        nothing = discs_of(no_surfels())
        open_ = replace(setting, lit=None)
        layers += lit_layers({FAR: parts[FAR]}, surface_of(parts[FAR], nothing), nothing, open_, moment)
    if above is not None:
        layers.append(above.result())
    if not draft.indoor:
        layers += air_layers(moment, setting, spec.seed)
    return World(
        name=name,
        layers=tuple(layers),
        environment=environment_of(moment, setting),
        spawn=pose(draft.spawn, draft.look_at),
        provenance=Provenance(
            engine="worldloom.generate",
            versions=installed_versions(),
            seed=spec.seed,
            parameters={
                "worldspec": spec.model_dump(mode="json"),
                **({} if setting.skyline is None else {"skyline": list(setting.skyline)}),
                "indoor": draft.indoor,
                "own_sky": SKY in draft.layers,
                "not_built": list(draft.not_built),
            },
        ),
    )


def _skyline(pieces: Surfels, casters: Discs, setting: Setting) -> tuple[float, ...] | None:
    """What the waters mirror; None: there are none outdoors."""
    water = np.isin(pieces.label, labels_under("water"))
    if setting.indoor or not water.any():
        return None
    return skyline_of(casters.centers, setting.viewpoint, float(np.median(pieces.position[water, 1])))


def _snow_lies(spec: WorldSpec) -> bool:
    """Winters are white, unless the text says there is no snow or the land knows none."""
    warm = all(share.name in ("desert", "jungle", "savanna", "coast") for share in spec.biomes)
    return spec.weather == "snow" or (spec.season == "winter" and "snow" not in spec.without and not warm)


def _ordered(part: Surfels) -> Surfels:
    """Those that are near one another lie near in memory too."""
    return part[zorder(part.position)]


def lit_layers(
    parts: dict[str, Surfels], surface: Surface, casters: Discs, setting: Setting, moment: Moment
) -> list[Layer]:
    """Layers of surfels in the light of a setting; `surface` is of all of them, in that order."""
    colours = None
    if setting.indoor and parts:  # what mirrors there is of no direction, so that all can be lit at once
        whole = join(list(parts.values()))
        colours = shade(whole.position, surface, casters, replace(setting, albedo=_albedo(whole, surface, moment)))
    layers, start = [], 0
    for title, part in parts.items():
        mine = slice(start, start + len(part))
        own, start = surface[mine], mine.stop
        black = gaussians_of(part)
        if colours is not None:
            sh = colours[mine]
        else:
            lit = None if setting.lit is None else setting.lit[mine]
            sh = shade(part.position, own, casters, replace(setting, albedo=_albedo(part, own, moment), lit=lit))
        whole = Gaussians(black.means, black.quats, black.log_scales, black.opacity_logits, sh)
        layers.append(Layer(title, whole, "generated", surface=own))
    return layers


def _albedo(part: Surfels, surface: Surface, moment: Moment) -> Array | None:
    """Under snow; None: its own."""
    if not moment.snow:
        return None
    season = moment.season
    seen = sky_seen(surface)
    return dressed(part.albedo, part.normal, seen, part.label, part.position, season, season, snow=True)[0]


def layers_of_parts(
    parts: dict[str, Surfels], casters: Discs, lamps: Sequence[Lamp], setting: Setting, moment: Moment
) -> list[Layer]:
    """Lit layers of surfels among `casters`."""
    ordered = {title: _ordered(part.single()) for title, part in parts.items() if len(part)}
    surface = surface_of(join(list(ordered.values())), casters, lamps)
    return lit_layers(ordered, surface, casters, setting, moment)


def sky_layer(light: Daylight, radius: float, seed: int, gaussians: int) -> Layer:
    """The dome of that light, of a world of about so many Gaussians."""
    return Layer(SKY, _glowing(dome(light, radius, seed, dome_count(gaussians)), light), "sky")


def air_layers(moment: Moment, setting: Setting, seed: int) -> list[Layer]:
    """Mist, rain or snow about the viewpoint, if the weather has any."""
    pieces = in_the_air(moment.weather, setting.light, setting.viewpoint, seed)
    return [Layer(AIR, _glowing(pieces, setting.light), "effects")] if len(pieces) else []


def _glowing(pieces: Surfels, light: Daylight) -> Gaussians:
    """Gaussians that show what surfels give off."""
    colour = tone(pieces.glow * np.float32(light.exposure)).astype(np.float32)
    black = gaussians_of(pieces)
    sh = rgb_to_sh0(torch.from_numpy(colour))[:, None]
    return Gaussians(black.means, black.quats, black.log_scales, black.opacity_logits, sh)


def radius_of(parts: dict[str, Surfels]) -> float:
    """Metres from the origin at which the sky is shown: beyond everything else."""
    reach = max((float(np.abs(part.position).max()) for part in parts.values()), default=0.0)
    return float(np.clip(1.35 * reach, 600.0, 4600.0))


def environment_of(moment: Moment, setting: Setting) -> Environment:
    horizon = setting.light.haze(np.array([[0.0, 0.0, -1.0]]))
    background = tone(horizon * setting.light.exposure)[0]
    if setting.indoor:
        background = background * 0.3
    x, y, z = (float(value) for value in setting.light.sun)
    red, green, blue = (round(float(value), 4) for value in background)
    return Environment(
        background=(red, green, blue),
        sun_direction=(x, y, z),
        fog_density=round(setting.light.cover.haze, 6),
        weather=moment.weather,
        hour=moment.hour,
        season=moment.season,
        snow=moment.snow,
        sun_azimuth=moment.sun_azimuth,
    )


def pose(eye: Vector, target: Vector) -> Pose:
    """Standing at `eye`, looking at `target`."""
    back = unit(np.asarray(eye, float) - np.asarray(target, float))
    side = unit(np.cross([0.0, 1.0, 0.0], back))
    frame: Array = np.stack([side, np.cross(back, side), back], axis=1)
    w, x, y, z = matrix_to_quat(torch.from_numpy(frame)).tolist()
    at = tuple(float(value) for value in np.asarray(eye, float))
    return Pose(position=at, rotation=(w, x, y, z))  # pyright: ignore[reportArgumentType]


def solids(world: World) -> tuple[Discs, list[tuple[Layer, Surface]]]:
    """What in a world casts shadows, and its layers of known surface."""
    known = [(layer, layer.surface) for layer in world.layers if layer.surface is not None]
    near = [(layer, surface) for layer, surface in known if layer.name not in BACKDROP]
    parts = [
        discs_of_surface(
            layer.gaussians.means.numpy(), layer.gaussians.scales.numpy(), layer.gaussians.opacities.numpy(), surface
        )
        for layer, surface in near
    ]
    if not parts:
        empty = np.zeros((0, 3), np.float32)
        return Discs(empty, empty, np.zeros(0, np.float32)), known
    return (
        Discs(
            np.concatenate([part.centers for part in parts]),
            np.concatenate([part.normals for part in parts]),
            np.concatenate([part.radii for part in parts]),
        ),
        known,
    )


def skyline_in(world: World) -> tuple[float, ...] | None:
    """What a generated world's water mirrors, as it was found when it was made; later parts of it mirror the same."""
    kept = world.provenance.parameters.get("skyline")
    return tuple(float(value) for value in kept) if isinstance(kept, list) else None


def adapted_in(world: World, known: Sequence[tuple[Layer, Surface]], casters: Discs, setting: Setting) -> Setting:
    """As eyes get used to the new light; see `light.adapted`."""
    near = [(layer, surface) for layer, surface in known if layer.name not in BACKDROP]
    if not near:
        return setting
    means = np.concatenate([layer.gaussians.means.numpy() for layer, _ in near])
    sizes = np.concatenate([layer.gaussians.scales[:, 0].numpy() for layer, _ in near])
    surface = join_surfaces([surface for _, surface in near])
    w, x, y, z = world.spawn.rotation
    ahead = -np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])
    return adapted(means, sizes, surface, casters, setting, ahead)
