"""Solid bodies that can be cut, joined and covered with surfels; over manifold3d, Y up.

`covered` spreads surfels evenly (blue noise), and thins and aligns them along sharp edges so that these stay crisp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worldloom.scene.errors import InvalidDataError
from worldloom.scene.surfels import OVERLAP, Array, Points, Surfels, Vector, join, no_surfels, surfels, unit

if TYPE_CHECKING:
    from manifold3d import Manifold

SHARP = 0.82
"""Cosine between the normals of two faces below which their edge is sharp."""
PACKING = 0.85
"""Least distance between two surfels over the mean distance."""


def block(size: Vector, center: Vector = (0.0, 0.0, 0.0)) -> Manifold:
    """An upright box."""
    from manifold3d import Manifold

    return Manifold.cube([float(edge) for edge in size], True).translate(_three(center))


def cylinder(
    radius: float, height: float, base: Vector = (0.0, 0.0, 0.0), top: float | None = None, sides: int = 24
) -> Manifold:
    """Upright, standing on `base`; `top` is the radius there if it tapers (0 gives a cone)."""
    from manifold3d import Manifold

    upright = Manifold.cylinder(height, radius, radius if top is None else top, sides).rotate([-90.0, 0.0, 0.0])
    return upright.translate(_three(base))


def cone(radius: float, height: float, base: Vector = (0.0, 0.0, 0.0), sides: int = 24) -> Manifold:
    """Upright, standing on `base`."""
    return cylinder(radius, height, base, 0.0, sides)


def ball(radii: float | Vector, center: Vector = (0.0, 0.0, 0.0), sides: int = 24) -> Manifold:
    """A sphere or, of three radii, an ellipsoid."""
    from manifold3d import Manifold

    axes = _three(np.broadcast_to(np.asarray(radii, float), 3))
    return Manifold.sphere(1.0, sides).scale(axes).translate(_three(center))


def extruded(outline: Points, depth: float, center: Vector = (0.0, 0.0, 0.0)) -> Manifold:
    """An outline (N, 2), x and y, made `depth` thick along z, half of it on each side of `center`."""
    from manifold3d import CrossSection, FillRule, Manifold

    section = CrossSection([np.asarray(outline, float)], FillRule.NonZero)
    return Manifold.extrude(section, depth).translate([0.0, 0.0, -depth / 2]).translate(_three(center))


def revolved(profile: Points, base: Vector = (0.0, 0.0, 0.0), sides: int = 32) -> Manifold:
    """A profile (N, 2), distance from the axis and height, turned about +Y. It closes through the axis."""
    from manifold3d import CrossSection, FillRule, Manifold

    profile = np.asarray(profile, float)
    ends = np.array([[0.0, profile[-1, 1]], [0.0, profile[0, 1]]])
    section = CrossSection([np.concatenate([profile, ends])], FillRule.NonZero)
    return Manifold.revolve(section, sides).rotate([-90.0, 0.0, 0.0]).translate(_three(base))


def hull(points: Points | Sequence[Manifold]) -> Manifold:
    """The convex hull of points (N, 3) or of solids."""
    from manifold3d import Manifold

    if isinstance(points, Sequence) and all(isinstance(part, Manifold) for part in points):
        return Manifold.batch_hull(list(points))  # pyright: ignore[reportArgumentType]
    return Manifold.hull_points(np.asarray(points, float))


def united(*solids: Manifold) -> Manifold:
    return _combined(solids, "Add")


def without(solid: Manifold, *cut: Manifold) -> Manifold:
    """`solid` minus all the others."""
    return _combined((solid, *cut), "Subtract")


def common(*solids: Manifold) -> Manifold:
    return _combined(solids, "Intersect")


def turned(solid: Manifold, x: float = 0.0, y: float = 0.0, z: float = 0.0, at: Vector = (0.0, 0.0, 0.0)) -> Manifold:
    """Turned about x, then y, then z, radians, then moved by `at`."""
    return solid.rotate([float(np.degrees(angle)) for angle in (x, y, z)]).translate(_three(at))


def covered(solid: Manifold, spacing: float, seed: int = 0, sharp: float = SHARP, overlap: float = OVERLAP) -> Surfels:
    """The surface of a solid.

    Args:
        spacing: metres from surfel to surfel; closer along sharp edges.
        sharp: cosine between faces below which an edge is sharp; -1 takes none as sharp.
        overlap: standard deviation of the pieces over `spacing`.

    Raises:
        InvalidDataError: the solid is empty.
    """
    if solid.is_empty():
        raise InvalidDataError("A solid to be covered has no volume; check its sizes and what was cut from it.")
    mesh = solid.to_mesh()
    corners = np.asarray(mesh.vert_properties, float)[:, :3]
    faces = np.asarray(mesh.tri_verts, np.int64)
    merged = np.arange(len(corners))
    merged[np.asarray(mesh.merge_from_vert, np.int64)] = np.asarray(mesh.merge_to_vert, np.int64)
    return covered_mesh(corners, merged[faces], spacing, seed, sharp, overlap)


def covered_mesh(
    corners: Array,
    faces: NDArray[np.int64],
    spacing: float,
    seed: int = 0,
    sharp: float = SHARP,
    overlap: float = OVERLAP,
) -> Surfels:
    """A closed triangle mesh, (V, 3) and (F, 3) counter-clockwise from outside; see `covered`."""
    shape = _Shape.of(corners, faces, sharp)
    edges = _edge_rows(shape, spacing)
    inner = _inner(shape, spacing, np.random.default_rng(seed), edges, overlap)
    return join([edges, inner]) if len(edges) else inner


def smooth_normals(corners: Array, faces: NDArray[np.int64], sharp: float = SHARP) -> Array:
    """(F, 3, 3) unit normals at the corners of a mesh's faces, each averaged with the neighbours that it passes into
    without a sharp edge; see `covered`."""
    return _Shape.of(corners, faces, sharp).smooth


def spread(points: Array, distance: float, priority: Array, taken: Array | None = None) -> NDArray[np.int64]:
    """Indices of points (N, 3) no two of which are nearer than `distance`, and that leave no room for another: lowest
    `priority` first. None is nearer than that to any of `taken`."""
    from scipy.spatial import KDTree

    alive = np.ones(len(points), bool)
    if taken is not None and len(taken):
        alive = KDTree(taken).query(points, distance_upper_bound=distance)[0] >= distance
    index = np.flatnonzero(alive)
    pairs = KDTree(points[index]).query_pairs(distance, output_type="ndarray") if len(index) else np.zeros((0, 2), int)
    first, second = index[pairs[:, 0]], index[pairs[:, 1]]
    swap = priority[first] > priority[second]
    better, worse = np.where(swap, second, first), np.where(swap, first, second)
    kept = np.zeros(len(points), bool)
    while alive.any():
        beaten = np.zeros(len(points), bool)
        beaten[worse] = True
        best = alive & ~beaten
        kept |= best
        alive &= ~best
        alive[worse[best[better]]] = False
        rest = alive[better] & alive[worse]
        better, worse = better[rest], worse[rest]
    return np.flatnonzero(kept)


@dataclass(frozen=True, eq=False)
class _Shape:
    """A mesh and what is known about its edges."""

    corners: Array
    faces: NDArray[np.int64]
    normal: Array
    """(F, 3)"""
    smooth: Array
    """(F, 3, 3) normals at the corners of each face, averaged with the neighbours it passes into smoothly."""
    area: Array
    sharp: NDArray[np.int64]
    """(E, 2) corners of the sharp edges, once for each of their two faces."""
    beside: NDArray[np.int64]
    """(E,) that face."""

    @staticmethod
    def of(corners: Array, faces: NDArray[np.int64], sharp: float) -> _Shape:
        a, b, c = corners[faces].transpose(1, 0, 2)
        facing = np.cross(b - a, c - a)
        area = np.linalg.norm(facing, axis=1) / 2
        normal = unit(facing)
        start, end = faces.reshape(-1), np.roll(faces, -1, axis=1).reshape(-1)
        owner = np.repeat(np.arange(len(faces)), 3)
        key = np.minimum(start, end) * len(corners) + np.maximum(start, end)
        order = np.argsort(key, kind="stable")
        _, first, count = np.unique(key[order], return_index=True, return_counts=True)
        first = first[count >= 2]
        one, two = order[first], order[first + 1]
        cosine = (normal[owner[one]] * normal[owner[two]]).sum(axis=1)
        edge = cosine < sharp
        both = np.concatenate([one[edge], two[edge]])
        hard = np.stack([start[both], end[both]], axis=1)
        joined = np.stack([owner[one[~edge]], owner[two[~edge]]], axis=1)
        smooth = _smooth_normals(faces, facing, joined, len(corners))
        return _Shape(corners, faces, normal, smooth, area, hard, owner[both])


def _smooth_normals(faces: NDArray[np.int64], facing: Array, joined: NDArray[np.int64], count: int) -> Array:
    """(F, 3, 3): corner normals averaged within groups of faces that are connected by edges that are not sharp."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    links = coo_matrix((np.ones(len(joined)), (joined[:, 0], joined[:, 1])), (len(faces), len(faces)))
    group = connected_components(links, directed=False)[1]
    key = (group[:, None].astype(np.int64) * count + faces).reshape(-1)
    _, slot = np.unique(key, return_inverse=True)
    slot = slot.reshape(-1)
    total = np.stack([np.bincount(slot, np.repeat(facing[:, axis], 3)) for axis in range(3)], axis=1)
    return unit(total[slot]).reshape(-1, 3, 3)


