"""3D Gaussian Splatting .ply: the files that INRIA's trainer (Kerbl et al. 2023) and nearly every other one write.

One row of floats per Gaussian: position, an unused normal, degree-0 colour, higher SH (all red coefficients, then all
green, then all blue), opacity logit, log scales, quaternion wxyz of any length.

Frame: y down, z away ("-y"). The file does not say, but trainers keep COLMAP's frame, in which y is down for a camera
held upright, and viewers and engines turn these files over when they load them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from worldloom.export.blocks import BLOCK, Up, allocate, blocks, check_writable, finish
from worldloom.export.ply_header import Element, PlyHeader, header_text, read_header
from worldloom.export.quantise import LARGEST_LOGIT, SMALLEST_LOG_SCALE
from worldloom.scene.errors import FormatError
from worldloom.scene.files import replacing
from worldloom.scene.gaussians import Gaussians

_MEANS = ["x", "y", "z"]
_NORMALS = ["nx", "ny", "nz"]
_SH0 = ["f_dc_0", "f_dc_1", "f_dc_2"]
_SCALES = ["scale_0", "scale_1", "scale_2"]
_QUATS = ["rot_0", "rot_1", "rot_2", "rot_3"]
_REQUIRED = [*_MEANS, *_SH0, "opacity", *_SCALES, *_QUATS]


def sh_rest_names(coefficients: int) -> list[str]:
    """Property names of the SH above degree 0, for K coefficients in all."""
    return [f"f_rest_{i}" for i in range(3 * (coefficients - 1))]


def sh_degree_of(properties: Sequence[str], path: Path) -> int:
    """SH degree that the present f_rest_i properties make up.

    Raises:
        FormatError: they make up none.
    """
    count = sum(name.startswith("f_rest_") for name in properties)
    for degree in range(4):
        names = sh_rest_names((degree + 1) ** 2)
        if len(names) == count and set(names) <= set(properties):
            return degree
    raise FormatError(f"{path} has {count} f_rest properties, expected f_rest_0 and on to a number of 0, 9, 24 or 45.")


def read(path: Path, *, up: Up = "-y") -> Gaussians:
    """Read a binary or ASCII file; properties may come in any order and of any type, and others are ignored.

    An infinite opacity logit (a fully opaque or transparent Gaussian) or a log scale of minus infinity (a flat one),
    as some converters write, is replaced by a finite one that shows the same.

    Args:
        up: which way is up in this file.

    Raises:
        FormatError: the file is damaged, or has points but no Gaussians.
    """
    with open(path, "rb") as file:
        header = read_header(file, path)
        vertex = header.element("vertex")
        missing = [name for name in _REQUIRED if vertex is None or name not in vertex.properties]
        if vertex is None or missing:
            raise FormatError(
                f"{path} has points or a mesh but no Gaussians (no '{missing[0]}'); give it to 'worldloom reconstruct'."
            )
        degree = sh_degree_of(vertex.properties, path)
        wanted = [*_REQUIRED, *sh_rest_names((degree + 1) ** 2)]
        rows = _ascii_rows if header.is_ascii else _binary_rows
        start = 0
        gaussians = Gaussians.empty(degree)
        for table in rows(file, header, vertex, wanted, path):
            if start == 0:  # only now is it known that the file is long enough for its count
                gaussians = allocate(vertex.count, degree)
            _decode(table, gaussians[start : start + len(table)])
            start += len(table)
    return finish(gaussians, path, up)


def _decode(table: NDArray[np.float32], into: Gaussians) -> None:
    """Spread rows (B, 14 + rest), in the order of `_REQUIRED` and the rest of the SH, over the fields of `into`."""
    means, quats, log_scales, opacity_logits, sh = (field.numpy() for field in into.tensors)
    means[:], sh[:, 0], logits, scales, quats[:], rest = np.split(table, [3, 6, 7, 10, 14], axis=1)
    sh[:, 1:] = rest.reshape(len(table), 3, -1).transpose(0, 2, 1)
    opacity_logits[:] = np.nan_to_num(logits[:, 0], nan=np.nan, posinf=LARGEST_LOGIT, neginf=-LARGEST_LOGIT)
    log_scales[:] = np.nan_to_num(scales, nan=np.nan, posinf=np.inf, neginf=SMALLEST_LOG_SCALE)


def _binary_rows(
    file: BinaryIO, header: PlyHeader, vertex: Element, wanted: Sequence[str], path: Path
) -> Iterator[NDArray[np.float32]]:
    header.seek(file, vertex, path)
    columns = [vertex.properties.index(name) for name in wanted]
    kinds = {vertex.dtype[name] for name in vertex.properties}
    for start in range(0, vertex.count, BLOCK):
        table = np.fromfile(file, vertex.dtype, min(BLOCK, vertex.count - start))
        if len(kinds) == 1:
            yield table.view(*kinds).reshape(len(table), -1)[:, columns]
        else:
            yield np.stack([table[name] for name in wanted], axis=1)


def _ascii_rows(
    file: BinaryIO, header: PlyHeader, vertex: Element, wanted: Sequence[str], path: Path
) -> Iterator[NDArray[np.float32]]:
    if header.elements[0] is not vertex or vertex.has_lists:
        raise FormatError(f"{path} is an ASCII PLY file that does not begin with a plain 'vertex'; save it as binary.")
    shortest = 2 * vertex.count * len(vertex.properties) - 1  # a digit and a space or newline each
    header.check_size(vertex, shortest, header.start, file, path)
    columns = [vertex.properties.index(name) for name in wanted]
    for start in range(0, vertex.count, BLOCK):
        lines = [file.readline(1 << 16) for _ in range(min(BLOCK, vertex.count - start))]
        if not all(map(bytes.strip, lines)):
            raise FormatError(f"{path} has fewer rows than its header promises; get it again.")
        try:
            yield np.loadtxt(lines, dtype=np.float32, comments=None, usecols=columns, ndmin=2)
        except ValueError as error:
            raise FormatError(f"{path} has a row with too few numbers or something else in it: {error}.") from error


def write(gaussians: Gaussians, path: Path, *, up: Up = "-y", antialiased: bool = False) -> None:
    """Write float32, little-endian, losslessly.

    Args:
        up: which way is up in the file.
        antialiased: mark the Gaussians as trained with antialiasing.
    """
    check_writable(gaussians, up)
    coefficients = gaussians.sh.shape[1]
    names = [*_MEANS, *_NORMALS, *_SH0, *sh_rest_names(coefficients), "opacity", *_SCALES, *_QUATS]
    with replacing(path) as beside, open(beside, "wb") as file:
        file.write(header_text([("vertex", len(gaussians), "float", names)], antialiased=antialiased))
        for block in blocks(gaussians, up):
            means, quats, log_scales, opacity_logits, sh = (field.numpy() for field in block.tensors)
            rest = sh[:, 1:].transpose(0, 2, 1).reshape(len(block), -1)
            normals = np.zeros_like(means)
            table = [means, normals, sh[:, 0], rest, opacity_logits[:, None], log_scales, quats]
            np.concatenate(table, axis=1, dtype="<f4").tofile(file)
