"""What each verb does: frame -> operations."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from worldloom.app.command import inserting, looks
from worldloom.app.command.clumps import points_of
from worldloom.app.command.finding import Finder, Found, amount
from worldloom.app.command.frames import Comparison, Frame, Mention
from worldloom.app.command.making import Keep
from worldloom.app.command.places import spots
from worldloom.app.command.wishes import Wish
from worldloom.edit.author.record import UpdateLayer
from worldloom.edit.change.colour import Recolour
from worldloom.edit.change.crop import Crop
from worldloom.edit.change.decimate import Decimate
from worldloom.edit.change.delete import Delete
from worldloom.edit.change.duplicate import Array, Duplicate, Line
from worldloom.edit.change.fill import Fill
from worldloom.edit.change.floaters import FixFloaters
from worldloom.edit.change.layers import DeleteLayer, Separate
from worldloom.edit.change.level import Reorient, SetScale
from worldloom.edit.change.opacity import SetOpacity, Sharpen, Soften
from worldloom.edit.change.transform import DropToFloor, Mirror, TransformRows
from worldloom.edit.criteria import Everything
from worldloom.edit.select.operations import (
    GrowSelection,
    Hide,
    InvertSelection,
    Lock,
    Select,
    SelectNone,
    ShowAll,
    ShrinkSelection,
    UnlockAll,
)
from worldloom.scene.errors import InvalidDataError

_FLOATERS = re.compile(r"\b(float\w*|specks?|fluff|ghosts?|noise|outliers)\b")
_FILL = re.compile(r"\b(holes?|gaps?)\b")
_GAP = 0.3
"""Metres between copies."""
_SOME = 0.5
"""Metres that something is moved by where nobody says how far."""


@dataclass(frozen=True, eq=False)
class Order:
    """A frame and the state that it speaks of."""

    frame: Frame
    finder: Finder
    keep: Keep

    @property
    def low(self) -> str:
        return self.frame.text.lower()

    def objects(self) -> Found:
        """All that the verb is about.

        Raises:
            InvalidDataError: nothing is named, or it is not there.
        """
        if not self.frame.objects:
            raise InvalidDataError("It is not said what is meant; name a thing, or select it and say 'this'.")
        return self.finder.one_of(self.frame.objects)

    def objects_or_all(self) -> Found:
        """The same; what is selected, or everything, where "it" or nothing is said."""
        said = self.frame.objects
        vague = not said or (len(said) == 1 and said[0].sort == "it")
        if vague and self.finder.last is None:
            rows = self.finder.state.selection(self.finder.by.person)
            return Found(None, rows) if rows else self.finder.by_criterion(Everything())
        return self.objects()


def wishes(order: Order) -> list[Wish]:
    """What an order asks for.

    Raises:
        InvalidDataError: it can't be done, or isn't understood.
    """
    frame = order.frame
    if frame.loose:
        raise InvalidDataError("It is not clear how the things in this go together; say one after the other.")
    if frame.verb in _ORDERS:
        return _ORDERS[frame.verb](order)
    if frame.state and frame.metres and frame.objects:
        return _measured(order)
    if frame.compare or (frame.colour is not None and frame.state and frame.objects):
        return _make(order)
    raise InvalidDataError("No order is found in this; begin with a verb, such as remove, move, paint or add.")


def _delete(order: Order) -> list[Wish]:
    frame = order.frame
    if _FLOATERS.search(order.low):
        return _clean(order)
    if frame.objects and frame.objects[0].sort == "everything" and frame.objects[0].but is not None:
        kept = order.finder.find(frame.objects[0].but)
        return [_cropped(order, kept, _the(frame.objects[0].but))]
    if frame.objects and frame.objects[0].layer:
        names = order.finder.layers_called(frame.objects[0].noun, exact=False)
        return [Wish(DeleteLayer(layer=name), f"Delete layer '{name}'") for name in names]
    found = order.objects()
    if frame.objects[0].sort == "everything":
        raise InvalidDataError("Deleting everything is not proposed; delete the world, or say what shall go.")
    return [Wish(Delete(where=found.where), f"Delete {_names(frame)}", found.note, found=found)]


def _fill(order: Order) -> list[Wish]:
    if order.frame.objects and not _FILL.search(order.low):
        raise InvalidDataError("Only holes that deleting has left are filled; say 'fill the hole'.")
    where = order.finder.last.where if order.finder.last is not None else None
    return [Wish(Fill(where=where), "Fill the hole", "How many Gaussians it takes is known when it is done.", count=0)]


def _clean(order: Order) -> list[Wish]:
    if order.frame.verb != "delete" and order.frame.objects and not _FLOATERS.search(order.low):
        raise InvalidDataError("Only floaters can be cleaned up; say 'delete the floaters'.")
    selected = order.finder.state.selection(order.finder.by.person)
    where = None if selected and re.search(r"selec|here", order.low) else Everything()
    return [Wish(FixFloaters(where=where), "Delete floaters", "How many there are is known when it is done.", count=0)]


def _hide(order: Order) -> list[Wish]:
    found = order.objects()
    layer = order.finder.whole_layer(found)
    if layer is not None:
        return [Wish(UpdateLayer(layer=layer, visible=False), f"Hide layer '{layer}'", count=amount(found))]
    return [Wish(Hide(where=found.where), f"Hide {_names(order.frame)}", found.note, found=found)]


def _show(order: Order) -> list[Wish]:
    hidden = [part.layer.name for part in order.finder.state.parts if not part.layer.visible]
    said = order.frame.objects
    if said and said[0].sort == "thing" and said[0].noun:
        names = [name for name in order.finder.layers_called(said[0].noun, exact=True) if name in hidden]
        if names:
            return [Wish(UpdateLayer(layer=name, visible=True), f"Show layer '{name}'") for name in names]
        return [Wish(ShowAll(), "Show everything that is hidden", "What is hidden is shown as a whole.")]
    layers = [Wish(UpdateLayer(layer=name, visible=True), f"Show layer '{name}'") for name in hidden]
    return [Wish(ShowAll(), "Show everything that is hidden"), *layers]


def _lock(order: Order) -> list[Wish]:
    found = order.objects()
    layer = order.finder.whole_layer(found)
    if layer is not None:
        return [Wish(UpdateLayer(layer=layer, locked=True), f"Lock layer '{layer}'", count=amount(found))]
    return [Wish(Lock(where=found.where), f"Lock {_names(order.frame)}", found.note, found=found)]


def _unlock(order: Order) -> list[Wish]:
    locked = [part.layer.name for part in order.finder.state.parts if part.layer.locked]
    said = order.frame.objects
    if said and said[0].sort == "thing":
        names = [name for name in order.finder.layers_called(said[0].noun, exact=True) if name in locked]
        if names:
            return [Wish(UpdateLayer(layer=name, locked=False), f"Unlock layer '{name}'") for name in names]
    layers = [Wish(UpdateLayer(layer=name, locked=False), f"Unlock layer '{name}'") for name in locked]
    return [Wish(UnlockAll(), "Unlock everything"), *layers]


def _select(order: Order) -> list[Wish]:
    frame = order.frame
    if re.search(r"\bnothing\b", order.low) or (frame.verb == "deselect" and _means_all(frame)):
        return [Wish(SelectNone(), "Select nothing")]
    found = order.objects()
    if found.where is None:
        raise InvalidDataError("That is selected already.")
    mode = {"also": "add", "deselect": "remove"}.get(frame.verb, "set")
    title = {"add": "Select {} too", "remove": "Take {} out of the selection", "set": "Select {}"}[mode]
    return [Wish(Select(where=found.where, mode=mode), title.format(_names(frame)), found.note, found=found)]  # pyright: ignore[reportArgumentType]


def _invert(order: Order) -> list[Wish]:
    return [Wish(InvertSelection(), "Invert the selection")]


def _resize_selection(order: Order) -> list[Wish]:
    kind = GrowSelection if order.frame.verb == "grow" else ShrinkSelection
    return [Wish(kind(distance=order.frame.metres), f"{order.frame.verb.capitalize()} the selection")]


def _move(order: Order) -> list[Wish]:
    frame = order.frame
    if frame.own_layer:
        return _separate(order)
    found = order.objects()
    if frame.relation is not None:
        return [_moved_to(order, found)]
    direction, compass = frame.direction, frame.compass
    if frame.verb in ("raise", "lower"):
        direction, compass = (0.0, 1.0 if frame.verb == "raise" else -1.0, 0.0), True
    if direction is None:
        raise InvalidDataError("It is not said where to: name a direction, such as left or up, or a place.")
    metres = frame.metres if frame.metres is not None else _SOME
    note = "" if frame.metres is not None else f"How far is not said: {_SOME} m."
    way = _world_way(order, direction, compass=compass) * metres
    x, y, z = (round(float(part), 4) + 0.0 for part in way)
    title = f"Move {_names(frame)} {metres:g} m"
    operation = TransformRows(where=found.where, translation=(x, y, z))
    return [Wish(operation, title, _joined(found.note, note), found=found)]


def _world_way(order: Order, direction: tuple[float, float, float], *, compass: bool) -> np.ndarray:
    """A direction along the viewer's axes (right, up, towards the viewer) in the world's frame."""
    if compass:
        return np.array(direction)
    view = order.finder.view
    return direction[0] * view.right + np.array([0.0, direction[1], 0.0]) - direction[2] * view.ahead


def _moved_to(order: Order, found: Found) -> Wish:
    """To a place by something else."""
    points = points_of(order.finder.state, found.rows).positions.astype(float)
    low, up = np.quantile(points, 0.002, axis=0), np.quantile(points, 0.998, axis=0)
    foot = np.array([(low[0] + up[0]) / 2, low[1], (low[2] + up[2]) / 2])
    radius = float(np.hypot(up[0] - low[0], up[2] - low[2])) / 2
    assert order.frame.relation is not None
    spot = spots(order.finder, order.frame.relation, radius, 1, without=found.rows)[0]
    x, y, z = (round(float(part), 4) for part in np.array(spot) - foot)
    place = f"{order.frame.relation.name.replace('_', ' ')} {_the(order.frame.relation.target)}"
    operation = TransformRows(where=found.where, translation=(x, y, z))
    return Wish(operation, f"Move {_names(order.frame)} {place}", found.note, found=found)


def _turn(order: Order) -> list[Wish]:
    frame = order.frame
    if frame.colour is not None:
        return _paint(order)
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
    title = f"Turn {_names(frame)} {degrees:g}° {'left' if left else 'right'}"
    operation = TransformRows(where=found.where, rotation=turned, pivot="bounds")
    return [Wish(operation, title, _joined(found.note, note), found=found)]


def _scale(order: Order) -> list[Wish]:
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
    return [Wish(operation, f"Make {_names(frame)} {factor:.3g} times as large", found.note, found=found)]


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


def _mirror(order: Order) -> list[Wish]:
    found = order.objects()
    x, y, z = (round(float(part), 5) + 0.0 for part in order.finder.view.right)
    operation = Mirror(where=found.where, normal=(x, y, z), pivot="bounds")
    return [Wish(operation, f"Mirror {_names(order.frame)}", found.note, found=found)]


def _drop(order: Order) -> list[Wish]:
    found = order.finder.one_of(order.frame.objects[:1]) if order.frame.objects else order.objects()
    return [Wish(DropToFloor(where=found.where), f"Drop {_the(order.frame.objects[0])}", found.note, found=found)]


def _duplicate(order: Order) -> list[Wish]:
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
    return [Wish(operation, f"Duplicate {_names(frame)}{times}", found.note, count=count, makes=True)]


def _paint(order: Order) -> list[Wish]:
    if order.frame.colour is None:
        raise InvalidDataError("The colour is not said, or is none that is known.")
    found = order.objects()
    operation = looks.painted(order.finder, found, order.frame.colour)
    return [Wish(operation, f"Paint {_names(order.frame)} {order.frame.colour_name}", found.note, found=found)]


def _make(order: Order) -> list[Wish]:
    frame = order.frame
    if frame.copies:
        return _duplicate(order)
    if frame.material:
        raise InvalidDataError(f"Nothing can be made of {frame.material} that is there already; say a colour instead.")
    if frame.attribute in ("opacity", "transparency") and frame.share is not None:
        share = frame.share if frame.attribute == "opacity" else 1 - frame.share
        return [_opacity(order, SetOpacity(value=min(share, 1.0)), f"{share:.0%} opaque")]
    if frame.colour is not None:
        return _paint(order)
    if one := frame.compared("transparent"):
        return [_opacity(order, SetOpacity(factor=looks.opacity_factor(one)), "transparent")]
    if frame.compared("opaque"):
        return [_opacity(order, SetOpacity(value=1.0), "opaque")]
    if frame.compared("invisible"):
        return _hide(order)
    if one := frame.compared("sharper", "softer"):
        return _crisp(order, sharper=one.name == "sharper")
    if values := looks.sliders(frame.compare):
        return _slid(order, values, " and ".join(one.name for one in frame.compare))
    if frame.compared("larger", "smaller") or frame.factor is not None or (frame.metres and frame.objects):
        return _scale(order)
    if frame.objects and frame.attribute in ("size", "scale") and frame.share is not None:
        return _scale(order)
    raise InvalidDataError(
        "It is not understood how it shall become: say a colour, bigger, darker, warmer or the like."
    )


def _slid(order: Order, values: dict[str, Any], title: str) -> list[Wish]:
    found = order.objects_or_all()
    names = _vague(order, found)
    return [Wish(Recolour(where=found.where, **values), f"Make {names} {title}", found.note, found=found)]


def _vague(order: Order, found: Found) -> str:
    """What it is called where "it", or nothing, is said."""
    if isinstance(found.where, Everything):
        return "everything"
    return _names(order.frame) if order.frame.objects else "what is selected"


def _slider(name: str) -> Callable[[Order], list[Wish]]:
    def order_of(order: Order) -> list[Wish]:
        strength = order.frame.compare[0].strength if order.frame.compare else 1.0
        return _slid(order, looks.sliders([Comparison(name, strength)]), name)

    return order_of


def _opacity(order: Order, operation: SetOpacity, title: str) -> Wish:
    found = order.objects()
    return Wish(
        operation.model_copy(update={"where": found.where}),
        f"Make {_names(order.frame)} {title}",
        found.note,
        found=found,
    )


def _fade(order: Order) -> list[Wish]:
    return [_opacity(order, SetOpacity(factor=0.3 if order.frame.share is None else order.frame.share), "fainter")]


def _crisp(order: Order, *, sharper: bool) -> list[Wish]:
    found = order.objects_or_all()
    operation = (Sharpen if sharper else Soften)(where=found.where)
    verb = "Sharpen" if sharper else "Soften"
    return [Wish(operation, f"{verb} {_vague(order, found)}", found.note, found=found)]


def _crop(order: Order) -> list[Wish]:
    found = order.objects()
    return [_cropped(order, found, _names(order.frame))]


def _cropped(order: Order, kept: Found, names: str) -> Wish:
    there = sum(int(part.open.sum()) for part in order.finder.state.parts)
    count = there - amount(kept)
    return Wish(Crop(where=kept.where), f"Delete everything but {names}", kept.note, count=count, found=kept)


def _level(order: Order) -> list[Wish]:
    return [Wish(Reorient(), "Level the world to its floor", count=_all(order))]


def _all(order: Order) -> int:
    return sum(len(part) for part in order.finder.state.parts)


def _measured(order: Order) -> list[Wish]:
    """ "the door is 2.1 m high": the world's scale follows."""
    found = order.objects()
    points = points_of(order.finder.state, found.rows).positions.astype(float)
    low, up = np.quantile(points, 0.002, axis=0), np.quantile(points, 0.998, axis=0)
    x, z = (low[0] + up[0]) / 2, (low[2] + up[2]) / 2
    metres = order.frame.metres or 1.0
    operation = SetScale(
        start=(float(x), float(low[1]), float(z)), end=(float(x), float(up[1]), float(z)), metres=metres
    )
    title = f"Scale the world so that {_names(order.frame)} is {metres:g} m high"
    note = f"It is {up[1] - low[1]:.2f} m high now."
    return [Wish(operation, title, _joined(found.note, note), count=_all(order))]


