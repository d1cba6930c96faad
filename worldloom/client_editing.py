"""Editing a world on a server: its log, saves, branches and links; `join` for editing together with others.

Like `client`, it stands above the server: both ends of the API read the same schemas, in `app.server`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worldloom.app.command.schemas import ProposalList
from worldloom.app.server.edit_schemas import (
    BranchList,
    BranchModel,
    EditResult,
    EditScene,
    Found,
    Histogram,
    LogModel,
    MergeResult,
    NewShare,
    ShareList,
    ShareModel,
)
from worldloom.app.server.schemas import OperationModel
from worldloom.app.server.segment_schemas import SegmentAnswer
from worldloom.edit.operation import Operation
from worldloom.scene.provenance import hash_file
from worldloom.scene.store.shares import Role
from worldloom.scene.store.worlds import MAIN
from worldloom.scene.world_record import Pose

if TYPE_CHECKING:
    from worldloom.client import Client
    from worldloom.edit_session import EditSession


class Editing:
    """One branch of a world, edited by one person. Errors of the server are raised as its own code raises them."""

    def __init__(self, client: Client, world: str, *, branch: str = MAIN, person: str = "") -> None:
        self.client = client
        self.world = world
        self.branch = branch
        self.person = person
        self._who = {"branch": branch, "person": person}
        self._at = f"/worlds/{world}"

    def do(
        self,
        operations: Sequence[Operation | Mapping[str, Any]],
        *,
        save: bool = False,
        message: str = "",
        base_version: int | None = None,
    ) -> EditResult:
        """Do operations, all or none.

        Args:
            save: keep the world as a new version too.
            base_version: refuse if the newest version is another.
        """
        sent = [one.model_dump(mode="json") if isinstance(one, Operation) else dict(one) for one in operations]
        body = {**self._who, "operations": sent, "save": save, "message": message, "base_version": base_version}
        return self.client.post(EditResult, f"{self._at}:edit", body)

    def keep(self, files: Sequence[Path]) -> dict[Path, str]:
        """Send files that operations refer to; returns the sha256 of each, which is its blob's name."""
        self.client.upload(files)
        return {path: hash_file(path).sha256 for path in files}

    def captures(self) -> list[str]:
        """Names of the photos that the world was made from."""
        return [view.name for view in self.client.scene(self.world).captures]

    def undo(self, target: str | None = None) -> EditResult:
        """Undo one's newest operation, or the one with that id."""
        return self.client.post(EditResult, f"{self._at}:undo", {**self._who, "target": target})

    def redo(self, target: str | None = None) -> EditResult:
        """Do again what one undid last, or what has that id."""
        return self.client.post(EditResult, f"{self._at}:redo", {**self._who, "target": target})

    def save(self, message: str = "") -> int:
        """Keep the world as it is now as a version; returns its number when that is there."""
        found = self.client.post(EditResult, f"{self._at}:save", {**self._who, "message": message})
        return self.finished(found)

    def finished(self, result: EditResult) -> int:
        """The number of the version that a request made, or that is being made for it.

        Raises:
            WorldloomError: it can't be made.
        """
        if result.version is not None:
            return result.version
        assert result.operation is not None
        done = self.client.wait(result.operation)
        return int((done.result or {})["version"])

    def log(self, after: int = 0) -> LogModel:
        """The log, after so many entries."""
        return self.client.get(LogModel, f"{self._at}/edits", {"branch": self.branch, "after": after})

    def scene(self, at: int | None = None) -> EditScene:
        """What a page loads: now, or after so many entries."""
        return self.client.get(EditScene, f"{self._at}/edit/scene", {"branch": self.branch, "at": at})

    def find(self, where: Mapping[str, Any]) -> Found:
        """How many Gaussians fit."""
        return self.client.post(Found, f"{self._at}:find", {**self._who, "where": dict(where)})

    def histogram(self, attribute: str, *, bins: int = 128, log: bool = False, **options: Any) -> Histogram:
        """How an attribute is spread; `options` as the API takes them."""
        body = {**self._who, "attribute": attribute, "bins": bins, "log": log, **options}
        return self.client.post(Histogram, f"{self._at}:histogram", body)

    def propose(self, text: str, view: Pose | None = None) -> ProposalList:
        """What a text asks for ("remove the car"); nothing of it is done.

        Args:
            view: from where it is said; None: from where visitors begin.
        """
        body = {**self._who, "text": text, "view": view.model_dump(mode="json") if view is not None else None}
        return self.client.post(ProposalList, f"{self._at}:propose", body)

    def segment(
        self, at: Sequence[float] | Mapping[str, Any] | None = None, *, words: str | None = None, **options: Any
    ) -> SegmentAnswer:
        """Have the server's segmentation model find the thing at a place, or what words name ("the red car"). Nothing
        is selected: `do([answer.operation])` does that.

        Args:
            at: (3,) in the world, or a spot of a picture, {"view": ..., "at": [x, y]}.
            options: as the API takes them: `view`, `every`, `pictures`, `mode`.

        Raises:
            ConflictError: the server has no such model.
        """
        place = dict(at) if isinstance(at, Mapping) else None if at is None else list(at)
        view = options.pop("view", None)
        body = {**self._who, **options, "at": place, "words": words}
        body["view"] = view.model_dump(mode="json") if isinstance(view, Pose) else view
        return self.client.post(SegmentAnswer, f"{self._at}:segment", body)

    def event(self, text: str) -> OperationModel:
        """Have it be night, snow, autumn... on this branch: `event` of what `propose` gives."""
        return self.client.event(self.world, text, branch=self.branch, person=self.person)

    def upload(self, path: str | os.PathLike[str]) -> str:
        """Send a file that operations refer to; returns the name of its blob."""
        (sent,) = self.client.upload([path], world=self.world).files
        return sent.sha256

    def branches(self) -> list[BranchModel]:
        """All branches of the world."""
        return self.client.get(BranchList, f"{self._at}/branches").branches

    def fork(self, name: str, at: int | None = None) -> Editing:
        """Begin a branch here, now or after so many entries; returns it to be edited."""
        body = {"name": name, "from": self.branch, "at": at, "person": self.person}
        self.client.post(BranchModel, f"{self._at}/branches", body)
        return Editing(self.client, self.world, branch=name, person=self.person)

    def merge(self, name: str) -> MergeResult:
        """Do here what was done in another branch."""
        body = {"into": self.branch, "person": self.person}
        return self.client.post(MergeResult, f"{self._at}/branches/{name}:merge", body)

    def shares(self) -> list[ShareModel]:
        """All links to the world."""
        return self.client.get(ShareList, f"{self._at}/shares").shares

    def share(self, role: Role = "viewer", label: str = "") -> NewShare:
        """Make a link that opens this world and no other."""
        return self.client.post(NewShare, f"{self._at}/shares", {"role": role, "label": label})

    def revoke(self, share: str) -> ShareModel:
        """End a link at once."""
        return self.client.post(ShareModel, f"{self._at}/shares/{share}", None, method="DELETE")

    def join(self, name: str = "", colour: str = "#5aa9e6") -> EditSession:
        """Edit together with others, over a websocket: use as a context manager."""
        from worldloom.edit_session import EditSession

        return EditSession(self, name=name, colour=colour)
