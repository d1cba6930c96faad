"""Computing for `transients`: what the views of a capture disagree about."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from worldloom.edit.operation import Applied, Sources
from worldloom.edit.state import EditState, Rows
from worldloom.render.cpu import NativeEngine
from worldloom.render.visibility import pixels_filled
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0
from worldloom.scene.geometry import merge, transform
from worldloom.scene.rotations import quat_to_matrix
from worldloom.scene.world_record import CapturedView

if TYPE_CHECKING:
    from worldloom.edit.change.transients import EraseTransients

_HEIGHT = 216
"""Pixels of the pictures that are compared."""
_MOST_VIEWS = 150
_SEEN = 0.5
"""Pixels that a Gaussian must fill for a view to see it."""
_KNOWN = 0.7
"""Opacity of what is behind, from which it is known."""
_BEFORE = 1.6
"""Times farther away that what is behind must be, where only poses tell."""
_APART = 0.6
"""Share of a thing's neighbours that must belong to it."""
_CERTAIN = 0.4
"""Share of a thing that must be certain."""
_ROUNDS, _INSIDE = 6, 0.35
"""Neighbours of neighbours that go along with a thing, and the share of their neighbours that must have gone."""
_FEWEST = 6
"""Gaussians of which a thing is made at least."""


def without_transients(state: EditState, rows: Rows, wanted: EraseTransients, sources: Sources) -> Applied:
    """The state without what passed by among `rows`.

    Raises:
        InvalidDataError: there are not enough captured views to tell, or a photo is of none of them.
    """
    views = _views(state, wanted)
    solid = [part for part in state.parts if part.layer.visible]
    shown = [~(part.dead | part.hidden) for part in solid]
    whole = merge([transform(part.gaussians[own], part.layer.transform) for part, own in zip(solid, shown)])
    nothing = torch.zeros(0, dtype=torch.bool)
    movable = torch.cat(
        [
            rows[part.key][own] if part.key in rows and part.layer.kind not in ("sky", "effects") else own[own] & False
            for part, own in zip(solid, shown)
        ]
        or [nothing]
    )
    background = torch.tensor(state.world.environment.background)
    photos = {name: _photo(sources.blob(blob)) for name, blob in wanted.photos.items()}
    judged = _judged(whole, views, photos, background, wanted)
    suspects = _behind_known(whole, views, movable & judged.suspects)
    gone = _with_insides(whole.means, movable & judged.unseen, _things(whole.means, suspects, judged.certain, wanted))
    removed, start, parts = int(gone.sum()), 0, []
    for part, own in zip(solid, shown):
        count = int(own.sum())
        dead = part.dead.clone()
        dead[own] |= gone[start : start + count]
        parts.append(replace(part, dead=dead))
        start += count
    if removed == 0:
        return Applied(state, note=f"Nothing seems to have passed by: the {len(views)} views agree.")
    sure = float(judged.certainty[gone & ~judged.unseen].mean())
    means = "photos" if photos else "poses alone, without photos: look at what is gone"
    note = f"{removed:,} Gaussians of what passed by deleted; {sure:.0%} sure, by {len(views)} views' {means}."
    return Applied(state.with_parts(parts), removed, note, {"certainty": sure, "views": float(len(views))})


def _views(state: EditState, wanted: EraseTransients) -> list[CapturedView]:
    captures = state.world.captures
    if len(captures) < 4:
        raise InvalidDataError(
            f"This world knows of {len(captures)} photos' poses; at least 4 are needed to see what they disagree about."
        )
    names = {view.name for view in captures}
    strange = next((name for name in wanted.photos if name not in names), None)
    if strange is not None:
        raise InvalidDataError(f"No photo '{strange[:80]}' belongs to this world; name photos as its captures.")
    chosen = [view for view in captures if view.name in wanted.photos] if wanted.photos else list(captures)
    if len(chosen) < 4:
        raise InvalidDataError(f"{len(chosen)} photos are too few to see what they disagree about; give at least 4.")
    return chosen[:: math.ceil(len(chosen) / _MOST_VIEWS)]


