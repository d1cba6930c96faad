"""OpenUSD 26's `ParticleField3DGaussianSplat`: .usdc, .usda, and .usdz packages.

USD files say which axis is up and how long a unit is: we write Y up and metres, the world's frame, and turn and scale
what says otherwise. Scales are linear with sigma = 1 unit, opacities 0 to 1, SH per particle with the constant first.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.export.usd_extract import SCHEMA
from worldloom.scene.authored import media_files
from worldloom.scene.errors import FormatError, InvalidDataError, MissingDependencyError, WorldloomError
from worldloom.scene.files import replacing
from worldloom.scene.gaussians import SH_C0, Gaussians
from worldloom.scene.geometry import Transform, merge, transform
from worldloom.scene.world import World

_MOST_PACKED_RATIO = 1.01

Floats = NDArray[np.float32]


def _pxr(path: Path) -> Any:
    """usd-core's modules, or a sentence that says how to get them."""
    try:
        from pxr import Gf, Kind, Sdf, Usd, UsdGeom, UsdMedia, UsdUtils, UsdVol, Vt
    except ImportError:
        raise MissingDependencyError(f"{path}: USD needs usd-core; run `pip install 'worldloom[usd]'`.") from None
    if not hasattr(UsdVol, SCHEMA):
        raise MissingDependencyError(f"{path}: this usd-core is too old; run `pip install -U 'usd-core>=26.11'`.")
    modules = (Gf, Kind, Sdf, Usd, UsdGeom, UsdMedia, UsdUtils, UsdVol, Vt)
    return SimpleNamespace(**{module.__name__.rpartition(".")[2]: module for module in modules})


def write(gaussians: Gaussians, path: Path) -> None:
    """Write a layer (.usdc, .usda, .usd) or a package (.usdz).

    Raises:
        MissingDependencyError: usd-core is not installed.
        WorldloomError: the file can't be written.
    """

    def fill(pxr: Any, stage: Any) -> None:
        _define_splats(pxr, stage, "/World/Splats", gaussians)

    _write(path, fill, ())


def write_world(world: World, path: Path, *, media: Path | None = None) -> None:
    """Write a world with its cameras, moving layers and sounds; everything else that people put into it is in the root
    prim's `customData`.

    Args:
        media: the world's folder; a .usdz gets its sounds from there. Other files only name them.

    Raises:
        As `write`.
    """
    from worldloom.export.staging import staged
    from worldloom.export.usd_stage import PACKED, fill_stage

    staging = staged(world)
    package = path.suffix.lower() == ".usdz"
    sounds = [sound for sound in staging.sounds if not package or (media is not None and sound.format in PACKED)]

    def fill(pxr: Any, stage: Any) -> None:
        fill_stage(pxr, stage, staging, sounds, _define_splats)

    files = [] if media is None else [(media / name, name) for name, _ in media_files(sounds)]
    _write(path, fill, files)


def _write(path: Path, fill: Callable[[Any, Any], None], files: Sequence[tuple[Path, str]]) -> None:
    """
    Args:
        fill: puts what is in the world into a stage.
        files: to be packed, with their names.
    """
    pxr = _pxr(path)
    with replacing(path) as beside:
        if path.suffix.lower() != ".usdz":
            _write_layer(pxr, fill, beside)
            return
        with tempfile.TemporaryDirectory(dir=beside.parent, prefix=".usdz-") as folder:
            for file, name in files:
                target = Path(folder) / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
            layer = Path(folder) / f"{path.stem}.usdc"
            _write_layer(pxr, fill, layer)
            if not pxr.UsdUtils.CreateNewUsdzPackage(pxr.Sdf.AssetPath(str(layer)), str(beside)):
                raise WorldloomError(f"Could not write {path}: usd-core failed to package it. Write .usdc instead.")


def _write_layer(pxr: Any, fill: Callable[[Any, Any], None], path: Path) -> None:
    stage = pxr.Usd.Stage.CreateNew(str(path))
    pxr.UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    pxr.UsdGeom.SetStageUpAxis(stage, pxr.UsdGeom.Tokens.y)
    root = pxr.UsdGeom.Xform.Define(stage, "/World")
    pxr.Usd.ModelAPI(root).SetKind(pxr.Kind.Tokens.component)
    stage.SetDefaultPrim(root.GetPrim())
    fill(pxr, stage)
    stage.GetRootLayer().Save()


