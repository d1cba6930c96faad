"""Gaussians between a file and memory, block by block, so that a format needs little more memory than the Gaussians.

Here too is the turn between the two frames in use: "y", our world frame and that of OpenGL and glTF (x right, y up,
z towards the viewer), and "-y", that of COLMAP and OpenCV (x right, y down, z away). A half turn about x leads from
either to the other; it only swaps and negates numbers, so no precision is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal, cast

import torch
from torch import Tensor

from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.gaussians import MAX_SH_DEGREE, Gaussians
from worldloom.scene.sh import sh_rotation

Up = Literal["y", "-y"]
"""Which way is up in a file."""

BLOCK = 16384
"""Gaussians in a block; a multiple of 256."""


def allocate(count: int, sh_degree: int) -> Gaussians:
    """Memory for `count` Gaussians, to be filled by a reader that has checked `count` against the file's size."""
    shapes = (count, 3), (count, 4), (count, 3), (count,), (count, (sh_degree + 1) ** 2, 3)
    return Gaussians(*(torch.empty(shape) for shape in shapes))


def finish(gaussians: Gaussians, path: Path, up: Up) -> Gaussians:
    """Check what was read into `gaussians`, normalise quaternions and turn to the world frame, all in place.

    Raises:
        FormatError: naming the file, the field and the Gaussian with a NaN, an infinity or a zero quaternion.
        InvalidDataError: `up` is neither "y" nor "-y".
    """
    _check_up(up)
    for start in range(0, len(gaussians), BLOCK):
        block = gaussians[start : start + BLOCK]
        origin = f"{path} (counting from Gaussian {start})" if start else f"{path}"
        try:
            checked = Gaussians.checked(*block.tensors, origin=origin)
        except InvalidDataError as error:
            raise FormatError(f"{error} The file is damaged or its training diverged.") from error
        if up == "-y":
            checked = _half_turn(checked, backwards=False)
        for field, value in zip(block.tensors, checked.tensors):
            if field is not value:
                field.copy_(value)
    return gaussians


def check_writable(gaussians: Gaussians, up: Up) -> None:
    """Refuse what no file should hold, before one is begun.

    Raises:
        InvalidDataError: a field has a wrong shape, a NaN, an infinity or a zero quaternion, or `up` is neither "y" nor
            "-y".
    """
    _check_up(up)
    for block in blocks(gaussians, "y"):
        Gaussians.checked(*block.tensors, origin="The Gaussians to write")


def blocks(gaussians: Gaussians, up: Up, order: Tensor | None = None) -> Iterator[Gaussians]:
    """The Gaussians in the file's frame, `BLOCK` at a time, on the CPU; in `order` (N,) if given."""
    for start in range(0, len(gaussians), BLOCK):
        rows = slice(start, start + BLOCK)
        block = gaussians[rows if order is None else order[rows]].map(lambda field: field.detach().cpu().contiguous())
        yield _half_turn(block, backwards=True) if up == "-y" else block


def _check_up(up: str) -> None:
    if up not in ("y", "-y"):
        raise InvalidDataError(f"Option 'up' is {up!r}; it can be 'y' or '-y'.")


def _half_turn(gaussians: Gaussians, *, backwards: bool) -> Gaussians:
    """Turn by 180 degrees about x. Forwards and backwards differ only in the quaternions' sign, so that there and back
    gives the same bytes."""
    w, x, y, z = gaussians.quats.unbind(-1)
    turned = (x, -w, z, -y) if backwards else (-x, w, -z, y)
    return Gaussians(
        means=gaussians.means * torch.tensor([1.0, -1.0, -1.0]),
        quats=torch.stack(turned, dim=-1),
        log_scales=gaussians.log_scales,
        opacity_logits=gaussians.opacity_logits,
        sh=gaussians.sh * _half_turn_sh_signs()[: gaussians.sh.shape[1], None],
    )


@cache
def _half_turn_sh_signs() -> Tensor:
    """(16,) +1 or -1 for each coefficient: the diagonals of the bands' rotation matrices."""
    bands = sh_rotation(torch.diag(torch.tensor([1.0, -1.0, -1.0])), MAX_SH_DEGREE)
    return torch.cat([torch.ones(1)] + [cast(Tensor, band.diagonal().sign().float()) for band in bands])
