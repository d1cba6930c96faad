"""Computing for `relight`: today's light is taken apart into sun and sky, and put together with the sun elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from worldloom.edit.change.viewing import views_of
from worldloom.edit.operation import Applied
from worldloom.edit.state import EditState, Part, Rows
from worldloom.render.casters import discs_facing, discs_of_surface, facing
from worldloom.render.shadows import Discs, openness, sunlit
from worldloom.scene.colour import linear_from_srgb, srgb_from_linear
from worldloom.scene.gaussians import rgb_to_sh0, sh0_to_rgb
from worldloom.scene.geometry import Transform, transform
from worldloom.scene.world import World
from worldloom.scene.world_record import Vector

if TYPE_CHECKING:
    from worldloom.edit.change.relight import Relight

_BACKDROP = 4.0
"""Metres: Gaussians with longer standard deviations cast no shadow, being far away and coarse."""
_ROUNDS = 6
"""Of fitting: what does not fit (lamps, windows, reflections) counts less each time."""
_AIR = torch.tensor([0.05, 0.11, 0.25])
"""How much of red, green and blue sunlight air straight above takes away, as an exponent."""
_SUN_OVER_SKY = 1.5
"""Of captures of which nobody knows where the sun stood: they are taken to have been seen in even light."""
_LEAST_SUN = 0.6
"""Of the sky's colour: what shows no sun that could be moved is given one."""
_LEAST = 0.25
"""Of the light that should be there is taken to be there at least, however dark something was."""


@dataclass(frozen=True, eq=False)
class _Lit:
    """A part in the world's frame, as light finds it."""

    part: Part
    means: Tensor
    """(N, 3) metres."""
    normals: Tensor
    """(N, 3) unit."""
    leaf: Tensor
    """(N,) share of light that comes through from behind."""
    open: Tensor
    """(N,) share of the sky that is seen."""
    albedo: Tensor | None
    """(N, 3) linear; None: not known."""
    weight: Tensor
    """(N,) how much of what is seen it is."""
    discs: Discs


def relit(state: EditState, rows: Rows, wanted: Relight, everywhere: bool) -> Applied:
    """The state with `rows` in the new light; `everywhere`: sky and environment too."""
    eyes = np.array([view.position for view in state.world.captures], np.float32).reshape(-1, 3)
    solid = [part for part in state.parts if part.layer.kind not in ("sky", "effects") and len(part)]
    lit = [_lit(part, state.world, eyes) for part in solid]
    casters = _joined([one.discs for one in lit])
    lit = [one if one.albedo is not None else _opened(one, casters) for one in lit]
    new_sun, old_sun = _direction(wanted.azimuth, wanted.elevation), state.world.environment.sun_direction
    before = [_sun_on(one, casters, old_sun) for one in lit]
    sun, sky = _taken_apart(lit, before, old_sun)
    air = torch.exp(-_AIR / _height(new_sun)) / torch.exp(-_AIR / _height(old_sun or new_sun))
    parts, count, guessed = [], 0, []
    for one, shone in zip(lit, before):
        if one.part.key not in rows:
            continue
        after = _sun_on(one, casters, new_sun)
        old = shone[:, None] * sun + one.open[:, None] * sky
        new = after[:, None] * (sun * air * wanted.sun) + one.open[:, None] * (sky * wanted.sky)
        parts.append(_shown(one, rows[one.part.key], old, new))
        count += int(rows[one.part.key].sum())
        if one.albedo is None:
            guessed.append(one.part.layer.name)
    after_all = state.with_parts(parts)
    if everywhere:
        after_all = _surroundings(after_all, wanted, new_sun, old_sun)
    note = ""
    if guessed:
        names = ", ".join(f"'{name}'" for name in guessed)
        note = f"The light on {names} is approximate: which way things face is read off their Gaussians, and shadows "
        note += "that were captured stay."
    return Applied(after_all, count, note)


def _direction(azimuth: float, elevation: float) -> Vector:
    """Unit, towards the sun."""
    turn, up = math.radians(azimuth), math.radians(elevation)
    return math.cos(up) * math.sin(turn), math.sin(up), -math.cos(up) * math.cos(turn)


def _height(sun: Vector) -> float:
    """Sine of its elevation, as far as air is reckoned by it."""
    return max(sun[1], 0.08)


def _lit(part: Part, world: World, eyes: np.ndarray) -> _Lit:
    """By its surface, where it has one; deleted and hidden rows cast no shadow."""
    placed = transform(part.gaussians, part.layer.transform)
    flat = placed.log_scales.sort(dim=1).values[:, 1:].sum(dim=1).exp()
    weight = flat * views_of(world, placed.means) * placed.opacities * ~part.dead
    casting = ~(part.dead | part.hidden) & (placed.log_scales.amax(dim=1) < math.log(_BACKDROP))
    surface = part.layer.surface
    if surface is None:
        normals = facing(placed, eyes)
        discs = discs_facing(placed[casting], normals[casting.numpy()])
        leaf, seen = torch.full((len(part),), 0.35), torch.ones(len(part))
        return _Lit(part, placed.means, torch.from_numpy(normals), leaf, seen, None, weight, discs)
    turn = part.layer.transform.rotation_matrix.float()
    normals = torch.nn.functional.normalize(surface.normals.float(), dim=1) @ turn.T
    kept = placed[casting]
    turned = replace(surface[casting], normals=(normals[casting] * 127).round().to(torch.int8))
    discs = discs_of_surface(kept.means.numpy(), kept.scales.numpy(), kept.opacities.numpy(), turned)
    albedo = linear_from_srgb(surface.albedo.float() / 255)
    # What the sky does not light is lit by what stands in its way, a little.
    seen = 0.3 + 0.7 * surface.openness.float() / 255
    return _Lit(part, placed.means, normals, surface.leaf.float() / 255, seen, albedo, weight, discs)


