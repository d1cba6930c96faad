"""Reading meshes with their colours: GLB, glTF, OBJ, STL and PLY, and zips of these, over trimesh."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.edit.compose.archive import PICTURES, Beside, is_archive, mesh_in, open_archive, unpacked
from worldloom.edit.compose.gltf_document import Document
from worldloom.edit.compose.mesh_look import Emission, Looks, Placings, has_vertex_colours
from worldloom.edit.compose.orientation import wrongly_turned
from worldloom.edit.compose.texture import Texture
from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.geometry import Transform
from worldloom.scene.solids import smooth_normals
from worldloom.scene.surfels import Array

MOST_BYTES = 400_000_000
MOST_TRIANGLES = 3_000_000
_HEADER = 8 << 20
_FARTHEST = 1e6


@dataclass(frozen=True, eq=False)
class MeshPart:
    """Triangles of one material."""

    corners: Array
    """(F, 3, 3) metres, counter-clockwise from outside."""
    normals: Array
    """(F, 3, 3) unit, outwards: smooth, but for sharp edges."""
    colours: Array
    """(F, 3, 4) linear and opacity."""
    texture: Texture | None
    """Multiplies the colours."""
    uv: Array | None
    """(F, 3, 2) where in the texture the corners are, from its lower left."""
    cutoff: float | None
    """Opacity under which nothing is shown and over which all is; None: what is half transparent is shown so."""
    emission: Emission | None = None


@dataclass(frozen=True, eq=False)
class Mesh:
    """What a mesh file holds."""

    parts: tuple[MeshPart, ...]
    lit: bool
    """Whether its colours hold its light: it says so, or has them by vertex, as scans do."""
    missing: tuple[str, ...] = ()
    """Files that it names, but that are not there."""

    @property
    def triangles(self) -> int:
        return sum(len(part.corners) for part in self.parts)


def read_mesh(path: Path, name: str, upright: Transform) -> Mesh:
    """The triangles in a file, or in a zip with all that the mesh names beside itself.

    Args:
        name: of the file; its ending tells the format.
        upright: from the file's frame to ours.

    Raises:
        FormatError: it can't be read or holds no triangles.
        InvalidDataError: it is too large, or has coordinates that are no numbers.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise InvalidDataError(f"{name} has {size >> 20} MiB; give a mesh of {MOST_BYTES >> 20} MiB at most.")
    if not is_archive(path):
        return _read(path.read_bytes(), name, upright, Beside())
    with open_archive(path, name) as archive:
        inside = mesh_in(archive, name)
        data = unpacked(archive, inside, MOST_BYTES)
        beside = Beside(archive, inside, MOST_BYTES - len(data))
        return _read(data, PurePosixPath(inside).name, upright, beside)


def _read(data: bytes, name: str, upright: Transform, beside: Beside) -> Mesh:
    suffix, data, placings = _checked(data, name, beside)
    import trimesh

    try:
        # From memory, so that nothing is opened on disk that the file names.
        scene = trimesh.load_scene(io.BytesIO(data), file_type=suffix, process=False, resolver=beside)
        nodes = [(*scene.graph[node],) for node in sorted(scene.graph.nodes_geometry)]
        found = [(scene.geometry[geometry], np.asarray(matrix, float)) for matrix, geometry in nodes]
    except Exception as error:  # trimesh raises whatever its parsers meet
        _no_less(beside, name, suffix)
        raise FormatError(f"{name} can't be read as a mesh ({str(error)[:120]}). Export it again as GLB.") from None
    if beside.refused is not None:  # trimesh goes on without what it can't have
        raise beside.refused
    found = [(mesh, matrix) for mesh, matrix in found if len(getattr(mesh, "faces", ())) > 0]
    if not found:
        raise FormatError(f"{name} holds no triangles. Export it again as GLB, with its mesh.")
    _check_count(sum(len(mesh.faces) for mesh, _ in found), name)
    linear = suffix in ("glb", "gltf")
    looks = Looks(name, linear=linear, beside=beside, placings=placings)
    parts = tuple(_part(mesh, matrix, upright, looks, name) for mesh, matrix in found)
    unlit = linear and b"KHR_materials_unlit" in data[:_HEADER]
    return Mesh(parts, unlit or any(has_vertex_colours(mesh) for mesh, _ in found), tuple(beside.missing))


