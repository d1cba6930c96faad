"""What seasons and snow do to surfaces that are there already: new colours, fallen leaves, white on what faces up."""

from __future__ import annotations

import numpy as np

from worldloom.generate.noise import fbm, noise, smoothstep
from worldloom.generate.spec import Season
from worldloom.scene.semantics import labels_under
from worldloom.scene.surfels import Array

_SNOW = np.array([0.80, 0.84, 0.90], np.float32)
_AUTUMN = np.array([[0.46, 0.27, 0.02], [0.44, 0.14, 0.015], [0.30, 0.035, 0.015], [0.24, 0.12, 0.04]], np.float32)
"""Yellow, orange, red, brown leaves; linear."""
_GREEN: dict[str, Array] = {
    "spring": np.array([0.13, 0.22, 0.035], np.float32),
    "summer": np.array([0.075, 0.14, 0.03], np.float32),
}
_DULL_GRASS = np.array([0.19, 0.155, 0.07], np.float32)
_FALLEN = 0.97
"""Share of leaves that winter takes."""


def dressed(
    albedo: Array, normals: Array, openness: Array, labels: Array, means: Array, was: Season, now: Season, snow: bool
) -> tuple[Array, Array]:
    """Colours and presence of surfaces in another season.

    Args:
        albedo: (N, 3) linear, of the season `was`.
        openness: (N,) share of the sky that each sees.
        labels: (N,) semantic classes.
        means: (N, 3) metres; neighbours change alike.

    Returns:
        albedo (N, 3) and a factor (N,) of the opacity, 0 where leaves have fallen.
    """
    albedo = albedo.copy()
    present = np.ones(len(albedo), np.float32)
    if now != was:
        leaves = np.isin(labels, [*labels_under("tree/leaves/deciduous"), *labels_under("tree/leaves/blossom")])
        bushes = labels == labels_under("plant/bush")[0]
        grass = np.isin(labels, [*labels_under("ground/grass"), *labels_under("plant/grass")])
        flowers = np.isin(labels, [*labels_under("plant/flower"), *labels_under("tree/leaves/blossom")])
        for part, share in ((leaves, 1.0), (bushes, 0.7)):
            albedo[part] = _leaf_colour(albedo[part], means[part], was, now, share)
        if now in ("autumn", "winter"):
            dull = (0.45 if now == "autumn" else 0.75) * (0.7 + 0.3 * noise(means[grass][:, [0, 2]] * 0.2, 71))
            grey = albedo[grass].mean(axis=1, keepdims=True)
            wanted = _DULL_GRASS * (grey / max(float(grey.mean()), 1e-4) if len(grey) else 1)
            albedo[grass] += (wanted - albedo[grass]) * dull[:, None].astype(np.float32)
        if now == "winter":
            chance = _scattered(means)
            present[leaves & (chance < _FALLEN)] = 0
            present[flowers & (chance < _FALLEN)] = 0
    if snow:
        share = snow_cover(normals, openness, labels, means)
        albedo += (_SNOW - albedo) * share[:, None]
    return albedo.astype(np.float32), present


def snow_cover(normals: Array, openness: Array, labels: Array, means: Array) -> Array:
    """Share (N,) of each surface that lies under snow: what faces up and is open to the sky."""
    uneven = 0.16 * fbm(means * 0.7, 91, 3) + 0.10 * noise(means * 5.0, 95)
    lying = smoothstep(0.30, 0.62, normals[:, 1] + uneven) * smoothstep(0.18, 0.45, openness)
    never = [
        number for name in ("water", "sky", "mist", "rain", "lamp", "person", "animal") for number in labels_under(name)
    ]
    lying[np.isin(labels, never)] = 0
    lying[np.isin(labels, labels_under("tree/leaves"))] *= 0.8
    return lying.astype(np.float32)


def _leaf_colour(albedo: Array, means: Array, was: Season, now: Season, share: float) -> Array:
    """Leaves of one season in another's colours; whole trees turn alike, no two quite the same."""
    if len(albedo) == 0 or now == "winter":
        return albedo
    shade = albedo.mean(axis=1, keepdims=True)
    shade = shade / max(float(shade.mean()), 1e-4)
    if now == "autumn":
        tree = noise(means[:, [0, 2]] * 0.16, 61) * 1.9 + 0.45 * noise(means * 0.9, 62) + 1.35
        place = tree.clip(0, 2.999)
        index = place.astype(int)
        part = (place - index)[:, None].astype(np.float32)
        wanted = _AUTUMN[index] * (1 - part) + _AUTUMN[index + 1] * part
        wanted = wanted * shade
    elif was in ("spring", "summer"):
        wanted = albedo * (_GREEN[now] / _GREEN[was])
    else:
        wanted = _GREEN[now] * shade
    return albedo + (wanted - albedo) * share


def _scattered(means: Array) -> Array:
    """Numbers (N,) 0..1 by place, without any order."""
    mixed = np.floor(means * 997).astype(np.int64).astype(np.uint32)
    total = (
        mixed[:, 0] * np.uint32(0x9E3779B1) ^ mixed[:, 1] * np.uint32(0x85EBCA77) ^ mixed[:, 2] * np.uint32(0xC2B2AE3D)
    )
    total = (total ^ (total >> 15)) * np.uint32(0x2C1B3C6D)
    return ((total ^ (total >> 13)) & np.uint32(0xFFFF)).astype(np.float32) / 65535