def _define_splats(pxr: Any, stage: Any, place: str, gaussians: Gaussians) -> None:
    field = pxr.UsdVol.ParticleField3DGaussianSplat.Define(stage, place)
    prim = field.GetPrim()
    means, quats, log_scales, logits, sh = (
        np.ascontiguousarray(tensor.detach().cpu().numpy(), np.float32) for tensor in gaussians.tensors
    )
    scales = np.exp(np.minimum(log_scales, 88))  # beyond, float32 has no numbers
    _set(prim, "positions", pxr.Vt.Vec3fArray.FromNumpy(means))
    _set(prim, "orientations", pxr.Vt.QuatfArray.FromNumpy(np.ascontiguousarray(quats[:, [1, 2, 3, 0]])))
    _set(prim, "scales", pxr.Vt.Vec3fArray.FromNumpy(scales))
    opacities = (1 / (1 + np.exp(-logits.astype(np.float64)))).astype(np.float32)
    _set(prim, "opacities", pxr.Vt.FloatArray.FromNumpy(opacities))
    _set(prim, "radiance:sphericalHarmonicsDegree", gaussians.sh_degree)
    _set(prim, "radiance:sphericalHarmonicsCoefficients", pxr.Vt.Vec3fArray.FromNumpy(sh.reshape(-1, 3)))
    coefficients = pxr.UsdGeom.Primvar(prim.GetAttribute("radiance:sphericalHarmonicsCoefficients"))
    coefficients.SetElementSize(sh.shape[1])
    coefficients.SetInterpolation(pxr.UsdGeom.Tokens.vertex)
    _set(prim, "projectionModeHint", "perspective")
    _set(prim, "sortingModeHint", "cameraDistance")
    if len(means):
        reach = 3 * scales.max(axis=1, keepdims=True)
        corners = np.stack([(means - reach).min(axis=0), (means + reach).max(axis=0)])
        _set(prim, "extent", pxr.Vt.Vec3fArray.FromNumpy(corners.astype(np.float32)))
    shown = pxr.UsdGeom.PrimvarsAPI(prim).CreatePrimvar(
        "displayColor", pxr.Sdf.ValueTypeNames.Color3fArray, pxr.UsdGeom.Tokens.vertex
    )
    shown.Set(pxr.Vt.Vec3fArray.FromNumpy(np.clip(sh[:, 0] * SH_C0 + 0.5, 0, 1)))


def _set(prim: Any, name: str, value: Any) -> None:
    prim.GetAttribute(name).Set(value)


def read(path: Path) -> Gaussians:
    """Read all Gaussian particle fields of a stage, transforms, up axis and unit applied.

    A process of its own opens the file (see `usd_extract`), so that a damaged or hostile one can't crash this one.

    Raises:
        FormatError: the file is damaged, hostile, or holds no Gaussians.
        MissingDependencyError: usd-core is not installed.
    """
    _check_container(path)
    with tempfile.TemporaryDirectory(prefix="worldloom-usd-") as folder:
        summary = _extract(path, Path(folder))
        if not summary["fields"]:
            raise FormatError(f"{path} holds no Gaussians ({SCHEMA}).")
        try:
            world = _world_from_stage(summary)
            parts = [
                _gaussians(_Field(path, Path(folder), number, **field), world)
                for number, field in enumerate(summary["fields"])
            ]
        except InvalidDataError as error:
            raise FormatError(f"{path} is damaged: {error}") from None
    return parts[0] if len(parts) == 1 else merge(parts)


def _extract(path: Path, folder: Path) -> dict[str, Any]:
    program = Path(__file__).with_name("usd_extract.py")
    command = [sys.executable, "-P", str(program), str(path.absolute()), str(folder)]
    seconds = 20 + path.stat().st_size / 4e6
    quiet = subprocess.DEVNULL
    try:
        subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, timeout=seconds, check=False)
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    except subprocess.TimeoutExpired:
        raise FormatError(f"{path} kept usd-core busy for {seconds:.0f} s without an end. Export it again.") from None
    except FileNotFoundError:
        raise FormatError(f"{path} is damaged or hostile: usd-core broke down on it. Export it again.") from None
    if "missing" in summary:
        raise MissingDependencyError(f"{path} {summary['missing']}")
    if "refused" in summary:
        raise FormatError(f"{path} {summary['refused']}")
    return summary


