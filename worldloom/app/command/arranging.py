"""Orders that move, turn, size, copy and part things."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from worldloom.app.command import looks
from worldloom.app.command.clumps import points_of
from worldloom.app.command.finding import Found, amount
from worldloom.app.command.frames import Comparison, Frame
from worldloom.app.command.order import Order, all_of, joined, names_of, the
from worldloom.app.command.places import spots
from worldloom.app.command.wishes import Wish
from worldloom.edit.change.decimate import Decimate
from worldloom.edit.change.duplicate import Array, Duplicate, Line
from worldloom.edit.change.layers import Separate
from worldloom.edit.change.level import Reorient, SetScale
from worldloom.edit.change.transform import DropToFloor, Mirror, TransformRows
from worldloom.scene.errors import InvalidDataError

_GAP = 0.3
"""Metres between copies."""
_SOME = 0.5
"""Metres that something is moved by where nobody says how far."""


def move(order: Order) -> list[Wish]:
    """By so much, or to a place."""
    frame = order.frame
    if frame.own_layer:
        return separate(order)
    found = order.objects()
    if frame.relation is not None:
        return [moved_to(order, found)]
    direction, compass = frame.direction, frame.compass
    if frame.verb in ("raise", "lower"):
        direction, compass = (0.0, 1.0 if frame.verb == "raise" else -1.0, 0.0), True
    if direction is None:
        raise InvalidDataError("It is not said where to: name a direction, such as left or up, or a place.")
    metres = frame.metres if frame.metres is not None else _SOME
    note = "" if frame.metres is not None else f"How far is not said: {_SOME} m."
    way = _world_way(order, direction, compass=compass) * metres
    x, y, z = (round(float(part), 4) + 0.0 for part in way)
    title = f"Move {names_of(frame)} {metres:g} m"
    operation = TransformRows(where=found.where, translation=(x, y, z))
    return [Wish(operation, title, joined(found.note, note), found=found)]


def _world_way(order: Order, direction: tuple[float, float, float], *, compass: bool) -> np.ndarray:
    """A direction along the viewer's axes (right, up, towards the viewer) in the world's frame."""
    if compass:
        return np.array(direction)
    view = order.finder.view
    return direction[0] * view.right + np.array([0.0, direction[1], 0.0]) - direction[2] * view.ahead


def moved_to(order: Order, found: Found) -> Wish:
    """To a place by something else."""
    points = points_of(order.finder.state, found.rows).positions.astype(float)
    low, up = np.quantile(points, 0.002, axis=0), np.quantile(points, 0.998, axis=0)
    foot = np.array([(low[0] + up[0]) / 2, low[1], (low[2] + up[2]) / 2])
    radius = float(np.hypot(up[0] - low[0], up[2] - low[2])) / 2
    assert order.frame.relation is not None
    spot = spots(order.finder, order.frame.relation, radius, 1, without=found.rows)[0]
    x, y, z = (round(float(part), 4) for part in np.array(spot) - foot)
    place = f"{order.frame.relation.name.replace('_', ' ')} {the(order.frame.relation.target)}"
    operation = TransformRows(where=found.where, translation=(x, y, z))
    return Wish(operation, f"Move {names_of(order.frame)} {place}", found.note, found=found)


def turn(order: Order) -> list[Wish]:
    """About the vertical."""
    frame = order.frame
    found = order.objects()
    degrees = frame.degrees if frame.degrees is not None else 180.0 if frame.around else 90.0
    left = frame.direction is None or frame.direction[0] < 0
    if frame.clockwise is not None:
        left = not frame.clockwise
    elif frame.direction is not None and frame.direction[0] == 0:
        raise InvalidDataError("Things are turned to the left or to the right; say which.")
    yaw = math.radians(degrees if left else -degrees) / 2
    turned = (round(math.cos(yaw), 6), 0.0, round(math.sin(yaw), 6), 0.0)
    said = frame.degrees is not None or frame.around
    note = "" if said else "How far is not said: a quarter turn."
    title = f"Turn {names_of(frame)} {degrees:g}° {'left' if left else 'right'}"
    operation = TransformRows(where=found.where, rotation=turned, pivot="bounds")
    return [Wish(operation, title, joined(found.note, note), found=found)]


def scale(order: Order) -> list[Wish]:
    """Larger or smaller."""
    frame = order.frame
    found = order.objects_or_all() if frame.verb == "make" else order.objects()
    if frame.metres is not None:
        factor = frame.metres / max(_tallness(order, found), 1e-3)
    elif frame.factor is not None:
        factor = frame.factor
    elif frame.share is not None:
        factor = _factor(frame)
    elif one := frame.compared("larger", "smaller"):
        factor = looks.size_factor(one)
    else:
        factor = looks.size_factor(Comparison("smaller" if frame.verb == "smaller" else "larger"))
    if factor <= 0:
        raise InvalidDataError("Nothing can be made as small as nothing; delete it instead.")
    operation = TransformRows(where=found.where, scale=round(factor, 5), pivot="bottom")
    return [Wish(operation, f"Make {names_of(frame)} {factor:.3g} times as large", found.note, found=found)]


def _factor(frame: Frame) -> float:
    """How many times as large: "to 20 %", and "by 20 %", which is that much more or less."""
    assert frame.share is not None
    to = re.search(r"\bto\s+\d", frame.text.lower()) is not None
    if not to and (frame.verb == "smaller" or frame.compared("smaller")):
        return 1 - frame.share
    if not to and (frame.compared("larger") or re.match(r"\W*(?:enlarge|magnify|scale up)\b", frame.text.lower())):
        return 1 + frame.share
    return frame.share


def _tallness(order: Order, found: Found) -> float:
    return float(np.ptp(points_of(order.finder.state, found.rows).positions[:, 1]))


def mirror(order: Order) -> list[Wish]:
    """Left becomes right."""
    found = order.objects()
    x, y, z = (round(float(part), 5) + 0.0 for part in order.finder.view.right)
    operation = Mirror(where=found.where, normal=(x, y, z), pivot="bounds")
    return [Wish(operation, f"Mirror {names_of(order.frame)}", found.note, found=found)]


def drop(order: Order) -> list[Wish]:
    """Down to what is beneath."""
    found = order.finder.one_of(order.frame.objects[:1]) if order.frame.objects else order.objects()
    return [Wish(DropToFloor(where=found.where), f"Drop {the(order.frame.objects[0])}", found.note, found=found)]


def duplicate(order: Order) -> list[Wish]:
    """Copies side by side."""
    frame = order.frame
    found = order.objects()
    copies = frame.copies or frame.times or 1
    points = points_of(order.finder.state, found.rows).positions.astype(float)
    right = order.finder.view.right
    along = points @ right
    step = right * (float(np.ptp(np.quantile(along, (0.002, 0.998)))) + _GAP)
    x, y, z = (round(float(part), 4) + 0.0 for part in step)
    if copies == 1:
        operation: Any = Duplicate(where=found.where, translation=(x, y, z))
    else:
        operation = Array(where=found.where, shape=Line(count=copies + 1, step=(x, y, z)))
    times = "" if copies == 1 else f" {copies} times"
    count = copies * amount(found)
    return [Wish(operation, f"Duplicate {names_of(frame)}{times}", found.note, count=count, makes=True)]


def measured(order: Order) -> list[Wish]:
    """ "the door is 2.1 m high": the world's scale follows."""
    found = order.objects()
    points = points_of(order.finder.state, found.rows).positions.astype(float)
    low, up = np.quantile(points, 0.002, axis=0), np.quantile(points, 0.998, axis=0)
    x, z = (low[0] + up[0]) / 2, (low[2] + up[2]) / 2
    metres = order.frame.metres or 1.0
    operation = SetScale(
        start=(float(x), float(low[1]), float(z)), end=(float(x), float(up[1]), float(z)), metres=metres
    )
    title = f"Scale the world so that {names_of(order.frame)} is {metres:g} m high"
    note = f"It is {up[1] - low[1]:.2f} m high now."
    return [Wish(operation, title, joined(found.note, note), count=all_of(order))]