def camera_of(view: CapturedView) -> Camera:
    """As that photo was taken, small."""
    turn = quat_to_matrix(torch.tensor(view.rotation)) * torch.tensor([1.0, -1.0, -1.0])  # to OpenCV's axes
    pose = torch.eye(4)
    pose[:3, :3], pose[:3, 3] = turn.T, -turn.T @ torch.tensor(view.position)
    width, focal = max(round(_HEIGHT * view.aspect), 1), _HEIGHT / 2 / math.tan(math.radians(view.vertical_fov) / 2)
    return Camera(width, _HEIGHT, focal, focal, width / 2, _HEIGHT / 2, pose)


def _photo(path: Path) -> Tensor:
    """(H, W, 3) in 0..1, small.

    Raises:
        InvalidDataError: it can't be read as a picture.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as opened:
            opened.draft("RGB", (4 * _HEIGHT, 4 * _HEIGHT))
            upright = ImageOps.exif_transpose(opened).convert("RGB")
            upright.thumbnail((4 * _HEIGHT, 4 * _HEIGHT))
            return torch.from_numpy(np.array(upright, dtype=np.float32) / 255)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise InvalidDataError("A photo can't be read. Give PNG, JPEG or WebP files.") from None


@dataclass(frozen=True, eq=False)
class _Judged:
    suspects: Tensor
    """(N,) bool: what may be of something that passed by."""
    certain: Tensor
    """(N,) bool: what of it surely is."""
    certainty: Tensor
    """(N,) 0 to 1."""
    unseen: Tensor
    """(N,) bool: no view sees it."""


def _judged(
    whole: Gaussians,
    views: list[CapturedView],
    photos: dict[str, Tensor],
    background: Tensor,
    wanted: EraseTransients,
) -> _Judged:
    """By photos, where there are any, what most of those that see it are unlike; else what few views see."""
    engine, count = NativeEngine(), len(whole)
    seen, unlike, rather_unlike = torch.zeros(count), torch.zeros(count), torch.zeros(count)
    for view in views:
        camera = camera_of(view)
        difference = None
        if view.name in photos:
            rendered = engine.forward(whole, camera, background=background).rgb.clamp(0, 1)
            difference = _difference(rendered, photos[view.name])
        filled, summed = pixels_filled(engine, whole, camera, difference)
        sees = filled > _SEEN
        seen += sees
        unlike += sees & (summed > wanted.unlike * filled)
        rather_unlike += sees & (summed > wanted.unlike / 2 * filled)
    if photos:
        share = unlike / seen.clamp_min(1)
        return _Judged((seen >= 2) & (rather_unlike > 0.5 * seen), share > 0.5, share, seen == 0)
    limit = max(2.0, wanted.few * len(views))
    few = (seen > 0) & (seen <= limit)
    support, farther = _behind(whole, views, few, seen)
    # What is behind must be seen by twice as many views as this is, and be a good deal farther away.
    stands_before = few & (support > 2 * seen) & (farther > _BEFORE)
    certainty = (1 - seen / support.clamp_min(1)).clamp(0, 1)
    return _Judged(stands_before, support > 3 * seen, certainty, seen == 0)


def _difference(rendered: Tensor, photo: Tensor) -> Tensor:
    """(H, W) mean difference of colours, after both were made equally bright: cameras choose their own exposure."""
    import cv2

    size = (rendered.shape[1], rendered.shape[0])
    other = torch.from_numpy(cv2.resize(photo.numpy(), size, interpolation=cv2.INTER_AREA))
    gain = rendered.flatten(0, 1).median(dim=0).values / other.flatten(0, 1).median(dim=0).values.clamp_min(0.02)
    apart = (rendered - (other * gain.clamp(0.5, 2)).clamp(0, 1)).abs().mean(dim=2)
    return torch.from_numpy(cv2.blur(apart.numpy(), (5, 5)))


def _behind(whole: Gaussians, views: list[CapturedView], few: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """What shows in the place of each once all of `few` are gone: (N,) how many views see that, and (N,) how many times
    farther away it is."""
    engine, count = NativeEngine(), len(whole)
    rest = whole[~few]
    # Colours are cut at zero only, so any number can be drawn as one.
    counted = Gaussians(*rest.tensors[:4], rgb_to_sh0(seen[~few, None, None].expand(-1, 1, 3)))
    support, filled, depth, own = (torch.zeros(count) for _ in range(4))
    for view in views:
        camera = camera_of(view)
        behind = engine.forward(counted, camera, outputs=("rgb", "alpha", "depth"))
        assert behind.depth is not None
        away = torch.where(behind.alpha > 0.5, behind.depth, behind.depth.max())
        there, seen_there = pixels_filled(engine, whole, camera, behind.rgb[:, :, 0])
        support, filled = support + seen_there, filled + there
        depth += pixels_filled(engine, whole, camera, away)[1]
        own += there * (whole.means @ camera.world_to_camera[2, :3] + camera.world_to_camera[2, 3])
    return support / filled.clamp_min(1e-6), depth / own.clamp_min(1e-6)


def _behind_known(whole: Gaussians, views: list[CapturedView], suspects: Tensor) -> Tensor:
    """Of the suspects those behind which there is something, so that no hole is torn."""
    if not bool(suspects.any()):
        return suspects
    engine, rest = NativeEngine(), whole[~suspects]
    total, filled = torch.zeros(len(whole)), torch.zeros(len(whole))
    for view in views:
        camera = camera_of(view)
        there, summed = pixels_filled(engine, whole, camera, engine.forward(rest, camera).alpha)
        total, filled = total + summed, filled + there
    return suspects & (total > _KNOWN * filled)


def _things(means: Tensor, suspects: Tensor, certain: Tensor, wanted: EraseTransients) -> Tensor:
    """(N,) of the suspects those that hang together as something of a person's or a car's size, a good part of which
    is `certain`, and which is not just a part of something else that stays."""
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    gone = torch.zeros_like(suspects)
    rows = suspects.nonzero()[:, 0]
    if len(rows) < _FEWEST:
        return gone
    points = means[rows].numpy()
    tree = KDTree(points)
    gaps, _ = tree.query(points, _FEWEST)
    reach = 3 * float(np.median(np.asarray(gaps)[:, -1]))
    graph = tree.sparse_distance_matrix(tree, reach, output_type="coo_matrix")
    _, thing = connected_components(graph, directed=False)
    sizes = np.bincount(thing)
    low, high = np.full((len(sizes), 3), np.inf), np.full((len(sizes), 3), -np.inf)
    np.minimum.at(low, thing, points)
    np.maximum.at(high, thing, points)
    extent = high - low
    _, nearest = KDTree(means.numpy()).query(points, min(9, len(means)), workers=-1)
    among_own = suspects.numpy()[np.asarray(nearest)[:, 1:]].mean(axis=1)
    fits = (extent[:, 1] <= wanted.tallest) & (np.maximum(extent[:, 0], extent[:, 2]) <= wanted.widest)
    fits &= np.bincount(thing, among_own) > _APART * sizes
    fits &= np.bincount(thing, certain[rows].numpy()) > _CERTAIN * sizes
    gone[rows[torch.from_numpy(fits[thing] & (sizes >= _FEWEST)[thing])]] = True
    return gone


def _with_insides(means: Tensor, unseen: Tensor, gone: Tensor) -> Tensor:
    """(N,) with what is `unseen` for all that is around it: that goes where a good part of its neighbours goes."""
    from scipy.spatial import KDTree

    if not bool(gone.any()):
        return gone
    low, high = means[gone].amin(dim=0), means[gone].amax(dim=0)
    near = (unseen & (means >= low).all(dim=1) & (means <= high).all(dim=1)).nonzero()[:, 0]
    _, nearest = KDTree(means.numpy()).query(means[near].numpy(), min(9, len(means)), workers=-1)
    nearest = torch.from_numpy(np.asarray(nearest)[:, 1:])
    gone = gone.clone()
    for _ in range(_ROUNDS):
        gone[near] |= gone[nearest].float().mean(dim=1) > _INSIDE
    return gone
