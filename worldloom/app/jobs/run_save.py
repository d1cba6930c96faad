"""What was done to a world becomes a version of it."""

from __future__ import annotations

from worldloom.app.editing.saving import Wish, save
from worldloom.app.jobs.kinds import SaveParameters
from worldloom.app.jobs.work import Result, Work
from worldloom.edit.log import Log
from worldloom.scene.store.worlds import MAIN, Version


def run(parameters: SaveParameters, work: Work) -> Result:
    """Replay the log up to the entry at which it was to be saved, prepare what changed for viewing, and keep it."""
    wish = Wish(
        parameters.world,
        parameters.branch,
        parameters.number,
        work.operation.id,
        parameters.person,
        parameters.message,
    )
    version = save(work.store, wish, work.folder / "world", work.say)
    return Result({"world": version.world, "version": version.number, "branch": version.branch}, version.world)


def newest_saved(world: str, branch: str, work: Work) -> Version:
    """The version that other work is to begin with: a branch's newest, after saving what nobody has saved yet.

    Raises:
        NotFoundError: there is no such world or branch.
    """
    if branch == MAIN and not work.store.edits.branches(world):
        return work.store.worlds.version(world)  # nobody ever edited it
    log = Log(work.store, world, branch)
    if not log.dirty:
        return work.store.worlds.version(world, log.version)
    wish = Wish(world, branch, log.number, work.operation.id, message="Unsaved edits")
    del log
    return save(work.store, wish, work.folder / "unsaved", lambda stage, fraction, message: None)
