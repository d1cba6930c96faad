"""What some trees have besides a trunk: a bottle's belly, roots on stilts, roots that hang from the limbs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from worldloom.generate.build.plants.skeleton import Growth, Skeleton
from worldloom.scene.surfels import UP


def with_roots(species: str, bones: Skeleton, how: Growth, seed: int) -> Skeleton:
    """That tree, as its species has it; most have nothing special."""
    rng = np.random.default_rng([seed, 5])
    if species == "baobab":
        return _bellied(bones, how)
    if species == "banyan":
        return _hanging(bones, how, rng)
    if species == "mangrove":
        return _stilted(bones, how, rng)
    return bones


def _bellied(bones: Skeleton, how: Growth) -> Skeleton:
    up = (bones.position[:, 1] / how.height / how.trunk).clip(0, 1)
    trunk = bones.radius > 0.5 * how.thick * how.height
    belly = 0.92 + 0.16 * np.sin(np.pi * up**0.8) - 0.28 * up**4
    return replace(bones, radius=np.where(trunk, bones.radius * belly, bones.radius))


def _hanging(bones: Skeleton, how: Growth, rng: np.random.Generator) -> Skeleton:
    """Aerial roots: many thin, some of them grown to posts."""
    away = np.hypot(bones.position[:, 0], bones.position[:, 2])
    limbs = np.flatnonzero((bones.radius > 0.035) & (bones.position[:, 1] > 0.25 * how.height) & (away > 1.2))
    whole = bones
    for number in rng.choice(limbs, min(54, len(limbs)), replace=False):
        top = bones.position[number]
        post = rng.random() < 0.24
        end = 0.0 if post else top[1] * rng.uniform(0.0, 0.6)
        joints = max(int((top[1] - end) / 0.5), 3)
        share = np.linspace(0, 1, joints + 1)[1:]
        line = top - share[:, None] * (top[1] - end) * UP
        line[:, [0, 2]] += 0.10 * np.sin(share * 5 + rng.uniform(0, 6, (2, 1))).T * share[:, None]
        thick = rng.uniform(0.07, 0.15) if post else rng.uniform(0.012, 0.03)
        first = len(whole)
        parent = np.concatenate([[number], first + np.arange(joints - 1)])
        radius = thick * (1 + 0.6 * share**8) if post else thick * (1.1 - 0.6 * share)
        whole = _more(whole, line, parent, radius)
    return whole


def _stilted(bones: Skeleton, how: Growth, rng: np.random.Generator) -> Skeleton:
    """Arched roots that lift the trunk off the mud."""
    whole = bones
    stem = np.flatnonzero((bones.radius > 0.05) & (bones.position[:, 1] > 0.5) & (bones.position[:, 1] < 2.2))
    for index in range(17):
        number = stem[int(rng.integers(len(stem)))]
        top = bones.position[number]
        turn = index * 2.4 + rng.uniform(-0.4, 0.4)
        reach = rng.uniform(0.45, 1.0) * (0.5 + 0.75 * top[1])
        share = np.linspace(0, 1, 8)[1:]
        line = top + np.outer(share * reach, [np.cos(turn), 0, np.sin(turn)])
        line[:, 1] = top[1] * (1 - share**2.1) - 0.35 * share**6
        first = len(whole)
        parent = np.concatenate([[number], first + np.arange(len(share) - 1)])
        whole = _more(whole, line, parent, rng.uniform(0.025, 0.05) * (1.1 - 0.45 * share))
    low = (whole.position[:, 1] < 0.45) & (np.arange(len(whole)) < len(bones))
    return replace(whole, radius=np.where(low, 0.4 * whole.radius, whole.radius))


def _more(bones: Skeleton, position: np.ndarray, parent: np.ndarray, radius: np.ndarray) -> Skeleton:
    return Skeleton(
        np.concatenate([bones.position, position]),
        np.concatenate([bones.parent, parent]),
        np.concatenate([bones.radius, radius]),
    )
