"""Files that are handed to an edit on the command line: meshes and splats to insert, photos to compare with."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worldloom.app.edit_cli import VERBS, Asked, fields, show
from worldloom.reconstruct.inputs.suffixes import PHOTOS
from worldloom.scene.errors import InvalidDataError

if TYPE_CHECKING:
    from worldloom.app.edit_cli import AnyEditing

_LONGEST = 640
"""Pixels of the photos that are sent."""


def register() -> None:
    """Add the verbs to `worldloom edit`."""
    VERBS["insert"] = _insert


def photos_by_name(folder: Path, captures: Iterable[str]) -> dict[str, Path]:
    """The files of a folder that are a world's captures, by the captures' names: by path in the folder, or else by the
    file's name, if only one is called so.

    Raises:
        InvalidDataError: it is no folder, or none of its pictures is.
    """
    if not folder.is_dir():
        raise InvalidDataError(f"{folder} is no folder; name the one that the world's photos are in.")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PHOTOS)
    by_path = {path.relative_to(folder).as_posix(): path for path in files}
    by_name: dict[str, list[Path]] = {}
    for path in files:
        by_name.setdefault(path.name, []).append(path)
    found: dict[str, Path] = {}
    for name in captures:
        same = by_name.get(name.rsplit("/", 1)[-1], [])
        if name in by_path:
            found[name] = by_path[name]
        elif len(same) == 1:
            found[name] = same[0]
    if not found:
        raise InvalidDataError(f"None of the {len(files)} pictures in {folder} is called like a photo of this world.")
    return found


def kept_photos(editing: AnyEditing, folder: Path) -> dict[str, str]:
    """Blobs of small pictures of the photos in a folder, by the names of the world's captures."""
    found = photos_by_name(folder, editing.captures())
    with tempfile.TemporaryDirectory() as place:
        small = {name: _small(path, Path(place) / f"{n}.webp") for n, (name, path) in enumerate(found.items())}
        kept = editing.keep(list(small.values()))
    return {name: kept[path] for name, path in small.items()}


def _small(photo: Path, target: Path) -> Path:
    from PIL import Image, ImageOps

    from worldloom.reconstruct.inputs.photos import accept_heif

    accept_heif()
    try:
        with Image.open(photo) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGB")
            upright.thumbnail((_LONGEST, _LONGEST))
            upright.save(target, "WEBP", quality=90)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise InvalidDataError(f"{photo} can't be read as a picture; leave it out.") from None
    return target


def _insert(editing: AnyEditing, asked: Asked) -> None:
    """`insert FILE [FIELD=JSON ...]`, with whatever the file names beside itself."""
    from worldloom.edit.compose.bundle import bundled
    from worldloom.edit.registry import parse

    if not asked.words:
        raise InvalidDataError("Say which file: insert chair.obj.")
    source = Path(asked.words[0])
    if not source.is_file():
        raise InvalidDataError(f"{source} is no file.")
    with tempfile.TemporaryDirectory() as folder:
        path = bundled(source, Path(folder))
        (blob,) = editing.keep([path]).values()
        wanted: dict[str, Any] = {"op": "insert_file", "blob": blob, "name": path.name, **fields(asked.words[1:])}
        show(editing.do([parse(wanted)], save=asked.save, message=asked.message))
