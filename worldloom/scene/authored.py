"""What people put into a world besides Gaussians: portals, sound and video, motion, weather, places where something
happens, and the figure that visitors walk as. Plain records, without torch.

Everything has a name by which operations change it and trigger zones refer to it. Places are in the world's frame.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from worldloom.scene.record_types import Pose, Quaternion, Record, Vector

FARTHEST = 1e6
"""Metres: nothing lies farther from the origin."""


def _printable(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("a name is printable, without spaces at its ends")
    return text


def _nonzero(values: tuple[float, ...]) -> tuple[float, ...]:
    if not 1e-6 < math.hypot(*values) < 1e6:
        raise ValueError("it must have a length")
    return values


def _calm(wind: tuple[float, ...]) -> tuple[float, ...]:
    if math.hypot(*wind) > 100:
        raise ValueError("wind is at most 100 m/s")
    return wind


Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_printable)]
Coordinate = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST, allow_inf_nan=False)]
Place = tuple[Coordinate, Coordinate, Coordinate]
Turn = Annotated[Quaternion, AfterValidator(_nonzero)]
"""wxyz, of any length but zero."""
Direction = Annotated[Vector, AfterValidator(_nonzero)]
Length = Annotated[float, Field(gt=0, le=FARTHEST, allow_inf_nan=False)]
"""Metres."""
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Hour = Annotated[float, Field(ge=0, lt=24, allow_inf_nan=False)]
WorldId = Annotated[str, Field(pattern=r"^[0-9a-z]{1,40}$")]
Blob = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

AudioFormat = Literal["mp3", "ogg", "wav", "m4a"]
VideoFormat = Literal["mp4", "webm"]
ParticleKind = Literal["rain", "snow", "dust", "fireflies", "leaves"]
Figure = Literal["walker", "robot", "spirit", "fox"]


class Portal(Record):
    """A way into another world: whoever walks through it is there."""

    name: Name
    title: Annotated[str, Field(max_length=200)] = ""
    """What is written above it; empty: the name."""
    position: Place
    """Of the middle of the opening, metres."""
    rotation: Turn = (1.0, 0.0, 0.0, 0.0)
    """wxyz; identity opens along Z, upright along Y."""
    size: tuple[Length, Length] = (1.4, 2.2)
    """Width and height of the opening, metres."""
    shape: Literal["ring", "door"] = "ring"
    world: WorldId
    """Where it leads."""
    spawn: Pose | None = None
    """Where one comes out there; None: where that world starts."""


class Audio(Record):
    """A sound at a place."""

    kind: Literal["audio"] = "audio"
    name: Name
    blob: Blob
    """Of the file; it is kept with the world as `media/<blob>.<format>`."""
    format: AudioFormat
    position: Place
    reach: Length = 12.0
    """Metres at which it is not heard any more."""
    gain: Annotated[float, Field(ge=0, le=4, allow_inf_nan=False)] = 1.0
    loop: bool = True
    autoplay: bool = True
    """Whether it begins when someone enters the world; else a trigger starts it."""


class Video(Record):
    """A film on a screen in the world, with its sound."""

    kind: Literal["video"] = "video"
    name: Name
    blob: Blob
    format: VideoFormat
    position: Place
    """Of the screen's middle."""
    rotation: Turn = (1.0, 0.0, 0.0, 0.0)
    """wxyz; identity is seen from +Z, with +Y up."""
    size: tuple[Length, Length] = (1.6, 0.9)
    """Width and height of the screen, metres."""
    reach: Length = 12.0
    gain: Annotated[float, Field(ge=0, le=4, allow_inf_nan=False)] = 1.0
    loop: bool = True
    autoplay: bool = True


Medium = Annotated[Audio | Video, Field(discriminator="kind")]


