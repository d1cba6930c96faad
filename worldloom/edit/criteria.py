"""Ways to say which Gaussians. Records only; how they are found is in `select`, and needs torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from worldloom.edit.fields import Blob, Corner, Measure, Place, Positive, Record, Share, View
from worldloom.scene.world_record import Finite, LayerKind, Quaternion, Vector

if TYPE_CHECKING:
    from worldloom.edit.operation import Applying
    from worldloom.edit.state import EditState, Rows


class _Criterion(Record):
    """All lengths in metres, all places in the world's frame. Deleted rows are never found; hidden, locked and
    invisible ones are left out by those who ask."""

    def rows(self, state: EditState, by: Applying) -> Rows:
        """Which rows.

        Raises:
            WorldloomError: it names what is not there.
        """
        raise NotImplementedError


class Everything(_Criterion):
    by: Literal["everything"] = "everything"

    def rows(self, state: EditState, by: Applying) -> Rows:
        return {part.key: ~part.dead for part in state.parts}


class Selected(_Criterion):
    """What the person has selected."""

    by: Literal["selected"] = "selected"

    def rows(self, state: EditState, by: Applying) -> Rows:
        return state.selection(by.person)


class Mask(Record):
    """Some rows of one part: `masks.pack`ed here, or, when there are many, in a blob."""

    rows: Annotated[int, Field(ge=0, le=1 << 28)]
    """How many rows the part has."""
    bits: Annotated[str, Field(max_length=48_000_000)] | None = None
    blob: Blob | None = None
    """Of a file that holds what `bits` would."""


class ByRows(_Criterion):
    """Rows by number: what a brush or a lasso in a browser has found."""

    by: Literal["rows"] = "rows"
    parts: dict[Annotated[str, Field(max_length=64)], Mask]
    """By the part's key."""

    def rows(self, state: EditState, by: Applying) -> Rows:
        from worldloom.edit.select.rows import masked

        return masked(self, state, by)


class ByLayer(_Criterion):
    """Everything in some layers."""

    by: Literal["layer"] = "layer"
    names: Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=1000)] = ()
    """Layers' names or parts' keys."""
    kinds: tuple[LayerKind, ...] = ()

    def rows(self, state: EditState, by: Applying) -> Rows:
        named = {state.part(name).key for name in self.names}
        return {part.key: ~part.dead for part in state.parts if part.key in named or part.layer.kind in self.kinds}


class InBox(_Criterion):
    """Centres within a box, which may be turned."""

    by: Literal["box"] = "box"
    center: Vector
    size: tuple[Positive, Positive, Positive]
    rotation: Quaternion = (1.0, 0.0, 0.0, 0.0)

    def rows(self, state: EditState, by: Applying) -> Rows:
        from worldloom.edit.select.shapes import in_box

        return in_box(self, state)


class InSphere(_Criterion):
    """Centres within a ball."""

    by: Literal["sphere"] = "sphere"
    center: Vector
    radius: Positive

    def rows(self, state: EditState, by: Applying) -> Rows:
        from worldloom.edit.select.shapes import in_sphere

        return in_sphere(self, state)


class InSpheres(_Criterion):
    """Centres within balls along a stroke of the sphere brush."""

    by: Literal["spheres"] = "spheres"
    centers: Annotated[tuple[Vector, ...], Field(min_length=1, max_length=10_000)]
    radius: Positive

    def rows(self, state: EditState, by: Applying) -> Rows:
        from worldloom.edit.select.shapes import in_spheres

        return in_spheres(self, state)


class InView(_Criterion):
    """Centres within an outline drawn in a picture: a rectangle, a polygon or a lasso."""

    by: Literal["view"] = "view"
    view: View
    polygon: Annotated[tuple[Corner, ...], Field(min_length=3, max_length=10_000)]
    through: bool = False
    """Also what is hidden behind others, there."""

    def rows(self, state: EditState, by: Applying) -> Rows:
        from worldloom.edit.select.pictures import in_view

        return in_view(self, state)


class Segment(Record):
    """A thing in a picture."""

    view: View
    png: Blob
    """Of a PNG of the view's aspect: light where the thing is."""


class BySegments(_Criterion):
    """What masks in pictures show, by the votes of all pictures: how a person's or a model's 2D segments become
    Gaussians."""

    by: Literal["segments"] = "segments"
    masks: Annotated[tuple[Segment, ...], Field(min_length=1, max_length=200)]
    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """How much of what is seen of a Gaussian must lie in the masks."""
    hidden: bool = False
    """What no picture shows clearly is found where most of its neighbours are: a thing's inside too, but nothing that
    only shines through it."""

    def rows(self, state: EditState, by: Applying) -> Rows:
        from worldloom.edit.select.pictures import in_segments

        return in_segments(self, state, by)


