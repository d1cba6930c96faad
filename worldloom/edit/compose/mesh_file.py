"""Reading meshes with their colours: GLB, glTF, OBJ, STL and PLY, over trimesh."""

from __future__ import annotations

import base64
import io
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.edit.compose.orientation import wrongly_turned
from worldloom.edit.compose.texture import Texture, check_picture
from worldloom.scene.errors import FormatError, InvalidDataError, WorldloomError
from worldloom.scene.geometry import Transform
from worldloom.scene.solids import smooth_normals
from worldloom.scene.srgb import from_srgb
from worldloom.scene.surfels import Array

MOST_BYTES = 400_000_000
MOST_TRIANGLES = 3_000_000
_GREY = 0.6
_HEADER = 8 << 20
_FARTHEST = 1e6
_VERTEX_COLOURS = ("vertex", "face")


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


@dataclass(frozen=True, eq=False)
class Mesh:
    """What a mesh file holds."""

    parts: tuple[MeshPart, ...]
    lit: bool
    """Whether its colours hold its light: it says so, or has them by vertex, as scans do."""

    @property
    def triangles(self) -> int:
        return sum(len(part.corners) for part in self.parts)


def read_mesh(path: Path, name: str, upright: Transform) -> Mesh:
    """The triangles in a file.

    Args:
        name: of the file; its ending tells the format.
        upright: from the file's frame to ours.

    Raises:
        FormatError: it can't be read or holds no triangles.
        InvalidDataError: it is too large, or has coordinates that are no numbers.
    """
    suffix = _checked_size(path, name)
    import trimesh

    data = path.read_bytes()
    try:
        # From memory, so that nothing that the file names beside itself is opened.
        scene = trimesh.load_scene(io.BytesIO(data), file_type=suffix, process=False)
        nodes = [(*scene.graph[node],) for node in sorted(scene.graph.nodes_geometry)]
        found = [(scene.geometry[geometry], np.asarray(matrix, float)) for matrix, geometry in nodes]
    except Exception as error:  # trimesh raises whatever its parsers meet
        raise FormatError(f"{name} can't be read as a mesh ({str(error)[:120]}). Export it again as GLB.") from None
    found = [(mesh, matrix) for mesh, matrix in found if len(getattr(mesh, "faces", ())) > 0]
    if not found:
        raise FormatError(f"{name} holds no triangles. Export it again as GLB, with its mesh.")
    _check_count(sum(len(mesh.faces) for mesh, _ in found), name)
    textures: dict[int, Texture] = {}
    linear = suffix in ("glb", "gltf")
    parts = tuple(_part(mesh, matrix, upright, linear, textures, name) for mesh, matrix in found)
    unlit = suffix in ("glb", "gltf") and b"KHR_materials_unlit" in data[:_HEADER]
    by_vertex = any(mesh.visual.kind in _VERTEX_COLOURS and mesh.visual.defined for mesh, _ in found)
    return Mesh(parts, unlit or by_vertex)


