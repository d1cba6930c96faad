"""antimatter15 .splat: 32 bytes per Gaussian and nothing else; no header, no SH above degree 0.

A row holds position and scales (six floats), RGB and opacity (four bytes) and the quaternion wxyz, each component c as
the byte 128 + 128 c.

Frame: y down, z away ("-y"), as in 3DGS .ply files, whose numbers converters copy.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch

from worldloom.export.blocks import BLOCK, Up, allocate, blocks, check_writable, finish
from worldloom.export.quantise import BYTE_TO_LOGIT, SMALLEST_LOG_SCALE, sigmoid, to_bytes
from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.files import replacing
from worldloom.scene.gaussians import SH_C0, Gaussians

_ROW = np.dtype([("means", "<f4", 3), ("scales", "<f4", 3), ("rgba", "u1", 4), ("quats", "u1", 4)])


def read(path: Path, *, up: Up = "-y") -> Gaussians:
    """Read a file.

    Args:
        up: which way is up in this file.

    Raises:
        FormatError: its size is not a multiple of 32 bytes, or a number in it cannot be.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0 or size % _ROW.itemsize:
            raise FormatError(
                f"{path} has {size} bytes, not a multiple of {_ROW.itemsize}, so it is cut short or no .splat file."
            )
        gaussians = allocate(size // _ROW.itemsize, sh_degree=0)
        for start in range(0, len(gaussians), BLOCK):
            table = np.fromfile(file, _ROW, BLOCK)
            block = gaussians[start : start + len(table)]
            means, quats, log_scales, opacity_logits, sh = (field.numpy() for field in block.tensors)
            means[:] = table["means"]
            with np.errstate(divide="ignore", invalid="ignore"):
                log_scales[:] = np.maximum(np.log(table["scales"]), SMALLEST_LOG_SCALE)
            opacity_logits[:] = BYTE_TO_LOGIT[table["rgba"][:, 3]]
            sh[:, 0] = (table["rgba"][:, :3] / 255 - 0.5) / SH_C0
            quats[:] = (table["quats"].astype(np.float32) - 128) / 128
            quats[(quats == 0).all(axis=1), 0] = 1  # too short to be told from zero
    return finish(gaussians, path, up)


def write(gaussians: Gaussians, path: Path, *, up: Up = "-y", sort: bool = False) -> None:
    """Write a file; SH above degree 0 is left out, and colours and opacities are rounded to 1/255.

    Args:
        up: which way is up in the file.
        sort: put the largest and most opaque Gaussians first, for viewers that show a file while it loads.

    Raises:
        InvalidDataError: there are no Gaussians, which a file without a header cannot say.
    """
    check_writable(gaussians, up)
    if len(gaussians) == 0:
        raise InvalidDataError("A .splat file cannot hold zero Gaussians.")
    importance = gaussians.log_scales.sum(dim=1).exp() * gaussians.opacities
    order = torch.argsort(importance, descending=True, stable=True) if sort else None
    with replacing(path) as beside, open(beside, "wb") as file:
        for block in blocks(gaussians, up, order):
            means, quats, log_scales, opacity_logits, sh = (field.numpy() for field in block.tensors)
            table = np.empty(len(block), _ROW)
            table["means"] = means
            with np.errstate(over="ignore"):
                table["scales"] = np.minimum(np.exp(log_scales), np.finfo(np.float32).max)
            table["rgba"][:, :3] = to_bytes((0.5 + SH_C0 * sh[:, 0]) * 255)
            table["rgba"][:, 3] = to_bytes(sigmoid(opacity_logits) * 255)
            unit = quats / np.linalg.norm(quats, axis=1, keepdims=True)
            table["quats"] = to_bytes(unit * 128 + 128)
            table.tofile(file)
