"""Content-addressed, immutable files in any place that fsspec reaches: a local folder, `s3://bucket/prefix`, memory."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from worldloom.scene.errors import FormatError, InvalidDataError, MissingDependencyError, WorldloomError
from worldloom.scene.files import replacing
from worldloom.scene.provenance import hash_file

_NAME = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """Bytes by the SHA-256 of themselves. Writing the same bytes twice keeps them once; nothing is ever changed."""

    def __init__(self, url: str | Path, cache: Path) -> None:
        """
        Args:
            url: a folder or any fsspec address.
            cache: local folder for copies of blobs that are kept elsewhere; unused for a local folder.

        Raises:
            MissingDependencyError: the address needs a package that is not installed.
        """
        try:
            filesystem, root = fsspec.core.url_to_fs(str(url))
        except ImportError as error:
            raise MissingDependencyError(f"{url} needs a package that is missing: {error}.") from None
        except ValueError as error:
            raise InvalidDataError(f"{url} is no place for worlds: {error}.") from None
        self._filesystem: fsspec.AbstractFileSystem = filesystem
        self._root: str = root.rstrip("/")
        self._local = Path(self._root) if isinstance(filesystem, LocalFileSystem) else None
        self._cache = cache

    def add(self, data: bytes) -> str:
        """Keep `data`; returns its name."""
        name = hashlib.sha256(data).hexdigest()
        if not self.has(name):
            if self._local is not None:
                with replacing(self._place(name)) as beside:
                    beside.write_bytes(data)
            else:
                self._filesystem.pipe_file(self._place(name), data)
        return name

    def add_file(self, path: Path) -> str:
        """Keep a copy of a file; returns its name. Files on the same disk are linked, so treat `path` as read-only."""
        name = hash_file(path).sha256
        if self.has(name):
            return name
        if self._local is not None:
            with replacing(self._place(name)) as beside:
                _link_or_copy(path, beside)
        else:
            self._filesystem.put_file(str(path), self._place(name))
        return name

    def has(self, name: str) -> bool:
        """Whether a blob of that name is kept."""
        if self._local is not None:
            return Path(self._place(name)).is_file()
        return bool(self._filesystem.isfile(self._place(name)))

    def read(self, name: str) -> bytes:
        """All of a blob.

        Raises:
            FormatError: there is none of that name.
        """
        return self.path(name).read_bytes()

    def path(self, name: str) -> Path:
        """A local, read-only file with the blob's bytes; fetched once if they are kept elsewhere.

        Raises:
            FormatError: there is none of that name.
        """
        place = self._place(name)
        if self._local is not None:
            if not Path(place).is_file():
                raise FormatError(f"Blob {name} is missing from {self._root}; restore it from a copy.")
            return Path(place)
        cached = self._cache / name[:2] / name
        if not cached.is_file():
            try:
                with replacing(cached) as beside:
                    self._filesystem.get_file(place, str(beside))
            except WorldloomError:
                raise FormatError(f"Blob {name} is missing from {self._root}; restore it from a copy.") from None
        return cached

    def link(self, name: str, target: Path) -> None:
        """Put the blob's bytes at `target`, sharing the disk space where it can."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as beside:
            _link_or_copy(self.path(name), beside)

    def names(self) -> set[str]:
        """All blobs."""
        try:
            found = self._filesystem.find(self._root)
        except FileNotFoundError:
            return set()
        return {name for path in found if _NAME.fullmatch(name := path.rsplit("/", 1)[-1])}

    def remove(self, name: str) -> None:
        """Forget a blob. Only for sweeping what no version refers to any more."""
        self._filesystem.rm_file(self._place(name))

    def _place(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise InvalidDataError(f"'{name}' is no blob's name.")
        return f"{self._root}/{name[:2]}/{name}"


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
