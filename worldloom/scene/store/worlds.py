"""Worlds and their versions. A version is a tree of named blobs: a world's folder, frozen."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel
from sqlalchemy import and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from worldloom.scene.authored import media_files
from worldloom.scene.errors import ConflictError, InvalidDataError, NotFoundError
from worldloom.scene.store.blobs import Blobs
from worldloom.scene.store.database import Database, new_id, page_token, parse_page_token
from worldloom.scene.store.tables import VersionRow, WorldRow
from worldloom.scene.world_record import LayerRecord, Vector, WorldRecord, parse_record

RECORD = "world.json"
THUMBNAIL = "thumbnail.jpg"
COLLIDER = "collider.glb"
MAIN = "main"
"""The branch that everyone sees who does not ask for another."""
LONGEST_NAME = 200
_MOST_TAGS = 32


class LayerFacts(BaseModel):
    """What a viewer needs to know of a layer before it loads it: `view/<blob>.json`."""

    sh_degree: int
    lower: Vector | None
    """Of the box around nearly all of it (quantiles 2% and 98%), layer's frame; None if it is empty."""
    upper: Vector | None


@dataclass(frozen=True)
class StoredFile:
    """A file of a version."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Version:
    """One state of a world."""

    world: str
    number: int
    parent: int | None
    """The version that it was made from."""
    message: str
    operation: str | None
    """The operation that made it."""
    files: Mapping[str, StoredFile]
    """By path in the world's folder."""
    gaussians: int
    bytes: int
    created: float
    branch: str = MAIN


@dataclass(frozen=True)
class StoredWorld:
    """What a library shows of a world."""

    id: str
    name: str
    tags: tuple[str, ...]
    head: int
    """Number of its newest version, branches apart."""
    gaussians: int
    bytes: int
    thumbnail: str | None
    """Blob of a JPEG."""
    created: float
    updated: float
    deleted: float | None
    """When it was put into the bin; None if it wasn't."""


@dataclass(frozen=True)
class Page:
    """Some worlds of a longer list."""

    worlds: tuple[StoredWorld, ...]
    next: str | None
    """What to ask the following page with; None after the last."""


