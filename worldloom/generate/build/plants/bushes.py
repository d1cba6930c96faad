"""Bushes and what stands like one: heaps of leaves, hedges, ferns, vines, bamboo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from worldloom.generate.build.plants.foliage import Palette, leaf_colours, outer_first
from worldloom.generate.build.plants.parts import Parts
from worldloom.generate.build.plants.skeleton import Skeleton
from worldloom.generate.build.plants.wood import Bark
from worldloom.generate.noise import noise
from worldloom.generate.spec import Season
from worldloom.scene.surfels import UP, Array, Surfels, join, surfels, unit

_TWIGS = Bark((0.10, 0.075, 0.055), (0.04, 0.03, 0.024), mossy=0.0)
_LEAVES: dict[str, Palette] = {
    "bush": ((4, (0.062, 0.119, 0.030)), (3, (0.088, 0.150, 0.037)), (1, (0.125, 0.175, 0.050))),
    "hedge": ((4, (0.045, 0.098, 0.025)), (3, (0.065, 0.125, 0.033)), (1, (0.106, 0.175, 0.045))),
    "gorse": ((4, (0.056, 0.094, 0.031)), (2, (0.081, 0.125, 0.040))),
    "heather": ((3, (0.069, 0.094, 0.037)), (2, (0.106, 0.106, 0.045)), (1, (0.125, 0.094, 0.056))),
    "juniper": ((4, (0.056, 0.100, 0.056)), (3, (0.081, 0.131, 0.077)), (1, (0.125, 0.175, 0.112))),
    "lavender": ((3, (0.188, 0.225, 0.138)), (2, (0.138, 0.181, 0.094))),
    "fern": ((4, (0.081, 0.156, 0.027)), (3, (0.119, 0.206, 0.040))),
    "vine": ((4, (0.088, 0.156, 0.033)), (3, (0.125, 0.200, 0.045))),
    "bamboo": ((4, (0.106, 0.181, 0.035)), (3, (0.150, 0.225, 0.045)), (1, (0.213, 0.250, 0.062))),
}
_AUTUMN: dict[str, Palette] = {
    "bush": ((3, (0.24, 0.13, 0.03)), (3, (0.12, 0.11, 0.03)), (2, (0.32, 0.10, 0.03))),
    "fern": ((3, (0.27, 0.13, 0.04)), (3, (0.32, 0.19, 0.05)), (1, (0.16, 0.15, 0.04))),
    "vine": ((3, (0.40, 0.09, 0.025)), (3, (0.44, 0.24, 0.03)), (1, (0.16, 0.15, 0.03))),
}
_BARE = ("bush", "vine", "fern")
NAMES = tuple(_LEAVES)
_NO_WOOD = Skeleton(np.zeros((1, 3)), np.array([-1]), np.array([0.01]))


def bush_parts(species: str, season: Season, rng: np.random.Generator) -> Parts:
    """A bush as a tree's parts are: wood and leaves in random order."""
    palette = _palette(species, season)
    makers = {"fern": _fern, "bamboo": _bamboo, "lavender": _lavender, "hedge": _hedge, "vine": _vine}
    if species in makers:
        bones, crown, spread = makers[species](palette, season, rng)
    else:
        bones, crown, spread = _heap(species, palette, season, rng)
    if season == "winter" and species in _BARE and species != "fern":
        crown = _bare(crown, rng)
    label = "plant/bush" if species in _BARE or species == "bamboo" else "plant/bush/evergreen"
    crown = outer_first(crown, rng).labelled(label)
    bark = (
        replace(_TWIGS, colour=(0.16, 0.19, 0.05), dark=(0.24, 0.22, 0.09), pattern="rings")
        if species == "bamboo"
        else _TWIGS
    )
    return Parts(bones, bark, crown, {"bamboo": 0.3, "vine": 0.15}.get(species, 0.06), spread, label, 130)


def _palette(species: str, season: Season) -> Palette:
    usual = _LEAVES[species]
    if season == "autumn":
        return _AUTUMN.get(species, usual)
    if season == "winter" and species == "fern":
        return ((3, (0.17, 0.10, 0.05)), (2, (0.12, 0.075, 0.04)))
    if season == "spring" and species in ("bush", "vine", "fern", "hedge"):
        return tuple((share, (1.5 * r, 1.45 * g, 1.3 * b)) for share, (r, g, b) in usual)
    return usual


