"""Computing for `decimate`: merging in the world's frame, and the layers that come of it."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import torch
from torch import Tensor

from worldloom.edit.change.viewing import views_of
from worldloom.edit.operation import Applying
from worldloom.edit.state import EditState, Part, Rows
from worldloom.render.merging import Merged, merged
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import merge, transform, with_sh_degree
from worldloom.scene.surface import Surface


def decimated(state: EditState, rows: Rows, wanted: int, by: Applying) -> tuple[EditState, int]:
    """The state with `rows` merged to about `wanted`, and how many they are then: at least one a layer."""
    parts = [part for part in state.parts if part.key in rows]
    chosen = [transform(part.gaussians[rows[part.key]], part.layer.transform) for part in parts]
    groups = torch.cat([torch.full((len(one),), number) for number, one in enumerate(chosen)])
    whole = merge(chosen)
    found = merged(whole, wanted, views_of(state.world, whole.means), groups)
    group_of = np.empty(len(found.gaussians), np.int64)
    group_of[found.members] = groups.numpy()
    changed, selection = state, {}
    for number, part in enumerate(parts):
        here = torch.from_numpy(group_of == number)
        gaussians = transform(found.gaussians[here], part.layer.transform.inverse)
        gaussians = with_sh_degree(gaussians, part.gaussians.sh_degree)
        surface = None
        if part.layer.surface is not None:
            own = groups.numpy() == number
            names = np.cumsum(group_of == number) - 1
            mine = Merged(gaussians, names[found.members[own]], found.weights[own])
            surface = merged_surface(part.layer.surface[rows[part.key]], mine)
        changed, made = _put(changed, part, rows[part.key], gaussians, surface, f"{by.origin}.{number}")
        selection[made.key] = torch.ones(len(made), dtype=torch.bool)
    return changed.with_selection(by.person, selection), len(found.gaussians)


def _put(
    state: EditState, part: Part, gone: Tensor, gaussians: Gaussians, surface: Surface | None, key: str
) -> tuple[EditState, Part]:
    """What was merged as a layer of its own; under the old one's name if nothing is left of that."""
    if bool((part.dead | gone).all()):
        state, name = state.without([part.key]), part.layer.name
    else:
        state = state.with_parts([replace(part, dead=part.dead | gone)])
        name = state.free_name(f"{part.layer.name} (fewer)")
    made = Part.of(key, replace(part.layer, name=name, gaussians=gaussians, surface=surface))
    return state.with_parts([made]), made


def merged_surface(surface: Surface, found: Merged) -> Surface:
    """What merged Gaussians are made of: the average, and of classes that of the one that shows most."""
    values = {}
    for field in fields(Surface):
        old = getattr(surface, field.name)
        if field.name == "labels":
            values[field.name] = old[torch.from_numpy(found.heaviest)]
            continue
        mean = torch.from_numpy(found.averages(old.reshape(len(old), -1).double().numpy()))
        if field.name == "normals":
            mean = torch.nn.functional.normalize(mean, dim=1) * 127
        values[field.name] = mean.round().to(old.dtype).reshape(-1, *old.shape[1:])
    return Surface(**values)
