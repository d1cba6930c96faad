"""Splat files, zipped worlds and the samples become worlds in the library."""

from __future__ import annotations

from pathlib import Path

import torch

from worldloom import __version__, export
from worldloom.app.jobs.kinds import ImportParameters
from worldloom.app.jobs.prepare import prepare
from worldloom.app.jobs.work import Result, Work
from worldloom.assets import samples
from worldloom.reconstruct.inputs.archive import unpack
from worldloom.scene import world as worlds
from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.geometry import bounds
from worldloom.scene.provenance import Provenance, hash_file, installed_versions
from worldloom.scene.rotations import matrix_to_quat
from worldloom.scene.world import Layer, Pose, World
from worldloom.scene.world_record import Quaternion


def run(parameters: ImportParameters, work: Work) -> Result:
    """Read the file, prepare the world for viewing, and keep it."""
    folder = work.folder / "world"
    work.say("read", 0.0, "reading")
    tags: tuple[str, ...] = ()
    if parameters.sample is not None:
        worlds.save(samples.load(_sample(parameters.sample)), folder)
        tags = ("sample",)
        message = "Sample world"
    elif parameters.upload is not None:
        upload = work.store.uploads.get(parameters.upload)
        (path, *others) = work.store.uploads.lay_out(upload, work.folder / "inputs")
        if others:
            raise InvalidDataError("Give one splat file at a time, or a zip of a world.")
        message = f"Imported from {path.name}"
        if path.suffix.lower() == ".zip":
            folder = _unpacked(path, folder)
        else:
            worlds.save(_world(path, parameters.name), folder)
    else:
        raise InvalidDataError("Give an upload or the name of a sample.")
    work.say("keep", 0.5, "preparing the world for walking")
    version = work.store.worlds.commit_folder(
        folder, prepare(folder), name=parameters.name, message=message, operation=work.operation.id, tags=tags
    )
    return Result({"world": version.world, "version": version.number}, version.world)


def _sample(name: str) -> samples.Sample:
    for sample in samples.SAMPLES:
        if sample.name == name:
            return sample
    raise InvalidDataError(f"There is no sample '{name}'.")


def _unpacked(path: Path, folder: Path) -> Path:
    """The folder in a zip that has a world.json."""
    found = sorted(unpack(path, folder).rglob("world.json"))
    if not found:
        raise FormatError(f"{path.name} holds no world.json. Photos in a zip belong on the Create page.")
    return found[0].parent


def _world(path: Path, name: str) -> World:
    """A splat file as a world: stood on its floor, seen from where all of it is in view."""
    gaussians = export.read(path)
    if len(gaussians) == 0:
        raise FormatError(f"{path.name} holds no Gaussians; there is nothing to walk through.")
    return World(
        name=name,
        layers=(Layer("imported", gaussians, kind="object"),),
        spawn=overview(bounds(gaussians, quantile=0.02).lower, bounds(gaussians, quantile=0.02).upper),
        provenance=Provenance(inputs=(hash_file(path),), versions={**installed_versions(), "worldloom": __version__}),
    )


def overview(lower: tuple[float, float, float], upper: tuple[float, float, float]) -> Pose:
    """A pose from which a box is seen whole: in front of it (+Z) and a little above."""
    low, high = torch.tensor(lower, dtype=torch.float64), torch.tensor(upper, dtype=torch.float64)
    middle = (low + high) / 2
    radius = float((high - low).norm()) / 2 or 1.0
    eye = middle + torch.tensor([0.25, 0.35, 1.0], dtype=torch.float64) * radius * 1.5
    back = (eye - middle) / (eye - middle).norm()
    right = torch.linalg.cross(torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64), back)
    right = right / right.norm()
    rotation = torch.stack([right, torch.linalg.cross(back, right), back], dim=1)
    x, y, z = eye.tolist()
    quat: Quaternion = tuple(matrix_to_quat(rotation).tolist())
    return Pose(position=(x, y, z), rotation=quat)
