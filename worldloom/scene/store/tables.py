"""The index's tables. Times are seconds since 1970, UTC."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, Index, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's idiom
        dict[str, Any]: JSON(none_as_null=True),
        list[str]: JSON(none_as_null=True),
        int: BigInteger,
        float: Float(53),
    }


class WorldRow(Base):
    """A world that someone made; what it holds is in its versions."""

    __tablename__ = "worlds"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]]
    search: Mapped[str] = mapped_column(Text)
    """Name and tags in lower case, to be searched."""
    head: Mapped[int]
    """Number of the newest version of branch "main"."""
    gaussians: Mapped[int]
    bytes: Mapped[int]
    thumbnail: Mapped[str | None] = mapped_column(String(64))
    """Blob of a JPEG."""
    created: Mapped[float]
    updated: Mapped[float]
    deleted: Mapped[float | None]
    """When it was put into the bin."""

    __table_args__ = (Index("worlds_by_time", "deleted", "updated", "id"),)


class VersionRow(Base):
    """One state of a world: a tree of named blobs. Never changed once written."""

    __tablename__ = "versions"

    world: Mapped[str] = mapped_column(ForeignKey("worlds.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    parent: Mapped[int | None]
    message: Mapped[str] = mapped_column(Text)
    operation: Mapped[str | None] = mapped_column(String(16), unique=True)
    """What made it; unique, so that work that is done twice after a crash is kept once."""
    files: Mapped[dict[str, Any]]
    """Path in the world's folder -> {"sha256", "bytes"}."""
    gaussians: Mapped[int]
    bytes: Mapped[int]
    created: Mapped[float]
    branch: Mapped[str] = mapped_column(String(64), default="main", server_default="main")
    """Of the log that it is a state of."""


class BranchRow(Base):
    """A line of edits of a world, which begins at a version or within another line."""

    __tablename__ = "branches"

    world: Mapped[str] = mapped_column(ForeignKey("worlds.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    base: Mapped[int]
    """The version before the first edit."""
    parent: Mapped[str | None] = mapped_column(String(64))
    """The branch that it left; None for the first."""
    forked: Mapped[int]
    """How many of the parent's edits it begins with; 0 for the first."""
    person: Mapped[str] = mapped_column(String(64))
    created: Mapped[float]


class EditRow(Base):
    """One line of a branch's log of edits. Never changed once written."""

    __tablename__ = "edits"

    world: Mapped[str] = mapped_column(ForeignKey("worlds.id"), primary_key=True)
    branch: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, ...; goes on from what the branch began with."""
    id: Mapped[str] = mapped_column(String(64))
    """Drawn by who made it: sent twice, it is kept once."""
    person: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(8))
    """do, undo, redo or save."""
    operation: Mapped[dict[str, Any] | None]
    target: Mapped[str | None] = mapped_column(String(64))
    """What is undone or done again."""
    version: Mapped[int | None]
    """What a save has made."""
    origin: Mapped[str] = mapped_column(String(64))
    created: Mapped[float]

    __table_args__ = (Index("one_edit_per_id", "world", "branch", "id", unique=True),)


class ShareRow(Base):
    """A link by which others may open one world."""

    __tablename__ = "shares"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    world: Mapped[str] = mapped_column(ForeignKey("worlds.id"))
    token: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of what is in the link; the link itself is shown once and not kept."""
    role: Mapped[str] = mapped_column(String(8))
    """owner, editor or viewer."""
    label: Mapped[str] = mapped_column(Text)
    created: Mapped[float]
    revoked: Mapped[float | None]

    __table_args__ = (Index("shares_by_world", "world", "created"),)


class UploadRow(Base):
    """Files that someone sent, to make a world from, or to put into one."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    files: Mapped[dict[str, Any]]
    """File name -> {"sha256", "bytes"}."""
    created: Mapped[float]
    world: Mapped[str | None] = mapped_column(String(16))
    """The one whose edits they are for; None: not for one in particular."""

    __table_args__ = (Index("uploads_by_world", "world"),)


class OperationRow(Base):
    """A piece of long work: asked for, under way, or over."""

    __tablename__ = "operations"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(Text)
    parameters: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(16))
    """queued, running, succeeded, failed or cancelled."""
    slot: Mapped[str | None] = mapped_column(String(96))
    """What it runs on, while it runs: machine and device."""
    attempts: Mapped[int]
    process: Mapped[dict[str, Any] | None]
    """The worker, while it runs: {"machine", "pid", "started"}."""
    wish: Mapped[str | None] = mapped_column(String(8))
    """What the worker is asked to do: cancel or finish."""
    stage: Mapped[str] = mapped_column(String(32))
    message: Mapped[str] = mapped_column(Text)
    fraction: Mapped[float]
    seconds_left: Mapped[float | None]
    preview: Mapped[float | None]
    """When the preview picture was last renewed."""
    world: Mapped[str | None] = mapped_column(String(16))
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None] = mapped_column(Text)
    created: Mapped[float]
    started: Mapped[float | None]
    finished: Mapped[float | None]

    __table_args__ = (
        # The promise that two pieces of work never share a device is the database's.
        Index("one_operation_per_slot", "slot", unique=True),
        Index("operations_by_status", "status", "created"),
        Index("operations_by_time", "created", "id"),
    )


class AnswerRow(Base):
    """What a request with an idempotency key was answered, to be answered again."""

    __tablename__ = "answers"

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request: Mapped[str] = mapped_column(String(64))
    """SHA-256 of method, path and body."""
    status: Mapped[int | None]
    """HTTP status; None while the first request is still being answered."""
    body: Mapped[dict[str, Any] | None]
    created: Mapped[float]


class SettingRow(Base):
    """What was chosen on the settings page."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any]]
