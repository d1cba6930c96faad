"""PlayCanvas .compressed.ply: 16 bytes per Gaussian, plus a byte per SH coefficient above degree 0.

Gaussians come in chunks of 256 near one another. A table has each chunk's bounds of position, log scale and colour;
a Gaussian's own numbers are 8 to 11 bits between those. Quaternions are stored as their smallest three components, SH
from -4 to 4 in 256 steps. Read and written as SuperSplat and splat-transform do.

Frame: y down, z away ("-y"), as in the 3DGS .ply files that these are made from.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.export.blocks import BLOCK, Up, allocate, blocks, check_writable, finish
from worldloom.export.ply import sh_degree_of, sh_rest_names
from worldloom.export.ply_header import header_text, read_header
from worldloom.export.quantise import (
    BYTE_TO_LOGIT,
    SMALLEST_LOG_SCALE,
    from_smallest_three,
    sigmoid,
    smallest_three,
    to_bytes,
)
from worldloom.scene.errors import FormatError
from worldloom.scene.files import replacing
from worldloom.scene.gaussians import SH_C0, Gaussians
from worldloom.scene.geometry import morton_order

_CHUNK = 256
_BOUNDS = [
    f"{end}_{axis}" for axes in (("x", "y", "z"), ("scale_x", "scale_y", "scale_z"), ("r", "g", "b"))
    for end in ("min", "max") for axis in axes
]  # fmt: skip
_PACKED = ["packed_position", "packed_rotation", "packed_scale", "packed_color"]

_BYTE_TO_SH = (np.concatenate([[0], (np.arange(1, 255) + 0.5) / 256, [1]]).astype(np.float32) - 0.5) * 8


def read(path: Path, *, up: Up = "-y") -> Gaussians:
    """Read a file, with or without colour bounds (old files have none) and SH.

    Args:
        up: which way is up in this file.

    Raises:
        FormatError: the file is damaged.
    """
    with open(path, "rb") as file:
        header = read_header(file, path)
        chunk, vertex, sh_element = (header.element(name) for name in ("chunk", "vertex", "sh"))
        if header.is_ascii or chunk is None or vertex is None or not set(_PACKED) <= set(vertex.properties):
            raise FormatError(f"{path} is not a compressed PLY file; it has no packed Gaussians.")
        if not set(_BOUNDS[:12]) <= set(chunk.properties) or chunk.count < -(-vertex.count // _CHUNK):
            raise FormatError(f"{path} lacks bounds for some of its chunks; the file is damaged, get it again.")
        if sh_element is not None and sh_element.count != vertex.count:
            raise FormatError(f"{path} has SH for {sh_element.count} of {vertex.count} Gaussians; it is damaged.")
        degree = sh_degree_of(sh_element.properties, path) if sh_element else 0

        for element in filter(None, (vertex, sh_element)):
            header.seek(file, element, path)  # checks that they are there before memory is taken
        header.seek(file, chunk, path)
        table = np.fromfile(file, chunk.dtype, chunk.count)
        limits = np.empty((chunk.count, 3, 2, 3), np.float32)  # chunk, quantity, lower or upper, axis
        limits[:, 2] = [[0] * 3, [1] * 3]
        for column, name in enumerate(_BOUNDS):
            if name in chunk.properties:
                limits.reshape(-1, len(_BOUNDS))[:, column] = table[name]

        gaussians = allocate(vertex.count, degree)
        header.seek(file, vertex, path)
        for start in range(0, vertex.count, BLOCK):
            rows = np.fromfile(file, vertex.dtype, min(BLOCK, vertex.count - start))
            _decode(rows, limits[start // _CHUNK :], gaussians[start : start + len(rows)])
        if sh_element:
            header.seek(file, sh_element, path)
            names = sh_rest_names(gaussians.sh.shape[1])
            for start in range(0, vertex.count, BLOCK):
                rows = np.fromfile(file, sh_element.dtype, min(BLOCK, vertex.count - start))
                codes = np.stack([rows[name] for name in names], axis=1).astype(np.uint8)
                rest = _BYTE_TO_SH[codes].reshape(len(rows), 3, -1).transpose(0, 2, 1)
                gaussians.sh[start : start + len(rows), 1:] = torch.from_numpy(rest)
    return finish(gaussians, path, up)


def _decode(rows: NDArray, limits: NDArray[np.float32], into: Gaussians) -> None:
    """Unpack `rows`, the first of which lies in the first chunk of `limits`, into all fields but the higher SH."""
    means, quats, log_scales, opacity_logits, sh = (field.numpy() for field in into.tensors)
    position, rotation, scale, colour = (rows[name].astype(np.uint32) for name in _PACKED)
    of_row = np.repeat(limits[: -(-len(rows) // _CHUNK)], _CHUNK, axis=0)[: len(rows)]

    def between(packed: NDArray[np.integer], bits: tuple[int, ...], quantity: int) -> NDArray[np.floating]:
        lower, upper = of_row[:, quantity, 0], of_row[:, quantity, 1]
        share = _unpack(packed, bits)
        with np.errstate(invalid="ignore", over="ignore"):  # hostile bounds; `finish` finds them
            return lower * (1 - share) + upper * share

    means[:] = between(position, (11, 10, 11), 0)
    log_scales[:] = between(scale, (11, 10, 11), 1)
    with np.errstate(invalid="ignore", over="ignore"):
        sh[:, 0] = (between(colour >> 8, (8, 8, 8), 2) - 0.5) / SH_C0
    opacity_logits[:] = BYTE_TO_LOGIT[colour & 255]
    quats[:] = from_smallest_three(rotation >> 30, (_unpack(rotation, (10, 10, 10)) - 0.5) * np.float32(2**0.5))


def _unpack(packed: NDArray[np.integer], bits: tuple[int, ...]) -> NDArray[np.floating]:
    """(N,) words -> (N, len(bits)) shares in 0..1; the first in the highest bits."""
    columns = []
    for position, width in enumerate(bits):
        below = sum(bits[position + 1 :])
        largest = (1 << width) - 1
        columns.append(((packed >> below) & largest).astype(np.float32) / largest)
    return np.stack(columns, axis=1)


def _pack(shares: NDArray[np.floating], bits: tuple[int, ...]) -> NDArray[np.integer]:
    """(N, len(bits)) shares in 0..1 -> (N,) words; the inverse of `_unpack`."""
    packed = np.zeros(len(shares), np.uint32)
    for column, width in enumerate(bits):
        largest = (1 << width) - 1
        packed = packed << width | np.clip(shares[:, column] * largest + 0.5, 0, largest).astype(np.uint32)
    return packed


def write(
    gaussians: Gaussians, path: Path, *, up: Up = "-y", antialiased: bool = False, keep_order: bool = False
) -> None:
    """Write a file. Chunks are runs along a Z-order curve, which keeps their bounds tight.

    Args:
        up: which way is up in the file.
        antialiased: mark the Gaussians as trained with antialiasing.
        keep_order: make chunks of the Gaussians as they come, at a loss of precision.
    """
    check_writable(gaussians, up)
    count, coefficients = gaussians.sh.shape[:2]
    names = sh_rest_names(coefficients)
    chunks = -(-count // _CHUNK)
    elements = [("chunk", chunks, "float", _BOUNDS), ("vertex", count, "uint", _PACKED)]
    elements += [("sh", count, "uchar", names)] * bool(names)
    order = None if keep_order else morton_order(gaussians.means.detach(), bits=16)
    with replacing(path) as beside, open(beside, "wb") as file:
        chunk_at = file.write(header_text(elements, antialiased=antialiased))
        vertex_at = chunk_at + 4 * len(_BOUNDS) * chunks
        sh_at = vertex_at + 4 * len(_PACKED) * count
        for block in blocks(gaussians, up, order):
            limits, words = _encode(block)
            rest = block.sh.numpy()[:, 1:].transpose(0, 2, 1).reshape(len(block), len(names))
            for offset, part in (
                (chunk_at, limits),
                (vertex_at, words),
                (sh_at, np.clip((rest / 8 + 0.5) * 256, 0, 255).astype(np.uint8)),
            ):
                file.seek(offset)
                part.tofile(file)
            chunk_at, vertex_at, sh_at = chunk_at + limits.nbytes, vertex_at + words.nbytes, sh_at + rest.size


def _encode(block: Gaussians) -> tuple[NDArray[np.float32], NDArray[np.integer]]:
    """Bounds (chunks, 18) and words (B, 4) of a block of whole chunks (but for the last)."""
    means, quats, log_scales, opacity_logits, sh = (field.numpy() for field in block.tensors)
    colours = sh[:, 0] * np.float32(SH_C0) + np.float32(0.5)
    starts = np.arange(0, len(block), _CHUNK)
    limits, shares = [], []
    for values in (means, np.clip(log_scales, SMALLEST_LOG_SCALE, -SMALLEST_LOG_SCALE), colours):
        lower, upper = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
        limits += [lower, upper]
        of_row = np.arange(len(block)) // _CHUNK
        extent = (upper - lower)[of_row]
        shares.append((values - lower[of_row]) / np.where(extent < 1e-5, np.inf, extent))
    largest, others = smallest_three(quats)
    words = [
        _pack(shares[0], (11, 10, 11)),
        _pack(others * np.float32(0.5**0.5) + np.float32(0.5), (10, 10, 10)) | largest.astype(np.uint32) << 30,
        _pack(shares[1], (11, 10, 11)),
        _pack(shares[2], (8, 8, 8)) << 8 | to_bytes(sigmoid(opacity_logits) * 255),
    ]
    return np.concatenate(limits, axis=1, dtype="<f4"), np.stack(words, axis=1).astype("<u4")
