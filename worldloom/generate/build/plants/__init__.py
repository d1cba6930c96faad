"""Vegetation: every species of `catalogue.PLANTS`, and where it grows."""

from worldloom.generate.build.plants.prototypes import LEVELS, plant, prototype, recoloured
from worldloom.generate.build.plants.vegetation import vegetate

__all__ = ["LEVELS", "plant", "prototype", "recoloured", "vegetate"]
