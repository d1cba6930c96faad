"""Orders that delete, hide, lock and select things."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from worldloom.app.command.finding import Found, amount
from worldloom.app.command.frames import Frame
from worldloom.app.command.order import Order, names_of, the
from worldloom.app.command.wishes import Wish
from worldloom.edit.author.record import UpdateLayer
from worldloom.edit.change.crop import Crop
from worldloom.edit.change.delete import Delete
from worldloom.edit.change.fill import Fill
from worldloom.edit.change.floaters import FixFloaters
from worldloom.edit.change.layers import DeleteLayer
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


def delete(order: Order) -> list[Wish]:
    """Delete things, layers, floaters, or all but something."""
    frame = order.frame
    if _FLOATERS.search(order.low):
        return clean(order)
    if frame.objects and frame.objects[0].sort == "everything" and frame.objects[0].but is not None:
        kept = order.finder.find(frame.objects[0].but)
        return [_cropped(order, kept, the(frame.objects[0].but))]
    if frame.objects and frame.objects[0].layer:
        names = order.finder.layers_called(frame.objects[0].noun, exact=False)
        return [Wish(DeleteLayer(layer=name), f"Delete layer '{name}'") for name in names]
    found = order.objects()
    if frame.objects[0].sort == "everything":
        raise InvalidDataError("Deleting everything is not proposed; delete the world, or say what shall go.")
    return [Wish(Delete(where=found.where), f"Delete {names_of(frame)}", found.note, found=found)]


def fill(order: Order) -> list[Wish]:
    """Close what deleting has left."""
    if order.frame.objects and not _FILL.search(order.low):
        raise InvalidDataError("Only holes that deleting has left are filled; say 'fill the hole'.")
    where = order.finder.last.where if order.finder.last is not None else None
    return [Wish(Fill(where=where), "Fill the hole", "How many Gaussians it takes is known when it is done.", count=0)]


def clean(order: Order) -> list[Wish]:
    """Delete floaters."""
    if order.frame.verb != "delete" and order.frame.objects and not _FLOATERS.search(order.low):
        raise InvalidDataError("Only floaters can be cleaned up; say 'delete the floaters'.")
    selected = order.finder.state.selection(order.finder.by.person)
    where = None if selected and re.search(r"selec|here", order.low) else Everything()
    return [Wish(FixFloaters(where=where), "Delete floaters", "How many there are is known when it is done.", count=0)]


def hide(order: Order) -> list[Wish]:
    """Not shown, layers as a whole."""
    return _withheld(order, "Hide", Hide, lambda layer: UpdateLayer(layer=layer, visible=False))


def lock(order: Order) -> list[Wish]:
    """Keep from changing."""
    return _withheld(order, "Lock", Lock, lambda layer: UpdateLayer(layer=layer, locked=True))


def show(order: Order) -> list[Wish]:
    """What was hidden."""
    hidden = [part.layer.name for part in order.finder.state.parts if not part.layer.visible]
    layers = {name: Wish(UpdateLayer(layer=name, visible=True), f"Show layer '{name}'") for name in hidden}
    said = order.frame.objects
    if said and said[0].sort == "thing" and said[0].noun:
        whole = Wish(ShowAll(), "Show everything that is hidden", "What is hidden is shown as a whole.")
        return _of_layers_said(order, layers) or [whole]
    return [Wish(ShowAll(), "Show everything that is hidden"), *layers.values()]


def unlock(order: Order) -> list[Wish]:
    """What was locked."""
    locked = [part.layer.name for part in order.finder.state.parts if part.layer.locked]
    layers = {name: Wish(UpdateLayer(layer=name, locked=False), f"Unlock layer '{name}'") for name in locked}
    return _of_layers_said(order, layers) or [Wish(UnlockAll(), "Unlock everything"), *layers.values()]


def select(order: Order) -> list[Wish]:
    """Select, add to the selection or take out of it."""
    frame = order.frame
    if re.search(r"\bnothing\b", order.low) or (frame.verb == "deselect" and _means_all(frame)):
        return [Wish(SelectNone(), "Select nothing")]
    found = order.objects()
    if found.where is None:
        raise InvalidDataError("That is selected already.")
    mode = {"also": "add", "deselect": "remove"}.get(frame.verb, "set")
    title = {"add": "Select {} too", "remove": "Take {} out of the selection", "set": "Select {}"}[mode]
    return [Wish(Select(where=found.where, mode=mode), title.format(names_of(frame)), found.note, found=found)]  # pyright: ignore[reportArgumentType]


def invert(order: Order) -> list[Wish]:
    """Select all else."""
    return [Wish(InvertSelection(), "Invert the selection")]


def resize_selection(order: Order) -> list[Wish]:
    """Grow or shrink the selection."""
    kind = GrowSelection if order.frame.verb == "grow" else ShrinkSelection
    return [Wish(kind(distance=order.frame.metres), f"{order.frame.verb.capitalize()} the selection")]


def crop(order: Order) -> list[Wish]:
    """Delete everything but this."""
    found = order.objects()
    return [_cropped(order, found, names_of(order.frame))]


def _withheld(order: Order, verb: str, kind: type[Hide | Lock], of_layer: Callable[[str], UpdateLayer]) -> list[Wish]:
    """What is said, or the layer that is nothing else, kept from being seen or changed."""
    found = order.objects()
    layer = order.finder.whole_layer(found)
    if layer is not None:
        return [Wish(of_layer(layer), f"{verb} layer '{layer}'", count=amount(found))]
    return [Wish(kind(where=found.where), f"{verb} {names_of(order.frame)}", found.note, found=found)]


def _of_layers_said(order: Order, wishes: Mapping[str, Wish]) -> list[Wish]:
    """Of wishes by their layers those for layers that are said."""
    said = order.frame.objects
    if not said or said[0].sort != "thing":
        return []
    return [wishes[name] for name in order.finder.layers_called(said[0].noun, exact=True) if name in wishes]


def _cropped(order: Order, kept: Found, names: str) -> Wish:
    there = sum(int(part.open.sum()) for part in order.finder.state.parts)
    count = there - amount(kept)
    return Wish(Crop(where=kept.where), f"Delete everything but {names}", kept.note, count=count, found=kept)


def _means_all(frame: Frame) -> bool:
    return not frame.objects or frame.objects[0].sort in ("it", "everything")
