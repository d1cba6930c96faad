"""All that is drawn of a state as one set of points, and back to rows of parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from worldloom.edit.state import EditState, Part, Rows
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import merge, transform


@dataclass(frozen=True, eq=False)
class Drawn:
    """M rows of several parts, one part's after the other's."""

    parts: tuple[Part, ...]
    masks: tuple[Tensor, ...]
    """(N,) bool of each: which of its rows they are."""

    def __len__(self) -> int:
        return sum(int(mask.sum()) for mask in self.masks)

    @property
    def means(self) -> Tensor:
        """(M, 3) centres, world frame."""
        return self.column(lambda part: part.world_means, (3,))

    def column(self, values: Callable[[Part], Tensor], shape: tuple[int, ...] = ()) -> Tensor:
        """(M, *shape) of what each part has (N, *shape) of."""
        if not self.parts:
            return torch.zeros(0, *shape)
        columns = [_taken(values(part), mask) for part, mask in zip(self.parts, self.masks)]
        return columns[0] if len(columns) == 1 else torch.cat(columns)

    def gaussians(self) -> Gaussians:
        """The M Gaussians in the world's frame, with the colours that all directions share."""
        moved = []
        for part, mask in zip(self.parts, self.masks):
            plain = Gaussians(*part.gaussians.tensors[:4], part.gaussians.sh[:, :1].contiguous())
            moved.append(transform(plain.map(lambda tensor, mask=mask: _taken(tensor, mask)), part.layer.transform))
        return moved[0] if len(moved) == 1 else merge(moved)

    def rows(self, found: Tensor) -> Rows:
        """Some of them, (M,) bool, as rows of their parts."""
        split = found.split([int(mask.sum()) for mask in self.masks])
        return {part.key: _put(mask, here) for part, mask, here in zip(self.parts, self.masks, split)}

    def those(self, rows: Rows) -> Tensor:
        """(M,) bool: which of them are in a set of rows."""
        return self.column(lambda part: rows.get(part.key, torch.zeros(len(part), dtype=torch.bool))).bool()


def drawn(state: EditState, *, sky: bool = True) -> Drawn:
    """Everything that is drawn.

    Args:
        sky: with the layers of the sky.
    """
    parts = tuple(part for part in state.parts if (sky or part.layer.kind != "sky") and bool(part.shown.any()))
    return Drawn(parts, tuple(part.shown for part in parts))


def only(everything: Drawn, found: Tensor) -> Drawn:
    """Some of them, (M,) bool."""
    rows = everything.rows(found)
    parts = tuple(part for part in everything.parts if bool(rows[part.key].any()))
    return Drawn(parts, tuple(rows[part.key] for part in parts))


def _taken(values: Tensor, mask: Tensor) -> Tensor:
    return values if bool(mask.all()) else values[mask]


def _put(mask: Tensor, found: Tensor) -> Tensor:
    if bool(mask.all()):
        return found
    put = torch.zeros_like(mask)
    put[mask] = found
    return put
