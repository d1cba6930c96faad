"""Worlds to edit in tests, and what operations need to be applied to them."""

from __future__ import annotations

from pathlib import Path

from tests.scene.samples import random_gaussians
from worldloom.edit.operation import Applied, Applying, Operation
from worldloom.edit.state import EditState
from worldloom.scene.errors import NotFoundError
from worldloom.scene.geometry import Transform
from worldloom.scene.world import Layer, World


class NoSources:
    """Nothing to refer to."""

    def blob(self, sha256: str) -> Path:
        raise NotFoundError(f"There is no blob {sha256}.")

    def version(self, number: int) -> World:
        raise NotFoundError(f"There is no version {number}.")

    def other(self, world: str, number: int) -> World:
        raise NotFoundError(f"There is no world {world}.")


def garden(count: int = 300, degree: int = 1) -> World:
    """Two layers, one of them moved, turned and scaled, and a sky."""
    moved = Transform((1.0, 0.5, -2.0), (0.9, 0.1, -0.3, 0.2), 1.5)
    return World(
        "Garden",
        (
            Layer("ground", random_gaussians(count, degree, seed=1)),
            Layer("house", random_gaussians(count // 2, degree, seed=2), transform=moved),
            Layer("sky", random_gaussians(40, 0, seed=3, extent=50), kind="sky"),
        ),
    )


def editing(world: World | None = None) -> EditState:
    """A world of which nothing is edited yet."""
    return EditState.of(world or garden(), "v1")


def apply(state: EditState, operation: Operation, person: str = "ann", origin: str = "e1") -> Applied:
    """What an operation makes of a state."""
    return operation.apply(state, Applying(origin, person, NoSources()))
