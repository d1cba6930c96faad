"""Ways to say which Gaussians. Records only; how they are found is in `select`, and needs torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from worldloom.scene.world_record import Finite, LayerKind, Quaternion, Vector

if TYPE_CHECKING:
    from worldloom.edit.operation import Applying
    from worldloom.edit.state import EditState, Rows

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Blob = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Corner = tuple[Finite, Finite]
"""Of a picture: 0, 0 is its top left corner and 1, 1 its bottom right one."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class View(_Record):
    """A camera's picture of the world."""

    position: Vector
    rotation: Quaternion
    """wxyz, as in `scene.world_record.Pose`: identity looks along -Z with +Y up."""
    vertical_fov: Annotated[float, Field(ge=0.1, le=175)] = 60.0
    """Degrees."""
    aspect: Annotated[float, Field(ge=0.01, le=100)] = 1.0
    """Width over height."""


class Spot(_Record):
    """What is first met at a place of a picture."""

    view: View
    at: tuple[Share, Share]


Place = Vector | Spot


Attribute = Literal[
    "size",
    "volume",
    "elongation",
    "opacity",
    "sh_energy",
    "red",
    "green",
    "blue",
    "hue",
    "saturation",
    "value",
    "x",
    "y",
    "z",
    "distance",
    "depth",
    "path_distance",
    "views",
]


class Measure(_Record):
    """A number that every Gaussian has."""

    attribute: Attribute
    """size: its largest standard deviation, metres; volume: of its ellipsoid of one standard deviation, cubic metres;
    elongation: its largest over its middle standard deviation; opacity, red, green, blue, hue, saturation, value: 0 to
    1, colours of all directions together; sh_energy: how much its colour changes with the direction, the root of the
    sum of squares of its coefficients of degree 1 and up; x, y, z: of its centre; distance: to `point`; depth: before
    `view`; path_distance: to the nearest place that a photo was taken from; views: how many photos saw its centre."""
    point: Vector | None = None
    view: View | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.attribute == "distance" and self.point is None:
            raise ValueError("'distance' needs the 'point' that it is from")
        if self.attribute == "depth" and self.view is None:
            raise ValueError("'depth' needs the 'view' that it is in")
        return self


class _Criterion(_Record):
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


class Mask(_Record):
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


class Segment(_Record):
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

__all__ = ["Blob", "Criterion", "Finite", "Positive"]
