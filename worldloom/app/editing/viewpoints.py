"""From where a thing is looked at: where photos were taken from, else places on a circle around it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from worldloom.edit.fields import View
from worldloom.edit.select.pictures import projected
from worldloom.scene.camera import Camera
from worldloom.scene.rotations import pose_quat, quat_to_matrix
from worldloom.scene.world_record import CapturedView

_FOV = 50.0
_FRAME = 1.6
"""The circle is so far from a thing that this many of it fit into the picture's height."""
_LOWEST, _HIGHEST = 15.0, 50.0
"""Degrees above the thing's middle from which it is looked at; from every other place higher by `_RAISED`."""
_RAISED = 25.0
_SMALLEST = 0.05
"""A photo shows a thing that takes this share of half its height."""


@dataclass(frozen=True, eq=False)
class Extent:
    """About where a thing is."""

    middle: Tensor
    """(3,) world frame."""
    radius: float
    """Metres."""


def looking(eye: Tensor, target: Tensor, *, vertical_fov: float = _FOV, aspect: float = 1.0) -> View:
    """The view of someone at `eye` (3,) who looks at `target` (3,)."""
    camera = Camera.looking_at(eye.float(), target.float(), width=2, height=2)
    w, x, y, z = pose_quat(camera.world_to_camera[:3, :3].T).tolist()
    return View(position=_triple(eye), rotation=(w, x, y, z), vertical_fov=vertical_fov, aspect=aspect)


def turns(view: View, count: int) -> Iterator[View]:
    """A view, and what is seen all around from the same place, level; `count` in all, each as high as wide."""
    yield view
    ahead = -quat_to_matrix(torch.tensor([view.rotation]).float())[0, :, 2]
    eye, heading = torch.tensor(view.position), math.atan2(float(ahead[0]), -float(ahead[2]))
    fov = min(360 / count * 1.15, 90.0)
    for turn in range(1, count):
        angle = heading + math.tau * turn / count
        yield looking(eye, eye + torch.tensor([math.sin(angle), -0.1, -math.cos(angle)]), vertical_fov=fov)


def ring_angles(count: int) -> list[float]:
    """Degrees around a thing from the first view on, near ones first, so that each sees much of what the one before
    saw: 45, -45, 90, -90... for 7."""
    step = 360 / (count + 1)
    return [step * (number // 2 + 1) * (-1 if number % 2 else 1) for number in range(count)]


def around(eye: Tensor, target: Tensor, angle: float, nearer: float) -> View:
    """The view of `target` (3,) from `eye` (3,), gone around it by an angle in degrees, and nearer by a factor."""
    x, y, z = (nearer * (eye - target)).tolist()
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return looking(target + torch.tensor([cos * x + sin * z, y, cos * z - sin * x]), target)


def on_ring(first: View, extent: Extent, number: int, angle: float, nearer: float) -> View:
    """The view from a place on the circle around a thing.

    Args:
        number: of the place: every other one is higher.
        angle: degrees around from the first view.
        nearer: 1 for the circle's own size, 0.5 for half of that.
    """
    off = torch.tensor(first.position) - extent.middle
    around = math.atan2(float(off[0]), float(off[2])) + math.radians(angle)
    height = math.degrees(math.atan2(float(off[1]), math.hypot(float(off[0]), float(off[2]))))
    up = math.radians(min(max(height, _LOWEST), _HIGHEST) + _RAISED * (number % 2))
    distance = nearer * _FRAME * extent.radius / math.sin(math.radians(_FOV / 2))
    direction = [math.sin(around) * math.cos(up), math.sin(up), math.cos(around) * math.cos(up)]
    return looking(extent.middle + distance * torch.tensor(direction), extent.middle)


def photographed(photos: Sequence[CapturedView], first: View, extent: Extent, count: int) -> list[View]:
    """Of the photos that have a thing within their frame, up to `count` from all sides, those nearest to the first view
    first. What stands before the thing is not looked at."""
    eyes: list[Tensor] = []
    found: list[CapturedView] = []
    for photo in photos:
        place, depth = projected(photo, extent.middle[None])
        half = float(depth[0]) * math.tan(math.radians(photo.vertical_fov) / 2)
        framed = bool(((place[0] > 0.05) & (place[0] < 0.95)).all())
        if framed and depth[0] > extent.radius and extent.radius >= _SMALLEST * half:
            found.append(photo)
            eyes.append(torch.nn.functional.normalize(torch.tensor(photo.position) - extent.middle, dim=0))
    if not found:
        return []
    sides = torch.stack(eyes)
    start = torch.nn.functional.normalize(torch.tensor(first.position) - extent.middle, dim=0)
    alike = sides @ start
    chosen: list[int] = []
    most = alike.clone()
    for _ in range(min(count, len(found))):  # each time the one that is most unlike all before it
        chosen.append(int(most.argmin()))
        most = torch.maximum(most, sides @ sides[chosen[-1]])
        most[chosen[-1]] = math.inf
    return [as_view(found[one]) for one in sorted(chosen, key=lambda one: -float(alike[one]))]


def spread(photos: Sequence[CapturedView], count: int) -> list[View]:
    """Up to `count` photos from all along the way that they were taken on."""
    step = max(math.ceil(len(photos) / max(count, 1)), 1)
    return [as_view(photo) for photo in photos[::step]]


def as_view(photo: CapturedView) -> View:
    """What a photo shows."""
    fov = max(photo.vertical_fov, 0.1)
    return View(
        position=photo.position, rotation=photo.rotation, vertical_fov=min(fov, 175.0), aspect=min(photo.aspect, 100.0)
    )


def _triple(point: Tensor) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in point)
    return x, y, z