@dataclass(frozen=True)
class _Field:
    """One particle field as `usd_extract` left it."""

    path: Path
    folder: Path
    number: int
    prim: str
    sh_degree: Any
    matrix: list[list[float]]
    """(4, 4), for row vectors, as USD has it."""

    def array(self, name: str, default: list[float] | None = None, count: int = 0) -> Floats:
        """(count, width) values of an attribute; `default` for each where there are none."""
        values = np.load(self.folder / f"{self.number}.{name.replace(':', '.')}.npy")
        return values if len(values) or default is None else np.tile(np.array(default, np.float32), (count, 1))


def _gaussians(field: _Field, world_from_stage: Transform) -> Gaussians:
    means = field.array("positions")
    count, degree = len(means), field.sh_degree
    opacities = np.clip(field.array("opacities", [1], count)[:, 0], 1e-12, 1 - 1e-7)
    sh = field.array("radiance:sphericalHarmonicsCoefficients")
    if len(sh) == 0 and count:
        sh, degree = np.zeros((count, 3), np.float32), 0
    if not isinstance(degree, int) or not 0 <= degree <= 3 or len(sh) != count * (degree + 1) ** 2:
        raise FormatError(
            f"{field.path}: {field.prim} has {len(sh)} SH coefficients for {count} Gaussians of degree {degree}."
        )
    origin = f"{field.path}, {field.prim}"
    gaussians = Gaussians.checked(
        torch.from_numpy(means),
        torch.from_numpy(field.array("orientations", [0, 0, 0, 1], count)[:, [3, 0, 1, 2]]),
        torch.from_numpy(np.log(np.maximum(field.array("scales", [1, 1, 1], count), 1e-12))),
        torch.from_numpy(np.log(opacities / (1 - opacities))),
        torch.from_numpy(sh.reshape(count, (degree + 1) ** 2, 3)),
        origin=origin,
    )
    placed = torch.tensor(field.matrix, dtype=torch.float64).T
    if torch.equal(placed, torch.eye(4)) and world_from_stage == Transform():
        return gaussians
    moved = transform(gaussians, world_from_stage @ Transform.from_matrix(placed))
    return Gaussians.checked(*moved.tensors, origin=f"{origin}, in its place")


def _world_from_stage(summary: dict[str, Any]) -> Transform:
    """From the stage's axes and unit to Y up and metres."""
    half = 0.5**0.5
    turn = (half, -half, 0.0, 0.0) if summary["up_axis"] == "Z" else (1.0, 0.0, 0.0, 0.0)
    return Transform(rotation=turn, scale=summary["meters_per_unit"])


_CRATE_HEAD = 88
"""Length of a binary USD file's head: magic, version, place of its table of contents."""


def _check_container(path: Path) -> None:
    """Look at what usd-core trusts too readily: the crate's table of contents, and what a package unpacks to."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_CRATE_HEAD)
    if head.startswith(b"PXR-USDC"):
        _check_crate(path, head, size)
    elif head.startswith(b"PK"):
        try:
            with zipfile.ZipFile(path) as package:
                entries = package.infolist()
                total = sum(entry.file_size for entry in entries)
                stored = all(entry.compress_type == zipfile.ZIP_STORED for entry in entries)
                first = package.open(entries[0]).read(_CRATE_HEAD) if entries and stored else b""
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
            raise FormatError(f"{path} is no whole USDZ package ({error}). Export it again.") from None
        unsafe = any(".." in entry.filename or entry.filename.startswith(("/", "\\")) for entry in entries)
        if not entries or not stored or unsafe or total > _MOST_PACKED_RATIO * size:
            raise FormatError(
                f"{path} is no proper USDZ package: its files must be stored, plainly named. Export it again."
            )
        if first.startswith(b"PXR-USDC"):
            _check_crate(path, first, entries[0].file_size)
    elif not head.startswith(b"#usda"):
        raise FormatError(f"{path} is no USD file.")


def _check_crate(path: Path, head: bytes, size: int) -> None:
    contents = int.from_bytes(head[16:24], "little")
    if len(head) < _CRATE_HEAD or not _CRATE_HEAD <= contents < size:
        raise FormatError(f"{path} ends too early: it was probably not written to its end, so get it again.")
