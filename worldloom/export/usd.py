"""OpenUSD 26's `ParticleField3DGaussianSplat`: .usdc, .usda, and .usdz packages.

USD files say which axis is up and how long a unit is: we write Y up and metres, the world's frame, and turn and scale
what says otherwise. Scales are linear with sigma = 1 unit, opacities 0 to 1, SH per particle with the constant first.
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.scene.errors import FormatError, InvalidDataError, MissingDependencyError, WorldloomError
from worldloom.scene.files import replacing
from worldloom.scene.gaussians import SH_C0, Gaussians
from worldloom.scene.geometry import Transform, merge, transform

_SCHEMA = "ParticleField3DGaussianSplat"
_MOST_PACKED_RATIO = 1.01


def _pxr(path: Path) -> Any:
    """usd-core's modules, or a sentence that says how to get them."""
    try:
        from pxr import Kind, Sdf, Tf, Usd, UsdGeom, UsdUtils, UsdVol, Vt
    except ImportError:
        raise MissingDependencyError(f"{path}: USD needs usd-core; run `pip install 'worldloom[usd]'`.") from None
    if not hasattr(UsdVol, _SCHEMA):
        raise MissingDependencyError(f"{path}: this usd-core is too old; run `pip install -U 'usd-core>=26.11'`.")
    return SimpleNamespace(Kind=Kind, Sdf=Sdf, Tf=Tf, Usd=Usd, UsdGeom=UsdGeom, UsdUtils=UsdUtils, UsdVol=UsdVol, Vt=Vt)


def write(gaussians: Gaussians, path: Path) -> None:
    """Write a layer (.usdc, .usda, .usd) or a package (.usdz).

    Raises:
        MissingDependencyError: usd-core is not installed.
        WorldloomError: the file can't be written.
    """
    pxr = _pxr(path)
    with replacing(path) as beside:
        if path.suffix.lower() != ".usdz":
            _write_layer(pxr, gaussians, beside)
            return
        with tempfile.TemporaryDirectory(dir=beside.parent, prefix=".usdz-") as folder:
            layer = Path(folder) / f"{path.stem}.usdc"
            _write_layer(pxr, gaussians, layer)
            if not pxr.UsdUtils.CreateNewUsdzPackage(pxr.Sdf.AssetPath(str(layer)), str(beside)):
                raise WorldloomError(f"Could not write {path}: usd-core failed to package it. Write .usdc instead.")


def _write_layer(pxr: Any, gaussians: Gaussians, path: Path) -> None:
    stage = pxr.Usd.Stage.CreateNew(str(path))
    pxr.UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    pxr.UsdGeom.SetStageUpAxis(stage, pxr.UsdGeom.Tokens.y)
    root = pxr.UsdGeom.Xform.Define(stage, "/World")
    pxr.Usd.ModelAPI(root).SetKind(pxr.Kind.Tokens.component)
    stage.SetDefaultPrim(root.GetPrim())
    field = pxr.UsdVol.ParticleField3DGaussianSplat.Define(stage, "/World/Splats")
    prim = field.GetPrim()
    means, quats, log_scales, logits, sh = (
        np.ascontiguousarray(tensor.detach().cpu().numpy(), np.float32) for tensor in gaussians.tensors
    )
    scales = np.exp(log_scales)
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
    stage.GetRootLayer().Save()


def _set(prim: Any, name: str, value: Any) -> None:
    prim.GetAttribute(name).Set(value)


def read(path: Path) -> Gaussians:
    """Read all Gaussian particle fields of a stage, transforms, up axis and unit applied.

    Raises:
        FormatError: the file is damaged, hostile, or holds no Gaussians.
        MissingDependencyError: usd-core is not installed.
    """
    pxr = _pxr(path)
    _check_container(path)
    try:
        stage = pxr.Usd.Stage.Open(str(path), pxr.Usd.Stage.LoadNone)
        parts = [_read_field(pxr, stage, prim, path) for prim in stage.Traverse() if prim.GetTypeName() == _SCHEMA]
    except WorldloomError as error:
        raise FormatError(f"{path} is damaged: {error}") if isinstance(error, InvalidDataError) else error from None
    except (pxr.Tf.ErrorException, RuntimeError, ValueError, TypeError, AttributeError, MemoryError) as error:
        raise FormatError(f"{path} can't be read as USD ({_reason(error)}). Export it again.") from None
    if not parts:
        raise FormatError(f"{path} holds no Gaussians ({_SCHEMA}).")
    return merge(parts)


