"""The island's ground: a cove with a beach, cliffs around, hills behind, terraces and a path."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from worldloom.generate.noise import Array, blend, fbm, mix, noise, smoothstep
from worldloom.generate.shapes import cover_mesh
from worldloom.scene.surfels import Surfels, unit

LIGHTHOUSE = (19.0, -13.0)
"""x and z of its middle, metres."""
_LEVEL = (
    # x, z, height, radius: where something stands
    (LIGHTHOUSE[0], LIGHTHOUSE[1], 6.6, 4.2),
    (-12.5, -19.5, 2.0, 4.6),
    (-4.0, -24.5, 2.9, 4.6),
    (5.5, -23.5, 2.9, 4.6),
    (-17.5, -28.5, 4.2, 4.6),
    (0.5, -33.5, 5.6, 4.6),
)
PATH = np.array(
    [(0, -8), (-0.5, -13), (-1, -17.5), (2, -20), (7, -19), (11.5, -18.5), (14.5, -16.6), (16.6, -14.2), (19, -10.5)],
    float,
)
"""From the jetty past the houses up to the lighthouse; x and z."""
_SIDE_PATH = np.array([(-1, -17.5), (-6, -19.8), (-9, -22.5), (-11.5, -26), (-6, -30), (-3, -31.5)], float)


def _cove(points: Array) -> tuple[Array, Array]:
    """Metres outside the cove's circle, and how much its head (0..1) is in that direction."""
    offset = points - np.array([-2.0, 8.0])
    distance = np.linalg.norm(offset, axis=-1)
    head = smoothstep(0.10, 0.72, -offset[..., 1] / np.maximum(distance, 1e-6) - 0.10 * offset[..., 0] / 19)
    return distance - 19.0 + 0.7 * fbm(points * 0.16, 31, 3), head


def _to_line(points: Array, line: Array) -> Array:
    """Metres (N,) from points (N, 2) to a polyline."""
    best = np.full(points.shape[:-1], np.inf)
    for start, end in pairwise(line):
        edge = end - start
        share = (((points - start) @ edge) / (edge @ edge)).clip(0, 1)
        best = np.minimum(best, np.linalg.norm(points - start - share[..., None] * edge, axis=-1))
    return best


def path_distance(points: Array) -> Array:
    """Metres (N,) from points (N, 2) to the middle of the nearest path, which sways a little."""
    swayed = points + 0.35 * np.stack([noise(points * 0.5, 71), noise(points * 0.5, 72)], axis=-1)
    return np.minimum(_to_line(swayed, PATH), _to_line(swayed, _SIDE_PATH))


def _raw_height(points: Array) -> Array:
    """Metres above the sea before anything was levelled."""
    cove, head = _cove(points)
    ellipse = (1 - np.linalg.norm((points - np.array([2.0, -30.0])) / np.array([46.0, 36.0]), axis=-1)) * 36
    ellipse = ellipse + 3.2 * fbm(points * 0.055, 21, 4) + 0.9 * fbm(points * 0.33, 25, 3)
    share = (0.5 + 0.5 * (ellipse - cove) / 5).clip(0, 1)
    inland = ellipse * (1 - share) + cove * share - 5 * share * (1 - share)
    beach = np.where(inland > 0, 1.9 * (1 - np.exp(-inland / 9)) + 0.035 * inland, 0.15 * inland)
    crest = 3.6 + 2.0 * fbm(points * 0.07, 61, 3)
    crest = crest + 2.6 * np.exp(-(np.linalg.norm(points - np.array(LIGHTHOUSE), axis=-1) ** 2) / 130)
    ragged = inland + 0.9 * fbm(points * 0.45, 65, 3)
    cliff = np.where(inland > -6, crest * smoothstep(-0.4, 2.8, ragged) + 0.06 * inland.clip(0), 0)
    cliff = cliff + np.where(inland < 0, 0.7 * inland, 0)
    sandy = head * np.exp(-((cove.clip(0) / 13) ** 2))
    height = mix(cliff, beach, sandy)
    for x, z, top, radius in ((-20, -44, 11.5, 13), (14, -46, 14.0, 14), (-2, -52, 8.0, 13), (31, -30, 6.0, 10)):
        height = height + smoothstep(0, 9, inland) * top * np.exp(
            -(np.linalg.norm(points - np.array([x, z]), axis=-1) ** 2) / radius**2
        )
    rough = 0.5 * fbm(points * 0.11, 81, 4) + 0.10 * fbm(points * 0.7, 85, 3)
    return height + rough * smoothstep(3, 12, inland) * (1 - 0.7 * sandy)


def height(points: Array) -> Array:
    """Metres above the sea (N,) of the ground at x and z (N, 2)."""
    ground = _levelled(points)
    near = smoothstep(2.2, 0.5, path_distance(points)) * smoothstep(0.25, 0.7, ground)
    calm = np.mean(
        [_levelled(points + np.array(shift)) for shift in ((1.3, 0), (-1.3, 0), (0, 1.3), (0, -1.3))], axis=0
    )
    return mix(ground, calm, 0.9 * near)


def _levelled(points: Array) -> Array:
    """Height with the terraces, without the paths."""
    ground = _raw_height(points)
    for x, z, level, radius in _LEVEL:
        away = np.linalg.norm(points - np.array([x, z]), axis=-1)
        ground = mix(ground, level, smoothstep(radius + 2.4, radius - 0.4, away))
    return ground


