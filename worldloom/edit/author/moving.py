"""What people put into a world, when the whole world is moved, turned or scaled."""

from __future__ import annotations

from worldloom.edit.change.moving import moved_direction, moved_place, moved_pose, moved_rotation
from worldloom.scene.authored import (
    Audio,
    Authored,
    BoxZone,
    LayerAnimation,
    ParticleWeather,
    Portal,
    SphereZone,
    Trigger,
    Video,
)
from worldloom.scene.geometry import Transform
from worldloom.scene.record_types import Vector
from worldloom.scene.world_record import Annotation


def moved_authored(authored: Authored, by: Transform) -> Authored:
    """All of it in another frame. Where a portal comes out in another world stays."""
    return authored.model_copy(
        update={
            "portals": tuple(_portal(portal, by) for portal in authored.portals),
            "media": tuple(_medium(medium, by) for medium in authored.media),
            "animations": tuple(_animation(animation, by) for animation in authored.animations),
            "triggers": tuple(_trigger(trigger, by) for trigger in authored.triggers),
            "weather": authored.weather and _weather(authored.weather, by),
        }
    )


def moved_annotation(note: Annotation, by: Transform) -> Annotation:
    """A note, with the view from which it is looked at."""
    view = note.view and moved_pose(note.view, by)
    return note.model_copy(update={"position": moved_place(note.position, by), "view": view})


def _portal(portal: Portal, by: Transform) -> Portal:
    return portal.model_copy(update=_placed(portal, by) | {"size": _sized(portal.size, by)})


def _medium(medium: Audio | Video, by: Transform) -> Audio | Video:
    reach = {"reach": medium.reach * by.scale}
    if isinstance(medium, Audio):
        return medium.model_copy(update={"position": moved_place(medium.position, by), **reach})
    return medium.model_copy(update=_placed(medium, by) | {"size": _sized(medium.size, by), **reach})


def _animation(animation: LayerAnimation, by: Transform) -> LayerAnimation:
    longer = by.scale if animation.motion == "translate" else 1.0
    return animation.model_copy(
        update={
            "axis": moved_direction(animation.axis, by),
            "amplitude": animation.amplitude * longer,
            "pivot": animation.pivot and moved_place(animation.pivot, by),
        }
    )


def _trigger(trigger: Trigger, by: Transform) -> Trigger:
    return trigger.model_copy(update={"zone": _zone(trigger.zone, by)})


def _zone(zone: BoxZone | SphereZone, by: Transform) -> BoxZone | SphereZone:
    center = {"center": moved_place(zone.center, by)}
    if isinstance(zone, SphereZone):
        return zone.model_copy(update={"radius": zone.radius * by.scale, **center})
    turned = {"rotation": moved_rotation(zone.rotation, by)}
    return zone.model_copy(update={"size": _sized(zone.size, by), **turned, **center})


def _weather(weather: ParticleWeather, by: Transform) -> ParticleWeather:
    x, y, z = moved_direction(weather.wind, by)
    wind: Vector = (x * by.scale, y * by.scale, z * by.scale)
    return weather.model_copy(update={"wind": wind})


def _placed(thing: Portal | Video, by: Transform) -> dict[str, object]:
    return {"position": moved_place(thing.position, by), "rotation": moved_rotation(thing.rotation, by)}


def _sized(size: tuple[float, ...], by: Transform) -> tuple[float, ...]:
    return tuple(length * by.scale for length in size)
