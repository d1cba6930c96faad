"""What the API of editing takes and gives."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from worldloom.app.jobs.kinds import BranchName, Person
from worldloom.app.server.schemas import Scene, SceneLayer
from worldloom.edit.criteria import Criterion
from worldloom.edit.fields import Measure
from worldloom.edit.history import Kind
from worldloom.edit.registry import AnyOperation
from worldloom.scene.store.edits import Branch
from worldloom.scene.store.shares import Role, Share
from worldloom.scene.store.worlds import MAIN
from worldloom.scene.world_record import Quaternion, Vector

EntryId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.\-]+$")]
Message = Annotated[str, Field(max_length=200)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EditRequest(_Request):
    """Operations, done together or not at all."""

    branch: BranchName = MAIN
    operations: Annotated[list[AnyOperation], Field(min_length=1, max_length=100)]  # pyright: ignore[reportInvalidTypeForm]
    person: Person = ""
    save: bool = True
    """Keep the world as a new version too."""
    message: Message = ""
    """What the version is called; empty: what was done."""
    base_version: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    """Refuse if the newest version is another."""


class OperationResult(BaseModel):
    """What came of an operation."""

    id: str
    """Of its entry in the log: what undo takes as `target`."""
    number: int
    title: str
    count: int
    """Gaussians that it selected, changed, made or deleted."""
    note: str
    figures: dict[str, float] = {}


class EditResult(BaseModel):
    """What came of a request to edit."""

    version: int | None
    """The version that holds it; None if it was not saved, or is being saved."""
    operation: str | None = None
    """The work that saves it."""
    number: int
    """How many entries the log has now."""
    results: list[OperationResult] = []


class TurnRequest(_Request):
    """Undo or redo."""

    branch: BranchName = MAIN
    person: Person = ""
    target: EntryId | None = None
    """None: the person's newest."""


class SaveRequest(_Request):
    """Keep the world as it is now as a version."""

    branch: BranchName = MAIN
    person: Person = ""
    message: Message = ""


class LogEntry(BaseModel):
    """One line of the log."""

    number: int
    id: str
    person: str
    kind: Kind
    op: str | None
    """The operation's name, of a "do"."""
    title: str
    operation: dict[str, Any] | None
    """All of it. Long sets of rows are in blobs: `/assets/<blob>.bin`."""
    target: str | None
    """What is undone or done again; of a save the newest entry that it holds."""
    version: int | None
    origin: str
    created: float
    in_force: bool
    """Whether it counts: done, and not undone."""
    skipped: str | None
    """Why it can't be done as the log now stands."""


class LogModel(BaseModel):
    """A branch's log."""

    branch: str
    base: int
    """The version before the first entry."""
    number: int
    dirty: bool
    """Whether a version would hold something that none holds. What is selected, hidden or locked is in no version."""
    edits: list[LogEntry]


class BranchModel(BaseModel):
    """A line of edits."""

    name: str
    base: int
    parent: str | None
    forked: int
    """How many of the parent's entries it begins with."""
    person: str
    created: float

    @staticmethod
    def of(branch: Branch) -> BranchModel:
        """As the API shows it."""
        return BranchModel(
            name=branch.name,
            base=branch.base,
            parent=branch.parent,
            forked=branch.forked,
            person=branch.person,
            created=branch.created,
        )


class BranchList(BaseModel):
    """All branches of a world."""

    branches: list[BranchModel]


class BranchRequest(_Request):
    """Begin a branch."""

    name: BranchName
    parent: Annotated[BranchName, Field(alias="from")] = MAIN
    at: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    """After how many of the parent's entries; None: all."""
    person: Person = ""


class MergeRequest(_Request):
    """Do here what was done in another branch."""

    into: BranchName = MAIN
    person: Person = ""


class MergeResult(BaseModel):
    """What came of a merge."""

    number: int
    merged: int
    """Entries that were added."""
    refused: list[str]
    """A sentence for each operation that could not be done."""


class MaskModel(BaseModel):
    """Some rows: a bit each, least significant first, deflated (RFC 1950), base64."""

    rows: int
    bits: str


class EditLayer(SceneLayer):
    """A layer, as a page that edits loads it."""

    key: str
    """Names it for as long as it exists."""
    rows: int
    """All, also the dead; the file at `url` has them in this order."""
    dead: MaskModel | None
    hidden: MaskModel | None
    locked_rows: MaskModel | None


class Frame(BaseModel):
    """A similarity: scaled and turned, then moved."""

    translation: Vector
    rotation: Quaternion
    """wxyz."""
    scale: float


class EditScene(Scene):
    """A world while it is edited."""

    layers: list[EditLayer]  # pyright: ignore[reportIncompatibleVariableOverride]
    branch: str
    number: int
    """After how many entries of the log."""
    frame: Frame
    """From the frame that the world had when its log began to the one that it has now: what a page has in the world's
    frame, its camera before all, goes along when this changes."""


class FindRequest(_Request):
    """How many Gaussians fit."""

    branch: BranchName = MAIN
    person: Person = ""
    where: Criterion


class Found(BaseModel):
    """How many."""

    count: int
    layers: dict[str, int]
    """By part's key."""


class HistogramRequest(Measure):
    """How an attribute is spread."""

    branch: BranchName = MAIN
    person: Person = ""
    bins: Annotated[int, Field(ge=1, le=1024)] = 128
    log: bool = False
    """Bins of equal ratio instead of equal width."""
    where: Criterion | None = None
    """None: everything that can be changed."""


class Histogram(BaseModel):
    """Numbers of Gaussians in bins."""

    lower: float
    """Where the first bin begins."""
    upper: float
    """Where the last one ends."""
    counts: list[int]
    selected: list[int]
    """Of those that the person has selected."""


class ShareRequest(_Request):
    """Make a link."""

    role: Role = "viewer"
    label: Annotated[str, Field(max_length=200)] = ""


class ShareModel(BaseModel):
    """A link by which others open this world."""

    id: str
    role: Role
    label: str
    created: float
    revoked: float | None

    @staticmethod
    def of(share: Share) -> ShareModel:
        """As the API shows it."""
        return ShareModel(id=share.id, role=share.role, label=share.label, created=share.created, revoked=share.revoked)


class NewShare(ShareModel):
    """A link that was just made: shown this once."""

    token: str
    url: str
    """Its address on this server."""


class ShareList(BaseModel):
    """All links to a world."""

    shares: list[ShareModel]
    enforced: bool
    """Whether a link says what its guests may do: on a server without a token everyone is an owner."""
