"""Writing a sample world's folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from worldloom import export
from worldloom.scene.files import write_text
from worldloom.scene.world import Environment, Layer, Pose


def write_sample(
    folder: Path,
    layers: Sequence[Layer],
    *,
    title: str,
    description: str,
    made: str,
    seed: int,
    spawn: Pose,
    environment: Environment,
) -> None:
    """Write `sample.json` and one SPZ file per layer, which must be in the world's frame: world.spz for the first,
    those after it by their names. See `worldloom.assets.samples.Sample` for the fields."""
    folder.mkdir(parents=True, exist_ok=True)
    entries: list[dict[str, Any]] = []
    for layer in layers:
        file = f"{layer.name}.spz" if entries else "world.spz"
        export.write(layer.gaussians, folder / file)
        entries.append({"name": layer.name, "kind": layer.kind, "file": file, "count": len(layer.gaussians)})
    record = {
        "title": title,
        "description": description,
        "made": made,
        "seed": seed,
        "layers": entries,
        "spawn": spawn.model_dump(),
        "environment": environment.model_dump(),
    }
    write_text(folder / "sample.json", json.dumps(record, indent=2) + "\n")
