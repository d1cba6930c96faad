"""Editing without a server: a world of a library on this machine, a world's folder, or a splat file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worldloom import export
from worldloom.app.command.schemas import ProposalList
from worldloom.app.editing.now import Now
from worldloom.app.editing.proposing import Order, read_by_rules
from worldloom.app.editing.saving import Wish, save
from worldloom.app.editing.segment_request import answered
from worldloom.app.editing.segmenters import Segmenters
from worldloom.app.editing.session import Session
from worldloom.app.server.edit_schemas import BranchModel, EditResult, LogModel, MergeResult
from worldloom.app.server.segment_schemas import SegmentAnswer, SegmentRequest
from worldloom.edit.log import new_entry_id
from worldloom.edit.operation import Applied, Applying, Operation
from worldloom.edit.state import EditState
from worldloom.scene import world as worlds
from worldloom.scene.errors import InvalidDataError, NotFoundError
from worldloom.scene.files import write_bytes
from worldloom.scene.store.database import new_id
from worldloom.scene.store.store import Store
from worldloom.scene.world import Layer, World
from worldloom.scene.world_record import Pose, picture_files


@dataclass(frozen=True)
class _Saved:
    id: str


class LocalEditing:
    """What `client_editing.Editing` does on a server, done here. Use as a context manager."""

    def __init__(
        self, store: Store, world: str, branch: str, person: str, segmenters: Segmenters | None = None
    ) -> None:
        """
        Args:
            segmenters: find things.

        Raises:
            NotFoundError: there is no such world or branch.
        """
        self._store = store
        self._person = person
        self._segmenters = segmenters or Segmenters()
        self._folder = tempfile.TemporaryDirectory()
        self._session = Session(store, self._work, world, branch, Path(self._folder.name) / "files")

    def __enter__(self) -> LocalEditing:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def do(self, operations: Sequence[Operation], *, save: bool = False, message: str = "") -> EditResult:
        """Do operations, all or none."""
        results = self._session.do(operations, self._person)
        version = self.save(message) if save else None
        return EditResult(version=version, number=self._session.number, results=results)

    def keep(self, files: Sequence[Path]) -> dict[Path, str]:
        """Store files that operations refer to; returns each one's blob."""
        return {path: self._store.blobs.add_file(path) for path in files}

    def captures(self) -> list[str]:
        """Names of the photos that the world was made from."""
        return [view.name for view in self._session.state.world.captures]

    def undo(self, target: str | None = None) -> EditResult:
        """Undo one's newest operation, or the one with that id."""
        result = self._session.undo(self._person, target=target)
        return EditResult(version=None, number=self._session.number, results=[result])

    def redo(self, target: str | None = None) -> EditResult:
        """Do again what one undid last, or what has that id."""
        result = self._session.redo(self._person, target=target)
        return EditResult(version=None, number=self._session.number, results=[result])

    def save(self, message: str = "") -> int:
        """Keep the world as it is now as a version; returns its number."""
        saved = self._session.save(message, self._person)
        if saved.version is not None:
            return saved.version
        self._session.refresh()
        return self._store.worlds.versions(self._session.world)[0].number

    def log(self, after: int = 0) -> LogModel:
        """The log, after so many entries."""
        return self._session.lines(after)

    def propose(self, text: str, view: Pose | None = None) -> ProposalList:
        """What a text asks for; nothing of it is done."""
        order = Order(text, self._person, view)
        return ProposalList.of(read_by_rules(self._store, Now.of(self._session), order, self._segmenters))

    def segment(self, at: Sequence[float] | None = None, *, words: str | None = None, **options: Any) -> SegmentAnswer:
        """Have a segmentation model find the thing at a place, or what words name; nothing is selected."""
        request = SegmentRequest.model_validate({"at": at, "words": words, "person": self._person, **options})
        return answered(request, self._segmenters, self._store, Now.of(self._session))

    def branches(self) -> list[BranchModel]:
        """All branches of the world."""
        return [BranchModel.of(branch) for branch in self._store.edits.branches(self._session.world)]

    def fork(self, name: str, at: int | None = None) -> object:
        """Begin a branch here, now or after so many entries."""
        session = self._session
        return self._store.edits.fork(session.world, name, parent=session.branch, at=at, person=self._person)

    def merge(self, name: str) -> MergeResult:
        """Do here what was done in another branch."""
        merged, refused = self._session.merge(name, self._person)
        return MergeResult(number=self._session.number, merged=merged, refused=refused)

    def _work(self, kind: str, title: str, *, about: str | None = None, **wanted: Any) -> _Saved:
        """Saving, which a server has a worker do."""
        saved = _Saved(new_id())
        save(self._store, Wish(operation=saved.id, **wanted), Path(self._folder.name) / "world", _quiet)
        return saved


def edit_file(source: Path, operations: Sequence[Operation], target: Path, person: str = "") -> list[Applied]:
    """Do operations to a world's folder or a splat file, and write what comes of it.

    Args:
        target: a folder, or a splat file of any format that can be written.

    Raises:
        WorldloomError: a file can't be read or written, or an operation can't be done; then nothing is written.
    """
    if source.is_dir():
        world = worlds.load(source)
    else:
        world = World(source.stem, (Layer("splats", export.read(source)),))
    state = EditState.of(world, "file")
    sources = _Folder(source)
    done: list[Applied] = []
    for operation in operations:
        done.append(operation.apply(state, Applying(new_entry_id(), person, sources)))
        state = done[-1].state
    baked = state.baked()
    if target.suffix:
        export.write(baked.gaussians(), target)
    else:
        worlds.save(baked, target)
        if source.is_dir() and target.resolve() != source.resolve():
            _copy_pictures(baked, source, target)
    return done


def _copy_pictures(world: World, source: Path, target: Path) -> None:
    for path, _ in picture_files(world.captures):
        if (source / path).is_file():
            write_bytes(target / path, (source / path).read_bytes())


class _Folder:
    """What operations refer to, where there is no library: the pictures that a world's folder keeps."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def blob(self, sha256: str) -> Path:
        kept = self._folder / "captures" / f"{sha256}.webp"
        if not kept.is_file():
            raise NotFoundError(f"There is no blob {sha256} here: import the file into a library and edit it there.")
        return kept

    def version(self, number: int) -> World:
        raise InvalidDataError("A file has no versions: import it into a library and edit it there.")

    def other(self, world: str, number: int) -> World:
        raise InvalidDataError("A file knows no other worlds: import it into a library and edit it there.")


def _quiet(stage: str, fraction: float, message: str) -> None:
    """Nobody is waiting to hear how far it is."""
