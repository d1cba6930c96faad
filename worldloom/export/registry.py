"""Which file is of which format, and `read`, `write` and `convert` for all of them.

A format is a module with

    def read(path: Path, *, options...) -> Gaussians
    def write(gaussians: Gaussians, path: Path, *, options...) -> None
    def write_world(world: World, path: Path) -> None      # if it knows more than Gaussians

It turns between its files' frame and the world frame (right-handed, Y up, metres), raises `FormatError` for files it
cannot read, and replaces `path` in one step when it writes. It is imported when first used.
"""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.world import World


@dataclass(frozen=True)
class Format:
    """One file format of Gaussians."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    """Lower case, with the dot."""
    module: str
    recognises: Callable[[bytes], bool]
    """Whether a file's first `HEAD_BYTES` bytes can only be of this format; False where its files have no mark."""

    def load(self) -> ModuleType:
        return importlib.import_module(self.module)


HEAD_BYTES = 4096

FORMATS: tuple[Format, ...] = (
    Format(
        "compressed-ply",
        "PlayCanvas compressed PLY",
        (".compressed.ply",),
        "worldloom.export.compressed_ply",
        lambda head: head.startswith(b"ply") and b"\nelement chunk " in head,
    ),
    Format(
        "ply",
        "3D Gaussian Splatting PLY",
        (".ply",),
        "worldloom.export.ply",
        lambda head: head.startswith(b"ply") and b"\nelement chunk " not in head,
    ),
    Format(
        "splat",
        "antimatter15 .splat",
        (".splat",),
        "worldloom.export.splat",
        lambda head: False,
    ),
    Format(
        "spz",
        "Niantic SPZ",
        (".spz",),
        "worldloom.export.spz",
        lambda head: head.startswith((b"NGSP", b"\x1f\x8b")),
    ),
    Format(
        "gltf",
        "glTF 2.0 with KHR_gaussian_splatting",
        (".glb", ".gltf"),
        "worldloom.export.gltf",
        lambda head: head.startswith(b"glTF"),
    ),
    Format(
        "usd",
        "OpenUSD ParticleField3DGaussianSplat",
        (".usdc", ".usdz", ".usda", ".usd"),
        "worldloom.export.usd",
        lambda head: head.startswith((b"#usda", b"PXR-USDC")),
    ),
)
"""All formats; a more special one stands before a more general one (.compressed.ply before .ply)."""


def format_for_writing(path: str | os.PathLike[str]) -> Format:
    """The format that `path`'s suffix names.

    Raises:
        FormatError: no format has that suffix.
    """
    name = Path(path).name.lower()
    for candidate in FORMATS:
        if name.endswith(candidate.suffixes):
            return candidate
    known = ", ".join(suffix for candidate in FORMATS for suffix in candidate.suffixes)
    raise FormatError(f"{path} has no suffix of a known splat format; use one of {known}.")


def format_for_reading(path: str | os.PathLike[str]) -> Format:
    """The format of the file at `path`: by its first bytes where they tell, else by its suffix.

    Raises:
        FormatError: the file cannot be opened, or is of no known format.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise FormatError(f"Could not open {path}: {error.strerror or error}. Check the name.") from error
    if not head:
        raise FormatError(f"{path} is empty; it was probably not written to its end, so get it again.")
    for candidate in FORMATS:
        if candidate.recognises(head):
            return candidate
    return format_for_writing(path)


def read(path: str | os.PathLike[str], **options: Any) -> Gaussians:
    """Read Gaussians from a file of any known format, in the world frame.

    Args:
        options: of the format; `up="y"` or `up="-y"` for ply, compressed-ply, splat and spz files.

    Raises:
        FormatError: the file is missing, of no known format, damaged, or holds no Gaussians.
        InvalidDataError: the format has no such option.
    """
    source = format_for_reading(path)
    function = source.load().read
    _check_options(function, options, source)
    try:
        return function(Path(path), **options)
    except OSError as error:
        raise FormatError(f"Could not read {path}: {error.strerror or error}.") from error


def write(gaussians: Gaussians, path: str | os.PathLike[str], **options: Any) -> None:
    """Write Gaussians to a file of the format that its suffix names, in one step.

    Args:
        options: of the format; see `write` in its module.

    Raises:
        FormatError: no format has that suffix, or the format cannot hold these Gaussians.
        InvalidDataError: the format has no such option.
        WorldloomError: the file cannot be written.
    """
    target = format_for_writing(path)
    function = target.load().write
    _check_options(function, options, target)
    function(gaussians, Path(path), **options)


def write_world(world: World, path: str | os.PathLike[str], **options: Any) -> None:
    """Write a world to a file of the format that its suffix names: with its cameras, moving layers and what people put
    into it where the format knows such things, else its visible Gaussians alone.

    Args:
        options: of the format; `media=folder`, the world's folder, for usd files.

    Raises:
        As `write`.
    """
    target = format_for_writing(path)
    function = getattr(target.load(), "write_world", None)
    if function is None:
        write(world.gaussians(), path, **options)
        return
    _check_options(function, options, target)
    function(world, Path(path), **options)


def convert(
    source: str | os.PathLike[str], target: str | os.PathLike[str], *, source_up: str | None = None, **options: Any
) -> None:
    """Read `source` and write `target`; see `read` and `write`.

    Args:
        source_up: "y" or "-y", where `source` departs from what its format's files usually have.
        options: for writing.
    """
    format_for_writing(target)  # before a long read
    gaussians = read(source) if source_up is None else read(source, up=source_up)
    write(gaussians, target, **options)


def _check_options(function: Callable[..., Any], options: dict[str, Any], of: Format) -> None:
    known = [name for name, item in inspect.signature(function).parameters.items() if item.kind is item.KEYWORD_ONLY]
    unknown = [name for name in options if name not in known]
    if unknown:
        offer = f"it has {', '.join(known)}" if known else "it has none"
        raise InvalidDataError(f"{of.title} has no option '{unknown[0]}'; {offer}.")
