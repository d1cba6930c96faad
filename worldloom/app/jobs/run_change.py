"""A world grows past its edge, or sees another hour, weather or season: a new version of it."""

from __future__ import annotations

import os

from worldloom.app.jobs.kinds import EventParameters, ExtendParameters
from worldloom.app.jobs.prepare import prepare
from worldloom.app.jobs.run_save import newest_saved
from worldloom.app.jobs.work import Result, Work
from worldloom.scene import world as worlds
from worldloom.scene.store.worlds import COLLIDER, THUMBNAIL
from worldloom.scene.world import World


def run(parameters: ExtendParameters | EventParameters, work: Work) -> Result:
    """Change a branch's newest version, prepare it for viewing, and keep it."""
    work.say("read", 0.0, "reading the world")
    version = newest_saved(parameters.world, parameters.branch, work)
    folder = work.store.worlds.checkout(version, work.folder / "world")
    before = worlds.load(folder)
    work.say("build", 0.2, "changing the world")
    if isinstance(parameters, ExtendParameters):
        after, message, notes = _extended(before, parameters)
        # There is new ground to stand on.
        (folder / COLLIDER).unlink(missing_ok=True)
    else:
        after, message, notes = _after_event(before, parameters)
    worlds.save(after, folder)
    if isinstance(parameters, EventParameters) and (folder / COLLIDER).exists():
        os.utime(folder / COLLIDER)  # nothing has moved
    (folder / THUMBNAIL).unlink(missing_ok=True)
    work.say("keep", 0.5, "preparing the world for walking")
    kept = work.store.worlds.commit_folder(
        folder,
        prepare(folder),
        world=parameters.world,
        message=message,
        operation=work.operation.id,
        parent=version.number,
        branch=parameters.branch,
    )
    made = {"world": kept.world, "version": kept.number, "branch": kept.branch, "summary": list(notes)}
    return Result(made, kept.world)


def _extended(world: World, parameters: ExtendParameters) -> tuple[World, str, tuple[str, ...]]:
    from worldloom.generate.extend import Where, extend

    where = Where(towards=parameters.towards, path=parameters.path, tiles=parameters.tiles)
    grown = extend(world, where, text=parameters.prompt, seed=parameters.seed)
    return grown.world, f"Extended by {', '.join(grown.layers)}"[:200], grown.notes


def _after_event(world: World, parameters: EventParameters) -> tuple[World, str, tuple[str, ...]]:
    from worldloom.generate.events import happen, happen_in_words

    if parameters.event is None:
        changed = happen_in_words(world, parameters.prompt)
        return changed.world, parameters.prompt[:200], changed.notes
    changed = happen(world, parameters.event)
    values = parameters.event.model_dump(exclude_none=True).items()
    words = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values)
    return changed.world, (parameters.prompt or words)[:200], changed.notes
