"""How walls, boxes, tubes, discs and meshes are covered with surfels."""

from __future__ import annotations

import numpy as np

from worldloom.scene.surfels import OVERLAP, Array, Surfels, Vector, cross, join, surfels, unit


def patch(
    corner: Vector,
    along: Vector,
    across: Vector,
    spacing: float | tuple[float, float],
    rng: np.random.Generator,
    jitter: float = 0.35,
) -> Surfels:
    """A parallelogram from `corner`, facing along x across, covered with a shaken grid."""
    corner, along, across = (np.asarray(vector, float) for vector in (corner, along, across))
    lengths = np.linalg.norm(along), np.linalg.norm(across)
    wide, high = spacing if isinstance(spacing, tuple) else (spacing, spacing)
    columns, rows = max(round(lengths[0] / wide), 1), max(round(lengths[1] / high), 1)
    u, v = (index.reshape(-1) + 0.5 for index in np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij"))
    u = (u + rng.uniform(-jitter, jitter, len(u))).clip(0.3, columns - 0.3) / columns
    v = (v + rng.uniform(-jitter, jitter, len(v))).clip(0.3, rows - 0.3) / rows
    position = corner + u[:, None] * along + v[:, None] * across
    size = OVERLAP * np.array([lengths[0] / columns, lengths[1] / rows])
    return surfels(position, cross(along, across), along, size)


def box(center: Vector, size: Vector, spacing: float, rng: np.random.Generator) -> Surfels:
    """The six sides of an upright box."""
    middle, (x, y, z) = np.asarray(center, float), size
    a, b, c = np.array([x, 0, 0]), np.array([0, y, 0]), np.array([0, 0, z])
    low, high = middle - (a + b + c) / 2, middle + (a + b + c) / 2
    sides = ((low, c, b), (low, a, c), (low, b, a), (high, -b, -c), (high, -c, -a), (high, -a, -b))
    return join([patch(start, first, second, spacing, rng) for start, first, second in sides])


def frustum(
    base: Vector,
    top: Vector,
    radii: tuple[float, float],
    spacing: float,
    rng: np.random.Generator,
) -> Surfels:
    """The mantle of a round post that may lean and taper."""
    base, top = np.asarray(base, float), np.asarray(top, float)
    axis = top - base
    length = float(np.linalg.norm(axis))
    axis /= length
    side = unit(cross(axis, [0.28, 0.1, 0.95]))
    other = cross(axis, side)
    rings = max(round(length / spacing), 1)
    around = max(round(2 * np.pi * max(radii) / spacing), 4)
    ring, step = (index.reshape(-1) for index in np.meshgrid(np.arange(rings), np.arange(around), indexing="ij"))
    share = (ring + 0.5 + rng.uniform(-0.3, 0.3, len(ring))) / rings
    angle = (step + 0.5 * (ring % 2) + rng.uniform(-0.3, 0.3, len(ring))) / around * 2 * np.pi
    out = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * other
    radius = radii[0] + (radii[1] - radii[0]) * share
    position = base + (share * length)[:, None] * axis + radius[:, None] * out
    normal = out + (radii[0] - radii[1]) / length * axis
    size = np.stack([np.full(len(ring), length / rings), 2 * np.pi * radius / around], axis=1) * OVERLAP
    return surfels(position, normal, axis, size)


def disc(center: Vector, radius: float, spacing: float, up: float = 1.0) -> Surfels:
    """A horizontal disc, facing +Y or, with `up` -1, -Y."""
    count = max(int(np.pi * radius**2 / spacing**2), 4)
    number = np.arange(count) + 0.5
    angle, distance = number * np.pi * (3 - np.sqrt(5)), radius * np.sqrt(number / count)
    position = np.stack([distance * np.cos(angle), np.zeros(count), distance * np.sin(angle)], axis=1)
    return surfels(
        position + np.asarray(center), np.array([0, up, 0.0]), np.array([1.0, 0, 0]), np.full(2, OVERLAP * spacing)
    )


def cover_mesh(vertices: Array, faces: np.ndarray, spacing: Array | float, rng: np.random.Generator) -> Surfels:
    """A triangle mesh covered evenly by area, so that steep parts get as many as level ones. `spacing` per face or for
    all; normals are smooth."""
    a, b, c = vertices[faces].transpose(1, 0, 2)
    facing = cross(b - a, c - a)
    area = np.linalg.norm(facing, axis=1) / 2
    smooth = np.stack(
        [np.bincount(faces.reshape(-1), np.repeat(facing[:, axis], 3), len(vertices)) for axis in range(3)], axis=1
    )
    spacing = np.broadcast_to(np.asarray(spacing, float), area.shape)
    wanted = np.cumsum(area / spacing**2)
    marks = np.arange(int(wanted[-1])) + rng.random()
    face = np.searchsorted(wanted, marks, side="right").clip(0, len(faces) - 1)
    u, v = (marks[:, None] * np.array([0.7548776662466927, 0.5698402909980532]) % 1).T  # the R2 sequence
    flip = u + v > 1
    u, v = np.where(flip, 1 - u, u), np.where(flip, 1 - v, v)
    weights = np.stack([1 - u - v, u, v], axis=1)[:, :, None]
    position = (vertices[faces[face]] * weights).sum(axis=1)
    normal = (unit(smooth)[faces[face]] * weights).sum(axis=1)
    turn = rng.uniform(0, np.pi, len(face))
    along = np.stack([np.cos(turn), 0.2 * np.ones(len(face)), np.sin(turn)], axis=1)
    shape = rng.uniform(0.85, 1.2, (len(face), 1)) * np.array([[1.12, 0.95]])
    return surfels(position, normal, along, 1.05 * OVERLAP * spacing[face][:, None] * shape)