def level(order: Order) -> list[Wish]:
    """Turn the world so that its floor is level."""
    return [Wish(Reorient(), "Level the world to its floor", count=all_of(order))]


def separate(order: Order) -> list[Wish]:
    """Into a layer of its own."""
    found = order.finder.one_of(order.frame.objects[:1]) if order.frame.objects else order.objects()
    mention = order.frame.objects[0]
    name = mention.noun if mention.sort == "thing" and mention.noun else None
    free = order.finder.state.free_name(name) if name else None
    return [
        Wish(
            Separate(where=found.where, name=free),
            f"Make a layer of {the(mention)}",
            found.note,
            count=amount(found),
            makes=True,
        )
    ]


def reduce(order: Order) -> list[Wish]:
    """Fewer Gaussians."""
    frame = order.frame
    found = order.objects_or_all()
    there = amount(found)
    if frame.gaussians is not None:
        left = max(frame.gaussians, 1)
        operation = Decimate(where=found.where, count=left)
        return [Wish(operation, f"Reduce to {left:,} Gaussians", found.note, count=max(there - left, 0), makes=True)]
    share = frame.share if frame.share is not None else frame.factor if frame.factor is not None else 0.5
    share = min(max(share, 1e-3), 1.0)
    count = there - max(round(there * share), 1)
    operation = Decimate(where=found.where, share=share)
    return [Wish(operation, f"Reduce to {share:.0%} of the Gaussians", found.note, count=count, makes=True)]