class Worlds:
    """The library."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self.blobs = blobs

    # Reading

    def get(self, world: str, *, deleted: bool = False) -> StoredWorld:
        """
        Args:
            deleted: whether one in the bin will do.

        Raises:
            NotFoundError: there is no such world.
        """
        with self._database.read() as session:
            return _summary(_world(session, world, deleted=deleted))

    def newest(self, world: str, branch: str = MAIN) -> int:
        """Number of a branch's newest version; 0 if it has none of its own."""
        numbers = select(func.max(VersionRow.number)).where(VersionRow.world == world, VersionRow.branch == branch)
        with self._database.read() as session:
            return session.scalar(numbers) or 0

    def page(
        self,
        *,
        query: str = "",
        tag: str | None = None,
        deleted: bool = False,
        size: int = 50,
        after: str | None = None,
    ) -> Page:
        """Worlds, the newest first.

        Args:
            query: words that must all be in the name or the tags.
            tag: a tag that must be there.
            deleted: those in the bin instead.
            size: how many at most.
            after: `Page.next` of the page before.

        Raises:
            InvalidDataError: `after` is not from a page.
        """
        wanted = select(WorldRow).where(WorldRow.deleted.is_not(None) if deleted else WorldRow.deleted.is_(None))
        for word in query.lower().split():
            wanted = wanted.where(WorldRow.search.contains(word, autoescape=True))
        if tag is not None:
            wanted = wanted.where(WorldRow.search.contains(f"\n{_tag(tag)}\n", autoescape=True))
        if after is not None:
            updated, identifier = parse_page_token(after)
            wanted = wanted.where(
                or_(WorldRow.updated < updated, and_(WorldRow.updated == updated, WorldRow.id < identifier))
            )
        wanted = wanted.order_by(WorldRow.updated.desc(), WorldRow.id.desc()).limit(size + 1)
        with self._database.read() as session:
            rows = session.scalars(wanted).all()
        more = page_token(rows[size - 1].updated, rows[size - 1].id) if len(rows) > size else None
        return Page(tuple(_summary(row) for row in rows[:size]), more)

    def count(self) -> int:
        """How many worlds there are, those in the bin included."""
        with self._database.read() as session:
            return session.scalar(select(func.count()).select_from(WorldRow)) or 0

    def tags(self) -> tuple[str, ...]:
        """All tags in use."""
        with self._database.read() as session:
            found = session.scalars(select(WorldRow.tags).where(WorldRow.deleted.is_(None))).all()
        return tuple(sorted({tag for tags in found for tag in tags}))

    def versions(self, world: str) -> tuple[Version, ...]:
        """All versions, the newest first.

        Raises:
            NotFoundError: there is no such world.
        """
        with self._database.read() as session:
            _world(session, world)
            rows = session.scalars(
                select(VersionRow).where(VersionRow.world == world).order_by(VersionRow.number.desc())
            ).all()
        return tuple(_version(row) for row in rows)

    def version(self, world: str, number: int | None = None) -> Version:
        """
        Args:
            number: None is the newest.

        Raises:
            NotFoundError: there is no such world or version.
        """
        with self._database.read() as session:
            return _version(_version_row(session, world, number))

    def made_by(self, operation: str) -> Version | None:
        """The version that an operation made, if it made one."""
        with self._database.read() as session:
            row = session.scalar(select(VersionRow).where(VersionRow.operation == operation))
            return _version(row) if row else None

    def record(self, version: Version) -> WorldRecord:
        """The version's `world.json`."""
        return _parsed(self.blobs, version.files[RECORD].sha256)

    def facts(self, version: Version, layer: LayerRecord) -> LayerFacts | None:
        """What is known of a layer; None if it was never prepared for viewing."""
        file = version.files.get(f"view/{layer.blob}.json")
        return _facts(self.blobs, file.sha256) if file else None

    def checkout(self, version: Version, folder: Path, *, only: Sequence[str] | None = None) -> Path:
        """Lay the version out as a world's folder, sharing disk space where possible.

        Args:
            only: paths to lay out; None is all of them.
        """
        for path, file in version.files.items():
            target = folder / path
            if (only is None or path in only) and not target.exists():
                self.blobs.link(file.sha256, target)
        return folder

    # Writing

    def commit_folder(
        self,
        folder: Path,
        paths: Sequence[str],
        *,
        world: str | None = None,
        name: str | None = None,
        message: str,
        operation: str | None = None,
        parent: int | None = None,
        branch: str = MAIN,
        tags: Sequence[str] = (),
    ) -> Version:
        """Keep a world's folder as a new version.

        Args:
            paths: the files to keep, relative to `folder`; `world.json` and all its layers must be among them.
            world: the world that it is a version of; None makes a new one.
            name: of a new world; None is the record's.
            parent: the version it was made from; None is the newest.
            branch: whose state it is; only those of the main one become the world's newest.

        Raises:
            NotFoundError: there is no such world.
            FormatError: `world.json` is damaged.
        """
        files = {
            path: StoredFile(self.blobs.add_file(folder / path), (folder / path).stat().st_size)
            for path in sorted(paths)
        }
        return self.commit(
            files, world=world, name=name, message=message, operation=operation, parent=parent, branch=branch, tags=tags
        )

    def commit(
        self,
        files: Mapping[str, StoredFile],
        *,
        world: str | None = None,
        name: str | None = None,
        message: str,
        operation: str | None = None,
        parent: int | None = None,
        base: int | None = None,
        branch: str = MAIN,
        tags: Sequence[str] = (),
    ) -> Version:
        """Keep blobs that are already stored as a new version; arguments as in `commit_folder`.

        Work that an operation already committed is not committed again.

        Args:
            base: refuse if the newest version is another.

        Raises:
            ConflictError: `base` is no longer the newest version.
        """
        if operation is not None and (done := self.made_by(operation)):
            return done
        record = _parsed(self.blobs, files[RECORD].sha256)
        missing = [f"layers/{layer.blob}.safetensors" for layer in record.layers]
        missing = [path for path in missing if path not in files]
        files = self.with_media(files, record)
        if missing:
            raise InvalidDataError(f"A version of '{record.name}' lacks {missing[0]}; give all of its layers.")
        gaussians = sum(layer.count for layer in record.layers)
        size = sum(file.bytes for file in files.values())
        now = time.time()
        try:
            with self._database.write() as session:
                if world is None:
                    row = WorldRow(
                        id=new_id(), head=0, created=now, deleted=None, name=checked_name(name or record.name)
                    )
                    row.tags = _tags(tags)
                    session.add(row)
                else:
                    row = _world(session, world, lock=True)
                if base is not None and base != row.head:
                    raise ConflictError(
                        f"World '{row.name}' has changed meanwhile: it is at version {row.head}, "
                        f"the change was made to version {base}. Load it again and repeat the change."
                    )
                with session.no_autoflush:  # a new world is not ready to be written yet
                    numbers = select(func.max(VersionRow.number)).where(VersionRow.world == row.id)
                    number = (session.scalar(numbers) or 0) + 1
                if branch == MAIN:
                    thumbnail = files.get(THUMBNAIL)
                    row.search = _search(row.name, row.tags)
                    row.gaussians, row.bytes, row.updated = gaussians, size, now
                    row.thumbnail = thumbnail.sha256 if thumbnail else None
                    parent, row.head = (row.head or None) if parent is None else parent, number
                session.flush()
                version = VersionRow(
                    world=row.id,
                    number=number,
                    parent=parent,
                    message=message,
                    operation=operation,
                    files={path: {"sha256": file.sha256, "bytes": file.bytes} for path, file in files.items()},
                    gaussians=gaussians,
                    bytes=size,
                    created=now,
                    branch=branch,
                )
                session.add(version)
            return _version(version)
        except IntegrityError:  # another process committed the same operation in the same moment
            done = self.made_by(operation) if operation else None
            if done is None:
                raise
            return done

    def with_media(self, files: Mapping[str, StoredFile], record: WorldRecord) -> dict[str, StoredFile]:
        """A version's files with those that its media are played from, and without those of media that are gone.

        Raises:
            InvalidDataError: one is neither among the files nor stored.
        """
        kept = {path: file for path, file in files.items() if not path.startswith("media/")}
        for path, blob in media_files(record.authored.media):
            if not self.blobs.has(blob):
                raise InvalidDataError(f"A version of '{record.name}' lacks {path}; give all of its sounds and videos.")
            kept[path] = files.get(path) or StoredFile(blob, self.blobs.path(blob).stat().st_size)
        return kept

    def edit(self, world: str, base: int, record: WorldRecord, message: str) -> Version:
        """A new version whose `world.json` is another.

        Raises:
            ConflictError: `base` is not the newest version.
        """
        data = (record.model_dump_json(indent=2) + "\n").encode()
        files = dict(self.version(world, base).files)
        files[RECORD] = StoredFile(self.blobs.add(data), len(data))
        return self.commit(files, world=world, message=message, parent=base, base=base)

    def restore(self, world: str, number: int) -> Version:
        """Make an older version the newest, byte for byte, as a version of its own; nothing is lost."""
        old = self.version(world, number)
        return self.commit(old.files, world=world, message=f"Version {number} restored", parent=number)

    def duplicate(self, world: str, name: str | None = None) -> StoredWorld:
        """A new world with the newest version of this one. Shares its blobs."""
        original = self.get(world)
        version = self.version(world)
        message = f"Copy of '{original.name}', version {version.number}"
        copy = self.commit(
            version.files, name=name or f"{original.name} copy"[:LONGEST_NAME], message=message, tags=original.tags
        )
        return self.get(copy.world)

    def rename(self, world: str, name: str) -> StoredWorld:
        """
        Raises:
            InvalidDataError: the name is empty or too long.
        """
        checked = checked_name(name)
        with self._database.write() as session:
            row = _world(session, world, lock=True)
            row.name, row.updated = checked, time.time()
            row.search = _search(row.name, row.tags)
            return _summary(row)

    def set_tags(self, world: str, tags: Sequence[str]) -> StoredWorld:
        """
        Raises:
            InvalidDataError: a tag is empty or too long, or there are too many.
        """
        checked = _tags(tags)
        with self._database.write() as session:
            row = _world(session, world, lock=True)
            row.tags = checked
            row.search = _search(row.name, row.tags)
            return _summary(row)

    def delete(self, world: str) -> StoredWorld:
        """Put a world into the bin. Nothing of it is removed."""
        with self._database.write() as session:
            row = _world(session, world, lock=True)
            row.deleted = time.time()
            return _summary(row)

    def undelete(self, world: str) -> StoredWorld:
        """Take a world out of the bin."""
        with self._database.write() as session:
            row = _world(session, world, deleted=True, lock=True)
            row.deleted = None
            return _summary(row)


