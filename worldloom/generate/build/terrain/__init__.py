"""Terrain and water of generated worlds."""

from worldloom.generate.build.terrain.terrain import Terrain

__all__ = ["Terrain"]