def _edge_rows(shape: _Shape, spacing: float) -> Surfels:
    """Thin surfels in rows just inside each sharp edge, on both of its faces."""
    if not len(shape.sharp):
        return no_surfels()
    start, end = shape.corners[shape.sharp[:, 0]], shape.corners[shape.sharp[:, 1]]
    along = end - start
    length = np.linalg.norm(along, axis=1)
    normal = shape.normal[shape.beside]
    inwards = unit(np.cross(normal, along))
    depth = 2 * shape.area[shape.beside] / length.clip(1e-9)
    inset = np.minimum(0.26 * spacing, 0.3 * depth)
    steps = np.maximum(np.round(length / spacing), 1).astype(int)
    edge = np.repeat(np.arange(len(steps)), steps)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(steps) - steps, steps)
    share = (number + 0.5) / steps[edge]
    position = start[edge] + share[:, None] * along[edge] + inset[edge, None] * inwards[edge]
    last = (number == 0) | (number == steps[edge] - 1)
    reach = OVERLAP * np.where(last, 0.55, 1.0) * (length / steps)[edge]  # or corners would be spiky
    size = np.stack([reach, 0.62 * inset[edge]], axis=1)
    keep = (length[edge] > 0.15 * spacing) & (inset[edge] > 0.02 * spacing)
    return surfels(position, normal[edge], along[edge], size)[keep]


