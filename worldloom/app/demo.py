"""The bundled sample capture, reconstructed."""

from __future__ import annotations

from pathlib import Path

from worldloom.assets import SAMPLE_CAPTURE
from worldloom.reconstruct.presets import ReconstructOptions, preset


def sample_photos() -> Path:
    """Folder of the bundled photos, which we rendered ourselves from a procedural scene."""
    return SAMPLE_CAPTURE


def demo_options() -> ReconstructOptions:
    """A draft that takes under three minutes on two cores."""
    return preset("draft")
