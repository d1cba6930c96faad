"""A mesh with the files that it names beside itself, in one zip: OBJ with MTL and pictures, glTF with buffers."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from trimesh.resolvers import Resolver

from worldloom.edit.compose.texture import check_picture
from worldloom.scene.errors import FormatError, InvalidDataError, WorldloomError

MESH_SUFFIXES = (".glb", ".gltf", ".obj", ".stl", ".ply")
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tga", ".tif", ".tiff")
_MOST_FILES = 2_000
_NOT_A_ZIP = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeError)
"""What zipfile raises when it opens something else."""
_OPTIONS = re.compile(
    rb"^([ \t]*map_\w+)(?:[ \t]+-[a-z]+(?:[ \t]+(?:on|off|[rgbmlz]|[-+.\d]+)(?=[ \t]))*)+[ \t]+",
    re.IGNORECASE | re.MULTILINE,
)
"""Of a picture in an MTL, before its name."""


class Beside(Resolver):
    """Files that a mesh may name, by where they lie from it; an empty one has none. What it names without their being
    there is kept."""

    def __init__(self, archive: zipfile.ZipFile | None = None, mesh: str = "", limit: int = 0) -> None:
        """
        Args:
            mesh: the mesh's own path in the archive.
            limit: bytes that all together may unpack to.
        """
        self._archive = archive
        self._folder = PurePosixPath(mesh).parent
        self._left = limit
        self._read: dict[str, bytes] = {}
        self.missing: list[str] = []
        self.refused: WorldloomError | None = None
        """Why a file was not given, although it is there."""

    def get(self, key: str) -> bytes:
        """The bytes of a file: at that path from the mesh, or else the only one of that name.

        Raises:
            FileNotFoundError: there is none.
            WorldloomError: it is damaged, or unpacks to too much.
        """
        name = self._find(key)
        if name is None or self._archive is None:
            if unquote(key) not in self.missing:
                self.missing.append(unquote(key))
            raise FileNotFoundError(key)
        if name not in self._read:
            try:
                data = unpacked(self._archive, name, self._left)
                if name.lower().endswith(PICTURES):
                    check_picture(data, PurePosixPath(name).name)
            except WorldloomError as error:
                self.refused = error
                raise
            self._left -= len(data)
            self._read[name] = _plain_names(data) if name.lower().endswith(".mtl") else data
        return self._read[name]

    def _find(self, key: str) -> str | None:
        if self._archive is None:
            return None
        wanted = PurePosixPath(unquote(key).replace("\\", "/"))
        exact = _plain(self._folder / wanted)
        names = [name for name in self._archive.namelist() if not name.endswith("/")]
        for name in names:
            if _plain(PurePosixPath(name)) == exact:
                return name
        same = [name for name in names if PurePosixPath(name).name.lower() == wanted.name.lower()]
        return same[0] if len(same) == 1 else None

    def keys(self) -> list[str]:
        return [] if self._archive is None else self._archive.namelist()

    def namespaced(self, namespace: str) -> Beside:
        return self

    def write(self, name: str, data: bytes) -> None:
        raise NotImplementedError("Meshes are only read.")


def _plain(path: PurePosixPath) -> tuple[str, ...]:
    """Its parts, without `.` and with each `..` taken back."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            del parts[-1:]
        elif part not in (".", "/"):
            parts.append(part.lower())
    return tuple(parts)


def _plain_names(materials: bytes) -> bytes:
    """An MTL without the options of its pictures, which trimesh takes for parts of their names."""
    return _OPTIONS.sub(rb"\1 ", materials)


def is_archive(path: Path) -> bool:
    """Whether a file is a zip."""
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def open_archive(path: Path, name: str) -> zipfile.ZipFile:
    """A zip, having looked at what it lists. Nothing of it is ever written to disk.

    Raises:
        FormatError: it is damaged or locked.
        InvalidDataError: it lists too many files, or one that lies outside of it.
    """
    try:
        archive = zipfile.ZipFile(path)
        listed = archive.infolist()
    except _NOT_A_ZIP:
        raise FormatError(f"{name} is damaged: it can't be read as a zip. Pack it again.") from None
    if len(listed) > _MOST_FILES:
        raise InvalidDataError(f"{name} holds {len(listed):,} files; pack the mesh and what it needs only.")
    for file in listed:
        inside = PurePosixPath(file.filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts or ":" in file.filename[:3]:
            raise InvalidDataError(f"{name} holds a file outside of itself ('{file.filename[:60]}'); pack it again.")
        if file.flag_bits & 1:
            raise FormatError(f"{name} is locked with a password; pack it without one.")
    return archive


def mesh_in(archive: zipfile.ZipFile, name: str) -> str:
    """The path of the only mesh in it.

    Raises:
        FormatError: there is none, or several.
    """
    found = [
        path
        for path in archive.namelist()
        if path.lower().endswith(MESH_SUFFIXES) and not path.startswith("__MACOSX/") and "/." not in f"/{path}"
    ]
    if not found:
        raise FormatError(f"{name} holds no mesh; pack an OBJ, glTF, GLB, STL or PLY file into it.")
    if len(found) > 1:
        some = ", ".join(PurePosixPath(path).name[:40] for path in found[:3])
        raise FormatError(f"{name} holds {len(found)} meshes ({some}); pack one at a time.")
    return found[0]


def holds_mesh(path: Path) -> bool:
    """Whether a zip lists a mesh."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.lower().endswith(MESH_SUFFIXES) for name in archive.namelist())
    except _NOT_A_ZIP:
        return False


def unpacked(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """A file's bytes.

    Raises:
        InvalidDataError: they are more than `limit`, whatever the zip says that they are.
        FormatError: they are damaged.
    """
    try:
        with archive.open(name) as file:
            data = file.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, RuntimeError, NotImplementedError):
        raise FormatError(f"'{PurePosixPath(name).name[:60]}' in the zip is damaged. Pack it again.") from None
    if len(data) > limit:
        raise InvalidDataError("The zip unpacks to too much; make its pictures smaller, or simplify the mesh.")
    return data
