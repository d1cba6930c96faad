"""Files of Gaussians for pages: a version's own where nothing of a layer changed, else written when they are needed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from worldloom.app.server.schemas import API, asset
from worldloom.edit.contents import stored
from worldloom.edit.state import Part
from worldloom.export import spz
from worldloom.scene.errors import NotFoundError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import bounds
from worldloom.scene.provenance import hash_file
from worldloom.scene.store.store import Store
from worldloom.scene.store.worlds import LayerFacts, Version

_MOST_BYTES = 4 << 30
"""Of files that a session keeps for its pages; the oldest go first."""


@dataclass(frozen=True)
class Whole:
    """All rows of a part, for a page."""

    url: str
    bytes: int
    preview_url: str | None = None
    """Its most important Gaussians."""


class Contents:
    """SPZ files of one session. Those that it writes are named by their content, so that browsers keep them."""

    def __init__(self, store: Store, world: str, folder: Path) -> None:
        """
        Args:
            folder: the session's own.
        """
        self._store = store
        self._world = world
        self._folder = folder
        self._names: WeakKeyDictionary[Gaussians, str] = WeakKeyDictionary()
        self._boxes: WeakKeyDictionary[Gaussians, LayerFacts] = WeakKeyDictionary()

    def whole(self, part: Part) -> Whole:
        """Where all rows of a part are, dead ones too, in row order."""
        found = self._version_of(part)
        if found is not None:
            version, blob = found
            file, first = version.files.get(f"view/{blob}.spz"), version.files.get(f"view/{blob}.first.spz")
            if file is not None:
                return Whole(asset(file.sha256, "spz"), file.bytes, asset(first.sha256, "spz") if first else None)
        name = self._names.get(part.gaussians)
        if name is None or not self._path(name).is_file():
            name = self._names[part.gaussians] = self._write(part.gaussians)
        return Whole(self._url(name), self._path(name).stat().st_size)

    def rows(self, gaussians: Gaussians) -> str:
        """Address of a file of just these."""
        return self._url(self._write(gaussians))

    def box(self, part: Part) -> LayerFacts:
        """Where nearly all of a part lies, layer's frame."""
        found = self._version_of(part)
        if found is not None:
            version, blob = found
            facts = version.files.get(f"view/{blob}.json")
            if facts is not None:
                return LayerFacts.model_validate_json(self._store.blobs.read(facts.sha256))
        known = self._boxes.get(part.gaussians)
        if known is None:
            box = bounds(part.gaussians, quantile=0.02) if len(part) else None
            known = self._boxes[part.gaussians] = LayerFacts(
                sh_degree=part.gaussians.sh_degree, lower=box.lower if box else None, upper=box.upper if box else None
            )
        return known

    def remove(self) -> None:
        """Forget all files: nobody edits any more."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _version_of(self, part: Part) -> tuple[Version, str] | None:
        origin = stored(self._store.worlds, part.layer)
        if origin is None:
            return None
        return self._store.worlds.version(origin.world, origin.version), origin.blob

    def _write(self, gaussians: Gaussians) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        unnamed = self._folder / "rows.spz"
        spz.write(gaussians, unnamed, quick=True)
        name = hash_file(unnamed).sha256
        unnamed.replace(self._path(name))
        self._prune(name)
        return name

    def _prune(self, newest: str) -> None:
        files = [(path.stat().st_mtime_ns, path.stat().st_size, path) for path in self._folder.glob("*.spz")]
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= _MOST_BYTES or path == self._path(newest):
                return
            path.unlink(missing_ok=True)
            total -= size

    def _path(self, name: str) -> Path:
        return content_path(self._folder, name)

    def _url(self, name: str) -> str:
        return f"{API}/worlds/{self._world}/edit/files/{name}.spz"


def content_path(folder: Path, name: str) -> Path:
    """Where a session's file is.

    Raises:
        NotFoundError: that is no name of one.
    """
    if len(name) != 64 or not set(name) <= set("0123456789abcdef"):
        raise NotFoundError("There is no such file.")
    return folder / f"{name}.spz"
