"""Packing a mesh on disk with the files that it names beside itself."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from worldloom.edit.compose.archive import PICTURES

_WHEN = (1980, 1, 1, 0, 0, 0)
"""Of files in the zip: the same files make the same bytes."""


def bundled(path: Path, folder: Path) -> Path:
    """The mesh itself; or a zip of it in `folder`, if it names files that lie in its own folder or below: materials,
    pictures, buffers. What it names elsewhere is looked for in its own folder by name, and else left out."""
    beside = list(dict.fromkeys(_named(path)))
    if not beside:
        return path
    target = folder / f"{path.stem}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in (path, *beside):
            inside = file.relative_to(path.parent).as_posix()
            archive.writestr(zipfile.ZipInfo(inside, _WHEN), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return target


def _named(path: Path) -> Iterator[Path]:
    """Files that are there of those that a mesh names."""
    if path.suffix.lower() == ".obj":
        for name in _words(path, "mtllib"):
            library = _there(path.parent, name, (".mtl",))
            if library is not None:
                yield library
                yield from _pictures_of(library, path.parent)
    elif path.suffix.lower() == ".gltf":
        for name in _uris(path):
            file = _there(path.parent, name, (".bin", *PICTURES))
            if file is not None:
                yield file


def _pictures_of(library: Path, root: Path) -> Iterator[Path]:
    for key in ("map_Kd", "map_Ke", "map_d"):
        for line in _words(library, key):
            file = _there(library.parent, line, PICTURES) or _there(library.parent, line.split()[-1], PICTURES)
            if file is not None and file.is_relative_to(root):
                yield file


def _words(path: Path, key: str) -> list[str]:
    """What stands after a key at the beginning of a line."""
    text = path.read_bytes().decode("utf-8", "replace")
    return re.findall(rf"^[ \t]*{key}[ \t]+(\S[^\r\n]*?)[ \t]*$", text, re.IGNORECASE | re.MULTILINE)


def _uris(path: Path) -> Iterator[str]:
    try:
        document = json.loads(path.read_bytes())
        listed = [*document.get("buffers", ()), *document.get("images", ())]
        uris = [str(one.get("uri", "")) for one in listed]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return  # reading it as a mesh tells what is wrong
    yield from (unquote(uri) for uri in uris if uri and not uri.startswith("data:"))


def _there(folder: Path, name: str, suffixes: tuple[str, ...]) -> Path | None:
    """The file of that name in a folder or below; else the one in it of the same last part."""
    plain = name.replace("\\", "/")
    for file in (folder / plain, folder / plain.rsplit("/", 1)[-1]):
        inside = file.suffix.lower() in suffixes and file.resolve().is_relative_to(folder.resolve())
        if inside and file.is_file() and ".." not in file.relative_to(folder).parts:
            return file
    return None