def _reason(error: BaseException) -> str:
    """The last line of usd-core's message, which may quote bytes of the file that are no text."""
    try:
        lines = str(error).strip().splitlines()
    except UnicodeDecodeError:
        lines = []
    return lines[-1][:200] if lines else type(error).__name__


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


def _read_field(pxr: Any, stage: Any, prim: Any, path: Path) -> Gaussians:
    means = _array(prim, "positions", 3, path)
    count = len(means)
    quats = _array(prim, "orientations", 4, path, np.tile(np.array([[0, 0, 0, 1]], np.float32), (count, 1)))
    scales = _array(prim, "scales", 3, path, np.ones((count, 3), np.float32))
    opacities = _array(prim, "opacities", 1, path, np.ones((count, 1), np.float32))[:, 0]
    degree = prim.GetAttribute("radiance:sphericalHarmonicsDegree").Get()
    sh = _array(prim, "radiance:sphericalHarmonicsCoefficients", 3, path, np.zeros((0, 3), np.float32))
    if len(sh) == 0:
        sh, degree = np.zeros((count, 3), np.float32), 0
    if not isinstance(degree, int) or not 0 <= degree <= 3 or len(sh) != count * (degree + 1) ** 2:
        raise FormatError(f"{path}: {prim.GetPath()} has {len(sh)} SH coefficients, not those of degree {degree}.")
    opacities = np.clip(opacities, 1e-7, 1 - 1e-7)
    gaussians = Gaussians.checked(
        torch.from_numpy(means),
        torch.from_numpy(quats[:, [3, 0, 1, 2]]),
        torch.from_numpy(np.log(np.maximum(scales, 1e-12))),
        torch.from_numpy(np.log(opacities / (1 - opacities))),
        torch.from_numpy(sh.reshape(count, (degree + 1) ** 2, 3)),
        origin=f"{path}, {prim.GetPath()}",
    )
    return transform(gaussians, _placed(pxr, stage, prim))


def _array(
    prim: Any, name: str, width: int, path: Path, default: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """(count, width) values of an attribute or its half-precision twin; quaternions as xyzw."""
    for attribute in (prim.GetAttribute(name), prim.GetAttribute(f"{name}h")):
        value = attribute.Get() if attribute and attribute.HasAuthoredValue() else None
        if value is not None and len(value):
            return np.array(value, np.float32).reshape(-1, width)
    if default is None:
        raise FormatError(f"{path}: {prim.GetPath()} has no {name}. Export it again.")
    return default


def _placed(pxr: Any, stage: Any, prim: Any) -> Transform:
    """From the prim's frame to the world's."""
    rows = pxr.UsdGeom.Xformable(prim).ComputeLocalToWorldTransform(pxr.Usd.TimeCode.Default())
    matrix = torch.tensor([[rows[i][j] for i in range(4)] for j in range(4)], dtype=torch.float64)
    unit = pxr.UsdGeom.GetStageMetersPerUnit(stage)
    half = 0.5**0.5
    z_up = pxr.UsdGeom.GetStageUpAxis(stage) == pxr.UsdGeom.Tokens.z
    upright = Transform(rotation=(half, -half, 0.0, 0.0) if z_up else (1.0, 0.0, 0.0, 0.0), scale=unit)
    identity = bool(torch.equal(matrix, torch.eye(4, dtype=torch.float64))) and not z_up and unit == 1.0
    return Transform() if identity else upright @ Transform.from_matrix(matrix)
