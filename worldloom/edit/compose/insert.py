"""Putting things into a world: other worlds, files, text and solids. Each becomes parts of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from worldloom.edit.compose.placement import Placement
from worldloom.edit.fields import Blob
from worldloom.edit.operation import Applied, Applying, Operation, new_part

if TYPE_CHECKING:
    from worldloom.edit.state import EditState
    from worldloom.scene.world import Layer

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Colour = tuple[Share, Share, Share]
"""sRGB."""
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Metres = Annotated[float, Field(ge=0.001, le=1000, allow_inf_nan=False)]
_WHITE: Colour = (0.9, 0.9, 0.9)


class InsertWorld(Operation):
    """Put another world of the library into this one, under one placement."""

    op: Literal["insert_world"] = "insert_world"
    world: Annotated[str, Field(min_length=1, max_length=200)]
    """Its id."""
    version: Annotated[int, Field(ge=1, lt=2**31)]
    layers: Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=1000)] = ()
    """Names of those wanted; none: all, but no second sky."""
    place: Placement = Placement()

    @property
    def from_worlds(self) -> tuple[str, ...]:
        return (self.world,)

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.compose.others import with_world

        return with_world(self, state, by)


class InsertFile(Operation):
    """Put a file of Gaussians or a mesh into the world. A mesh is covered with flat Gaussians in its colours."""

    op: Literal["insert_file"] = "insert_file"
    blob: Blob
    name: Annotated[str, Field(min_length=1, max_length=200)]
    """The file's name: its ending tells the format where the content does not."""
    place: Placement = Placement()
    up: Literal["y", "-y", "z"] | None = None
    """Which way is up in the file; None: as is usual for its format."""
    budget: Annotated[int, Field(ge=100, le=5_000_000)] = 200_000
    """Most Gaussians that a mesh is covered with."""
    shaded: bool | None = None
    """Of a mesh: whether it is lit as things in daylight are; None: unless it says that it is not, or has
    colours by vertex."""

    @property
    def title(self) -> str:
        return f"Insert {self.name}"

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.compose.others import with_file

        return with_file(self, state, by)


class InsertText(Operation):
    """Put letters into the world, cut from a plate of some thickness. They stand upright and are read from +Z."""

    op: Literal["insert_text"] = "insert_text"
    text: Annotated[str, Field(min_length=1, max_length=500)]
    """Line breaks make lines."""
    size: Metres = 0.5
    """Height of a capital letter."""
    depth: Metres = 0.1
    colour: Colour = _WHITE
    align: Literal["left", "center", "right"] = "center"
    weight: Annotated[int, Field(ge=300, le=900)] = 500
    """Of the strokes: 400 is regular, 700 bold."""
    place: Placement = Placement()
    seed: Seed = 0

    @property
    def title(self) -> str:
        return f"Insert text '{_short(self.text)}'"

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.compose.lettering import letters

        pieces = letters(self.text, self.size, self.depth, self.align, self.weight, self.seed)
        return _with_pieces(state, by, _short(self.text), pieces, self.colour, self.place)


class InsertSolid(Operation):
    """Put a primitive solid into the world."""

    op: Literal["insert_solid"] = "insert_solid"
    shape: Literal["box", "sphere", "cylinder", "cone", "torus", "plane", "stairs"]
    size: tuple[Metres, Metres, Metres] = (1.0, 1.0, 1.0)
    """Width (x), height (y) and depth (z)."""
    colour: Colour = _WHITE
    steps: Annotated[int, Field(ge=1, le=200)] | None = None
    """Of stairs, which rise towards -Z; None: as many as are comfortable."""
    place: Placement = Placement()
    seed: Seed = 0

    @property
    def title(self) -> str:
        return f"Insert {self.shape}"

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.compose.bodies import solid

        pieces = solid(self.shape, self.size, self.steps, self.seed)
        return _with_pieces(state, by, self.shape, pieces, self.colour, self.place)


def _with_pieces(state: EditState, by: Applying, name: str, pieces, colour: Colour, place: Placement) -> Applied:
    import numpy as np
    import torch

    from worldloom.edit.compose.flat import flat_layer
    from worldloom.edit.compose.placing import placed
    from worldloom.scene.srgb import from_srgb

    where = placed(place, state, torch.from_numpy(pieces.position).float())
    painted = pieces.painted(from_srgb(np.array(colour))).labelled("object")
    return with_layer(state, by, flat_layer(name, painted, state.world.environment, where, shaded=True))


def with_layer(state: EditState, by: Applying, layer: Layer, note: str = "") -> Applied:
    """The state with a layer more."""
    from worldloom.edit.change.rows import without_stale_collider
    from worldloom.edit.state import Part

    part = Part.of(f"{by.origin}.0", layer)
    return Applied(without_stale_collider(new_part(state, by, part), [part]), len(part), note)


def _short(text: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= 24 else line[:23] + "…"


OPERATIONS = (InsertWorld, InsertFile, InsertText, InsertSolid)
