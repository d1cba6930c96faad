"""What the chain gives back: a world, and which models made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata

import numpy as np

from worldloom.generate.models.align import EYE_HEIGHT, SphereDepth
from worldloom.generate.models.inputs import ChainSettings
from worldloom.generate.models.stages import Done
from worldloom.generate.sphere import directions_of
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import Transform
from worldloom.scene.provenance import Provenance, installed_versions
from worldloom.scene.world import Layer, World
from worldloom.scene.world_record import Pose


@dataclass(frozen=True)
class MadeBy:
    """One model's part in a world."""

    id: str
    role: str
    source: str
    """Hub id or folder of its files."""
    licence: str
    seconds: float
    """Of the stages that it took part in."""


@dataclass(frozen=True, eq=False)
class ModelWorld:
    """What the chain made."""

    world: World
    made_by: tuple[MadeBy, ...]
    depth: SphereDepth
    panorama: np.ndarray
    """(H, 2H, 3) uint8."""
    frames_made: int
    frames_kept: int


def build_world(
    prompt: str,
    seed: int,
    settings: ChainSettings,
    parts: dict[str, Gaussians],
    depth: SphereDepth,
    stages: Sequence[Done],
    made_by: tuple[MadeBy, ...],
    engine: str,
) -> World:
    """The parts as layers of a world, its origin on the ground below the panorama's middle, with provenance."""
    eye = _eye_height(depth)
    lifted = Transform(translation=(0.0, eye, 0.0))
    layers = tuple(
        Layer(name, part, "sky" if name == "sky" else "generated", lifted) for name, part in parts.items() if len(part)
    )
    parameters = {
        "tier": "models",
        "prompt": prompt,
        "settings": asdict(settings),
        "models": [asdict(one) for one in made_by],
        "metric": depth.metric,
    }
    return World(
        name=prompt[:80] or "From a panorama",
        layers=layers,
        spawn=Pose(position=(0.0, eye, 0.0)),
        provenance=Provenance(
            engine=engine,
            versions=model_versions(),
            seed=seed,
            parameters=parameters,
            seconds={stage.name: stage.seconds for stage in stages},
            model_licences={one.id: one.licence for one in made_by},
        ),
    )


def _eye_height(depth: SphereDepth) -> float:
    """Metres of the panorama's middle above the ground below it."""
    rays = directions_of(len(depth.distance))
    below = depth.valid & (rays[..., 1] < -0.8)
    if not below.any():
        return EYE_HEIGHT
    return round(float(np.clip(np.median(depth.distance[below] * -rays[..., 1][below]), 0.2, 50)), 4)


def model_versions() -> dict[str, str]:
    """Installed packages that shape what models make."""
    found = installed_versions()
    for package in ("diffusers", "transformers", "accelerate"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
