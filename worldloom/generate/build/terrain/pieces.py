"""Where surfels go: the ground cut into pieces as fine as the view calls for, within a budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.site import Bounds
from worldloom.generate.build.terrain.maths import Floats, hashed
from worldloom.render.ground import HeightGrid, split

F = np.float32


@dataclass(frozen=True, eq=False)
class Pieces:
    """N pieces of the ground."""

    x: Floats
    z: Floats
    """Of a place in each, not always its middle."""
    width: Floats
    depth: Floats
    """Metres along x and z, level."""
    longest: Floats
    """Metres that neither should be longer than along the slope."""

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, chosen: np.ndarray | slice) -> Pieces:
        return Pieces(self.x[chosen], self.z[chosen], self.width[chosen], self.depth[chosen], self.longest[chosen])


def cut_kept(
    keep: Callable[[Pieces], NDArray[np.bool_]],
    heights: HeightGrid,
    finer: Floats,
    bounds: Bounds,
    budget: int,
    *args: Any,
    **more: Any,
) -> Pieces:
    """Like `cut`, but `budget` is of the pieces (N,) that `keep` says yes to, and only those come back."""
    aimed, best, best_count = budget, cut(heights, finer, bounds, 0, (0.0, 0.0, 0.0)), -1
    low, high = 0, 8 * budget
    for _ in range(5):
        whole = cut(heights, finer, bounds, aimed, *args, **more)
        pieces = whole[keep(whole)]
        if best_count < len(pieces) <= 1.05 * budget:
            best, best_count = pieces, len(pieces)
        if len(pieces) > 1.05 * budget:
            high = aimed
        elif len(pieces) < 0.88 * budget:
            low = aimed
        else:
            break
        guess = round(aimed * 0.97 * budget / max(len(pieces), 1))
        aimed = guess if low < guess < high else (low + high) // 2
    return best


def cut(
    heights: HeightGrid,
    finer: Floats,
    bounds: Bounds,
    budget: int,
    eye: tuple[float, float, float],
    base: float = 0.012,
    slope: float = 0.0105,
    coarsest: float | None = None,
    seed: int = 0,
    jitter: float = 0.27,
) -> Pieces:
    """About `budget` pieces, at most 4% more.

    Args:
        heights: covers the bounds.
        finer: (R, C) factor of the pieces' length there.
        base, slope: metres, and metres per metre from the eye, before all is scaled to the budget.
        coarsest: metres; by default such that about half the budget is spread evenly.
    """
    wide, long = bounds.size
    if budget <= 0 or wide <= 0 or long <= 0:
        empty = np.zeros(0, np.float32)
        return Pieces(empty, empty, empty, empty, empty)
    if coarsest is None:
        coarsest = float(np.sqrt(wide * long / budget) * 2.3)
    root = float(2.0 ** np.ceil(np.log2(max(2.5 * coarsest, heights.cell))))
    settings = {
        "bounds": (bounds.min_x, bounds.min_z, bounds.max_x, bounds.max_z),
        "root": root,
        "eye": eye,
        "base": base,
        "slope": slope,
        "coarsest": coarsest,
    }
    scale, low, high = 1.0, 0.0, np.inf
    room = int(budget * 1.04) + 16
    for _ in range(9):
        rows, count = split(heights, finer, **settings, scale=scale, room=room)
        if 0.94 * budget <= count <= 1.04 * budget:
            break
        low, high = (scale, high) if count > budget else (low, scale)
        guess = scale * float(np.sqrt(max(count, 1) / (0.99 * budget)))
        scale = guess if low < guess < high else 0.5 * (low + min(high, 4 * max(low, 0.05)))
        if scale > 60:
            break
    else:
        rows, _ = split(heights, finer, **settings, scale=high if np.isfinite(high) else scale, room=room)
    x, z, width, depth, longest = (np.ascontiguousarray(column) for column in rows.T)
    moved_x = x + (hashed(x, z, seed + 11) - F(0.5)) * F(2 * jitter) * width
    moved_z = z + (hashed(x, z, seed + 12) - F(0.5)) * F(2 * jitter) * depth
    return Pieces(moved_x, moved_z, width, depth, longest)
