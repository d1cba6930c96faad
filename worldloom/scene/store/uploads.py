"""Files that someone sent, kept until a world is made from them and after."""

from __future__ import annotations

import time
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from worldloom.scene.errors import InvalidDataError, NotFoundError
from worldloom.scene.store.blobs import Blobs
from worldloom.scene.store.database import Database, new_id
from worldloom.scene.store.tables import UploadRow
from worldloom.scene.store.worlds import StoredFile

_LONGEST_NAME = 180
_DEEPEST = 16


@dataclass(frozen=True)
class Upload:
    """Some files, sent together."""

    id: str
    files: Mapping[str, StoredFile]
    """By name; those of a folder with their path in it."""
    created: float
    world: str | None = None
    """The one whose edits they are for."""


class Uploads:
    """What was sent."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def add(self, files: Mapping[str, Path], *, world: str | None = None) -> Upload:
        """Keep files.

        Args:
            files: name -> where it lies now; it may be linked, so leave it unchanged.
            world: the one whose edits they are for.

        Raises:
            InvalidDataError: there are none, or a name can't be a file's.
        """
        if not files:
            raise InvalidDataError("There is no file in the upload; choose some photos, a video or a zip.")
        kept = {
            safe_path(name): StoredFile(self._blobs.add_file(path), path.stat().st_size) for name, path in files.items()
        }
        return self._note(kept, world)

    def add_bytes(self, name: str, data: bytes, *, world: str) -> str:
        """Keep what was made for a world's edits; returns the blob's name."""
        blob = self._blobs.add(data)
        self._note({name: StoredFile(blob, len(data))}, world)
        return blob

    def get(self, upload: str) -> Upload:
        """
        Raises:
            NotFoundError: there is no such upload.
        """
        with self._database.read() as session:
            row = session.get(UploadRow, upload)
        if row is None:
            raise NotFoundError(f"There is no upload '{upload}'.")
        files = {name: StoredFile(file["sha256"], file["bytes"]) for name, file in row.files.items()}
        return Upload(row.id, files, row.created, row.world)

    def lay_out(self, upload: Upload, folder: Path) -> list[Path]:
        """The files in `folder`, under their own names."""
        paths = []
        for name, file in upload.files.items():
            if not (folder / name).exists():
                self._blobs.link(file.sha256, folder / name)
            paths.append(folder / name)
        return paths

    def _note(self, files: Mapping[str, StoredFile], world: str | None) -> Upload:
        row = UploadRow(
            id=new_id(),
            files={name: {"sha256": file.sha256, "bytes": file.bytes} for name, file in files.items()},
            created=time.time(),
            world=world,
        )
        with self._database.write() as session:
            session.add(row)
        return Upload(row.id, files, row.created, world)


def safe_path(name: str) -> str:
    """A relative path that leads into no other folder, from a file name that came from outside.

    Raises:
        InvalidDataError: a part of it can't be a file's name, or nothing is left of it.
    """
    parts = [part.strip() for part in name.replace("\\", "/").split("/")]
    parts = [part for part in parts if part not in ("", ".", "..") and not part.endswith(":")]
    if not parts or len(parts) > _DEEPEST or not all(_fits(part) for part in parts):
        raise InvalidDataError(f"'{name[:80]}' can't be a file's name; rename the file.")
    return "/".join(part.lstrip(".") or "file" for part in parts)


def _fits(part: str) -> bool:
    return part.isprintable() and len(part.encode()) <= _LONGEST_NAME


def free_name(name: str, taken: Container[str]) -> str:
    """`name`, or one like it that isn't taken: a-2.jpg for a.jpg."""
    path, number = PurePosixPath(name), 2
    while name in taken:
        name, number = path.with_name(f"{path.stem}-{number}{path.suffix}").as_posix(), number + 1
    return name
