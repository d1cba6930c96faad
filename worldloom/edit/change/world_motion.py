"""Moving a whole world: its layers with all that is placed in it, so that every view stays the same."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, TypeVar

import torch
from pydantic import ValidationError

from worldloom.edit.change.rows import reshaped
from worldloom.edit.state import EditState, count
from worldloom.scene.authored import Audio, Authored, BoxZone, LayerAnimation, Portal, SphereZone, Video
from worldloom.scene.earth import offset
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.geometry import Transform
from worldloom.scene.record_types import Record
from worldloom.scene.rotations import multiply_quats
from worldloom.scene.world import World
from worldloom.scene.world_record import (
    Annotation,
    CapturedView,
    Environment,
    GeoAnchor,
    Pose,
    Quaternion,
    Vector,
)

Changed = TypeVar("Changed", bound=Record)
Placed = TypeVar("Placed", bound=Pose | CapturedView | Portal | Video)


def moved_world(state: EditState, by: Transform) -> EditState:
    """The world in another frame. Layers' frames change, their Gaussians don't; locked and hidden ones move too."""
    parts = [replace(part, layer=replace(part.layer, transform=by @ part.layer.transform)) for part in state.parts]
    return reshaped(replace(state, world=moved_record(state.world, by), frame=by @ state.frame), parts)


def size(state: EditState) -> int:
    """Gaussians that a world has."""
    return count({part.key: ~part.dead for part in state.parts})


def moved_record(world: World, by: Transform) -> World:
    """What is placed in a world, but for its layers, in another frame.

    Raises:
        InvalidDataError: something would lie farther out than anything may.
    """
    return replace(
        world,
        environment=_environment(world.environment, by),
        spawn=_placed(world.spawn, by),
        camera_paths=tuple(
            _changed(path, poses=tuple(_placed(pose, by) for pose in path.poses)) for path in world.camera_paths
        ),
        annotations=tuple(_annotation(note, by) for note in world.annotations),
        captures=tuple(_placed(view, by) for view in world.captures),
        geo_anchor=None if world.geo_anchor is None else _anchor(world.geo_anchor, by),
        authored=_authored(world.authored, by),
    )


def _environment(environment: Environment, by: Transform) -> Environment:
    sun, azimuth = environment.sun_direction, environment.sun_azimuth
    return _changed(
        environment,
        sun_direction=None if sun is None else _direction(sun, by),
        sun_azimuth=None if azimuth is None else _compass(_direction(_facing(azimuth), by)),
        fog_density=environment.fog_density / by.scale,
    )


def _annotation(note: Annotation, by: Transform) -> Annotation:
    view = None if note.view is None else _placed(note.view, by)
    return _changed(note, position=_place(note.position, by), view=view)


def _anchor(anchor: GeoAnchor, by: Transform) -> GeoAnchor:
    """Where the new origin lies on Earth. The new metres are the true ones."""
    old = by.inverse
    right, up, back = (by.scale * value for value in _place((0.0, 0.0, 0.0), old))
    north, east = (function(math.radians(anchor.heading)) for function in (math.cos, math.sin))  # parts of -Z
    latitude, longitude, altitude = offset(
        (anchor.latitude, anchor.longitude, anchor.altitude),
        east=right * north - back * east,
        north=-right * east - back * north,
        up=up,
    )
    heading = (anchor.heading + _compass(_direction((0.0, 0.0, -1.0), old))) % 360
    return GeoAnchor(latitude=latitude, longitude=longitude, altitude=altitude, heading=heading)


def _authored(authored: Authored, by: Transform) -> Authored:
    weather = authored.weather
    return _changed(
        authored,
        portals=tuple(_placed(portal, by, size=_scaled(portal.size, by)) for portal in authored.portals),
        media=tuple(_medium(medium, by) for medium in authored.media),
        animations=tuple(_animation(animation, by) for animation in authored.animations),
        triggers=tuple(_changed(trigger, zone=_zone(trigger.zone, by)) for trigger in authored.triggers),
        weather=None if weather is None else _changed(weather, wind=_direction(weather.wind, by)),
    )


def _medium(medium: Audio | Video, by: Transform) -> Audio | Video:
    reach = medium.reach * by.scale
    if isinstance(medium, Audio):
        return _changed(medium, position=_place(medium.position, by), reach=reach)
    return _placed(medium, by, size=_scaled(medium.size, by), reach=reach)


def _animation(animation: LayerAnimation, by: Transform) -> LayerAnimation:
    metres = animation.motion == "translate"
    return _changed(
        animation,
        axis=_direction(animation.axis, by),
        pivot=None if animation.pivot is None else _place(animation.pivot, by),
        amplitude=animation.amplitude * (by.scale if metres else 1),
    )


def _zone(zone: BoxZone | SphereZone, by: Transform) -> BoxZone | SphereZone:
    center = _place(zone.center, by)
    if isinstance(zone, SphereZone):
        return _changed(zone, center=center, radius=zone.radius * by.scale)
    return _changed(zone, center=center, size=_scaled(zone.size, by), rotation=_turned(zone.rotation, by))


def _placed(record: Placed, by: Transform, **others: Any) -> Placed:
    """Anything with a position and a rotation."""
    return _changed(record, position=_place(record.position, by), rotation=_turned(record.rotation, by), **others)


def _changed(record: Changed, **values: Any) -> Changed:
    """The record with other values, which are checked."""
    old = {name: getattr(record, name) for name in type(record).model_fields}
    try:
        return type(record).model_validate(old | values)
    except ValidationError:
        raise InvalidDataError("That puts something beyond where anything in a world may be. Do less.") from None


def _scaled(sizes: tuple[float, ...], by: Transform) -> tuple[float, ...]:
    return tuple(size * by.scale for size in sizes)


def _place(place: Vector, by: Transform) -> Vector:
    x, y, z = by.apply_to_points(torch.tensor(place, dtype=torch.float64)).tolist()
    return x, y, z


def _direction(direction: Vector, by: Transform) -> Vector:
    x, y, z = (by.rotation_matrix @ torch.tensor(direction, dtype=torch.float64)).tolist()
    return x, y, z


def _turned(rotation: Quaternion, by: Transform) -> Quaternion:
    turn = torch.nn.functional.normalize(torch.tensor(by.rotation, dtype=torch.float64), dim=0)
    w, x, y, z = multiply_quats(turn, torch.tensor(rotation, dtype=torch.float64)).tolist()
    return w, x, y, z


def _facing(degrees: float) -> Vector:
    """Level direction so many degrees clockwise from -Z, seen from above."""
    angle = math.radians(degrees)
    return math.sin(angle), 0.0, -math.cos(angle)


def _compass(direction: Vector) -> float:
    """Degrees clockwise from -Z, seen from above, at which a direction lies; 0 if it is vertical."""
    return math.degrees(math.atan2(direction[0], -direction[2])) % 360 % 360  # a hair below 0 would be 360 after one