def checked_name(name: str) -> str:
    """A world's name without surrounding space.

    Raises:
        InvalidDataError: it is empty, too long, or holds control characters.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidDataError(f"A world's name has 1 to {LONGEST_NAME} printable characters.")
    return name


def _tags(tags: Sequence[str]) -> list[str]:
    if len(tags) > _MOST_TAGS:
        raise InvalidDataError(f"A world has at most {_MOST_TAGS} tags.")
    return sorted({_tag(tag) for tag in tags})


def _tag(tag: str) -> str:
    tag = tag.strip().lower()
    if not tag or len(tag) > 40 or not tag.isprintable():
        raise InvalidDataError("A tag has 1 to 40 printable characters.")
    return tag


def _search(name: str, tags: Sequence[str]) -> str:
    return "\n".join([name.lower(), *tags, ""])


def _world(session: Session, world: str, *, deleted: bool = False, lock: bool = False) -> WorldRow:
    row = session.get(WorldRow, world, with_for_update=lock or None)
    if row is None or (row.deleted is not None and not deleted):
        binned = row is not None
        raise NotFoundError(f"World '{world}' is in the bin." if binned else f"There is no world '{world}'.")
    return row


def _version_row(session: Session, world: str, number: int | None) -> VersionRow:
    row = _world(session, world, deleted=True)
    found = session.get(VersionRow, (world, row.head if number is None else number))
    if found is None:
        raise NotFoundError(f"World '{row.name}' has no version {number}; it has 1 to {row.head}.")
    return found


def _summary(row: WorldRow) -> StoredWorld:
    return StoredWorld(
        row.id,
        row.name,
        tuple(row.tags),
        row.head,
        row.gaussians,
        row.bytes,
        row.thumbnail,
        row.created,
        row.updated,
        row.deleted,
    )


def _version(row: VersionRow) -> Version:
    files = {path: StoredFile(file["sha256"], file["bytes"]) for path, file in row.files.items()}
    return Version(
        row.world,
        row.number,
        row.parent,
        row.message,
        row.operation,
        files,
        row.gaussians,
        row.bytes,
        row.created,
        row.branch,
    )


@lru_cache(maxsize=256)
def _parsed(blobs: Blobs, name: str) -> WorldRecord:
    return parse_record(blobs.read(name), f"world.json ({name[:12]})")


@lru_cache(maxsize=1024)
def _facts(blobs: Blobs, name: str) -> LayerFacts:
    return LayerFacts.model_validate_json(blobs.read(name))
