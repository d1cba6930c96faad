"""`Surface`: what Gaussians are made of beside how they look now; for new light, new seasons, selecting by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from worldloom.scene.errors import InvalidDataError
from worldloom.scene.semantics import LABELS

PREFIX = "surface."
"""Before the names of a surface's tensors in a layer's file."""
_WIDTHS = {"albedo": 3, "normals": 3, "open_direction": 3, "glow": 3, "lamplight": 3}


@dataclass(frozen=True, eq=False)
class Surface:
    """For N Gaussians, in their order; 8 bits a number."""

    albedo: Tensor
    """(N, 3) uint8, sRGB: what the surface reflects, without light."""
    normals: Tensor
    """(N, 3) int8, times 127: outwards, in the layer's frame."""
    open_direction: Tensor
    """(N, 3) int8, times 127: the middle of the sky that it sees."""
    openness: Tensor
    """(N,) uint8, times 255: the share of the sky before it that it sees."""
    glow: Tensor
    """(N, 3) uint8, sRGB of half the light that it gives off in the dark."""
    lamplight: Tensor
    """(N, 3) uint8, sRGB of half the light that falls on it from lamps when they burn."""
    leaf: Tensor
    """(N,) uint8, times 255: the share of light that comes through from behind."""
    gloss: Tensor
    """(N,) uint8, times 255: the share of light that is mirrored at a slant."""
    opacity: Tensor
    """(N,) uint8, times 255: as it is in the season it was made in, without snow or leaf fall."""
    labels: Tensor
    """(N,) uint8: indices into `semantics.LABELS`."""

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: Tensor | slice) -> Surface:
        """Select rows by a slice, an index tensor or a mask."""
        return Surface(*(getattr(self, field.name)[index] for field in fields(self)))

    def turned(self, matrix: Tensor) -> Surface:
        """The same on Gaussians that were turned or mirrored by an orthogonal matrix (3, 3), or each by its own."""

        def directions(old: Tensor) -> Tensor:
            return (matrix.float() @ old.float()[..., None])[..., 0].round().clamp(-127, 127).to(torch.int8)

        return replace(self, normals=directions(self.normals), open_direction=directions(self.open_direction))

    def tensors(self) -> dict[str, Tensor]:
        """By their names in a layer's file."""
        return {PREFIX + field.name: getattr(self, field.name) for field in fields(self)}

    @staticmethod
    def from_tensors(tensors: Mapping[str, Tensor], count: int, origin: str) -> Surface | None:
        """The surface in a layer's file, if it holds one.

        Raises:
            InvalidDataError: naming the tensor that is missing or wrong.
        """
        if not any(name.startswith(PREFIX) for name in tensors):
            return None
        found = {}
        for field in fields(Surface):
            tensor = tensors.get(PREFIX + field.name)
            wanted = (count, _WIDTHS[field.name]) if field.name in _WIDTHS else (count,)
            kind = torch.int8 if field.name in ("normals", "open_direction") else torch.uint8
            if tensor is None or tuple(tensor.shape) != wanted or tensor.dtype != kind:
                raise InvalidDataError(f"{origin}: '{PREFIX}{field.name}' is missing or of the wrong shape or kind.")
            found[field.name] = tensor
        if count and int(found["labels"].max()) >= len(LABELS):
            raise InvalidDataError(f"{origin}: '{PREFIX}labels' names a class that this version does not know.")
        return Surface(**found)


def join_surfaces(parts: Sequence[Surface]) -> Surface:
    """All of them, in that order; at least one."""
    return Surface(*(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(Surface)))