def _inner(shape: _Shape, spacing: float, rng: np.random.Generator, edges: Surfels, overlap: float) -> Surfels:
    """Evenly spread over the faces, keeping off the sharp edges."""
    from scipy.spatial import KDTree

    wanted = np.cumsum(shape.area / spacing**2) * 8.0
    marks = np.arange(int(wanted[-1]) + 1) + rng.random()
    face = np.searchsorted(wanted, marks, side="right").clip(0, len(shape.faces) - 1)
    u, v = (marks[:, None] * np.array([0.7548776662466927, 0.5698402909980532]) % 1).T  # the R2 sequence
    over = u + v > 1
    u, v = np.where(over, 1 - u, u), np.where(over, 1 - v, v)
    weights = np.stack([1 - u - v, u, v], axis=1)[:, :, None]
    position = (shape.corners[shape.faces[face]] * weights).sum(axis=1)
    normal = unit((shape.smooth[face] * weights).sum(axis=1))
    size = np.full((len(face), 2), overlap * spacing)
    along = np.cross(normal, [0.0, 1.0, 0.0])
    if len(edges):
        # rows of neighbouring faces count too: what lies within an edge of any is thinned
        distance, nearest = KDTree(edges.position).query(position)
        direction = edges.along[nearest]
        away = position - edges.position[nearest]
        away = away - (away * direction).sum(axis=1, keepdims=True) * direction
        off = np.linalg.norm(away, axis=1)
        same = (edges.normal[nearest] * shape.normal[face]).sum(axis=1) > 0.5
        off = off + np.where(same, 0.26, 0.0) * spacing
        near = (off < 1.2 * spacing) & (distance < 1.5 * spacing)
        along = np.where(near[:, None], direction, along)
        size[:, 1] = np.where(near, np.minimum(size[:, 1], 0.62 * off), size[:, 1])
        keep = ~near | (off > 0.55 * spacing)
        position, normal, along, size = position[keep], normal[keep], along[keep], size[keep]
    chosen = spread(position, PACKING * spacing, rng.random(len(position))) if len(position) else np.zeros(0, int)
    return surfels(position[chosen], normal[chosen], along[chosen], size[chosen])


def _combined(solids: Sequence[Manifold], name: str) -> Manifold:
    from manifold3d import Manifold, OpType

    return Manifold.batch_boolean(list(solids), getattr(OpType, name))


def _three(vector: Vector) -> list[float]:
    x, y, z = (float(number) for number in vector)  # pyright: ignore[reportArgumentType]
    return [x, y, z]