_HEAPS = {  # height, half width, leaf length, slimness, count, upright
    "bush": (1.25, 0.85, 0.12, 0.55, 1500, 0.0),
    "gorse": (1.1, 0.8, 0.085, 0.30, 1700, 0.25),
    "heather": (0.38, 0.42, 0.085, 0.28, 700, 0.9),
    "juniper": (2.3, 0.55, 0.15, 0.26, 1500, 1.3),
}


def _heap(
    species: str, palette: Palette, season: Season, rng: np.random.Generator
) -> tuple[Skeleton, Surfels, tuple[float, float]]:
    tall, wide, long, slim, count, upright = _HEAPS[species]
    lumps = 7
    turn = np.arange(lumps) * 2.4 + rng.uniform(0, 6)
    away = wide * 0.62 * np.sqrt((np.arange(lumps) + 0.2) / lumps)
    middle = np.stack([away * np.cos(turn), tall * rng.uniform(0.36, 0.62, lumps), away * np.sin(turn)], axis=1)
    middle[0, 1] = 0.64 * tall
    size = np.stack([wide * rng.uniform(0.38, 0.58, lumps), tall * rng.uniform(0.30, 0.42, lumps)], axis=1)
    if species == "juniper":
        middle[:, [0, 2]] *= 0.55
        middle[:, 1] = tall * np.linspace(0.62, 0.34, lumps)
        size[:, 1] = middle[:, 1] * 0.9
    lump = rng.integers(0, lumps, count)
    out = unit(rng.standard_normal((count, 3)) + 0.25 * UP)
    depth = rng.random(count) ** 0.45
    ragged = 1 + 0.30 * noise(out * 2.2 + lump[:, None] * 3.1, 81)
    position = middle[lump] + out * (depth * ragged)[:, None] * size[lump][:, [0, 1, 0]]
    position[:, 1] = np.abs(position[:, 1] - 0.02) + 0.02
    outward = unit(position - np.array([0, 0.2 * tall, 0]))
    along = unit(out + upright * UP + 0.5 * rng.standard_normal((count, 3)))
    normal = 0.6 * outward + 0.5 * out + 0.3 * UP + 0.5 * rng.standard_normal((count, 3))
    scale = 0.27 * long * rng.lognormal(0, 0.25, count) * (1 + 1.6 * (1 - depth))
    shape = np.stack([scale, slim * scale, 0.12 * scale], axis=1)
    shade = (0.25 + 0.75 * depth) * (0.55 + 0.45 * (position[:, 1] / tall).clip(0, 1))
    colour = leaf_colours(position, shade, palette, rng)
    crown = surfels(position, normal, along, shape).painted(colour).with_values(0.45, opacity=0.92)
    bloom = _bloom(species, season)
    if bloom is not None:
        outer = (depth > 0.72) & (out[:, 1] > -0.25) & (rng.random(count) < bloom[0])
        petals = np.array(bloom[1]) * rng.lognormal(0, 0.2, (count, 1)) * (1 + 0.12 * rng.standard_normal((count, 3)))
        crown = crown.painted(np.where(outer[:, None], petals, crown.albedo))
    return _sticks_from(middle, tall, rng), crown, (0.5, 0.5)


def _bloom(species: str, season: Season) -> tuple[float, tuple[float, float, float]] | None:
    if species == "gorse" and season in ("spring", "summer"):
        return (0.75 if season == "spring" else 0.35), (0.72, 0.50, 0.025)
    if species == "heather" and season in ("summer", "autumn"):
        return 0.72, (0.34, 0.11, 0.28)
    if species == "bush" and season == "spring":
        return 0.10, (0.75, 0.70, 0.66)
    return None


def _sticks_from(tips: Array, tall: float, rng: np.random.Generator) -> Skeleton:
    """A few stems from one root to `tips`."""
    count = len(tips)
    knee = tips * 0.45 + 0.06 * tall * rng.standard_normal((count, 3)) * np.array([1, 0, 1])
    position = np.concatenate([np.zeros((1, 3)), knee, tips])
    parent = np.concatenate([[-1], np.zeros(count, int), 1 + np.arange(count)])
    radius = np.concatenate([[0.016 * tall + 0.004], np.full(count, 0.011 * tall), np.full(count, 0.005 * tall)])
    return Skeleton(position, parent, radius)


