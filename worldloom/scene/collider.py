"""A triangle mesh to walk on and bump into, made from a world's opaque Gaussians.

The Gaussians are poured into voxels by the area that they cover (`collider_voxels`), and the voxels' outside becomes a
mesh that is drawn back onto the matter inside them and thinned where it is flat (`collider_surface`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from worldloom.scene.collider_surface import surface_of
from worldloom.scene.collider_voxels import fill_voxels
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import merge, transform
from worldloom.scene.world import World

__all__ = ["NOT_SOLID", "ColliderMesh", "ColliderOptions", "collider_mesh", "solid_gaussians", "write_glb"]

NOT_SOLID = ("sky", "effects")
"""Kinds of layers that nobody bumps into."""


@dataclass(frozen=True, eq=False)
class ColliderMesh:
    """A triangle mesh in the world frame. Thin things have two sides, each facing its own way."""

    vertices: NDArray[np.float32]
    """(V, 3) metres."""
    faces: NDArray[np.int32]
    """(F, 3) indices of vertices, counter-clockwise seen from outside."""

    def __len__(self) -> int:
        return len(self.faces)

    @staticmethod
    def empty() -> ColliderMesh:
        """Nothing to stand on."""
        return ColliderMesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32))


@dataclass(frozen=True)
class ColliderOptions:
    """How fine a collider is, and what is left out of it."""

    voxel: float = 0.06
    """Smallest edge of a voxel, metres; it grows where the world is too large for `max_cells`."""
    max_cells: int = 16_000_000
    """Voxels of the grid; bounds time and memory (about 30 bytes each)."""
    min_opacity: float = 0.15
    """Fainter Gaussians are mist."""
    coverage: float = 0.3
    """A voxel is solid from this much opaque area on, as a share of its face."""
    closed_gap: float = 0.2
    """Holes up to about this wide are closed, metres; far narrower than a door."""
    floater_voxels: int = 60
    """Pieces of fewer voxels that touch nothing else are dropped."""
    max_triangles: int = 200_000


def collider_mesh(gaussians: Gaussians, options: ColliderOptions = ColliderOptions()) -> ColliderMesh:
    """The surface of everything opaque in `gaussians`.

    Mist, blobs far larger than any surface, far outliers and small isolated pieces are left out. A world's sky must be
    left out by the caller (`solid_gaussians`). The same Gaussians give the same bytes.

    Returns:
        A mesh in the Gaussians' frame; empty where nothing is opaque.
    """
    smallest = options.voxel
    while True:
        voxels = fill_voxels(
            gaussians,
            smallest=smallest,
            max_cells=options.max_cells,
            min_opacity=options.min_opacity,
            coverage=options.coverage,
            closed_gap=options.closed_gap,
            floater_voxels=options.floater_voxels,
        )
        if voxels is None:
            return ColliderMesh.empty()
        vertices, faces = surface_of(voxels, options.max_triangles)
        if len(faces) <= options.max_triangles:
            return ColliderMesh(vertices, faces)
        # Rough all over, like a wood. Their number falls with the square of the edge; bolder merging takes a third off.
        smallest = voxels.edge * max(1.1, 1.06 * (0.65 * len(faces) / options.max_triangles) ** 0.5)


def solid_gaussians(world: World) -> Gaussians:
    """What a collider of `world` is made of: all visible layers but sky and effects, in the world frame."""
    solid = [layer for layer in world.layers if layer.visible and layer.kind not in NOT_SOLID]
    return merge([transform(_bare(layer.gaussians), layer.transform) for layer in solid])


def _bare(gaussians: Gaussians) -> Gaussians:
    """Without what depends on the direction of view, most of their memory: a mesh has no colour."""
    return replace(gaussians, sh=gaussians.sh[:, :1])


def write_glb(mesh: ColliderMesh) -> bytes:
    """The mesh as a binary glTF file with one node, metres, Y up."""
    import trimesh

    shape = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False, validate=False)
    data = trimesh.Scene({"collider": shape}).export(file_type="glb", include_normals=False)
    assert isinstance(data, bytes)
    return data
