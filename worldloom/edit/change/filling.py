"""Computing for `fill`: the hole in a surface, and the Gaussians around it that are copied into it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worldloom.edit.change.quilting import sources
from worldloom.edit.change.rows import without_stale_collider
from worldloom.edit.change.surfaces import BentPlane, surface_around
from worldloom.edit.criteria import Criterion
from worldloom.edit.operation import Applied, Applying
from worldloom.edit.state import EditState, Part, Rows
from worldloom.render.rendering import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import merge, transform
from worldloom.scene.rotations import multiply_quats, quat_to_matrix

_MOST_SURFACES = 3
_CELLS = 72
"""Across a hole."""
_COVERED = 0.85
"""Opacity from above from which there is no hole."""
_ROUNDS = 3
"""Of copying: what is left open where patches meet is filled in the next."""
_BAND = 0.03
"""Sizes of the hole over and under a surface that still are of it: grass, pebbles."""
_ENCLOSED = 0.4
"""Share of a hole's edge that must be surface, for the surface to go on across it."""


def filled(state: EditState, where: Criterion | None, by: Applying) -> Applied:
    """The state with new parts that close the hole."""
    gone = _deleted(state, where, by)
    solid = [part for part in state.parts if part.layer.visible and part.layer.kind not in ("sky", "effects")]
    hole = merge(
        [transform(part.gaussians[gone[part.key]], part.layer.transform) for part in solid if part.key in gone]
    )
    if len(hole) == 0:
        raise InvalidDataError("Nothing was deleted there, so there is no hole. Delete what shall go first.")
    rows = [(~(part.dead | part.hidden)).nonzero()[:, 0] for part in solid]
    left = merge([transform(part.gaussians[own], part.layer.transform) for part, own in zip(solid, rows)])
    owner = torch.cat([torch.full((len(own),), number) for number, own in enumerate(rows)])
    row = torch.cat(rows)
    copies: list[Copies] = []
    area, usable = 0.0, _near(left.means, hole.means)
    for _ in range(_MOST_SURFACES):
        found = _fill_one(left, hole, usable)
        if found is None:
            break
        usable = usable & ~found.surface
        if len(found.of):
            area += found.area
            copies.append(found)
    if not copies:
        return Applied(state, note="There is nothing to fill: behind what was deleted everything is there.")
    of = torch.cat([one.of for one in copies])
    new = merge([one.gaussians for one in copies])
    turns = torch.cat([one.turns for one in copies])
    after, selection = without_stale_collider(state, solid), {}
    for number, part in enumerate(solid):
        mine = owner[of] == number
        if bool(mine.any()):
            made = _part(after, part, row[of[mine]], new[mine], turns[mine], f"{by.origin}.{number}")
            after = after.with_parts([made])
            selection[made.key] = torch.ones(len(made), dtype=torch.bool)
    note = f"{area:.2g} m² filled with {len(of):,} Gaussians copied from around."
    return Applied(after.with_selection(by.person, selection), len(of), note, {"area": area})


def _deleted(state: EditState, where: Criterion | None, by: Applying) -> Rows:
    """Deleted rows that mark the hole."""
    if where is not None:  # criteria find what is not deleted, so that is what the deleted are made for them
        turned = replace(state, parts=tuple(replace(part, dead=~part.dead) for part in state.parts))
        return where.rows(turned, by)
    chosen = state.selections.get(by.person, {})
    found = {part.key: part.dead & chosen[part.key] for part in state.parts if part.key in chosen}
    if any(bool(mask.any()) for mask in found.values()):
        return found
    return {part.key: part.dead for part in state.parts}


