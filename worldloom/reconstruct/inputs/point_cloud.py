"""Laser scans and other point clouds: E57, LAS/LAZ and PLY, thinned while they are read.

Scanners put z up; the world has y up, so points come back turned, in metres.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.reconstruct.inputs.photos import read_photo
from worldloom.reconstruct.records import Photo, Points, Rejected, matrix_rows
from worldloom.scene.errors import FormatError, MissingDependencyError, WorldloomError
from worldloom.scene.files import write_bytes
from worldloom.scene.lens import Lens

_PIECE = 1_000_000
_GREY = 160

Z_UP_TO_Y_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])


@dataclass(frozen=True, eq=False)
class Scan:
    """What a point-cloud file holds."""

    points: Points
    photos: tuple[Photo, ...] = ()
    """Posed pictures inside the file (E57)."""
    rejected: tuple[Rejected, ...] = ()
    up_known: bool = True
    """False for PLY, which may have any frame."""


def read_scan(path: Path, folder: Path, *, most_points: int) -> Scan:
    """Read a point cloud, keeping at most about `most_points`, evenly spread.

    Args:
        folder: for pictures inside the file.

    Raises:
        FormatError: the file is damaged or empty.
        MissingDependencyError: reading this kind needs an optional library.
    """
    suffix = path.suffix.lower()
    photos: tuple[Photo, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    try:
        if suffix == ".e57":
            pieces = _e57_pieces(path)
            photos, rejected = _e57_photos(path, folder)
        elif suffix == ".ply":
            pieces = _ply_pieces(path)
        else:
            pieces = _las_pieces(path)
        xyz, rgb = _thinned(pieces, most_points)
    except WorldloomError:
        raise
    except Exception as error:  # the libraries' readers raise whatever they meet
        raise FormatError(f"{path} can't be read as a point cloud ({error}). Export it again.") from None
    if len(xyz) == 0:
        raise FormatError(f"{path} holds no points. Export it again.")
    if suffix != ".ply":
        xyz = xyz @ Z_UP_TO_Y_UP.T
    return Scan(Points(xyz.astype(np.float32), rgb), photos, rejected, up_known=suffix != ".ply")


Piece = tuple[NDArray[np.float64], NDArray[np.uint8]]


def _thinned(pieces: Iterator[Piece], most_points: int) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """One point per voxel, with voxels that grow whenever too many points are held."""
    xyz, rgb = np.zeros((0, 3)), np.zeros((0, 3), np.uint8)
    voxel = 0.0
    for more_xyz, more_rgb in pieces:
        good = np.isfinite(more_xyz).all(axis=1)
        xyz, rgb = np.concatenate([xyz, more_xyz[good]]), np.concatenate([rgb, more_rgb[good]])
        while len(xyz) > most_points:
            span = float(np.ptp(xyz, axis=0).max())
            voxel = max(voxel * 1.3, span / most_points ** (1 / 2) / 2, 1e-6)
            _, first = np.unique(np.floor((xyz - xyz.min(axis=0)) / voxel).astype(np.int64), axis=0, return_index=True)
            first.sort()
            xyz, rgb = xyz[first], rgb[first]
    return xyz, rgb


def _las_pieces(path: Path) -> Iterator[Piece]:
    try:
        import laspy
    except ImportError:
        raise MissingDependencyError(
            f"{path}: reading LAS needs laspy; run `pip install worldloom[pointcloud]`."
        ) from None
    with laspy.open(path) as file:
        colored = {"red", "green", "blue"} <= set(file.header.point_format.dimension_names)
        for piece in file.chunk_iterator(_PIECE):
            xyz = np.stack([np.asarray(values, np.float64) for values in (piece.x, piece.y, piece.z)], axis=1)
            rgb = np.full((len(xyz), 3), _GREY, np.uint8)
            if colored:
                wide = np.stack(
                    [np.asarray(values, np.float64) for values in (piece.red, piece.green, piece.blue)], axis=1
                )
                rgb = (wide / (256 if wide.max(initial=0) > 255 else 1)).astype(np.uint8)
            yield xyz, rgb


def _e57(path: Path) -> Any:
    try:
        import pye57
    except ImportError:
        raise MissingDependencyError(
            f"{path}: reading E57 needs pye57; run `pip install worldloom[pointcloud]`."
        ) from None
    return pye57.E57(str(path))


def _e57_pieces(path: Path) -> Iterator[Piece]:
    file = _e57(path)
    try:
        for index in range(file.scan_count):
            header = file.get_header(index)
            colored = {"colorRed", "colorGreen", "colorBlue"} <= set(header.point_fields)
            scan = file.read_scan(index, colors=colored, ignore_missing_fields=True)
            xyz = np.stack([scan["cartesianX"], scan["cartesianY"], scan["cartesianZ"]], axis=1).astype(np.float64)
            rgb = np.full((len(xyz), 3), _GREY, np.uint8)
            if colored:
                wide = np.stack([scan["colorRed"], scan["colorGreen"], scan["colorBlue"]], axis=1).astype(np.float64)
                rgb = (wide / (256 if wide.max(initial=0) > 255 else 1)).astype(np.uint8)
            yield xyz, rgb
    finally:
        file.close()


def _e57_photos(path: Path, folder: Path) -> tuple[tuple[Photo, ...], tuple[Rejected, ...]]:
    """Pinhole and spherical pictures of an E57 with their poses. Its cameras look along -z with y up."""
    file = _e57(path)
    photos: list[Photo] = []
    rejected: list[Rejected] = []
    try:
        root = file.root
        images = root["images2D"] if root.isDefined("images2D") else []
        for index in range(len(images)):
            name = f"{path.stem}-{index:04d}.jpg"
            try:
                photos.append(_e57_photo(images[index], path, name, folder))
            except WorldloomError as error:
                rejected.append(Rejected(name=name, reason=str(error)))
    finally:
        file.close()
    return tuple(photos), tuple(rejected)


def _e57_photo(node: Any, path: Path, name: str, folder: Path) -> Photo:
    kinds = {"pinholeRepresentation": "PINHOLE", "sphericalRepresentation": "EQUIRECTANGULAR"}
    kind = next((kind for kind in kinds if node.isDefined(kind)), None)
    if kind is None:
        raise FormatError(f"{path}: picture {name} has no lens (only pinhole and spherical pictures can be used).")
    shape = node[kind]
    encoding = next((key for key in ("jpegImage", "pngImage") if shape.isDefined(key)), None)
    if encoding is None:
        raise FormatError(f"{path}: picture {name} is neither JPEG nor PNG.")
    blob = shape[encoding]
    data = np.zeros(blob.byteCount(), np.uint8)
    blob.read(data, 0, blob.byteCount())
    stored = folder / (name if encoding == "jpegImage" else f"{Path(name).stem}.png")
    write_bytes(stored, data.tobytes())
    photo = read_photo(stored, name, folder)
    if kinds[kind] == "EQUIRECTANGULAR":
        lens = Lens("EQUIRECTANGULAR", photo.width, photo.height)
    else:
        pitch_x, pitch_y = shape["pixelWidth"].value(), shape["pixelHeight"].value()
        focal = shape["focalLength"].value()
        width, height = shape["imageWidth"].value(), shape["imageHeight"].value()
        cx, cy = shape["principalPointX"].value(), shape["principalPointY"].value()
        lens = Lens("PINHOLE", width, height, focal / pitch_x, focal / pitch_y, cx, cy)
        lens = lens.resized(photo.width, photo.height)
    if not node.isDefined("pose"):
        return photo.model_copy(update={"lens": None, "focal": lens.fx or None})
    pose = node["pose"]
    quat = np.array([pose["rotation"][part].value() for part in "wxyz"])
    place = np.array([pose["translation"][part].value() for part in "xyz"])
    return photo.model_copy(
        update={"lens": lens, "world_to_camera": matrix_rows(_e57_pose(quat, place, kinds[kind])), "camera_group": ""}
    )


def _e57_pose(quat: NDArray[np.float64], place: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
    """World-to-camera matrix in our frames. E57's pinhole cameras look along -z, y up; its spherical ones along +x,
    z up."""
    w, x, y, z = quat / max(np.linalg.norm(quat), 1e-12)
    camera_to_world = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    ours_to_theirs = (
        np.diag([1.0, -1.0, -1.0]) if kind == "PINHOLE" else np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]])
    )
    rotation = Z_UP_TO_Y_UP @ camera_to_world @ ours_to_theirs
    matrix = np.eye(4)
    matrix[:3, :3] = rotation.T
    matrix[:3, 3] = -rotation.T @ (Z_UP_TO_Y_UP @ place)
    return matrix


_PLY_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
    "double": "f8", "float64": "f8",
}  # fmt: skip


def _ply_pieces(path: Path) -> Iterator[Piece]:
    """Vertices of a PLY, ASCII or binary; its vertex element must come first, as it always does."""
    with path.open("rb") as file:
        form, count, properties = _ply_header(path, file)
        names = [name for name, _ in properties]
        if form == "ascii":
            yield from _ply_ascii(path, file, count, names)
            return
        order = ">" if form == "binary_big_endian" else "<"
        row = np.dtype([(name, order + kind) for name, kind in properties])
        if count * row.itemsize > os.fstat(file.fileno()).st_size:
            raise FormatError(f"{path} says it holds {count} points but is too short for them. Export it again.")
        for start in range(0, count, _PIECE):
            wanted = min(_PIECE, count - start)
            rows = np.frombuffer(file.read(wanted * row.itemsize), row, wanted)
            yield _ply_columns({name: rows[name] for name in names})


def _ply_header(path: Path, file: io.BufferedReader) -> tuple[str, int, list[tuple[str, str]]]:
    form, count, properties, element = "", -1, [], ""
    if file.readline(16).strip() != b"ply":
        raise FormatError(f"{path} is no PLY file.")
    for _ in range(1000):
        words = file.readline(4096).decode("ascii", "replace").split()
        if words[:1] == ["end_header"]:
            break
        if words[:1] == ["format"] and len(words) > 1:
            form = words[1]
        elif words[:1] == ["element"] and len(words) == 3:
            if not element and words[1] != "vertex":
                raise FormatError(
                    f"{path}: its first element is '{words[1]}', not 'vertex'. Export it as a point cloud."
                )
            element = words[1]
            if element == "vertex" and words[2].isdecimal():
                count = int(words[2])
        elif words[:1] == ["property"] and element == "vertex":
            if len(words) != 3 or words[1] not in _PLY_TYPES:
                raise FormatError(f"{path}: property '{' '.join(words[1:])}' of its points is not understood.")
            properties.append((words[2], _PLY_TYPES[words[1]]))
    known = form in ("ascii", "binary_little_endian", "binary_big_endian")
    if not known or count < 0 or not {"x", "y", "z"} <= {name for name, _ in properties}:
        raise FormatError(f"{path}: its header is damaged or has no x, y, z. Export it as a point cloud.")
    if len({name for name, _ in properties}) != len(properties):
        raise FormatError(f"{path}: two properties of its points share a name. Export it again.")
    return form, count, properties


def _ply_ascii(path: Path, file: io.BufferedReader, count: int, names: list[str]) -> Iterator[Piece]:
    for start in range(0, count, _PIECE):
        lines = [file.readline(4096) for _ in range(min(_PIECE, count - start))]
        if lines and not lines[-1].strip():
            raise FormatError(f"{path} says it holds {count} points but ends early. Export it again.")
        values = np.array([line.split()[: len(names)] for line in lines], np.float64)
        yield _ply_columns({name: values[:, place] for place, name in enumerate(names)})


def _ply_columns(columns: dict[str, NDArray[Any]]) -> Piece:
    xyz = np.stack([columns[axis].astype(np.float64) for axis in "xyz"], axis=1)
    rgb = np.full((len(xyz), 3), _GREY, np.uint8)
    for keys in (("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue"), ("r", "g", "b")):
        if all(key in columns for key in keys):
            values = np.stack([columns[key].astype(np.float64) for key in keys], axis=1)
            unit = columns[keys[0]].dtype.kind == "f" and values.max(initial=0) <= 1.0
            rgb = np.clip(values * (255 if unit else 1), 0, 255).astype(np.uint8)
            break
    return xyz, rgb
