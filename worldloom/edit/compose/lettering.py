"""Text as solid letters, in the font that OpenCV 5 brings with it: Latin, Greek, Cyrillic and CJK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from worldloom.edit.compose.bodies import MOST_PIECES, TIGHT, spacing_for
from worldloom.scene.errors import InvalidDataError, MissingDependencyError
from worldloom.scene.solids import covered
from worldloom.scene.surfels import Array, Surfels

if TYPE_CHECKING:
    from manifold3d import CrossSection

Align = Literal["left", "center", "right"]
_LETTER = 400
"""Pixels of the letters that outlines are traced from: the font itself can't be asked for them."""
_LINE = 1.2 * _LETTER
_MARGIN = _LETTER
_REPLACEMENT = "?"
"""What is drawn in place of letters that the font has not."""


def letters(text: str, size: float, depth: float, align: Align, weight: int, seed: int) -> Surfels:
    """Text standing on the origin, read from +Z.

    Args:
        size: height of a capital letter, metres.
        depth: thickness, metres, half of it on each side of z = 0.
        align: of the lines to one another and to the origin.
        weight: of the strokes: 400 is regular, 700 bold.

    Raises:
        InvalidDataError: there is nothing to be seen in it, or a letter that the font has not, or it is too large.
        MissingDependencyError: OpenCV is older than 5.
    """
    from manifold3d import Manifold

    pen = _Pen(weight)
    outline = pen.text(text, align)
    if outline.is_empty():
        raise InvalidDataError("The text has no letter to be seen; write at least one.")
    low, high = pen.text("H", "left").bounds()[1::2]
    outline = outline.scale([size / (high - low)] * 2)
    body = Manifold.extrude(outline, depth).translate([0.0, -outline.bounds()[1], -depth / 2])
    area = body.surface_area()
    # Strokes are about a seventh of a letter wide; several pieces across keep their edges.
    return covered(body, max(min(spacing_for(area), size / 45), (area / MOST_PIECES) ** 0.5), seed, overlap=TIGHT)


class _Pen:
    """Traces outlines of words from pictures of them."""

    def __init__(self, weight: int) -> None:
        import cv2

        if not hasattr(cv2, "FontFace"):
            raise MissingDependencyError(
                "Text in 3D needs OpenCV 5; run `pip install --upgrade opencv-python-headless`."
            )
        self._font: Any = cv2.FontFace("sans")
        self._weight = weight

    def text(self, text: str, align: Align) -> CrossSection:
        """Lines of text, pixels, y up, the last one's base line at y = 0.

        Raises:
            InvalidDataError: the font has not all letters.
        """
        from manifold3d import CrossSection

        self._check(text)
        share = {"left": 0.0, "center": 0.5, "right": 1.0}[align]
        lines = text.splitlines()
        found = []
        for number, line in enumerate(lines):
            words, width = self._line(line)
            up = (len(lines) - 1 - number) * _LINE
            found += [word.translate([start - share * width, up]) for word, start in words]
        return CrossSection.compose(found) if found else CrossSection()

    def _line(self, line: str) -> tuple[list[tuple[CrossSection, float]], float]:
        """Its words, where they start, and how long it is."""
        place, words = 0.0, []
        gap = self._drawn("n n")[1] - self._drawn("nn")[1]
        for number, word in enumerate(line.split()):
            picture, width = self._drawn(word)
            place += gap if number else 0.0
            words.append((_traced(picture), place))
            place += width
        return words, place

    def _drawn(self, word: str) -> tuple[np.ndarray, int]:
        """A picture (H, W) uint8 with its base line `_MARGIN` above its lower edge, `_MARGIN` in from the left, and how
        far the word reaches."""
        import cv2

        room = cv2.getTextSize((0, 0), word, (0, 0), self._font, _LETTER, self._weight)[2]
        picture = np.zeros((3 * _MARGIN, room + 3 * _MARGIN), np.uint8)
        start = (_MARGIN, 2 * _MARGIN)
        after, _ = cv2.putText(picture, word, start, (255.0,), self._font, _LETTER, self._weight)
        return picture, int(after[0]) - _MARGIN

    def _check(self, text: str) -> None:
        missing = self._drawn(_REPLACEMENT)[0]
        for letter in dict.fromkeys(text):
            if letter.strip() and letter != _REPLACEMENT and np.array_equal(self._drawn(letter)[0], missing):
                raise InvalidDataError(f"The font has no '{letter}'; leave it out or write it in another way.")


def _traced(picture: np.ndarray) -> CrossSection:
    """Its outlines, pixels from the start of the base line, y up."""
    import cv2
    from manifold3d import CrossSection, FillRule

    found, _ = cv2.findContours((picture > 127).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    rings = [_smooth(ring[:, 0].astype(float)) for ring in found if len(ring) > 8]
    placed = [np.stack([ring[:, 0] - _MARGIN, 2 * _MARGIN - ring[:, 1]], axis=1) for ring in rings]
    # Outlines run through the middles of pixels: half a pixel is missing all around.
    return CrossSection(placed, FillRule.EvenOdd).offset(0.5).simplify(0.35)


def _smooth(ring: Array) -> Array:
    """A closed outline without the stairs of its pixels: each point the mean of those about it."""
    return np.mean([np.roll(ring, shift, axis=0) for shift in (-2, -1, 0, 1, 2)], axis=0)