def _near(means: Tensor, hole: Tensor) -> Tensor:
    """(N,) which lie around the hole: at most a third of its size away from what was deleted."""
    from scipy.spatial import KDTree

    low, high = hole.quantile(0.02, dim=0) if len(hole) < 100_000 else hole.amin(dim=0), hole.amax(dim=0)
    size = max(float((high - low).norm()), 1e-3)
    box = ((means > low - size) & (means < high + size)).all(dim=1)
    away = torch.full((len(means),), torch.inf, dtype=torch.float64)
    if bool(box.any()):
        some = hole[:: max(len(hole) // 20_000, 1)].numpy()
        away[box] = torch.from_numpy(np.asarray(KDTree(some).query(means[box].numpy(), workers=-1)[0]))
    return away < size / 3


@dataclass(frozen=True, eq=False)
class Copies:
    """What closes the hole in one surface."""

    surface: Tensor
    """(N,) bool: what of all Gaussians lies in it."""
    of: Tensor
    """(M,) int64: which Gaussians are copied."""
    gaussians: Gaussians
    """(M,) the copies, world frame."""
    turns: Tensor
    """(M, 4) quaternions by which they are turned."""
    area: float
    """Square metres."""


@dataclass(frozen=True, eq=False)
class _Map:
    """Square cells over a surface."""

    surface: BentPlane
    low: Tensor
    """(2,) place of the first cell's corner, metres."""
    cell: float
    shape: tuple[int, int]

    def cells(self, places: Tensor) -> Tensor:
        """(N, 2) rows and columns of places (N, 2)."""
        return ((places - self.low) / self.cell).floor().long().flip(1)

    def drawn(self, gaussians: Gaussians) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Colours (H, W, 3) and opacities (H, W) from straight above."""
        height, width = self.shape
        away = 30 * self.cell * max(self.shape)
        middle = self.low + self.cell * torch.tensor([width, height]) / 2
        eye = self.surface.origin + torch.cat([middle, torch.tensor([away])]) @ self.surface.axes
        # Seen from above, right is left in the surface's own frame: the picture is turned over afterwards.
        turn = self.surface.axes * torch.tensor([[-1.0], [1.0], [-1.0]])
        pose = torch.eye(4)
        pose[:3, :3], pose[:3, 3] = turn, -turn @ eye
        focal = away / self.cell
        camera = Camera(width, height, focal, focal, width / 2, height / 2, pose)
        with torch.no_grad():
            found = rasterize(gaussians, camera, outputs=("rgb", "alpha"))
        assert found.rgb is not None and found.alpha is not None
        alpha = found.alpha[0, :, :, 0].flip(1)
        rgb = found.rgb[0].flip(1) / alpha.clamp_min(0.05)[..., None]
        return rgb.clamp(0, 1).numpy(), alpha.numpy()


def _fill_one(left: Gaussians, hole: Gaussians, usable: Tensor) -> Copies | None:
    """Fill the hole in the surface that most of what is usable lies in; None if there is no surface."""
    size = float((hole.means.amax(dim=0) - hole.means.amin(dim=0)).norm())
    found = surface_around(left[usable], max(0.02 * size, 1e-4))
    if found is None:
        return None
    surface, inside = found
    taken = torch.zeros_like(usable)
    taken[usable.nonzero()[:, 0][inside]] = True
    around = surface.flat(left.means)
    gone = surface.flat(hole.means)
    low, high = gone[:, :2].amin(dim=0), gone[:, :2].amax(dim=0)
    across = max(float((high - low).max()), 1e-3)
    margin = 0.9 * across
    near = ((around[:, :2] > low - margin) & (around[:, :2] < high + margin)).all(dim=1)
    own = near & (around[:, 2].abs() < _BAND * size)
    if int(own.sum()) < 12:
        return Copies(taken, *_no_copies(), 0.0)
    cell = across / _CELLS
    width, height = ((high - low + 2 * margin) / cell).ceil().long().tolist()
    level = _Map(surface, low - margin, cell, (height, width))
    standing = near & (around[:, 2] > _BAND * size) & (around[:, 2] < 0.35 * size)
    occupied = level.drawn(left[standing])[1] > 0.2
    shadow = level.drawn(hole)[1]
    ground = left[own]
    first = level.drawn(ground)[1]
    parts, copied, area = [ground], [], 0.0
    for _ in range(_ROUNDS):
        rgb, alpha = level.drawn(merge(parts))
        wanted = _open(shadow, alpha)
        known = (first > _COVERED) & ~occupied & ~wanted
        places = sources(rgb, known, wanted) if wanted.any() else None
        if places is None:
            break
        of, step = _instances(level, around, own, wanted, places)
        gaussians, turns = _moved(left[of], surface, around[of], step)
        parts.append(gaussians)
        copied.append((of, turns))
        area += float((wanted & (first < _COVERED)).sum()) * cell**2 if len(copied) == 1 else 0.0
    if not copied:
        return Copies(taken, *_no_copies(), 0.0)
    of, turns = (torch.cat(pieces) for pieces in zip(*copied))
    return Copies(taken | own, of, merge(parts[1:]), turns, area)


def _no_copies() -> tuple[Tensor, Gaussians, Tensor]:
    return torch.zeros(0, dtype=torch.int64), Gaussians.empty(), torch.zeros(0, 4)


def _open(shadow: NDArray[np.float32], alpha: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(H, W) cells under what was deleted that nothing covers, where the surface goes on around them."""
    import cv2

    near = np.ones((5, 5), np.uint8)
    under = cv2.morphologyEx((shadow > 0.3).astype(np.uint8), cv2.MORPH_CLOSE, near)
    under = cv2.dilate(under, near)
    bare = (under > 0) & (alpha < _COVERED)
    bare = cv2.morphologyEx(bare.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    count, labels = cv2.connectedComponents(bare, connectivity=4)
    wanted = np.zeros(bare.shape, bool)
    for number in range(1, count):
        piece = (labels == number).astype(np.uint8)
        edge = (cv2.dilate(piece, near) > 0) & (piece == 0)
        if piece.sum() >= 6 and (alpha[edge] > _COVERED).mean() >= _ENCLOSED:
            wanted |= piece > 0
    return wanted


def _instances(
    level: _Map, around: Tensor, own: Tensor, wanted: NDArray[np.bool_], places: NDArray[np.int64]
) -> tuple[Tensor, Tensor]:
    """Which Gaussians are copied (M,), and by how far (M, 2), metres in the surface."""
    height, width = level.shape
    index = own.nonzero()[:, 0]
    cells = level.cells(around[index, :2])
    inside = ((cells >= 0) & (cells < torch.tensor([height, width]))).all(dim=1)
    index, cells = index[inside].numpy(), cells[inside].numpy()
    number = cells[:, 0] * width + cells[:, 1]
    order = np.argsort(number, kind="stable")
    starts = np.searchsorted(number[order], np.arange(height * width + 1))
    target = np.argwhere(wanted)
    source = places[wanted]
    first = source[:, 0] * width + source[:, 1]
    counts = starts[first + 1] - starts[first]
    which = np.repeat(np.arange(len(target)), counts)
    within = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
    of = index[order[np.repeat(starts[first], counts) + within]]
    step = (target - source)[which][:, ::-1] * level.cell
    return torch.from_numpy(of), torch.from_numpy(step.copy()).float()


def _moved(copied: Gaussians, surface: BentPlane, flat: Tensor, step: Tensor) -> tuple[Gaussians, Tensor]:
    """Copies moved along the surface: as high over it as they were, and turned as it turns."""
    places = flat[:, :2] + step
    raised = surface.height(places) + flat[:, 2]
    means = surface.origin + torch.cat([places, raised[:, None]], dim=1) @ surface.axes
    before, after = surface.normals(flat[:, :2]), surface.normals(places)
    turns = torch.cat([1 + (before * after).sum(dim=1, keepdim=True), torch.linalg.cross(before, after)], dim=1)
    turns = torch.nn.functional.normalize(turns, dim=1)
    return replace(copied, means=means, quats=multiply_quats(turns, copied.quats)), turns


def _part(state: EditState, part: Part, rows: Tensor, gaussians: Gaussians, turns: Tensor, key: str) -> Part:
    """Copies of a part's rows as a part of their own, in that part's frame."""
    layer = part.layer
    surface = None
    if layer.surface is not None:
        frame = layer.transform.rotation_matrix.float()
        surface = layer.surface[rows].turned(frame.T @ quat_to_matrix(turns) @ frame)
    own = transform(gaussians, layer.transform.inverse)
    own = replace(own, sh=own.sh[:, : layer.gaussians.sh.shape[1]].contiguous())
    name = state.free_name(f"{layer.name} (filled)")
    return Part.of(key, replace(layer, name=name, gaussians=own, surface=surface))
