"""Caves: chambers joined by tunnels, dripstone, underground water, crystals."""

from worldloom.generate.build.cave.draft import draft_cave

__all__ = ["draft_cave"]
