"""The register of objects that are made here, each with its usual height and how finely it is covered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from worldloom.generate.build.objects.kit import Kit


@dataclass(frozen=True)
class Recipe:
    height: float
    """Usual height, metres, true to life."""
    spacing: float
    """Metres from surfel to surfel at that height."""
    label: str
    """Semantic class of parts that don't have their own."""
    build: Callable[[Kit], None]


RECIPES: dict[str, Recipe] = {}
"""By a name in `catalogue.OBJECTS`."""


def recipe(
    name: str, height: float, spacing: float, label: str = "object"
) -> Callable[[Callable[[Kit], None]], Callable[[Kit], None]]:
    """Enters a builder in the register. It adds parts at the usual height, standing on y = 0, its front towards +Z."""

    def entered(build: Callable[[Kit], None]) -> Callable[[Kit], None]:
        RECIPES[name] = Recipe(height, spacing, label, build)
        return build

    return entered