def _reduce(order: Order) -> list[Wish]:
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


def _separate(order: Order) -> list[Wish]:
    found = order.finder.one_of(order.frame.objects[:1]) if order.frame.objects else order.objects()
    mention = order.frame.objects[0]
    name = mention.noun if mention.sort == "thing" and mention.noun else None
    free = order.finder.state.free_name(name) if name else None
    return [
        Wish(
            Separate(where=found.where, name=free),
            f"Make a layer of {_the(mention)}",
            found.note,
            count=amount(found),
            makes=True,
        )
    ]


def _rename(order: Order) -> list[Wish]:
    frame = order.frame
    name = frame.quoted or frame.name
    if not frame.objects or not name:
        raise InvalidDataError("Say which layer, and its new name: rename the layer rock to cliff.")
    layer = order.finder.layers_called(frame.objects[0].noun, exact=False)[0]
    return [Wish(UpdateLayer(layer=layer, name=name[:200]), f"Rename layer '{layer}' to '{name}'")]


def _insert(order: Order) -> list[Wish]:
    frame = order.frame
    if frame.own_layer:
        return _separate(order)
    if not frame.objects:
        raise InvalidDataError("It is not said what shall be put there.")
    first = frame.objects[0]
    if first.sort == "it" or (first.definite and first.number is None):
        if re.search(r"\b(?:on|to) the (?:ground|floor)\b", order.low):
            return _drop(order)
        if frame.relation is None:
            raise InvalidDataError("It is not said where to: name a place, such as 'on the table'.")
        return [_moved_to(order, order.finder.find(first))]
    return [wish for one in frame.objects for wish in inserting.inserted(order.finder, frame, one, order.keep)]