def _bare(crown: Surfels, rng: np.random.Generator) -> Surfels:
    twigs = crown[rng.random(len(crown)) < 0.45]
    long = twigs.size[:, :1] * 1.9
    thin = np.full_like(long, 0.0032)
    colour = np.array([0.085, 0.058, 0.040]) * rng.lognormal(0, 0.25, (len(twigs), 1))
    return replace(twigs, size=np.concatenate([long, thin, thin], axis=1)).painted(colour).with_values(leaf=0.0)


def _hedge(palette: Palette, season: Season, rng: np.random.Generator) -> tuple[Skeleton, Surfels, tuple[float, float]]:
    """A clipped block 1.6 m long, 0.8 m deep and 1.3 m tall; blocks side by side make a hedge."""
    half, count = np.array([0.82, 0.66, 0.40]), 2400
    area = np.array([half[1] * half[2], 1.2 * half[0] * half[2], half[0] * half[1]])
    axis = rng.choice(3, count, p=area / area.sum())
    sign = rng.choice([-1.0, 1.0], count)
    sign = np.where(axis == 1, 1.0, sign)
    position = rng.uniform(-1, 1, (count, 3)) * half
    depth = rng.random(count) ** 0.5
    rows = np.arange(count)
    position[rows, axis] = sign * (half[axis] - 0.10 * (1 - depth) + 0.025 * rng.standard_normal(count))
    normal = 0.75 * rng.standard_normal((count, 3))
    normal[rows, axis] += 1.1 * sign
    position[:, 1] += half[1] + 0.01
    along = rng.standard_normal((count, 3)) + 0.3 * UP
    scale = 0.030 * rng.lognormal(0, 0.2, count) * (1 + 1.8 * (1 - depth))
    shape = np.stack([scale, 0.6 * scale, 0.12 * scale], axis=1)
    shade = (0.35 + 0.65 * depth) * (0.62 + 0.38 * position[:, 1] / 1.3)
    crown = surfels(position, normal, along, shape).painted(leaf_colours(position * 1.5, shade, palette, rng))
    return (
        _sticks_from(np.array([[0.5, 0.8, 0], [-0.5, 0.8, 0.0]]), 1.0, rng),
        crown.with_values(0.4, opacity=0.95),
        (0.5, 0.5),
    )


def _fern(palette: Palette, season: Season, rng: np.random.Generator) -> tuple[Skeleton, Surfels, tuple[float, float]]:
    """A shuttlecock of arched fronds; each of two rows of pinnae."""
    fronds, pairs, joints = int(rng.integers(10, 14)), 26, 12
    turn = np.arange(fronds) * 2.39996 + rng.uniform(-0.3, 0.3, fronds)
    long = rng.uniform(0.65, 1.0, fronds)
    out = np.stack([np.cos(turn), np.zeros(fronds), np.sin(turn)], axis=1)
    droop = (2.1 if season != "winter" else 2.7) + rng.uniform(-0.3, 0.3, fronds)
    start = (1.25 if season != "winter" else 0.7) + rng.uniform(-0.2, 0.2, fronds)
    share = np.linspace(0, 1, joints)
    pitch = start[:, None] - droop[:, None] * share**1.5
    step = long[:, None] / joints
    rib = np.cumsum((step * np.cos(pitch))[..., None] * out[:, None] + (step * np.sin(pitch))[..., None] * UP, axis=1)
    place = np.repeat(np.linspace(0.12, 0.99, pairs), 2)
    at = place * (joints - 1)
    low = at.astype(int).clip(0, joints - 2)
    foot = rib[:, low] + (at - low)[None, :, None] * (rib[:, low + 1] - rib[:, low])
    forward = unit(rib[:, low + 1] - rib[:, low])
    side = np.tile([-1.0, 1.0], pairs)[None, :, None] * np.cross(out, UP)[:, None]
    leaflet = 0.30 * long[:, None] * np.sin(np.pi * (0.08 + 0.9 * (1 - place) ** 0.75)).clip(0.08)[None]
    along = unit(side + 0.45 * forward - 0.18 * UP)
    position = (foot + 0.5 * leaflet[..., None] * along).reshape(-1, 3)
    along, forward = along.reshape(-1, 3), forward.reshape(-1, 3)
    normal = np.cross(along, forward)
    normal *= np.where(normal[:, 1:2] < 0, -1, 1)
    normal = normal + 0.18 * rng.standard_normal(normal.shape)
    size = np.stack([0.30 * leaflet.reshape(-1), 0.018 + 0 * leaflet.reshape(-1)], axis=1)
    shade = 0.35 + 0.65 * (np.linalg.norm(position, axis=1) / 0.8).clip(0, 1)
    pinnae = surfels(position, normal, along, size).painted(leaf_colours(position * 2, shade, palette, rng))
    middle = (rib[:, 1:] + rib[:, :-1]).reshape(-1, 3) / 2
    ribs = surfels(middle, UP, (rib[:, 1:] - rib[:, :-1]).reshape(-1, 3), np.tile([0.04, 0.005], (len(middle), 1)))
    crown = join([pinnae, ribs.painted((0.10, 0.11, 0.03))]).with_values(0.5, opacity=0.93)
    return _NO_WOOD, crown, (0.35, 0.65)


