"""Colours by name, both ways."""

from __future__ import annotations

from functools import cache

from worldloom.generate.spec import Colour
from worldloom.generate.understand.vocabulary import load

_PLAIN = ("red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink", "brown", "grey")


def colour_of(name: str) -> Colour:
    """sRGB of a colour's name or of "#rrggbb"."""
    code = name if name.startswith("#") else load("words.toml")["colours"][name]
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return round(red, 4), round(green, 4), round(blue, 4)


def shaded(colour: Colour, factors: tuple[float, float]) -> Colour:
    """A colour made darker or lighter, and more or less saturated."""
    light, strong = factors
    mean = sum(colour) / 3
    parts = [mean + (part - mean) * strong for part in colour]
    parts = [part + (1 - part) * (light - 1) if light > 1 else part * light for part in parts]
    red, green, blue = (round(min(max(part, 0.0), 1.0), 4) for part in parts)
    return red, green, blue


def colour_word(colour: Colour) -> str:
    """The name of the nearest colour we know: "turquoise", "dark green"."""
    names = _named()
    return min(names, key=lambda name: sum((a - b) ** 2 for a, b in zip(names[name], colour)))


@cache
def _named() -> dict[str, Colour]:
    tables = load("words.toml")
    names = {name: colour_of(name) for name in tables["colours"]}
    for shade in ("dark", "light"):
        names |= {f"{shade} {name}": shaded(names[name], tables["shades"][shade]) for name in _PLAIN}
    return names
