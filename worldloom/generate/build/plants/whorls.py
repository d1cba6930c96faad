"""Skeletons of conifers with one straight trunk: whorls of branches, twigs on both sides of each."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.plants.skeleton import Growth, Skeleton
from worldloom.generate.noise import noise
from worldloom.scene.surfels import UP, unit


def whorled(how: Growth, seed: int, whorls: int = 34, joints: int = 6) -> Skeleton:
    """As `grow` gives, for spruces and their kin: `rise` tilts the branches, `gnarl` shakes them."""
    rng = np.random.default_rng(seed)
    tall = how.height
    trunk_joints = 40
    share = np.linspace(0, 1, trunk_joints + 1)
    bend = np.stack([noise(np.stack([share * 3, 0 * share + rng.uniform(0, 99)], 1), k) for k in (5, 6)], axis=1)
    trunk = share[:, None] * UP
    trunk[:, [0, 2]] += how.sway * 0.5 * (bend - bend[0])
    trunk_radius = how.thick * (1 - share) ** 0.85 + 0.0006
    trunk_radius *= 1 + how.flare * np.exp(-share / 0.015)
    positions, parents, radii = [trunk], [np.arange(-1, trunk_joints)], [trunk_radius]
    count = trunk_joints + 1

    each = 5
    level = (
        how.base + (1 - how.base) * (np.arange(whorls * each) / each + rng.uniform(-0.5, 0.5, whorls * each)) / whorls
    )
    level = level.clip(how.base * 0.9, 0.985)
    at, radius = np.array(how.profile).T
    crown = ((level - how.base) / (1 - how.base)).clip(0, 1)
    long = np.interp(crown, at, radius) * rng.uniform(0.72, 1.15, len(level)) + 0.012
    turn = np.arange(len(level)) * 2.39996 + rng.uniform(-0.5, 0.5, len(level))
    foot = np.stack([np.interp(level, share, trunk[:, axis]) for axis in range(3)], axis=1)
    out = np.stack([np.cos(turn), np.zeros(len(level)), np.sin(turn)], axis=1)
    along = np.linspace(0, 1, joints + 1)[1:]
    tilt = (how.rise + 0.55 * crown**1.6 + rng.uniform(-0.12, 0.12, len(level)))[:, None]
    lift = long[:, None] * (tilt * along + (0.28 - 0.30 * tilt) * along**3 - 0.16 * along * (1 - crown[:, None]))
    branch = foot[:, None] + (long[:, None] * along)[..., None] * out[:, None] + lift[..., None] * UP
    branch += how.gnarl * 0.10 * long[:, None, None] * rng.standard_normal(branch.shape) * along[:, None]
    root = np.minimum((level * trunk_joints).astype(int), trunk_joints)
    number = count + np.arange(len(level) * joints).reshape(len(level), joints)
    positions.append(branch.reshape(-1, 3))
    parents.append(np.concatenate([root[:, None], number[:, :-1]], axis=1).reshape(-1))
    thick = (0.010 * long + 0.0006)[:, None] * (1.05 - along)
    radii.append(thick.reshape(-1))
    count += number.size

    side = np.cross(out, UP)
    for sign in (-1.0, 1.0):
        for joint in range(joints):
            reach = 0.42 * long * (1 - 0.55 * along[joint]) * rng.uniform(0.7, 1.2, len(level))
            direction = unit(sign * side + 0.75 * out - 0.22 * UP * (1 - crown[:, None]))
            start = branch[:, joint]
            tips = np.stack([start + 0.5 * reach[:, None] * direction, start + reach[:, None] * direction], axis=1)
            tips[:, 1] -= 0.10 * (reach * (1 - crown))[:, None] * UP
            own = count + np.arange(2 * len(level)).reshape(-1, 2)
            positions.append(tips.reshape(-1, 3))
            parents.append(np.stack([number[:, joint], own[:, 0]], axis=1).reshape(-1))
            radii.append(np.repeat(0.0008 + 0.003 * reach, 2))
            count += own.size
    return Skeleton(np.concatenate(positions) * tall, np.concatenate(parents), np.concatenate(radii) * tall)
