"""Ways to say which Gaussians. Records only; how they are found is in `select`, and needs torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from worldloom.scene.world_record import Finite, LayerKind, Quaternion, Vector

if TYPE_CHECKING:
    from worldloom.edit.operation import Applying
    from worldloom.edit.state import EditState, Rows

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Blob = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Criterion(BaseModel):
    """All lengths in metres, all places in the world's frame. Deleted rows are never found; hidden, locked and
    invisible ones are left out by those who ask."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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


class Mask(BaseModel):
    """Some rows of one part: `masks.pack`ed here, or, when there are many, in a blob."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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


Criterion = Annotated[
    Everything | Selected | ByRows | ByLayer | InBox | InSphere,
    Field(discriminator="by"),
]

__all__ = ["Blob", "Criterion", "Finite", "Positive"]
