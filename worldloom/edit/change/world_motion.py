"""Moving a whole world: its layers with all that is placed in it, so that every view stays the same."""

from __future__ import annotations

import math
from dataclasses import replace

from worldloom.edit.author.moving import moved_annotation, moved_authored
from worldloom.edit.change.moving import moved_direction, moved_place, moved_pose, moved_rotation
from worldloom.edit.change.rows import without_stale_collider
from worldloom.edit.state import EditState
from worldloom.scene.earth import offset
from worldloom.scene.geometry import Transform
from worldloom.scene.world import World
from worldloom.scene.world_record import (
    CameraPath,
    CapturedView,
    Environment,
    GeoAnchor,
    Vector,
)


def moved_world(state: EditState, by: Transform) -> EditState:
    """The world in another frame. Layers' frames change, their Gaussians don't; locked and hidden ones move too."""
    parts = [replace(part, layer=replace(part.layer, transform=by @ part.layer.transform)) for part in state.parts]
    moved = replace(state, world=moved_record(state.world, by), parts=tuple(parts))
    return without_stale_collider(moved, parts)


def moved_record(world: World, by: Transform) -> World:
    """What is placed in a world, but for its layers, in another frame."""
    return replace(
        world,
        environment=_environment(world.environment, by),
        spawn=moved_pose(world.spawn, by),
        camera_paths=tuple(_path(path, by) for path in world.camera_paths),
        annotations=tuple(moved_annotation(note, by) for note in world.annotations),
        captures=tuple(_view(view, by) for view in world.captures),
        authored=moved_authored(world.authored, by),
        geo_anchor=None if world.geo_anchor is None else _anchor(world.geo_anchor, by),
    )


def _environment(environment: Environment, by: Transform) -> Environment:
    sun, azimuth = environment.sun_direction, environment.sun_azimuth
    return environment.model_copy(
        update={
            "sun_direction": None if sun is None else moved_direction(sun, by),
            "sun_azimuth": None if azimuth is None else _compass(moved_direction(_facing(azimuth), by)),
            "fog_density": environment.fog_density / by.scale,
        }
    )


def _path(path: CameraPath, by: Transform) -> CameraPath:
    return path.model_copy(update={"poses": tuple(moved_pose(pose, by) for pose in path.poses)})


def _view(view: CapturedView, by: Transform) -> CapturedView:
    return view.model_copy(
        update={"position": moved_place(view.position, by), "rotation": moved_rotation(view.rotation, by)}
    )


def _anchor(anchor: GeoAnchor, by: Transform) -> GeoAnchor:
    """Where the new origin lies on Earth. The new metres are the true ones."""
    old = by.inverse
    right, up, back = (by.scale * value for value in moved_place((0.0, 0.0, 0.0), old))
    north, east = (function(math.radians(anchor.heading)) for function in (math.cos, math.sin))  # parts of -Z
    latitude, longitude, altitude = offset(
        (anchor.latitude, anchor.longitude, anchor.altitude),
        east=right * north - back * east,
        north=-right * east - back * north,
        up=up,
    )
    heading = (anchor.heading + _compass(moved_direction((0.0, 0.0, -1.0), old))) % 360
    return GeoAnchor(latitude=latitude, longitude=longitude, altitude=altitude, heading=heading)


def _facing(degrees: float) -> Vector:
    """Level direction so many degrees clockwise from -Z, seen from above."""
    angle = math.radians(degrees)
    return math.sin(angle), 0.0, -math.cos(angle)


def _compass(direction: Vector) -> float:
    """Degrees clockwise from -Z, seen from above, at which a direction lies; 0 if it is vertical."""
    return math.degrees(math.atan2(direction[0], -direction[2])) % 360
