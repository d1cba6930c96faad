"""How much can be seen through Gaussians, and how crisp they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from worldloom.edit.operation import Applied, Applying, RowOperation

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class SetOpacity(RowOperation):
    """Set opacities, or multiply them."""

    op: Literal["set_opacity"] = "set_opacity"
    value: Annotated[float, Field(ge=0, le=1)] | None = None
    """What they become."""
    factor: Annotated[float, Field(ge=0, le=100)] | None = None
    """Or what they are multiplied by."""

    @model_validator(mode="after")
    def _either(self) -> SetOpacity:
        if (self.value is None) == (self.factor is None):
            raise ValueError("Say either a value or a factor")
        return self

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.crispness import with_opacity
        from worldloom.edit.state import count

        rows = self.rows(state, by)
        return Applied(with_opacity(state, rows, self.value, self.factor), count(rows))


class Sharpen(RowOperation):
    """Make Gaussians smaller, and what differs from its neighbours differ more."""

    op: Literal["sharpen"] = "sharpen"
    amount: Annotated[float, Field(gt=0, le=1)] = 0.5
    """1: sizes are two thirds, and contrast between neighbours is doubled."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.crispness import crisper
        from worldloom.edit.state import count

        rows = self.rows(state, by)
        return Applied(crisper(state, rows, self.amount), count(rows))


class Soften(RowOperation):
    """Make Gaussians larger, and more like their neighbours."""

    op: Literal["soften"] = "soften"
    amount: Annotated[float, Field(gt=0, le=1)] = 0.5
    """1: sizes are one and a half, and colours are those of the surroundings."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.crispness import crisper
        from worldloom.edit.state import count

        rows = self.rows(state, by)
        return Applied(crisper(state, rows, -self.amount), count(rows))


OPERATIONS = (SetOpacity, Sharpen, Soften)
