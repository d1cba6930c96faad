"""What every loaded backend carries: its card, where its files came from, and their licence."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from worldloom.generate.models.card import Card
from worldloom.scene.errors import InvalidDataError


@dataclass(frozen=True, eq=False)
class Loaded:
    """A loaded backend; see `interfaces.Model`."""

    card: Card
    source: str = ""
    """Hub id or folder."""
    licence: str = ""
    """Of the files loaded."""
    device: str = field(default="cpu", kw_only=True)

    @staticmethod
    def of(card: Card, folder: Path | None) -> tuple[Card, str, str]:
        """The first three fields."""
        return card, str(folder or ""), card.licence_of(folder)


def checked_picture(image: np.ndarray, name: str = "image") -> np.ndarray:
    """`image`, being (H, W, 3) uint8 with at least 8 pixels a side.

    Raises:
        InvalidDataError: it is not.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or min(image.shape[:2]) < 8:
        raise InvalidDataError(
            f"'{name}' is {image.dtype} of shape {image.shape}, expected uint8 (H, W, 3) of at least 8 x 8 pixels."
        )
    return np.ascontiguousarray(image)