def _opened(one: _Lit, casters: Discs) -> _Lit:
    """With how much sky it sees found out."""
    extent = (
        float((one.means - one.means.median(dim=0).values).abs().quantile(0.95)) if len(one.means) < 2**22 else 50.0
    )
    cell = min(max(extent / 90, 0.05), 1.0)
    seen, _ = openness(
        one.means.numpy(), one.normals.numpy(), np.zeros(len(one.means)), casters, cell=cell, directions=16
    )
    return replace(one, open=0.3 + 0.7 * torch.from_numpy(seen).clamp(0, 1))


def _joined(discs: list[Discs]) -> Discs:
    none = np.zeros((0, 3), np.float32)
    return Discs(
        np.concatenate([none, *(one.centers for one in discs)]),
        np.concatenate([none, *(one.normals for one in discs)]),
        np.concatenate([none[:, 0], *(one.radii for one in discs)]),
    )


def _sun_on(one: _Lit, casters: Discs, sun: Vector | None) -> Tensor:
    """(N,) cosine to the sun where it shines; a leaf is lit from behind too."""
    if sun is None:
        return torch.zeros(len(one.means))
    extent = float(np.ptp(casters.centers, axis=0).max()) if len(casters.centers) else 1.0
    toward = np.array(sun, np.float32)
    cell = float(np.clip(extent / 1800, 0.03, 0.6))
    share = torch.from_numpy(sunlit(one.means.numpy(), one.normals.numpy(), casters, toward, cell=cell, soft=2))
    cosine = one.normals @ torch.from_numpy(toward)
    front = cosine.clamp_min(0) * (1 - 0.3 * one.leaf)
    return share * (front + one.leaf * (0.45 * (-cosine).clamp_min(0) + 0.22))


def _taken_apart(lit: list[_Lit], sunshine: list[Tensor], sun: Vector | None) -> tuple[Tensor, Tensor]:
    """Colours (3,) of sun and sky that explain best how everything looks now."""
    from scipy.optimize import nnls

    even = torch.tensor([1.0, 0.93, 0.82]) * _SUN_OVER_SKY, torch.tensor([0.93, 0.98, 1.1])
    if sun is None:
        return even
    shown = torch.cat([linear_from_srgb(_base(one)) for one in lit]).double().numpy()
    weight = torch.cat([one.weight for one in lit]).double().sqrt().numpy()
    own = torch.cat([torch.full((len(one.means), 3), 0.3) if one.albedo is None else one.albedo for one in lit])
    light = torch.stack([torch.cat(sunshine), torch.cat([one.open for one in lit])], dim=1)
    found = []
    for channel in range(3):
        terms = (own[:, channel, None] * light).double().numpy()
        trust = weight
        for _ in range(_ROUNDS):
            solved, _ = nnls(terms * trust[:, None], shown[:, channel] * trust)
            off = np.abs(terms @ solved - shown[:, channel])
            trust = weight / np.sqrt(np.maximum(off, 0.01))
        found.append(solved)
    colours = torch.tensor(np.array(found), dtype=torch.float32)
    # Of a world of one colour nothing can be told apart.
    if not bool((colours[:, 1] > 1e-3).all()):
        return even
    return torch.maximum(colours[:, 0], _LEAST_SUN * colours[:, 1]), colours[:, 1]


def _base(one: _Lit) -> Tensor:
    """(N, 3) display colours, cut as they are shown."""
    return sh0_to_rgb(one.part.gaussians.sh[:, 0]).clamp(0, 1)


def _shown(one: _Lit, mask: Tensor, old: Tensor, new: Tensor) -> Part:
    """The part with rows of the mask lit by `new` (N, 3) instead of `old`: what the surface's own colour explains is
    lit anew, and what shows beyond that (haze, lamps, reflections) stays. Of unknown surfaces all is scaled."""
    shown = linear_from_srgb(_base(one))
    if one.albedo is None:
        light = shown * (new / old.clamp_min(0.02)).clamp(0, 4)
    else:
        expected = (one.albedo * old).clamp_min(1e-4)
        light = one.albedo * new * (shown / expected).clamp(_LEAST, 1) + (shown - expected).clamp_min(0)
    before, after = _base(one), srgb_from_linear(light.clamp(0, 1))
    gaussians, sh = one.part.gaussians, one.part.gaussians.sh.clone()
    sh[mask, 0] = rgb_to_sh0(after[mask])
    factor = ((after.mean(dim=1) + 0.01) / (before.mean(dim=1) + 0.01)).clamp_max(1.5)
    sh[mask, 1:] *= factor[mask, None, None]
    return one.part.with_gaussians(replace(gaussians, sh=sh))


def _surroundings(state: EditState, wanted: Relight, new: Vector, old: Vector | None) -> EditState:
    """With the sun noted in the environment, and the sky turned so that its bright side is where the sun is."""
    environment = state.world.environment.model_copy(update={"sun_direction": new, "sun_azimuth": wanted.azimuth})
    state = replace(state, world=replace(state.world, environment=environment))
    if old is None:
        return state
    turn = math.radians(wanted.azimuth) - math.atan2(old[0], -old[2])
    about = Transform(rotation=(math.cos(turn / 2), 0.0, -math.sin(turn / 2), 0.0))
    skies = [part for part in state.parts if part.layer.kind == "sky"]
    turned = [replace(part, layer=replace(part.layer, transform=about @ part.layer.transform)) for part in skies]
    return state.with_parts(turned)
