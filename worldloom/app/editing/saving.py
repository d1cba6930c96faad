"""Keeping a state of a log as a version. Files of layers that did not change are used again, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from worldloom.app.jobs.prepare import keep_collider, keep_thumbnail, keep_view_files
from worldloom.edit.change.become import Become
from worldloom.edit.contents import Stored, saved, stored
from worldloom.edit.history import Entry, History
from worldloom.edit.log import is_save, replayed, save_mark
from worldloom.scene.collider import NOT_SOLID
from worldloom.scene.errors import ConflictError
from worldloom.scene.store.edits import LogLine
from worldloom.scene.store.store import Store
from worldloom.scene.store.worlds import COLLIDER, MAIN, RECORD, THUMBNAIL, StoredFile, Version
from worldloom.scene.world import Layer, World, layer_record, record_text, save_layer, world_record
from worldloom.scene.world_record import LayerRecord

REPORT = "report.html"
_ATTEMPTS = 20

Files = dict[str, StoredFile]


@dataclass(frozen=True)
class Wish:
    """What to keep."""

    world: str
    branch: str
    number: int
    """The state after so many entries of the log."""
    operation: str
    """Identifier of the work: done twice, it is kept once."""
    person: str = ""
    message: str = ""


@dataclass(frozen=True)
class Saved:
    """What came of a wish to save: a version, or the work that will make one."""

    version: int | None
    operation: str | None = None


def save_at_once(store: Store, wish: Wish, history: History) -> Version | None:
    """Keep a state of which no layer has new contents; None if that needs more work than can be waited for.

    Args:
        history: at the entry that is wished for.

    Raises:
        ConflictError: the world was changed by others meanwhile.
    """
    state = history.state
    newest = _newest(store, wish, history.entries)
    files = _common_files(state.world, newest)
    entries: list[LayerRecord] = []
    for part in state.parts:
        known = _stored_files(store, saved(store.worlds, part))
        if known is None:
            return None
        files |= known[1]
        count = len(part) - int(part.dead.sum())
        entries.append(layer_record(part.layer, known[0]).model_copy(update={"count": count}))
    if _solid_blobs(entries) != _solid_blobs(store.worlds.record(newest).layers):
        return None  # there is other ground to walk on
    return _commit(store, wish, history.entries, state.world, entries, files)


def save(store: Store, wish: Wish, folder: Path, say: Callable[[str, float, str], None]) -> Version:
    """Replay a log up to an entry, and keep what it makes of the world.

    Args:
        folder: for files on their way.
        say: told of stage, fraction and what is being done.

    Raises:
        WorldloomError: there is no such log, or the world was changed by others meanwhile.
    """
    done = store.worlds.made_by(save_mark(wish.operation))
    if done is not None:
        lines = store.edits.lines(wish.world, wish.branch)[: wish.number]
        _note(store, wish, done, lines[-1].id if lines else None)
        return done
    say("replay", 0.0, "doing the edits again")
    history = replayed(store, wish.world, wish.branch, wish.number)
    log = history.entries
    world = history.state.baked()
    del history  # what is baked may be as large again
    newest = _newest(store, wish, log)
    files = _common_files(world, newest)
    entries: list[LayerRecord] = []
    for number, layer in enumerate(world.layers):
        say("write", 0.1 + 0.5 * number / len(world.layers), layer.name)
        blob, own = _stored_files(store, stored(store.worlds, layer)) or _written_files(store, layer, folder, newest)
        files |= own
        entries.append(layer_record(layer, blob))
    if world.collider is None and _ground(entries) != _ground(store.worlds.record(newest).layers):
        say("collider", 0.6, "something to walk on")
        files.pop(COLLIDER, None)
        if keep_collider(world, folder / COLLIDER):
            files[COLLIDER] = _added(store, folder / COLLIDER)
    say("picture", 0.9, "taking a picture")
    keep_thumbnail(world, folder / THUMBNAIL)
    files[THUMBNAIL] = _added(store, folder / THUMBNAIL)
    return _commit(store, wish, log, world, entries, files)


def _newest(store: Store, wish: Wish, log: Sequence[Entry]) -> Version:
    """The version that a save of this log follows.

    Raises:
        ConflictError: other work has made one that the log knows nothing of.
    """
    became = [entry.operation.version for entry in log if isinstance(entry.operation, Become)]
    known = max([store.edits.branch(wish.world, wish.branch).base, *became])
    newest = next((one for one in store.worlds.versions(wish.world) if one.branch == wish.branch), None)
    if newest is None:  # of a new branch: what it began with
        return store.worlds.version(wish.world, max([known, *(entry.version or 0 for entry in log)]))
    if newest.number > known and not is_save(newest):
        raise ConflictError("This world was changed by other work while it was to be saved; save it again.")
    return newest


def _commit(
    store: Store, wish: Wish, log: Sequence[Entry], world: World, entries: Sequence[LayerRecord], files: Files
) -> Version:
    record = world_record(world, entries)
    data = record_text(record).encode()
    files = store.worlds.with_named({**files, RECORD: StoredFile(store.blobs.add(data), len(data))}, record)
    for _ in range(_ATTEMPTS):
        newest = _newest(store, wish, log)
        try:
            if dict(newest.files) == files:
                version = newest  # only what is selected, hidden or locked is not as it was
            else:
                version = store.worlds.commit(
                    files,
                    world=wish.world,
                    message=wish.message or "Edited",
                    operation=save_mark(wish.operation),
                    parent=newest.number,
                    base=newest.number if wish.branch == MAIN else None,
                    branch=wish.branch,
                )
        except ConflictError:
            continue  # another save came first, or other work: look again
        _note(store, wish, version, log[-1].id if log else None)
        return version
    raise ConflictError("This world is being saved by many at once; save it again.")


def _note(store: Store, wish: Wish, version: Version, holds: str | None) -> None:
    """Write into the log which version holds it: once, however often the work is done."""
    line = LogLine(f"save-{wish.operation}", wish.person, "save", target=holds, version=version.number)
    for _ in range(_ATTEMPTS):
        try:
            store.edits.append(wish.world, wish.branch, line, number=store.edits.length(wish.world, wish.branch) + 1)
            return
        except ConflictError:
            continue
    raise ConflictError("Others edit this world faster than the save could be noted; save it again.")


def _stored_files(store: Store, origin: Stored | None) -> tuple[str, Files] | None:
    """Name and files of a layer that is just as in some version; None if it is new, or was never prepared."""
    if origin is None:
        return None
    files = _layer_files(store.worlds.version(origin.world, origin.version), origin.blob)
    return (origin.blob, files) if f"view/{origin.blob}.spz" in files else None


def _layer_files(version: Version, blob: str) -> Files:
    own = (f"layers/{blob}.", f"view/{blob}.")
    return {path: file for path, file in version.files.items() if path.startswith(own)}


def _written_files(store: Store, layer: Layer, folder: Path, newest: Version) -> tuple[str, Files]:
    blob = save_layer(layer, folder / "layers")
    known = _layer_files(newest, blob)
    if f"view/{blob}.spz" in known:
        return blob, known  # it was saved before
    paths = [f"layers/{blob}.safetensors", *keep_view_files(layer.gaussians, folder, blob)]
    return blob, {path: _added(store, folder / path) for path in paths}


def _added(store: Store, path: Path) -> StoredFile:
    return StoredFile(store.blobs.add_file(path), path.stat().st_size)


def _common_files(world: World, version: Version) -> Files:
    """A version's files that are not one layer's."""
    wanted = (THUMBNAIL, REPORT, str(world.collider or COLLIDER))
    return {path: version.files[path] for path in wanted if path in version.files}


def _solid_blobs(layers: Iterable[LayerRecord]) -> set[str]:
    return {layer.blob for layer in layers if layer.kind not in NOT_SOLID and layer.count}


def _ground(layers: Iterable[LayerRecord]) -> set[tuple[object, ...]]:
    """What is walked on, and where."""
    return {
        (layer.blob, layer.translation, layer.rotation, layer.scale)
        for layer in layers
        if layer.visible and layer.kind not in NOT_SOLID
    }