class LayerAnimation(Record):
    """A layer that moves for ever while someone looks. At time t its motion is at s = t / period + phase turns."""

    name: Name
    layer: Annotated[str, Field(min_length=1, max_length=200)]
    motion: Literal["translate", "spin", "sway"]
    """To and fro along the axis by amplitude * sin(2 pi s); round it, by 2 pi s; to and fro round it, by
    amplitude * sin(2 pi s)."""
    axis: Direction = (0.0, 1.0, 0.0)
    amplitude: Annotated[float, Field(ge=0, le=FARTHEST, allow_inf_nan=False)] = 1.0
    """Metres where it is moved, degrees where it sways; a spin is always whole."""
    period: Seconds = 4.0
    phase: Share = 0.0
    pivot: Place | None = None
    """A point of the axis; None: the layer's own origin."""
    playing: bool = True
    """From the beginning; else a trigger starts it."""


class ParticleWeather(Record):
    """Something that falls or floats around whoever looks."""

    kind: ParticleKind
    amount: Share = 0.5
    reach: Annotated[float, Field(ge=2, le=200, allow_inf_nan=False)] = 14.0
    """Metres around the viewer in which it is drawn."""
    wind: Annotated[Vector, AfterValidator(_calm)] = (0.0, 0.0, 0.0)
    """Metres per second."""


class Say(Record):
    """Show a text."""

    do: Literal["say"] = "say"
    text: Annotated[str, Field(min_length=1, max_length=1000)]
    seconds: Annotated[float, Field(ge=1, le=120, allow_inf_nan=False)] = 6.0


class Play(Record):
    """Start or stop a sound or a video."""

    do: Literal["play"] = "play"
    medium: Name
    on: bool = True


class Fly(Record):
    """Take the visitor along a camera path."""

    do: Literal["fly"] = "fly"
    path: Annotated[str, Field(min_length=1, max_length=1000)]


class Animate(Record):
    """Start or stop a layer's animation."""

    do: Literal["animate"] = "animate"
    animation: Name
    on: bool = True


class ChangeWeather(Record):
    """Other particles; None: none."""

    do: Literal["weather"] = "weather"
    weather: ParticleWeather | None


class ChangeHour(Record):
    """The light of another hour."""

    do: Literal["hour"] = "hour"
    hour: Hour


class Go(Record):
    """Through a portal."""

    do: Literal["go"] = "go"
    portal: Name


Action = Annotated[Say | Play | Fly | Animate | ChangeWeather | ChangeHour | Go, Field(discriminator="do")]
Actions = Annotated[tuple[Action, ...], Field(max_length=20)]


class BoxZone(Record):
    """Inside a box."""

    shape: Literal["box"] = "box"
    center: Place
    size: tuple[Length, Length, Length]
    rotation: Turn = (1.0, 0.0, 0.0, 0.0)


class SphereZone(Record):
    """Inside a sphere."""

    shape: Literal["sphere"] = "sphere"
    center: Place
    radius: Length


class Trigger(Record):
    """A zone in which something happens when a visitor's eyes come into it or leave it."""

    name: Name
    zone: Annotated[BoxZone | SphereZone, Field(discriminator="shape")]
    on_enter: Actions = ()
    on_leave: Actions = ()
    once: bool = False
    """Only the first time in a visit."""


class Authored(Record):
    """All of it."""

    portals: Annotated[tuple[Portal, ...], Field(max_length=200)] = ()
    media: Annotated[tuple[Medium, ...], Field(max_length=200)] = ()
    animations: Annotated[tuple[LayerAnimation, ...], Field(max_length=500)] = ()
    triggers: Annotated[tuple[Trigger, ...], Field(max_length=500)] = ()
    weather: ParticleWeather | None = None
    figure: Figure = "walker"
    """Whom visitors see themselves as from behind, unless they choose another."""

    @model_validator(mode="after")
    def _names_differ(self) -> Authored:
        for items in (self.portals, self.media, self.animations, self.triggers):
            if len({item.name for item in items}) != len(items):
                raise ValueError("two of a kind share a name")
        return self


def media_files(media: Iterable[Audio | Video]) -> Iterator[tuple[str, str]]:
    """Path in the world's folder, and blob, of each file that media are played from."""
    return ((f"media/{medium.blob}.{medium.format}", medium.blob) for medium in media)
