"""Night, snow, autumn, fog, sunrise: a world in another light, without building it again.

Generated layers know their surfaces and are lit exactly as when they were made. Of captured ones, normals and openness
are estimated, and their colours are scaled by the light they would have then over the light they were seen in: an
approximation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from worldloom.generate.assemble import (
    BACKDROP,
    Moment,
    adapted_in,
    air_layers,
    environment_of,
    sky_layer,
    skyline_in,
    solids,
)
from worldloom.generate.captured_light import relit
from worldloom.generate.event_names import Event
from worldloom.generate.light import Setting, albedo_of, discs_of, shade, sky_seen
from worldloom.generate.seasons import dressed
from worldloom.generate.spec import Season, Weather
from worldloom.generate.weather import AIR
from worldloom.render.shadows import Discs
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.surface import Surface
from worldloom.scene.surfels import Array, no_surfels, unit
from worldloom.scene.world import Layer, World

_HOUR = 13.0
"""When captured worlds are taken to have been seen, where nothing says so."""


@dataclass(frozen=True)
class Changed:
    """What came of an event."""

    world: World
    notes: tuple[str, ...]
    """What could only be approximated, in plain words."""


def happen(world: World, event: Event) -> Changed:
    """The world after an event; the old one is untouched.

    Raises:
        InvalidDataError: the event changes nothing, or the world is empty.
    """
    if event == Event():
        raise InvalidDataError("The event names no hour, weather, season, sun or snow; say what shall change.")
    if not any(len(layer.gaussians) for layer in world.layers):
        raise InvalidDataError(f"World '{world.name}' is empty; there is nothing to light.")
    moment = _moment_after(world, event)
    was = _built_in(world)
    # Leaves that fall or grow back change the shadows too, so they come first.
    albedos: dict[str, Array] = {}
    for layer in world.layers:
        if layer.surface is not None:
            changed, albedos[layer.name] = _dressed(layer, layer.surface, was, moment)
            world = world.with_layer(changed)
    casters, known = solids(world)
    indoor = bool(world.provenance.parameters.get("indoor", False))
    setting = Setting(moment.light(), np.asarray(world.spawn.position, np.float32), indoor=indoor, haze=not indoor)
    setting = replace(setting, skyline=skyline_in(world))
    setting = adapted_in(world, known, casters, setting)
    surfaces = {layer.name: surface for layer, surface in known}
    notes: list[str] = []
    nothing = discs_of(no_surfels())
    layers: list[Layer] = []
    for layer in world.layers:
        surface = surfaces.get(layer.name)
        if surface is not None:
            shading = nothing if layer.name in BACKDROP else casters
            layers.append(_relit_exactly(layer, surface, shading, replace(setting, albedo=albedos[layer.name])))
        elif layer.kind == "sky":
            layers.append(_new_sky(layer, setting, world, indoor))
        elif layer.kind == "effects":
            layers += [] if layer.name == AIR else [layer]
        else:
            layers.append(relit(layer, setting, moment.season, moment.snow, world))
            notes.append(f"The light on '{layer.name}' is an estimate: it was captured, not made.")
    if known and was == "winter" and moment.season != "winter":
        notes.append("This world was made in winter; its trees have no leaves to grow back. Make it again in summer.")
    if not indoor:
        layers += air_layers(moment, setting, world.provenance.seed)
    environment = environment_of(moment, setting)
    return Changed(replace(world, layers=tuple(layers), environment=environment), tuple(notes))


def happen_in_words(world: World, text: str) -> Changed:
    """The world after what a text asks for: "make it night", "snow", "autumn, then fog".

    Raises:
        InvalidDataError: the text is no English, or names no hour, weather or season.
    """
    from worldloom.generate.understand import events

    read = events(text)
    if all(event == Event() for event in read.events):
        raise InvalidDataError(
            f"'{text[:80]}' names no hour, weather or season; try night, sunrise, snow, autumn or fog."
        )
    notes: list[str] = []
    if read.unknown:
        notes.append(f"Not understood: {', '.join(phrase.text for phrase in read.unknown)}.")
    for event in read.events:
        changed = happen(world, event)
        world = changed.world
        notes += changed.notes
    return Changed(world, tuple(dict.fromkeys(notes)))


def _moment_after(world: World, event: Event) -> Moment:
    """What is not in the event stays as it was."""
    now = world.environment
    weather = event.weather or _known_weather(now.weather)
    snow = now.snow if event.snow is None else event.snow
    if event.snow is None and event.weather == "snow":
        snow = True
    if event.snow is None and event.season in ("spring", "summer"):
        snow = False
    hour = event.hour if event.hour is not None else (now.hour if now.hour is not None else _HOUR)
    if event.hours_later is not None:
        hour = (hour + event.hours_later) % 24
    # A new hour puts the sun where it then stands, unless it is told where.
    azimuth = event.sun_azimuth
    if azimuth is None and event.hour is None and event.hours_later is None:
        azimuth = now.sun_azimuth
    return Moment(hour, event.season or now.season or "summer", weather, snow, azimuth)


def _known_weather(name: str) -> Weather:
    from worldloom.generate.daylight import WEATHERS

    return name if name in WEATHERS else "clear"


def _built_in(world: World) -> Season:
    """The season that the surfaces' own colours are of."""
    spec = world.provenance.parameters.get("worldspec")
    season = spec.get("season") if isinstance(spec, dict) else None
    return season if season in ("spring", "summer", "autumn", "winter") else "summer"


def _dressed(layer: Layer, surface: Surface, was: Season, moment: Moment) -> tuple[Layer, Array]:
    """The layer with the leaves that it has in that season, and its colours (N, 3) without light."""
    old = layer.gaussians
    normals = unit(surface.normals.numpy().astype(np.float32))
    labels = surface.labels.numpy()
    albedo, present = dressed(
        albedo_of(surface), normals, sky_seen(surface), labels, old.means.numpy(), was, moment.season, moment.snow
    )
    opacity = torch.from_numpy(surface.opacity.numpy() / np.float32(255) * present).clamp(0.004, 0.99)
    gaussians = Gaussians(old.means, old.quats, old.log_scales, torch.logit(opacity), old.sh)
    return replace(layer, gaussians=gaussians), albedo


def _relit_exactly(layer: Layer, surface: Surface, casters: Discs, setting: Setting) -> Layer:
    old = layer.gaussians
    sh = shade(old.means.numpy(), surface, casters, setting)
    return replace(layer, gaussians=Gaussians(old.means, old.quats, old.log_scales, old.opacity_logits, sh))


def _new_sky(layer: Layer, setting: Setting, world: World, indoor: bool) -> Layer:
    """The dome of the new light; the stars outside a station stay."""
    if indoor and layer.surface is None and world.provenance.parameters.get("own_sky"):
        return layer
    radius = float(layer.gaussians.means.norm(dim=1).max()) if len(layer.gaussians) else 600.0
    spec = world.provenance.parameters.get("worldspec")
    size = spec.get("gaussians") if isinstance(spec, dict) else None
    count = size or sum(len(one.gaussians) for one in world.layers)
    return replace(sky_layer(setting.light, radius, world.provenance.seed, count), name=layer.name)
