"""Layers: made of rows, joined, placed, ordered and deleted. Names, looks and locks are `update_layer`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from worldloom.edit.change.places import LayerName, LayerPivot
from worldloom.edit.operation import Applied, Applying, Operation, RowOperation

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class Separate(RowOperation):
    """Move rows out of their layers to a new one, which is selected then."""

    op: Literal["separate"] = "separate"
    name: LayerName | None = None
    """Of the new layer; None: the old one's with "part" behind it."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.layering import separated
        from worldloom.edit.state import count

        rows = self.rows(state, by)
        return Applied(separated(state, by, rows, self.name), count(rows))


class MergeLayers(Operation):
    """Make one layer of several, in the frame of the first; it is selected then."""

    op: Literal["merge_layers"] = "merge_layers"
    layers: Annotated[tuple[LayerName, ...], Field(min_length=2, max_length=1000)]
    name: LayerName | None = None
    """Of the new layer; None: the first one's."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.layering import merged

        made, still = merged(state, by, self.layers, self.name)
        return Applied(made, len(made.parts[-1]), still)


class DeleteLayer(Operation):
    """Take a layer out, with all that is hidden or locked in it. A locked layer must be unlocked first."""

    op: Literal["delete_layer"] = "delete_layer"
    layer: LayerName

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.layering import unlocked, without_layers

        part = unlocked(state, self.layer)
        left, still = without_layers(state, [part])
        return Applied(left, int((~part.dead).sum()), still)


class ReorderLayers(Operation):
    """Put layers in another order in the list. It changes no picture."""

    op: Literal["reorder_layers"] = "reorder_layers"
    layers: Annotated[tuple[LayerName, ...], Field(min_length=1, max_length=1000)]
    """First to last; those that are not named come behind them as they were."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.layering import reordered

        return Applied(reordered(state, self.layers))


class AlignLayer(Operation):
    """Move a layer to where another is."""

    op: Literal["align_layer"] = "align_layer"
    layer: LayerName
    to: LayerName
    """The other layer."""
    at: LayerPivot = "origin"
    """The point of both that comes to lie on one place."""
    turn: bool = False
    """Whether the layer's axes are turned along the other's too."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.layering import aligned

        return Applied(aligned(state, self.layer, self.to, self.at, turn=self.turn))


class ResetLayer(Operation):
    """Make a layer's frame the world's."""

    op: Literal["reset_layer"] = "reset_layer"
    layer: LayerName
    keep_place: bool = True
    """Whether its Gaussians stay where they are and get other numbers, or keep their numbers and go where the layer
    stood before it was ever moved."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.layering import with_worlds_frame

        return Applied(with_worlds_frame(state, self.layer, keep_place=self.keep_place))


OPERATIONS = (Separate, MergeLayers, DeleteLayer, ReorderLayers, AlignLayer, ResetLayer)
