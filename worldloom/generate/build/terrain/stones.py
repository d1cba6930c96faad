"""Boulders and loose stones."""

from __future__ import annotations
from worldloom.generate.surfels import no_surfels


def strew(t, b, n, eye):
    return no_surfels()