def _scatter(order: Order) -> list[Wish]:
    if not order.frame.objects:
        raise InvalidDataError("It is not said what shall be scattered.")
    return [inserting.scattered(order.finder, order.frame, order.frame.objects[0], order.keep)]


def _write(order: Order) -> list[Wish]:
    return [inserting.written(order.finder, order.frame)]


def _turn_back(order: Order) -> list[Wish]:
    if any(one.sort == "thing" for one in order.frame.objects):
        raise InvalidDataError("Only the newest step is undone in words; choose older ones in the history.")
    return [Wish(None, order.frame.verb.capitalize(), turn=order.frame.verb)]  # pyright: ignore[reportArgumentType]


def _means_all(frame: Frame) -> bool:
    return not frame.objects or frame.objects[0].sort in ("it", "everything")


def _names(frame: Frame) -> str:
    """What the objects are called in a title."""
    return " and ".join(_the(one) for one in frame.objects)


def _the(mention: Mention) -> str:
    if mention.sort == "it":
        return "what is selected"
    if mention.sort == "everything":
        return "everything"
    words = [mention.colour_name, mention.noun]
    return "the " + " ".join(word for word in words if word)


def _joined(*notes: str) -> str:
    return " ".join(note for note in notes if note)


_ORDERS: dict[str, Callable[[Order], list[Wish]]] = {
    "delete": _delete,
    "fill": _fill,
    "clean": _clean,
    "hide": _hide,
    "show": _show,
    "lock": _lock,
    "unlock": _unlock,
    "select": _select,
    "also": _select,
    "deselect": _select,
    "invert": _invert,
    "grow": _resize_selection,
    "shrink": _resize_selection,
    "move": _move,
    "raise": _move,
    "lower": _move,
    "turn": _turn,
    "scale": _scale,
    "smaller": _scale,
    "mirror": _mirror,
    "drop": _drop,
    "duplicate": _duplicate,
    "paint": _paint,
    "make": _make,
    "brighten": _slider("brighter"),
    "darken": _slider("darker"),
    "warm": _slider("warmer"),
    "cool": _slider("cooler"),
    "saturate": _slider("vivid"),
    "desaturate": _slider("grey"),
    "fade": _fade,
    "sharpen": lambda order: _crisp(order, sharper=True),
    "soften": lambda order: _crisp(order, sharper=False),
    "crop": _crop,
    "level": _level,
    "reduce": _reduce,
    "separate": _separate,
    "rename": _rename,
    "insert": _insert,
    "scatter": _scatter,
    "write": _write,
    "undo": _turn_back,
    "redo": _turn_back,
}