def _lavender(
    palette: Palette, season: Season, rng: np.random.Generator
) -> tuple[Skeleton, Surfels, tuple[float, float]]:
    """A grey-green cushion; in summer it bristles with purple spikes."""
    count = 420
    out = unit(rng.standard_normal((count, 3)) * np.array([1, 0.7, 1]) + 0.9 * UP)
    out[:, 1] = np.abs(out[:, 1])
    foot = out * rng.uniform(0.10, 0.30, (count, 1)) * np.array([1.1, 0.9, 1.1]) + 0.03 * UP
    leafy = surfels(foot, rng.standard_normal((count, 3)) + 0.4 * UP, out, np.tile([0.050, 0.008], (count, 1)))
    shade = 0.4 + 0.6 * (np.linalg.norm(foot, axis=1) / 0.3).clip(0, 1)
    leafy = leafy.painted(leaf_colours(foot * 3, shade, palette, rng))
    parts = [leafy]
    if season in ("spring", "summer"):
        stems = 230 if season == "summer" else 90
        up = unit(rng.standard_normal((stems, 3)) * np.array([0.42, 0, 0.42]) + UP)
        tip = up * rng.uniform(0.44, 0.62, (stems, 1))
        side = rng.standard_normal((stems, 3)) + 0.3 * UP
        rods = surfels(tip * 0.72, side, up, np.tile([0.075, 0.0028], (stems, 1))).painted((0.13, 0.16, 0.08))
        spikes = surfels(
            tip, side, up, np.stack([0.030 * rng.uniform(0.8, 1.4, stems), np.full(stems, 0.0095)], axis=1)
        )
        purple = np.array([0.20, 0.115, 0.42]) if season == "summer" else np.array([0.16, 0.15, 0.20])
        parts += [rods, spikes.painted(purple * rng.lognormal(0, 0.25, (stems, 1)))]
        parts += [spikes.painted(purple * rng.lognormal(0.1, 0.25, (stems, 1))).placed(0.3, (0, -0.035, 0))]
    crown = join(parts).with_values(0.4, opacity=0.92)
    return _NO_WOOD, crown, (0.3, 0.7)