def ground_mesh(step: float = 0.4) -> tuple[Array, np.ndarray]:
    """Vertices (V, 3) and triangles (F, 3) of everything above the sea bed's first steps, its cliffs made craggy."""
    x, z = np.meshgrid(np.arange(-52, 56, step), np.arange(-74, 14, step), indexing="ij")
    points = np.stack([x, z], axis=-1)
    y = height(points)
    uphill = np.stack([np.gradient(y, step, axis=0), np.gradient(y, step, axis=1)], axis=-1)
    rise = np.linalg.norm(uphill, axis=-1)
    vertices = np.stack([x, y, z], axis=-1)
    steep = smoothstep(0.55, 1.3, rise) * smoothstep(0.1, 0.8, y)
    crag = np.stack([fbm(vertices * 0.42 + 9 * axis, 91 + axis, 4) for axis in range(3)], axis=-1)
    ledge = np.abs(((y * 0.75 + 0.5 * noise(points * 0.2, 99)) % 1) - 0.5) * 2  # layers of stone
    vertices = vertices + steep[..., None] * (np.array([0.85, 0.55, 0.85]) * crag)
    vertices[..., [0, 2]] += (steep * (ledge - 0.5) * 0.5)[..., None] * unit(-uphill)
    index = np.arange(x.size).reshape(x.shape)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    faces = np.concatenate([np.stack([a, d, c], -1).reshape(-1, 3), np.stack([a, c, b], -1).reshape(-1, 3)])
    keep = vertices.reshape(-1, 3)[faces, 1].max(axis=1) > -0.35
    return vertices.reshape(-1, 3), faces[keep]


def ground(count: int, rng: np.random.Generator) -> Surfels:
    """About `count` surfels: close together where people walk and look, wider apart on the hills behind."""
    vertices, faces = ground_mesh()
    corners = vertices[faces]
    middle = corners.mean(axis=1)
    away = np.minimum(
        path_distance(middle[:, [0, 2]]), np.linalg.norm(middle[:, [0, 2]] - np.array([-1, -11.0]), axis=1) * 0.5
    )
    away = np.minimum(away, np.linalg.norm(middle[:, [0, 2]] - np.array([17.0, -8.0]), axis=1) * 0.6)
    spacing = 0.13 + 0.024 * away.clip(0, 18) + 0.25 * smoothstep(-36, -56, middle[:, 2])
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    wanted = (np.linalg.norm(facing, axis=1) / 2 / spacing**2).sum()
    pieces = cover_mesh(vertices, faces, spacing * (wanted / count) ** 0.5, rng)
    return pieces.painted(_ground_albedo(pieces))


def _ground_albedo(pieces: Surfels) -> Array:
    position, flat = pieces.position, pieces.position[:, [0, 2]]
    y, level = position[:, 1], pieces.normal[:, 1]
    cove, head = _cove(flat)
    fine, broad, speck = fbm(flat * 1.9, 101, 4), fbm(flat * 0.16, 105, 3), noise(position * 9, 109)
    sand = np.array([0.56, 0.43, 0.27]) * (1 + 0.10 * fine + 0.10 * speck)[:, None]
    wet = smoothstep(0.30, 0.06, y + 0.05 * fine)
    sand = blend(sand, sand * np.array([0.50, 0.47, 0.45]), wet)
    weed = smoothstep(0.10, 0.02, np.abs(y - 0.42 - 0.05 * noise(flat * 0.8, 111))) * smoothstep(0.05, 0.5, fine)
    sand = blend(sand, np.broadcast_to(np.array([0.16, 0.11, 0.06]), sand.shape), 0.6 * weed)
    grass = blend(
        np.array([0.115, 0.155, 0.045]), np.array([0.27, 0.225, 0.095]), smoothstep(-0.35, 0.5, broad + 0.45 * fine)
    )
    grass = grass * (0.95 + 0.22 * speck + 0.14 * fine)[:, None]
    layers = 0.5 + 0.5 * np.sin(y * 5.5 + 2.2 * fbm(position * 0.35, 113, 3))
    rock = blend(np.array([0.33, 0.26, 0.185]), np.array([0.19, 0.155, 0.125]), layers)
    crack = smoothstep(0.0, 0.16, np.abs(fbm(position * np.array([0.8, 1.5, 0.8]), 119, 3)))
    rock = rock * ((1 + 0.34 * fbm(position * 1.3, 117, 4) + 0.08 * speck) * (0.55 + 0.45 * crack))[:, None]
    rock = blend(rock, rock * np.array([0.36, 0.36, 0.34]), smoothstep(0.75, 0.15, y + 0.25 * fine))
    earth = np.array([0.47, 0.36, 0.22]) * (1 + 0.14 * fine + 0.14 * speck)[:, None]
    sandy = smoothstep(11.5, 8.0, cove + 2.2 * fine + 1.4 * broad) * head
    color = blend(grass, sand, sandy)
    color = blend(color, earth, smoothstep(1.35, 0.65, path_distance(flat) + 0.35 * fine) * (1 - 0.7 * sandy))
    return blend(color, rock, smoothstep(0.80, 0.62, level + 0.10 * fine))
