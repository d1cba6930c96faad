"""Computing for `transients`: what the views of a capture disagree about."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from worldloom.edit.change.disagreeing import disagreed_about
from worldloom.edit.change.few_views import seen_by_few
from worldloom.edit.change.lumps import neighbours
from worldloom.edit.change.photographed import HEIGHT, shot_of
from worldloom.edit.operation import Applied, Sources
from worldloom.edit.select.pictures import camera_of
from worldloom.edit.state import EditState, Rows
from worldloom.render.cpu import NativeEngine
from worldloom.render.visibility import SEEN
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import merge, transform
from worldloom.scene.world_record import CapturedView

if TYPE_CHECKING:
    from worldloom.edit.change.transients import EraseTransients

_MOST_VIEWS = 150
_FEWEST_VIEWS = 4
_ROUNDS, _INSIDE = 6, 0.35
"""Neighbours of neighbours that go along with a thing, and the share of their neighbours that must have gone."""


def without_transients(state: EditState, rows: Rows, wanted: EraseTransients, sources: Sources) -> Applied:
    """The state without what passed by among `rows`.

    Raises:
        InvalidDataError: there are not enough captured views to tell, or a photo is of none of them.
    """
    views, pictures = _views(state, wanted)
    cameras = [camera_of(view, HEIGHT) for view in views]
    solid = [part for part in state.parts if part.layer.visible]
    shown = [~(part.dead | part.hidden) for part in solid]
    whole = merge([transform(part.gaussians[own], part.layer.transform) for part, own in zip(solid, shown)])
    movable = torch.cat(
        [
            rows[part.key][own] if part.key in rows and part.layer.kind not in ("sky", "effects") else own[own] & False
            for part, own in zip(solid, shown)
        ]
        or [torch.zeros(0, dtype=torch.bool)]
    )
    background = torch.tensor(state.world.environment.background)
    if pictures:
        shots = [shot_of(view, sources.blob(pictures[view.name])) for view in views]
        gone, sure = disagreed_about(whole, shots, movable, background, wanted)
    else:
        gone, sure = seen_by_few(whole, cameras, movable, wanted)
    if not bool(gone.any()):
        return Applied(state, note=f"Nothing seems to have passed by: the {len(views)} views agree.")
    certainty = float(sure[gone].mean())
    gone = _with_insides(whole.means, movable & ~_seen(whole, cameras), gone)
    removed, start, parts = int(gone.sum()), 0, []
    for part, own in zip(solid, shown):
        count = int(own.sum())
        dead = part.dead.clone()
        dead[own] |= gone[start : start + count]
        parts.append(replace(part, dead=dead))
        start += count
    means = "photos" if pictures else "poses alone, without photos: look at what is gone"
    note = f"{removed:,} Gaussians of what passed by deleted; {certainty:.0%} sure, by {len(views)} views' {means}."
    return Applied(state.with_parts(parts), removed, note, {"certainty": certainty, "views": float(len(views))})


def _views(state: EditState, wanted: EraseTransients) -> tuple[list[CapturedView], dict[str, str]]:
    """What is looked at; and its pictures' blobs by name, those that are given before those that the world keeps. None
    where there are too few."""
    captures = state.world.captures
    if len(captures) < _FEWEST_VIEWS:
        raise InvalidDataError(
            f"This world knows of {len(captures)} photos' poses; at least {_FEWEST_VIEWS} are needed to see what they "
            "disagree about."
        )
    names = {view.name for view in captures}
    strange = next((name for name in wanted.photos if name not in names), None)
    if strange is not None:
        raise InvalidDataError(f"No photo '{strange[:80]}' belongs to this world; name photos as its captures.")
    kept = {view.name: view.picture for view in captures if view.picture is not None}
    pictures: dict[str, str] = {**kept, **wanted.photos}
    if len(pictures) < _FEWEST_VIEWS:
        if wanted.photos:
            raise InvalidDataError(
                f"{len(pictures)} photos are too few to see what they disagree about; give at least {_FEWEST_VIEWS}."
            )
        pictures = {}
    chosen = [view for view in captures if view.name in pictures] if pictures else list(captures)
    return chosen[:: math.ceil(len(chosen) / _MOST_VIEWS)], pictures


def _seen(whole: Gaussians, cameras: list[Camera]) -> Tensor:
    """(N,) bool: what any view sees."""
    engine, seen = NativeEngine(), torch.zeros(len(whole), dtype=torch.bool)
    for camera in cameras:
        engine.forward(whole, camera)
        seen |= engine.weights()[:, 1] > SEEN
    return seen


def _with_insides(means: Tensor, unseen: Tensor, gone: Tensor) -> Tensor:
    """(N,) with what is `unseen` for all that is around it: that goes where a good part of its neighbours goes."""
    if not bool(gone.any()):
        return gone
    low, high = means[gone].amin(dim=0), means[gone].amax(dim=0)
    near = (unseen & (means >= low).all(dim=1) & (means <= high).all(dim=1)).nonzero()[:, 0]
    nearest = neighbours(means, near)
    gone = gone.clone()
    for _ in range(_ROUNDS):
        gone[near] |= gone[nearest].float().mean(dim=1) > _INSIDE
    return gone
