"""Vegetation: every species of `catalogue.PLANTS`, and where it grows."""

from worldloom.generate.build.plants.prototypes import LEVELS, plant, prototype, recoloured
from worldloom.generate.build.plants.vegetation import Plan, grown, planned, vegetate

__all__ = ["LEVELS", "Plan", "grown", "planned", "plant", "prototype", "recoloured", "vegetate"]
