"""Things that are not there yet: made as generated worlds make them, and kept as content for `insert_file`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from worldloom.app.command.frames import Mention
from worldloom.edit.compose.flat import flat_layer
from worldloom.generate.build.things import can_make, made_thing
from worldloom.generate.spec import ObjectSpec
from worldloom.generate.understand.vocabulary import singular
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import FIELD_NAMES
from worldloom.scene.geometry import Transform
from worldloom.scene.world_record import Environment

Keep = Callable[[bytes], str]
"""Keeps content for good and returns its SHA-256: `Blobs.add`."""
VARIANTS = 3
"""Of many alike, so many are made; the others are copies."""
_SPACING = 0.012
"""Metres: fine enough to be walked around; plants and large things are coarser by themselves."""
_ANY_OF = {"trees": "oak", "bushes": "bush", "flowers": "wildflower", "grass": "meadow_grass"}


@dataclass(frozen=True)
class Made:
    """A thing as content."""

    blob: str
    name: str
    """A file's name, for its ending."""
    title: str
    count: int
    """Gaussians."""
    radius: float
    height: float


def what_is_made(mention: Mention) -> str:
    """The catalogue's name of what is asked for.

    Raises:
        InvalidDataError: it is nothing that can be made.
    """
    entry = mention.entry
    name = ""
    if entry is not None and entry.role in ("object", "plant"):
        name = entry.name
    elif entry is not None and entry.role == "sort":
        name = _ANY_OF.get(entry.name, "")
    if not name or not can_make(name):
        noun = mention.noun or "this"
        raise InvalidDataError(f"No {noun} can be made here; insert a file of one instead.")
    return name


def make(mention: Mention, variant: int, environment: Environment, keep: Keep) -> Made:
    """Make one of what a mention asks for, in the plain light of the world's sun.

    Raises:
        InvalidDataError: it can't be made.
    """
    import safetensors.torch

    what = what_is_made(mention)
    preset = dict(mention.entry.preset) if mention.entry is not None else {}
    spec = ObjectSpec(
        id="thing",
        what=what,
        size=mention.size if mention.size != "normal" else preset.get("size", "normal"),  # pyright: ignore[reportArgumentType]
        height=mention.height,
        colour=mention.colour,
        material=mention.material or preset.get("material"),  # pyright: ignore[reportArgumentType]
    )
    thing = made_thing(spec, variant % VARIANTS, 0, environment.season or "summer", _SPACING)
    layer = flat_layer(what, thing.surfels, environment, Transform(), shaded=True)
    assert layer.surface is not None
    tensors = dict(zip(FIELD_NAMES, layer.gaussians.tensors)) | layer.surface.tensors()
    blob = keep(safetensors.torch.save({name: tensor.contiguous() for name, tensor in tensors.items()}))
    title = singular(mention.noun).replace("_", " ") or what
    return Made(blob, f"{title}.safetensors", title, len(layer.gaussians), thing.radius, thing.height)
