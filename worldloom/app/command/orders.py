"""What each verb does: frame -> operations."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from worldloom.app.command import arranging, inserting, looks, removing
from worldloom.app.command.frames import Comparison
from worldloom.app.command.order import Order, names_of, vague
from worldloom.app.command.wishes import Wish
from worldloom.edit.author.record import UpdateLayer
from worldloom.edit.change.colour import Recolour
from worldloom.edit.change.opacity import SetOpacity, Sharpen, Soften
from worldloom.scene.errors import InvalidDataError


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
        return arranging.measured(order)
    if frame.compare or (frame.colour is not None and frame.state and frame.objects):
        return _make(order)
    raise InvalidDataError("No order is found in this; begin with a verb, such as remove, move, paint or add.")


def _paint(order: Order) -> list[Wish]:
    if order.frame.colour is None:
        raise InvalidDataError("The colour is not said, or is none that is known.")
    found = order.objects()
    operation = looks.painted(order.finder, found, order.frame.colour)
    return [Wish(operation, f"Paint {names_of(order.frame)} {order.frame.colour_name}", found.note, found=found)]


def _make(order: Order) -> list[Wish]:
    frame = order.frame
    if frame.copies:
        return arranging.duplicate(order)
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
        return removing.hide(order)
    if one := frame.compared("sharper", "softer"):
        return _crisp(order, sharper=one.name == "sharper")
    if values := looks.sliders(frame.compare):
        return _slid(order, values, " and ".join(one.name for one in frame.compare))
    if frame.compared("larger", "smaller") or frame.factor is not None or (frame.metres and frame.objects):
        return arranging.scale(order)
    if frame.objects and frame.attribute in ("size", "scale") and frame.share is not None:
        return arranging.scale(order)
    raise InvalidDataError(
        "It is not understood how it shall become: say a colour, bigger, darker, warmer or the like."
    )


def _slid(order: Order, values: dict[str, Any], title: str) -> list[Wish]:
    found = order.objects_or_all()
    names = vague(order, found)
    return [Wish(Recolour(where=found.where, **values), f"Make {names} {title}", found.note, found=found)]


def _slider(name: str) -> Callable[[Order], list[Wish]]:
    def order_of(order: Order) -> list[Wish]:
        strength = order.frame.compare[0].strength if order.frame.compare else 1.0
        return _slid(order, looks.sliders([Comparison(name, strength)]), name)

    return order_of


def _opacity(order: Order, operation: SetOpacity, title: str) -> Wish:
    found = order.objects()
    return Wish(
        operation.model_copy(update={"where": found.where}),
        f"Make {names_of(order.frame)} {title}",
        found.note,
        found=found,
    )


def _fade(order: Order) -> list[Wish]:
    return [_opacity(order, SetOpacity(factor=0.3 if order.frame.share is None else order.frame.share), "fainter")]


def _crisp(order: Order, *, sharper: bool) -> list[Wish]:
    found = order.objects_or_all()
    operation = (Sharpen if sharper else Soften)(where=found.where)
    verb = "Sharpen" if sharper else "Soften"
    return [Wish(operation, f"{verb} {vague(order, found)}", found.note, found=found)]


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
        return arranging.separate(order)
    if not frame.objects:
        raise InvalidDataError("It is not said what shall be put there.")
    first = frame.objects[0]
    if first.sort == "it" or (first.definite and first.number is None):
        if re.search(r"\b(?:on|to) the (?:ground|floor)\b", order.low):
            return arranging.drop(order)
        if frame.relation is None:
            raise InvalidDataError("It is not said where to: name a place, such as 'on the table'.")
        return [arranging.moved_to(order, order.finder.find(first))]
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


_ORDERS: dict[str, Callable[[Order], list[Wish]]] = {
    "delete": removing.delete,
    "fill": removing.fill,
    "clean": removing.clean,
    "hide": removing.hide,
    "show": removing.show,
    "lock": removing.lock,
    "unlock": removing.unlock,
    "select": removing.select,
    "also": removing.select,
    "deselect": removing.select,
    "invert": removing.invert,
    "grow": removing.resize_selection,
    "shrink": removing.resize_selection,
    "move": arranging.move,
    "raise": arranging.move,
    "lower": arranging.move,
    "turn": lambda order: (_paint if order.frame.colour is not None else arranging.turn)(order),
    "scale": arranging.scale,
    "smaller": arranging.scale,
    "mirror": arranging.mirror,
    "drop": arranging.drop,
    "duplicate": arranging.duplicate,
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
    "crop": removing.crop,
    "level": arranging.level,
    "reduce": arranging.reduce,
    "separate": arranging.separate,
    "rename": _rename,
    "insert": _insert,
    "scatter": _scatter,
    "write": _write,
    "undo": _turn_back,
    "redo": _turn_back,
}
