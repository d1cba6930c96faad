"""Things that are put into a world: made, or solids, letters and scattered plants."""

from __future__ import annotations

import math
from typing import Any

from worldloom.app.command.finding import Finder
from worldloom.app.command.frames import Frame, Mention
from worldloom.app.command.making import VARIANTS, Keep, make
from worldloom.app.command.places import spots
from worldloom.app.command.wishes import Wish
from worldloom.app.command.words import phrase_at
from worldloom.edit.compose.insert import InsertFile, InsertSolid, InsertText
from worldloom.edit.compose.placement import Placement
from worldloom.edit.compose.scatter import Scatter
from worldloom.edit.criteria import ByClass, Criterion
from worldloom.generate.understand.vocabulary import singular
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.world_record import Vector

_MOST = 12
"""That are put one by one; more are scattered."""
_SIZES = {"tiny": 0.2, "small": 0.5, "normal": 1.0, "large": 2.0, "huge": 4.0}
"""Metres of a solid's edge."""
_TURN = 2.399963
"""Radians from one to the next, so that no two stand alike: the golden angle."""
_ABOVE = 0.05
"""Metres above a place from which the surface there is looked for."""


def inserted(finder: Finder, frame: Frame, mention: Mention, keep: Keep) -> list[Wish]:
    """What puts so many of a thing there.

    Raises:
        InvalidDataError: it can't be made, or there is no room.
    """
    number = mention.number or (mention.entry.some if mention.plural and mention.entry is not None else 1)
    solid = phrase_at("solids", singular(mention.noun), 0)
    if solid is not None:
        return _solids(finder, frame, mention, solid[0], min(number, _MOST))
    if number > _MOST:
        return [scattered(finder, frame, mention, keep)]
    made = [make(mention, variant, finder.state.world.environment, keep) for variant in range(min(number, VARIANTS))]
    radius = max(one.radius for one in made)
    found = []
    for place, spot in enumerate(spots(finder, frame.relation, radius, number)):
        one = made[place % len(made)]
        placement = _placement(frame, spot, place)
        operation = InsertFile(blob=one.blob, name=one.name, place=placement)
        note = f"It is {one.height:.2g} m tall."
        found.append(Wish(operation, f"Insert {one.title}", note, count=one.count, makes=True))
    return found


def scattered(finder: Finder, frame: Frame, mention: Mention, keep: Keep) -> Wish:
    """What strews many of a thing over a surface.

    Raises:
        InvalidDataError: it can't be made, or the surface is not there.
    """
    made = make(mention, 0, finder.state.world.environment, keep)
    over: Criterion = ByClass(names=("ground",))
    if frame.relation is not None:
        target = finder.find(frame.relation.target)
        if target.where is None:
            raise InvalidDataError("Name the surface that it is scattered over, such as 'on the grass'.")
        over = target.where
    number = mention.number or (mention.entry.some if mention.entry is not None else 20)
    operation = Scatter(
        blob=made.blob, name=made.name, over=over, most=min(max(number, 1), 10_000), density=1000.0, spacing=made.radius
    )
    note = "Fewer where there is no room for all."
    return Wish(operation, f"Scatter {number} {mention.noun}", note, count=number * made.count, makes=True)


def written(finder: Finder, frame: Frame) -> Wish:
    """What puts letters there.

    Raises:
        InvalidDataError: the text is not in quotation marks.
    """
    text = (frame.quoted or "").strip()
    if not text:
        raise InvalidDataError('Put the text in quotation marks: write "Welcome" by the door.')
    spot = spots(finder, frame.relation, 0.3 * len(text) / 2, 1)[0]
    back = -finder.view.ahead
    yaw = math.atan2(float(back[0]), float(back[2])) / 2
    placement = Placement(
        on=(spot[0], spot[1] + _ABOVE, spot[2]), rotation=(round(math.cos(yaw), 6), 0.0, round(math.sin(yaw), 6), 0.0)
    )
    colour: dict[str, Any] = {} if frame.colour is None else {"colour": frame.colour}
    return Wish(InsertText(text=text[:500], place=placement, **colour), f"Write '{text[:24]}'", makes=True)


def _solids(finder: Finder, frame: Frame, mention: Mention, shape: str, number: int) -> list[Wish]:
    edge = mention.height or _SIZES[mention.size]
    colour: dict[str, Any] = {} if mention.colour is None else {"colour": mention.colour}
    size = (edge, edge, edge) if shape not in ("plane", "torus") else (edge, 0.25 * edge, edge)
    found = []
    for spot in spots(finder, frame.relation, edge / 2, number):
        operation = InsertSolid(shape=shape, size=size, place=_placement(frame, spot, 0), **colour)  # pyright: ignore[reportArgumentType]
        found.append(Wish(operation, f"Insert {mention.colour_name} {shape}".replace("  ", " "), makes=True))
    return found


def _placement(frame: Frame, spot: Vector, place: int) -> Placement:
    yaw = (place * _TURN) % (2 * math.pi) / 2
    turned = (round(math.cos(yaw), 6), 0.0, round(math.sin(yaw), 6), 0.0)
    if frame.relation is not None and frame.relation.name == "above":
        return Placement(position=spot, rotation=turned)
    return Placement(on=(round(spot[0], 4), round(spot[1] + _ABOVE, 4), round(spot[2], 4)), rotation=turned)
