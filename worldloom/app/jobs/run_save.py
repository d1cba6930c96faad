"""What was done to a world becomes a version of it."""

from __future__ import annotations

from worldloom.app.editing.saving import Wish, save
from worldloom.app.jobs.kinds import SaveParameters
from worldloom.app.jobs.work import Result, Work
from worldloom.edit.log import Log


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


def keep_unsaved(world: str, work: Work) -> None:
    """Save what nobody has saved yet, before other work makes a new version from the newest one."""
    if not work.store.edits.branches(world):
        return  # nobody ever edited it
    log = Log(work.store, world)
    if log.dirty:
        wish = Wish(world, log.branch, log.number, work.operation.id, message="Unsaved edits")
        del log
        save(work.store, wish, work.folder / "unsaved", lambda stage, fraction, message: None)