def _vine(palette: Palette, season: Season, rng: np.random.Generator) -> tuple[Skeleton, Surfels, tuple[float, float]]:
    """A grape vine on a wire: a twisted stem, two arms along x, a curtain of broad leaves; grapes in autumn."""
    share = np.linspace(0, 1, 6)
    stem = np.stack([0.05 * np.sin(share * 5 + rng.uniform(0, 6)), 0.75 * share, 0.05 * np.sin(share * 4)], axis=1)
    arms = np.concatenate(
        [[[s * x, 0.78 + 0.03 * np.sin(9 * x), 0] for x in np.linspace(0.15, 0.75, 5)] for s in (-1, 1)]
    )
    post = np.array([[0.04, 0, 0.05], [0.04, 1.55, 0.05]])
    position = np.concatenate([stem, arms, post])
    parent = np.array([-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 5, 11, 12, 13, 14, -1, 16])
    radius = np.concatenate([0.034 - 0.008 * share, np.tile(np.linspace(0.018, 0.009, 5), 2), [0.028, 0.026]])
    count = 720
    at = np.stack(
        [rng.uniform(-0.8, 0.8, count), rng.beta(1.6, 1.6, count) * 0.95 + 0.68, 0.13 * rng.standard_normal(count)], 1
    )
    at[:, 1] += 0.10 * noise(at[:, :2] * 3 + rng.uniform(0, 50), 83)
    normal = np.stack([0 * at[:, 0], np.full(count, 0.5), np.sign(at[:, 2])], axis=1) + 0.6 * rng.standard_normal(
        (count, 3)
    )
    scale = 0.040 * rng.lognormal(0, 0.2, count)
    shade = 0.3 + 0.7 * (np.abs(at[:, 2]) / 0.2).clip(0, 1)
    leaf = surfels(at, normal, -UP + 0.6 * rng.standard_normal((count, 3)), np.stack([scale, 0.85 * scale], axis=1))
    parts = [leaf.painted(leaf_colours(at * 2, shade, palette, rng)).with_values(0.5, opacity=0.93)]
    if season == "autumn":
        bunch = np.repeat(
            np.stack([rng.uniform(-0.7, 0.7, 9), rng.uniform(0.66, 0.9, 9), 0.14 * rng.choice([-1, 1], 9)], 1), 9, 0
        )
        ball = unit(rng.standard_normal((81, 3)))
        grapes = surfels(bunch + ball * np.array([0.035, 0.06, 0.035]), ball, UP, np.full((81, 3), 0.012))
        parts.append(grapes.painted(np.array([0.07, 0.025, 0.09]) * rng.uniform(0.7, 1.4, (81, 1))))
    return Skeleton(position, parent, radius), join(parts), (0.5, 0.5)


def _bamboo(
    palette: Palette, season: Season, rng: np.random.Generator
) -> tuple[Skeleton, Surfels, tuple[float, float]]:
    """A clump of tall ringed culms that bow at their tips, narrow leaves in drooping fans."""
    culms, joints = int(rng.integers(8, 12)), 15
    turn = np.arange(culms) * 2.4
    foot = (
        0.42 * np.sqrt((np.arange(culms) + 0.3) / culms)[:, None] * np.stack([np.cos(turn), 0 * turn, np.sin(turn)], 1)
    )
    tall = rng.uniform(4.2, 7.0, culms)
    share = np.linspace(0, 1, joints)
    bow = (0.10 + 0.20 * rng.random(culms))[:, None] * share**2.4 + 0.04 * share
    out = unit(foot + 0.3 * rng.standard_normal((culms, 3)) * np.array([1, 0, 1]))
    line = foot[:, None] + (tall[:, None] * (share - 0.10 * share**4))[..., None] * UP
    line = line + (tall[:, None] * bow)[..., None] * out[:, None]
    number = np.arange(culms * joints).reshape(culms, joints)
    parent = np.concatenate([np.full((culms, 1), -1), number[:, :-1]], axis=1).reshape(-1)
    radius = (0.030 * rng.uniform(0.7, 1.15, culms)[:, None] * (1.05 - share**1.3)).clip(0.003).reshape(-1)
    bones = Skeleton(line.reshape(-1, 3), parent, radius)
    count, each = 2800, 7
    fans = count // each
    culm = rng.integers(0, culms, fans)
    high = rng.uniform(0.30, 1.0, fans) ** 0.8
    at = high * (joints - 1)
    low = at.astype(int).clip(0, joints - 2)
    spot = line[culm, low] + (at - low)[:, None] * (line[culm, low + 1] - line[culm, low])
    away = unit(rng.standard_normal((fans, 3)) * np.array([1, 0.25, 1]))
    hub = np.repeat(spot + away * rng.uniform(0.10, 0.60, (fans, 1)), each, axis=0)
    along = unit(np.repeat(away, each, axis=0) - 0.75 * UP + 0.55 * rng.standard_normal((fans * each, 3)))
    long = rng.uniform(0.12, 0.22, fans * each)
    position = hub + 0.5 * long[:, None] * along
    normal = UP + 0.4 * np.repeat(away, each, axis=0) + 0.45 * rng.standard_normal(position.shape)
    size = np.stack([0.32 * long, np.full(len(long), 0.012)], axis=1)
    depth = np.linalg.norm((hub - np.repeat(spot, each, axis=0)), axis=1) / 0.6
    crown = surfels(position, normal, along, size)
    crown = crown.painted(leaf_colours(position, 0.3 + 0.7 * depth, palette, rng)).with_values(0.5, opacity=0.93)
    return bones, crown, (0.35, 0.65)
