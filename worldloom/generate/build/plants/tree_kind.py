"""What makes each species of tree look like itself. Colours are linear albedo; shares and lengths as in `Growth`."""

from __future__ import annotations

from dataclasses import dataclass

from worldloom.generate.build.plants.foliage import Leaf, Palette
from worldloom.generate.build.plants.skeleton import Growth
from worldloom.generate.build.plants.wood import Bark


@dataclass(frozen=True)
class TreeKind:
    growth: Growth
    bark: Bark
    leaf: Leaf
    summer: Palette
    spring: Palette | None = None
    """None: the summer's, fresher."""
    autumn: Palette | None = None
    """None: as in summer."""
    blossom: Palette | None = None
    """In spring."""
    fruit: tuple[float, float, float] | None = None
    """In late summer and autumn."""
    bare: bool = True
    """In winter."""
    fullness: float = 1.0
    """Leaves over those of a usual tree."""
    wood: float = 0.2
    """Share of its surfels that are bark."""
