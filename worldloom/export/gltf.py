"""glTF 2.0 with KHR_gaussian_splatting (Khronos, ratified 2026): .glb, and .gltf with its buffers.

glTF's frame is the world's: right-handed, Y up, metres; nothing is turned. Rotations are xyzw, scales linear, opacities
0 to 1, SH in the 3DGS order and signs, one attribute per coefficient. The extension stands in `extensionsUsed` only, so
that a viewer without it shows coloured points (COLOR_0, which glTF wants linear).
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, unquote

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.files import replacing
from worldloom.scene.gaussians import SH_C0, Gaussians
from worldloom.scene.geometry import Transform, merge, transform
from worldloom.scene.world import World

_NAME = "KHR_gaussian_splatting"
_MAGIC, _JSON, _BIN = 0x46546C67, 0x4E4F534A, 0x004E4942
_PIECE = 262_144
"""Gaussians converted at a time while writing."""

Floats = NDArray[np.float32]


def write(gaussians: Gaussians, path: Path) -> None:
    """Write a .glb, or a .gltf with a .bin beside it.

    Raises:
        FormatError: there are more than 4 GiB of data, or no Gaussians (a glTF accessor can't be empty).
        WorldloomError: the file can't be written.
    """
    if len(gaussians) == 0:
        raise FormatError(f"{path}: glTF can't hold a scene without Gaussians; write another format.")
    pieces = [list(_fields(gaussians))]
    content, length = _document([gaussians], pieces)
    _write(path, content, length, pieces)


def write_world(world: World, path: Path) -> None:
    """Write a world with its cameras and moving layers; everything else that people put into it is in `extras`.

    Raises:
        FormatError: as in `write`.
        WorldloomError: the file can't be written.
    """
    from worldloom.export.gltf_stage import Stage
    from worldloom.export.staging import staged

    staging = staged(world)
    if not staging.pieces:
        raise FormatError(f"{path}: glTF can't hold a scene without Gaussians; write another format.")
    gaussians = [piece.gaussians for piece in staging.pieces]
    pieces = [list(_fields(each)) for each in gaussians]
    content, length = _document(gaussians, pieces)
    rest = Stage(content, length).add(staging)
    _write(path, content, length + len(rest), pieces, rest)


def _write(path: Path, content: dict[str, Any], length: int, pieces: list[list[_Field]], rest: bytes = b"") -> None:
    """
    Args:
        rest: what follows the pieces in the binary part of `length` bytes.
    """
    if path.suffix.lower() == ".gltf":
        binary = path.with_suffix(".bin")
        content["buffers"][0]["uri"] = quote(binary.name)
        with replacing(binary) as beside, beside.open("wb") as file:
            _write_fields(file, pieces)
            file.write(rest)
        with replacing(path) as beside:
            beside.write_text(json.dumps(content), encoding="utf-8")
        return
    text = json.dumps(content, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + length
    if total >= 1 << 32:
        raise FormatError(f"{path} would pass the 4 GiB that a .glb can hold; write .spz, .ply or .usdc instead.")
    with replacing(path) as beside, beside.open("wb") as file:
        file.write(struct.pack("<III", _MAGIC, 2, total) + struct.pack("<II", len(text), _JSON) + text)
        file.write(struct.pack("<II", length, _BIN))
        _write_fields(file, pieces)
        file.write(rest)


@dataclass(frozen=True, eq=False)
class _Field:
    """One attribute: where its numbers come from."""

    name: str
    kind: str
    """glTF accessor type."""
    width: int
    rows: Any
    """From a slice of rows to an array (n, width) float32."""


def _fields(gaussians: Gaussians) -> Iterator[_Field]:
    means, quats, log_scales, logits, sh = (tensor.detach().cpu().numpy() for tensor in gaussians.tensors)

    def fallback_color(rows: slice) -> Floats:
        encoded = np.clip(sh[rows, 0] * SH_C0 + 0.5, 0, 1)
        linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
        return np.concatenate([linear, _sigmoid(logits[rows])[:, None]], axis=1)

    yield _Field("POSITION", "VEC3", 3, lambda rows: means[rows])
    yield _Field("COLOR_0", "VEC4", 4, fallback_color)
    yield _Field(f"{_NAME}:ROTATION", "VEC4", 4, lambda rows: quats[rows][:, [1, 2, 3, 0]])
    yield _Field(f"{_NAME}:SCALE", "VEC3", 3, lambda rows: np.exp(log_scales[rows]))
    yield _Field(f"{_NAME}:OPACITY", "SCALAR", 1, lambda rows: _sigmoid(logits[rows])[:, None])
    for degree in range(gaussians.sh_degree + 1):
        for order in range(2 * degree + 1):
            index = degree * degree + order
            yield _Field(_coefficient(degree, order), "VEC3", 3, lambda rows, index=index: sh[rows, index])


def _coefficient(degree: int, order: int) -> str:
    return f"{_NAME}:SH_DEGREE_{degree}_COEF_{order}"


def _sigmoid(logits: Floats) -> Floats:
    return (1 / (1 + np.exp(-logits.astype(np.float64)))).astype(np.float32)


def _document(parts: list[Gaussians], pieces: list[list[_Field]]) -> tuple[dict[str, Any], int]:
    """The JSON part, with a mesh for each part in a node of its own, and the length of the binary part."""
    accessors, views, offset = [], [], 0
    meshes = []
    for gaussians, fields in zip(parts, pieces):
        count, first = len(gaussians), len(accessors)
        for field in fields:
            length = 4 * field.width * count
            accessors.append({"bufferView": len(views), "componentType": 5126, "count": count, "type": field.kind})
            views.append({"buffer": 0, "byteOffset": offset, "byteLength": length, "target": 34962})
            offset += length
        means = gaussians.means.detach()
        accessors[first] |= {"min": means.amin(dim=0).tolist(), "max": means.amax(dim=0).tolist()}
        splatting = {
            "kernel": "ellipse",
            "colorSpace": "srgb_rec709_display",
            "projection": "perspective",
            "sortingMethod": "cameraDistance",
        }
        primitive = {
            "mode": 0,
            "attributes": {field.name: index for index, field in enumerate(fields, first)},
            "extensions": {_NAME: splatting},
        }
        meshes.append({"primitives": [primitive]})
    content = {
        "asset": {"version": "2.0", "generator": "Worldloom"},
        "extensionsUsed": [_NAME],
        "scene": 0,
        "scenes": [{"nodes": list(range(len(meshes)))}],
        "nodes": [{"mesh": number, "name": "splats"} for number in range(len(meshes))],
        "meshes": meshes,
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": offset}],
    }
    return content, offset


def _write_fields(file: BinaryIO, pieces: list[list[_Field]]) -> None:
    for field in (field for fields in pieces for field in fields):
        start = 0
        while len(rows := field.rows(slice(start, start + _PIECE))):
            file.write(np.ascontiguousarray(rows, "<f4").tobytes())
            start += _PIECE


def read(path: Path) -> Gaussians:
    """Read all Gaussians of a file's scene, node transforms applied.

    Kernels and colour spaces of extensions that we don't know are read as the standard ones, as the extension asks of
    viewers.

    Raises:
        FormatError: the file is damaged, hostile, or holds no Gaussians.
    """
    try:
        content, binary = _load(path)
        document = _Document(path, content, binary)
        parts = [part for mesh, placed in document.placed_meshes() for part in document.gaussians(mesh, placed)]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        if isinstance(error, InvalidDataError):
            raise FormatError(f"{path} is damaged: {error}") from None
        raise FormatError(
            f"{path} is damaged: its parts don't fit together ({repr(error)[:200]}). Export it again."
        ) from None
    if not parts:
        raise FormatError(f"{path} holds no Gaussians ({_NAME}); is it a mesh?")
    return merge(parts)


def _load(path: Path) -> tuple[Any, memoryview]:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"glTF":
            if size > _MOST_JSON * 8:  # data may stand in it as text
                raise FormatError(f"{path} is too large for the JSON of a .gltf.")
            return json.loads(head + file.read()), memoryview(b"")
        if len(head) < 12 or struct.unpack("<I", head[4:8])[0] != 2:
            raise FormatError(f"{path} is damaged or not glTF 2. Export it again.")
        content, binary = None, memoryview(b"")
        while len(chunk := file.read(8)) == 8:
            length, kind = struct.unpack("<II", chunk)
            if length > size - file.tell():
                raise FormatError(f"{path} ends too early: it was probably not written to its end, so get it again.")
            if kind == _JSON and length > _MOST_JSON:
                raise FormatError(f"{path} has a JSON part of {length >> 20} MiB, which is no scene of splats.")
            if kind == _JSON and content is None:
                content = json.loads(file.read(length))
            elif kind == _BIN and not len(binary):
                binary = memoryview(file.read(length))
            else:
                file.seek(length, 1)
    if content is None:
        raise FormatError(f"{path} has no JSON part. Export it again.")
    return content, binary


_COMPONENTS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_MOST_NODES = 3_000
_MOST_PRIMITIVES = 3_000
_MOST_JSON = 64 << 20


class _Document:
    """A parsed file, every index and range checked when it is used."""

    def __init__(self, path: Path, content: Any, binary: memoryview) -> None:
        if not isinstance(content, dict):
            raise FormatError(f"{path} is no glTF: its JSON is not an object.")
        self._path, self._content, self._binary = path, content, binary
        self._buffers: dict[int, memoryview] = {}
        self._primitives = self._count = 0

    def placed_meshes(self) -> Iterator[tuple[dict[str, Any], Transform]]:
        """Meshes of the scene with their transforms; of the whole file, if it names no scene."""
        nodes = self._content.get("nodes", [])
        if "scenes" in self._content:
            roots = self._at("scenes", self._content.get("scene", 0)).get("nodes", [])
        else:
            inner = {child for node in nodes for child in node.get("children", [])}
            roots = [index for index in range(len(nodes)) if index not in inner]
        stack = [(root, Transform()) for root in reversed(roots)]
        visited: set[int] = set()
        while stack:
            index, above = stack.pop()
            if index in visited or len(visited) > _MOST_NODES:
                raise FormatError(
                    f"{self._path}: its nodes form a loop, or are more than {_MOST_NODES}. Export it again."
                )
            visited.add(index)
            node = self._at("nodes", index)
            placed = above @ self._node_transform(node)
            if "mesh" in node:
                yield self._at("meshes", node["mesh"]), placed
            stack += [(child, placed) for child in reversed(node.get("children", []))]

    def gaussians(self, mesh: dict[str, Any], placed: Transform) -> Iterator[Gaussians]:
        """The splat primitives of a mesh in the world's frame."""
        for primitive in mesh["primitives"]:
            self._primitives += 1
            if self._primitives > _MOST_PRIMITIVES:
                raise FormatError(f"{self._path} has more than {_MOST_PRIMITIVES} parts. Export it as one.")
            splatting = primitive.get("extensions", {}).get(_NAME)
            if splatting is None:
                continue
            yield transform(self._primitive(primitive["attributes"], splatting.get("colorSpace", "")), placed)

    def _primitive(self, attributes: dict[str, int], color_space: str) -> Gaussians:
        means = self._accessor(attributes["POSITION"], 3)
        count = len(means)
        self._count += count
        if self._count > 4_000_000 + self._path.stat().st_size:  # parts may be shared, but not without end
            raise FormatError(f"{self._path} repeats its Gaussians too many times. Export it as one part.")
        quats = self._optional(attributes, "ROTATION", 4, count, [0, 0, 0, 1])
        scales = self._optional(attributes, "SCALE", 3, count, [1, 1, 1])
        opacities = np.clip(self._optional(attributes, "OPACITY", 1, count, [1])[:, 0], 1e-7, 1 - 1e-7)
        degree = -1
        while degree < 3 and _coefficient(degree + 1, 0) in attributes:
            degree += 1
        if degree < 0:
            colors = self._accessor(attributes["COLOR_0"])[:, :3] if "COLOR_0" in attributes else np.ones((count, 3))
            encoded = np.where(colors <= 0.0031308, colors * 12.92, 1.055 * np.maximum(colors, 0) ** (1 / 2.4) - 0.055)
            sh = ((encoded - 0.5) / SH_C0)[:, None].astype(np.float32)
        else:
            names = [_coefficient(band, order) for band in range(degree + 1) for order in range(2 * band + 1)]
            sh = _interleaved([self._accessor(attributes[name], 3) for name in names])
        if color_space == "lin_rec709_display" and degree >= 0:
            sh = _encoded_sh(sh)
        lengths = {len(means), len(quats), len(scales), len(opacities), len(sh)}
        if len(lengths) != 1:
            raise FormatError(f"{self._path}: its attributes have different lengths. Export it again.")
        return Gaussians.checked(
            torch.from_numpy(means.copy()),
            torch.from_numpy(quats[:, [3, 0, 1, 2]]),
            torch.from_numpy(np.log(np.maximum(scales, 1e-12))),
            torch.from_numpy(np.log(opacities / (1 - opacities))),
            torch.from_numpy(np.ascontiguousarray(sh)),
            origin=str(self._path),
        )

    def _optional(self, attributes: dict[str, int], name: str, width: int, count: int, default: list[float]) -> Floats:
        if f"{_NAME}:{name}" in attributes:
            return self._accessor(attributes[f"{_NAME}:{name}"], width)
        return np.tile(np.array(default, np.float32), (count, 1))

    def _accessor(self, index: int, width: int | None = None) -> Floats:
        """(count, width) numbers of an accessor, normalised integers as 0..1 or -1..1."""
        accessor = self._at("accessors", index)
        dtype = np.dtype(_COMPONENTS[accessor["componentType"]])
        found, count, offset = _WIDTHS[accessor["type"]], accessor["count"], accessor.get("byteOffset", 0)
        if width is not None and found != width:
            raise FormatError(f"{self._path}: accessor {index} is {accessor['type']}, expected {width} numbers each.")
        if "sparse" in accessor or "bufferView" not in accessor:
            raise FormatError(f"{self._path}: sparse accessors are not supported. Export it without.")
        view = self._at("bufferViews", accessor["bufferView"])
        data = self._buffer(view["buffer"])
        start, length = view.get("byteOffset", 0), view["byteLength"]
        stride = view.get("byteStride", dtype.itemsize * found)
        numbers = (count, offset, start, length, stride)
        if not all(type(number) is int and number >= 0 for number in numbers) or count == 0:
            raise FormatError(f"{self._path}: accessor {index} is damaged. Export it again.")
        needed = offset + stride * (count - 1) + dtype.itemsize * found
        if start + length > len(data) or needed > length or stride < dtype.itemsize * found:
            raise FormatError(f"{self._path}: accessor {index} reaches past its data. Export it again.")
        rows = np.ndarray((count, found), dtype, data[start : start + length], offset, (stride, dtype.itemsize))
        if accessor.get("normalized") and dtype.kind in "iu":
            return np.maximum(rows.astype(np.float32) / np.iinfo(dtype).max, -1)
        return rows.astype(np.float32, copy=False)

    def _buffer(self, index: int) -> memoryview:
        if index not in self._buffers:
            buffer = self._at("buffers", index)
            uri = buffer.get("uri")
            self._buffers[index] = self._binary if uri is None else self._fetch(str(uri))
        return self._buffers[index]

    def _fetch(self, uri: str) -> memoryview:
        """The data that a buffer's URI names: inside the URI itself, or a file in the same folder."""
        if uri.startswith("data:"):
            try:
                return memoryview(base64.b64decode(uri.partition("base64,")[2], validate=True))
            except binascii.Error:
                raise FormatError(f"{self._path}: a buffer's data URI is damaged. Export it again.") from None
        relative = Path(unquote(uri))
        target = self._path.parent / relative
        inside = target.resolve().is_relative_to(self._path.parent.resolve())
        if ":" in uri or relative.is_absolute() or not inside:
            raise FormatError(f"{self._path}: buffer '{uri[:80]}' is outside the file's folder, and is not read.")
        if not target.is_file():
            raise FormatError(f"{self._path}: its buffer {target} is missing. Put it there.")
        return np.memmap(target, np.uint8, "r").data if target.stat().st_size else memoryview(b"")

    def _node_transform(self, node: dict[str, Any]) -> Transform:
        if "matrix" in node:
            columns = torch.tensor(node["matrix"], dtype=torch.float64)
            if columns.shape != (16,):
                raise FormatError(f"{self._path}: a node's matrix has {len(columns)} numbers, not 16.")
            return Transform.from_matrix(columns.reshape(4, 4).T)
        x, y, z, w = node.get("rotation", (0.0, 0.0, 0.0, 1.0))
        sx, sy, sz = node.get("scale", (1.0, 1.0, 1.0))
        if abs(sx - sy) > 1e-4 * abs(sx) or abs(sx - sz) > 1e-4 * abs(sx):
            raise FormatError(f"{self._path}: a node is scaled unevenly, which Gaussians can't follow exactly.")
        tx, ty, tz = node.get("translation", (0.0, 0.0, 0.0))
        return Transform((float(tx), float(ty), float(tz)), (float(w), float(x), float(y), float(z)), float(sx))

    def _at(self, kind: str, index: Any) -> dict[str, Any]:
        items = self._content.get(kind, [])
        if type(index) is not int or not 0 <= index < len(items) or not isinstance(items[index], dict):
            raise FormatError(f"{self._path}: it refers to {kind} {index!r}, which is not there. Export it again.")
        return items[index]


def _interleaved(columns: list[Floats]) -> Floats:
    """(count, columns, 3) of arrays (count, 3), a piece at a time so that each stays in the processor's cache."""
    joined = np.empty((len(columns[0]), len(columns), 3), np.float32)
    for start in range(0, len(joined), 4096):
        piece = slice(start, start + 4096)
        joined[piece] = np.stack([column[piece] for column in columns], axis=1)
    return joined


def _encoded_sh(sh: Floats) -> Floats:
    """Display-referred SH from linear-light ones. The transfer curve is not linear, so the base colour is converted and
    the view-dependent part scaled by the curve's slope there, which is exact to first order."""
    linear = np.maximum(sh[:, 0] * SH_C0 + 0.5, 0)
    dark = linear <= 0.0031308
    safe = np.maximum(linear, 1e-6)
    encoded = np.where(dark, linear * 12.92, 1.055 * safe ** (1 / 2.4) - 0.055)
    slope = np.where(dark, 12.92, 1.055 / 2.4 * safe ** (1 / 2.4 - 1))
    return np.concatenate([((encoded - 0.5) / SH_C0)[:, None], sh[:, 1:] * slope[:, None]], axis=1).astype(np.float32)
