"""Where a world came from, so that it can be made again and its licences be known."""

from __future__ import annotations

import hashlib
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_RECORDED_PACKAGES = ("worldloom", "torch", "numpy", "pycolmap", "gsplat", "opencv-python-headless", "av")


class InputFile(BaseModel):
    """One file that the world was made from."""

    model_config = ConfigDict(frozen=True)

    name: str
    sha256: str
    bytes: int


class Provenance(BaseModel):
    """How a world was made. Same inputs, seed, parameters and engine give the same bytes."""

    model_config = ConfigDict(frozen=True)

    inputs: tuple[InputFile, ...] = ()
    engine: str = ""
    """Rasterizer and instruction set: "cpu avx512"."""
    versions: dict[str, str] = Field(default_factory=dict)
    seed: int = 0
    parameters: dict[str, Any] = Field(default_factory=dict)
    """Every option of every stage, as JSON."""
    parent: str | None = None
    """Identifier of the world this one was made from."""
    seconds: dict[str, float] = Field(default_factory=dict)
    """Wall-clock time per stage."""
    model_licences: dict[str, str] = Field(default_factory=dict)
    """Licence of each learned model that took part."""


def installed_versions() -> dict[str, str]:
    """Versions of Python and of the installed packages that shape a result."""
    versions = {"python": platform.python_version()}
    for package in _RECORDED_PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def hash_file(path: Path, name: str | None = None) -> InputFile:
    """SHA-256 and size of a file, read in pieces."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
            size += len(piece)
    return InputFile(name=name or path.name, sha256=digest.hexdigest(), bytes=size)
