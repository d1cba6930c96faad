from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays

from worldloom.edit import masks
from worldloom.scene.errors import InvalidDataError


@given(arrays.arrays(bool, some.integers(0, 300)))
def test_what_is_packed_is_unpacked(mask: np.ndarray) -> None:
    assert np.array_equal(masks.unpack(masks.pack(mask), len(mask)), mask)


@pytest.mark.parametrize("count", [0, 7, 41, 1 << 27])
def test_another_number_of_rows_is_refused(count: int) -> None:
    with pytest.raises(InvalidDataError, match="does not hold"):
        masks.unpack(masks.pack(np.ones(20, dtype=bool)), count)


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!", base64.b64encode(b"x" * 9).decode()])
def test_damage_is_refused(text: str) -> None:
    with pytest.raises(InvalidDataError):
        masks.unpack(text, 20)


def test_a_bomb_is_not_unpacked() -> None:
    """A megabyte that swells to a gigabyte stops at what the rows need."""
    bomb = base64.b64encode(zlib.compress(b"\0" * (1 << 26), 9)).decode()
    with pytest.raises(InvalidDataError):
        masks.unpack(bomb, 64)