class ByColour(_Criterion):
    """Colours like one: the eyedropper. Distances are Euclidean in OKLab (Ottosson 2020), where black and white are 1
    apart and 0.02 is just seen."""

    by: Literal["colour"] = "colour"
    at: Place | None = None
    """Like what is there;"""
    rgb: tuple[Share, Share, Share] | None = None
    """or like this sRGB."""
    tolerance: Positive = 0.08

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.at is None) == (self.rgb is None):
            raise ValueError("say either 'at' where the colour is, or its 'rgb'")
        return self

    def rows(self, state: EditState, by: Applying) -> Rows:
        from worldloom.edit.select.colours import like_colour

        return like_colour(self, state)


class Similar(_Criterion):
    """Whatever has a colour like one of those found by another criterion."""

    by: Literal["similar"] = "similar"
    to: Criterion = Selected()
    tolerance: Positive = 0.03
    """As in `ByColour`."""

    def rows(self, state: EditState, by: Applying) -> Rows:
        from worldloom.edit.select.colours import similar

        return similar(self, state, by)


class Flood(_Criterion):
    """From a place on to all that is of a like colour and connected to it."""

    by: Literal["flood"] = "flood"
    at: Place
    tolerance: Positive = 0.1
    """As in `ByColour`."""
    step: Positive | None = None
    """How wide a gap is bridged; None: the usual size of the Gaussians around the place."""
    reach: Positive | None = None
    """How far from the place it may come."""

    def rows(self, state: EditState, by: Applying) -> Rows:
        from worldloom.edit.select.colours import flood

        return flood(self, state)


class InRange(_Criterion, Measure):
    """A number within bounds, both included: what was dragged on a histogram."""

    by: Literal["range"] = "range"
    low: Finite | None = None
    high: Finite | None = None
    """Below `low` for a hue: from `low` through red to `high`."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low is not None and self.high is not None and self.low > self.high and self.attribute != "hue":
            raise ValueError("'low' is above 'high'")
        return self

    def rows(self, state: EditState, by: Applying) -> Rows:
        from worldloom.edit.select.measures import in_range

        return in_range(self, state)


class ByClass(_Criterion):
    """What is of some semantic class, where that is known. Classes are paths: "tree" finds trunks and all leaves."""

    by: Literal["class"] = "class"
    names: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(min_length=1, max_length=100)]
    """As in `scene.semantics.LABELS`."""

    def rows(self, state: EditState, by: Applying) -> Rows:
        from worldloom.edit.select.rows import labelled

        return labelled(self, state)


class AtObject(_Criterion):
    """The thing at a place: all that belongs together by position, colour and direction of surface, cut from what it
    stands on and what it touches."""

    by: Literal["object"] = "object"
    at: Place
    reach: Positive | None = None
    """No part of it is farther from the place; None: half the height of the picture there, or 3 metres for a place in
    the world."""

    def rows(self, state: EditState, by: Applying) -> Rows:
        from worldloom.edit.select.objects import at_object

        return at_object(self, state)


class AllOf(_Criterion):
    """What all of some criteria find."""

    by: Literal["all_of"] = "all_of"
    of: Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=100)]

    def rows(self, state: EditState, by: Applying) -> Rows:
        from worldloom.edit.select.sets import combined

        found = self.of[0].rows(state, by)
        for other in self.of[1:]:
            found = combined(found, other.rows(state, by), "intersect")
        return found


class AnyOf(_Criterion):
    """What any of some criteria finds."""

    by: Literal["any_of"] = "any_of"
    of: Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=100)]

    def rows(self, state: EditState, by: Applying) -> Rows:
        from worldloom.edit.select.sets import combined

        found: Rows = {}
        for other in self.of:
            found = combined(found, other.rows(state, by), "add")
        return found


class Not(_Criterion):
    """What a criterion does not find."""

    by: Literal["not"] = "not"
    of: Criterion

    def rows(self, state: EditState, by: Applying) -> Rows:
        from worldloom.edit.select.sets import combined

        return combined(Everything().rows(state, by), self.of.rows(state, by), "remove")


Criterion = Annotated[
    Everything
    | Selected
    | ByRows
    | ByLayer
    | ByClass
    | InBox
    | InSphere
    | InSpheres
    | InView
    | BySegments
    | InRange
    | ByColour
    | Similar
    | Flood
    | AtObject
    | AllOf
    | AnyOf
    | Not,
    Field(discriminator="by"),
]
for _recursive in (Similar, AllOf, AnyOf, Not):
    _recursive.model_rebuild()
