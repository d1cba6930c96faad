"""Words, a spec, one picture, a panorama or a block-out to a world, as long work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from worldloom.app.jobs.kinds import GenerateParameters
from worldloom.app.jobs.prepare import prepare
from worldloom.app.jobs.work import Result, Work
from worldloom.generate.make import Made, from_file, from_models, from_spec, from_text
from worldloom.scene import world as worlds
from worldloom.scene.errors import InvalidDataError


def run(parameters: GenerateParameters, work: Work) -> Result:
    """Make the world, prepare it for viewing, and keep it."""
    work.say("build", 0.02, "building the world")
    made = _made(parameters, work)
    folder = work.folder / "world"
    worlds.save(replace(made.world, name=parameters.name), folder)
    work.say("keep", 0.55, "preparing the world for walking")
    version = work.store.worlds.commit_folder(
        folder, prepare(folder), name=parameters.name, message="Generated", operation=work.operation.id
    )
    values: dict[str, Any] = {
        "world": version.world,
        "version": version.number,
        "summary": list(made.notes),
        "made_by": made.by,
    }
    return Result(values, version.world)


def _made(parameters: GenerateParameters, work: Work) -> Made:
    paths = _files(parameters, work)
    if parameters.tier == "models":
        return from_models(
            parameters.prompt,
            paths,
            parameters.models,
            seed=parameters.seed,
            folder=work.folder,
            gaussians=parameters.gaussians,
        )
    if parameters.spec is not None:
        return from_spec(parameters.spec)
    if paths:
        return from_file(
            paths[0],
            source=parameters.source,
            guides=parameters.guides,
            depth=parameters.depth,
            prompt=parameters.prompt,
            seed=parameters.seed,
        )
    return from_text(parameters.prompt, seed=parameters.seed, gaussians=parameters.gaussians)


def _files(parameters: GenerateParameters, work: Work) -> list[Path]:
    found = [
        path
        for upload in parameters.uploads
        for path in work.store.uploads.lay_out(work.store.uploads.get(upload), work.folder / "inputs" / upload)
    ]
    if len(found) > 1:
        raise InvalidDataError("Give one picture, one panorama or one GLB at a time; many photos are reconstructed.")
    return found