def _checked(data: bytes, name: str, beside: Beside) -> tuple[str, bytes, Placings]:
    """The format's name, the file, and where its pictures lie, having looked at sizes before anything is loaded."""
    if data[:3] == b"ply":
        from worldloom.export.ply_header import read_header

        face = read_header(io.BytesIO(data), Path(name)).element("face")
        _check_count(face.count if face else 0, name)
        return "ply", data, {}
    suffix = Path(name).suffix.lower().lstrip(".")
    if data[:4] == b"glTF" or suffix == "gltf":
        document = Document.of(data, name, beside)
        _check_count(document.triangles, name)
        return ("glb" if data[:4] == b"glTF" else "gltf"), document.rewritten(), document.placings
    if suffix == "stl" and data.lstrip()[:5] != b"solid" and len(data) >= 84:
        _check_count(struct.unpack("<I", data[80:84])[0], name)
    return suffix, data, {}


def _no_less(beside: Beside, name: str, suffix: str) -> None:
    """
    Raises:
        FormatError: what a glTF can't be without is not there.
    """
    if beside.refused is not None:
        raise beside.refused
    if suffix == "gltf" and beside.missing:
        needed = next((file for file in beside.missing if not file.lower().endswith(PICTURES)), beside.missing[0])
        raise FormatError(f"{name} needs '{needed[:60]}' beside it: zip them together, or export it as GLB.")


def _check_count(triangles: int, name: str) -> None:
    if triangles > MOST_TRIANGLES:
        raise InvalidDataError(
            f"{name} has over {MOST_TRIANGLES:,} triangles; simplify it, or export a smaller part of it."
        )


def _part(mesh: Any, matrix: Array, upright: Transform, looks: Looks, name: str) -> MeshPart:
    vertices, faces = np.asarray(mesh.vertices, float), np.asarray(mesh.faces, np.int64)
    if len(vertices) == 0 or faces.min() < 0 or faces.max() >= len(vertices):
        raise FormatError(f"{name} is damaged: a triangle names a corner that is not there. Export it again.")
    to_world = upright.matrix.numpy() @ matrix
    with np.errstate(all="ignore"):
        vertices = vertices @ to_world[:3, :3].T + to_world[:3, 3]
    used = vertices[np.unique(faces)]
    if not np.isfinite(used).all():
        raise InvalidDataError(f"{name} has a NaN or infinite coordinate; repair the mesh and export it again.")
    if np.abs(used).max() > _FARTHEST:
        raise InvalidDataError(f"{name} reaches {np.abs(used).max():.0g} m from its origin; export it in metres.")
    if np.linalg.det(to_world[:3, :3]) < 0:
        faces = faces[:, ::-1]
    look = looks.of(mesh, faces)
    colours, uv = look.colours, look.uv
    corners = vertices[faces]
    edges = corners - np.roll(corners, 1, axis=1)
    keep = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1) > 1e-14
    if not keep.any():
        raise FormatError(f"{name} holds only triangles without area. Export it again.")
    corners, colours, uv = corners[keep], colours[keep], None if uv is None else uv[keep]
    points, merged = _merged(corners)
    flipped = wrongly_turned(points, merged)
    normals = smooth_normals(points, np.where(flipped[:, None], merged[:, ::-1], merged))
    normals[flipped] = normals[flipped][:, ::-1]  # in the order of `corners`
    order = np.where(flipped[:, None], [2, 1, 0], [0, 1, 2])

    def turned(values: Array) -> Array:
        return np.take_along_axis(values, order[:, :, None], axis=1)

    return MeshPart(
        turned(corners),
        turned(normals),
        turned(colours),
        look.texture,
        None if uv is None else turned(uv),
        look.cutoff,
        look.emission,
    )


def _merged(corners: Array) -> tuple[Array, NDArray[np.int64]]:
    """Points (V, 3) and faces (F, 3) in which corners at one place are one point."""
    flat = corners.reshape(-1, 3)
    grid = np.round((flat - flat.min(axis=0)) / max(float(np.ptp(flat, axis=0).max()), 1e-12) * (1 << 20)).astype(
        np.int64
    )
    _, first, index = np.unique(
        grid[:, 0] << 42 | grid[:, 1] << 21 | grid[:, 2], return_index=True, return_inverse=True
    )
    return flat[first], index.reshape(-1, 3)
