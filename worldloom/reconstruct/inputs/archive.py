"""Zip files, unpacked without trusting them."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

from worldloom.scene.errors import FormatError
from worldloom.scene.files import replacing

_MOST_BYTES = 20 << 30
_MOST_FILES = 50_000
_MOST_RATIO = 200
"""Photos hardly shrink in a zip; what grows more than this in unpacking is a bomb."""


def unpack(path: Path, folder: Path) -> Path:
    """Unpack a zip into `folder`, files that are there already excepted.

    Raises:
        FormatError: it is damaged, encrypted, a bomb, or has names that lead out of the folder.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_clutter(entry.filename)]
            _check(path, entries)
            for entry in entries:
                target = folder / PurePosixPath(entry.filename.replace("\\", "/"))
                if target.exists() and target.stat().st_size == entry.file_size:
                    continue
                with archive.open(entry) as packed, replacing(target) as beside, beside.open("wb") as unpacked:
                    _copy(packed, unpacked, entry, path)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise FormatError(f"{path} can't be unpacked ({error}). Make the zip again, without a password.") from None
    return folder


def _is_clutter(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or (bool(parts) and parts[-1].startswith("."))


def _check(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > _MOST_FILES or total > _MOST_BYTES:
        raise FormatError(f"{path} would unpack to {len(entries)} files of {total / 1e9:.0f} GB; give fewer photos.")
    if total > 100 << 20 and total > _MOST_RATIO * max(packed, 1):
        raise FormatError(f"{path} would unpack to {total // max(packed, 1)} times its size; that is no zip of photos.")
    for entry in entries:
        parts = PurePosixPath(entry.filename.replace("\\", "/"))
        symlink = (entry.external_attr >> 16) & 0o170000 == 0o120000
        if parts.is_absolute() or ".." in parts.parts or ":" in entry.filename or symlink:
            raise FormatError(f"{path} holds '{entry.filename}', which leads out of its folder. Make the zip again.")


def _copy(packed: IO[bytes], unpacked: IO[bytes], entry: zipfile.ZipInfo, path: Path) -> None:
    """Copy one file of a zip, up to the size that it declares."""
    left = entry.file_size
    while data := packed.read(1 << 20):
        left -= len(data)
        if left < 0:
            raise FormatError(f"{path}: '{entry.filename}' is larger than it says. Make the zip again.")
        unpacked.write(data)