def _checked_size(path: Path, name: str) -> str:
    """The format's name, having looked at sizes before anything is loaded."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise InvalidDataError(f"{name} has {size >> 20} MiB; give a mesh of {MOST_BYTES >> 20} MiB at most.")
    with path.open("rb") as file:
        head = file.read(84)
        if head[:3] == b"ply":
            from worldloom.export.ply_header import read_header

            file.seek(0)
            face = read_header(file, path).element("face")
            _check_count(face.count if face else 0, name)
            return "ply"
        if head[:4] == b"glTF":
            length = struct.unpack("<I", head[12:16])[0] if len(head) >= 20 else 0
            file.seek(20)
            text = file.read(min(length, 64 << 20))
            file.seek(28 + length)
            _check_document(text, file.read(), name)
            return "glb"
        suffix = Path(name).suffix.lower().lstrip(".")
        if suffix == "gltf":
            file.seek(0)
            _check_document(file.read(), b"", name)
        if suffix == "stl" and not head.lstrip().startswith(b"solid") and len(head) == 84:
            _check_count(struct.unpack("<I", head[80:])[0], name)
    return suffix


def _check_document(text: bytes, binary: bytes, name: str) -> None:
    """Look at what a glTF asks for: a few bytes can ask for gigabytes of zeros, or hold pictures of gigabytes."""
    try:
        document = json.loads(text)
        counts = [int(accessor["count"]) for accessor in document.get("accessors", [])]
        nodes = len(document.get("nodes", ()))
        pictures = list(_pictures(document, binary))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        raise FormatError(f"{name} is damaged: its JSON can't be read. Export it again.") from None
    _check_count(sum(counts) // 12, name)
    _check_count(nodes * 30, name)
    for picture in pictures:
        check_picture(picture, name)


def _pictures(document: dict[str, Any], binary: bytes) -> Iterator[bytes]:
    """The files of the pictures inside a glTF that are used as colours."""
    for material in document.get("materials", []):
        texture = material.get("pbrMetallicRoughness", {}).get("baseColorTexture")
        source = document["textures"][texture["index"]].get("source") if texture else None
        if source is None:
            continue
        image = document["images"][source]
        if "bufferView" in image:
            view = document["bufferViews"][image["bufferView"]]
            start = int(view.get("byteOffset", 0))
            yield binary[start : start + int(view["byteLength"])] or _inline(document["buffers"][0], start, view)
        elif str(image.get("uri", "")).startswith("data:"):
            yield base64.b64decode(image["uri"].partition(",")[2])


def _inline(buffer: dict[str, Any], start: int, view: dict[str, Any]) -> bytes:
    data = base64.b64decode(str(buffer.get("uri", "")).partition(",")[2])
    return data[start : start + int(view["byteLength"])]


def _check_count(triangles: int, name: str) -> None:
    if triangles > MOST_TRIANGLES:
        raise InvalidDataError(
            f"{name} has over {MOST_TRIANGLES:,} triangles; simplify it, or export a smaller part of it."
        )


def _part(
    mesh: Any, matrix: Array, upright: Transform, linear: bool, textures: dict[int, Texture], name: str
) -> MeshPart:
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
    uv, texture, colours, cutoff = _look(mesh, faces, linear, textures, name)
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
        turned(corners), turned(normals), turned(colours), texture, None if uv is None else turned(uv), cutoff
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


def _look(
    mesh: Any, faces: NDArray[np.int64], linear: bool, textures: dict[int, Texture], name: str
) -> tuple[Array | None, Texture | None, Array, float | None]:
    """(uv, texture, colours, cutoff) as in `MeshPart`."""
    visual = mesh.visual
    colours = np.ones((len(faces), 3, 4))
    if visual.kind in _VERTEX_COLOURS and visual.defined:
        by_vertex = visual.kind == "vertex"
        given = np.asarray(visual.vertex_colors if by_vertex else visual.face_colors, float) / 255
        colours = given[faces] if by_vertex else np.repeat(given[:, None], 3, axis=1)
        if not linear:
            colours[..., :3] = from_srgb(colours[..., :3])
        return None, None, colours, None
    material = getattr(visual, "material", None)
    factor = getattr(material, "baseColorFactor", None)
    if factor is None:
        factor = getattr(material, "diffuse", None)
    picture = getattr(material, "baseColorTexture", None) or getattr(material, "image", None)
    grey = np.array([1.0 if picture is not None else _GREY] * 3 + [1.0])
    if factor is not None and (linear or picture is None):  # OBJ's textures stand in for its colour
        values = np.append(np.asarray(factor, float).reshape(-1)[:4], 255.0)[:4] / 255
        grey = np.append(values[:3] if linear else from_srgb(values[:3]), values[3])
    colours = colours * grey
    uv = getattr(visual, "uv", None)
    mode = getattr(material, "alphaMode", None) if linear else None
    cutoff = (getattr(material, "alphaCutoff", None) or 0.5) if mode == "MASK" else None
    if mode in (None, "OPAQUE"):
        cutoff, colours[..., 3] = 0.0, 1.0
    if picture is None or uv is None or len(uv) != len(mesh.vertices):
        return None, None, colours, cutoff
    uv = np.asarray(uv, float)[faces]
    if not np.isfinite(uv).all():
        raise InvalidDataError(f"{name} has a NaN or infinite texture coordinate; repair it and export it again.")
    if id(picture) not in textures:
        try:
            textures[id(picture)] = Texture.of(picture, name)
        except WorldloomError:
            raise
        except Exception as error:  # Pillow raises whatever its decoders meet
            raise FormatError(f"{name} has a damaged texture ({str(error)[:80]}). Export it again.") from None
    return uv, textures[id(picture)], colours, cutoff
