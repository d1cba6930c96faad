"""The sample worlds that ship with the package, ready to walk in. Needs no torch until one is loaded.

Each is a folder in `worlds/` with `sample.json` and one SPZ file per layer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worldloom.scene.world import World

WORLDS = Path(__file__).parent / "worlds"


@dataclass(frozen=True)
class SampleLayer:
    """One layer of a sample world."""

    name: str
    kind: str
    """As in `worldloom.scene.world.LayerKind`."""
    file: Path
    count: int
    """Gaussians."""


@dataclass(frozen=True)
class Sample:
    """A world that ships with the package."""

    name: str
    """Of its folder; unique."""
    title: str
    description: str
    made: str
    """How, in a sentence."""
    seed: int
    layers: tuple[SampleLayer, ...]
    """What is solid first, the sky last."""
    spawn: dict[str, Any]
    """Fields of `worldloom.scene.world.Pose`."""
    environment: dict[str, Any]
    """Fields of `worldloom.scene.world.Environment`."""

    @property
    def file(self) -> Path:
        """The first and largest layer."""
        return self.layers[0].file

    @property
    def count(self) -> int:
        """Gaussians in all layers."""
        return sum(layer.count for layer in self.layers)


def load(sample: Sample) -> World:
    """The world itself: its layers in the world frame, nothing else added.

    Raises:
        FormatError: a file is missing or damaged.
    """
    from worldloom import export
    from worldloom.scene.provenance import Provenance
    from worldloom.scene.world import Environment, Layer, Pose, World

    return World(
        name=sample.title,
        layers=tuple(
            Layer(layer.name, export.read(layer.file), layer.kind)  # pyright: ignore[reportArgumentType]
            for layer in sample.layers
        ),
        environment=Environment.model_validate(sample.environment),
        spawn=Pose.model_validate(sample.spawn),
        provenance=Provenance(seed=sample.seed, parameters={"sample": sample.name, "made": sample.made}),
    )


def _read(folder: Path) -> Sample:
    record = json.loads((folder / "sample.json").read_text(encoding="utf-8"))
    layers = tuple(
        SampleLayer(layer["name"], layer["kind"], folder / layer["file"], layer["count"]) for layer in record["layers"]
    )
    return Sample(**{**record, "name": folder.name, "layers": layers})


SAMPLES: tuple[Sample, ...] = tuple(_read(WORLDS / name) for name in ("island", "courtyard"))
"""All of them, the one to show first first."""
