"""Sets of rows as text: one bit a row, least significant first, deflated (RFC 1950), in base64."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from worldloom.scene.errors import InvalidDataError

if TYPE_CHECKING:
    from torch import Tensor

MOST_ROWS = 1 << 28


def pack(mask: Tensor | np.ndarray | Sequence[bool]) -> str:
    """Text of a mask (N,) bool."""
    bits = np.packbits(np.asarray(mask, dtype=bool), bitorder="little")
    return base64.b64encode(zlib.compress(bits.tobytes(), 1)).decode()


def unpack(text: str, count: int) -> np.ndarray:
    """The mask (count,) bool of a text.

    Raises:
        InvalidDataError: it is damaged, or of another number of rows.
    """
    if not 0 <= count <= MOST_ROWS:
        raise InvalidDataError(f"A set of rows is of 0 to {MOST_ROWS} rows, not {count}.")
    size = (count + 7) // 8
    try:
        reader = zlib.decompressobj()
        data = reader.decompress(base64.b64decode(text, validate=True), size + 1)
        whole = reader.eof or not reader.decompress(reader.unconsumed_tail, 1)
    except (zlib.error, binascii.Error, ValueError):
        raise InvalidDataError("A set of rows is damaged: it is no deflated base64.") from None
    if len(data) != size or not whole:
        raise InvalidDataError(f"A set of rows is damaged: it does not hold {count} bits.")
    return np.unpackbits(np.frombuffer(data, dtype=np.uint8), count=count, bitorder="little").astype(bool)
