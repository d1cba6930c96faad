"""A program of its own, for `usd.read`: takes the Gaussian particle fields out of a USD file.

    python -P usd_extract.py FILE FOLDER

usd-core trusts what it reads: damaged and hostile files crash it (2 of 1600 .usdc with a few changed bytes did, and so
does deep nesting), hang it, or make it fill the memory with prims that refer to prims. Here that ends this process
only. It imports nothing of Worldloom, takes no more memory than the file's size allows, and leaves in FOLDER the arrays
as .npy and, once all went well or a cause is known, `summary.json`.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

SCHEMA = "ParticleField3DGaussianSplat"
ARRAYS = {
    "positions": 3,
    "orientations": 4,  # xyzw
    "scales": 3,
    "opacities": 1,
    "radiance:sphericalHarmonicsCoefficients": 3,
}
"""Attributes and how many numbers each of their values has."""
MOST_FIELDS = 4096


class Refused(Exception):
    """A cause, in words that follow the file's name."""


def main(source: Path, folder: Path) -> None:
    try:
        summary = extract(source, folder)
    except ImportError:
        summary = {"missing": "needs usd-core; run `pip install 'worldloom[usd]'`."}
    except Refused as refusal:
        summary = {"refused": str(refusal)}
    except (RuntimeError, ValueError, TypeError, AttributeError, MemoryError) as error:  # usd-core's are RuntimeErrors
        summary = {"refused": f"can't be read as USD ({_reason(error)}). Export it again."}
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")


def extract(source: Path, folder: Path) -> dict[str, Any]:
    """Write `{number}.{attribute}.npy`, (values, width) float32, for all fields; return what else there is to know."""
    Sdf, Usd, UsdGeom, UsdVol = (importlib.import_module(f"pxr.{name}") for name in ("Sdf", "Usd", "UsdGeom", "UsdVol"))

    if not hasattr(UsdVol, SCHEMA):
        return {"missing": "needs a newer usd-core; run `pip install -U 'usd-core>=26.11'`."}
    _limit_memory(source.stat().st_size)
    size = sum(_file_sizes(Sdf, source).values())
    _limit_memory(size)
    stage = Usd.Stage.Open(str(source))
    first = Usd.TimeCode.EarliestTime()
    placed = UsdGeom.XformCache(first)
    fields: list[dict[str, Any]] = []
    total = 0
    for prim in stage.Traverse(Usd.TraverseInstanceProxies()):
        if not prim.IsA(UsdVol.ParticleField3DGaussianSplat):
            continue
        for name, width in ARRAYS.items():
            values = _values(prim, name, width, first)
            total += len(values) if name == "positions" else 0
            if len(fields) == MOST_FIELDS or total > 4_000_000 + size // 8:
                raise Refused("repeats its Gaussians too many times. Export it as one field.")
            np.save(folder / f"{len(fields)}.{name.replace(':', '.')}.npy", values)
        fields.append(
            {
                "prim": str(prim.GetPath()),
                "sh_degree": prim.GetAttribute("radiance:sphericalHarmonicsDegree").Get(first),
                "matrix": [list(row) for row in placed.GetLocalToWorldTransform(prim)],
            }
        )
    unit, up = UsdGeom.GetStageMetersPerUnit(stage), str(UsdGeom.GetStageUpAxis(stage))
    return {"fields": fields, "meters_per_unit": unit, "up_axis": up}


def _values(prim: Any, name: str, width: int, time: Any) -> np.ndarray:
    """(values, width) of an attribute or of its half-precision twin; none if neither is there."""
    for attribute in (prim.GetAttribute(name), prim.GetAttribute(f"{name}h")):
        values = attribute.Get(time) if attribute and attribute.HasAuthoredValue() else None
        if values is not None and len(values):
            return np.array(values, np.float32).reshape(-1, width)
    return np.zeros((0, width), np.float32)


def _file_sizes(Sdf: Any, source: Path) -> dict[str, int]:
    """The files that `source` is made of, before usd-core composes them: all must lie in its folder."""
    folder = source.parent.resolve()
    sizes: dict[str, int] = {}
    pending, seen = [str(source)], set()
    while pending:
        layer = Sdf.Layer.FindOrOpen(pending.pop())
        if layer is None or layer.identifier in seen:
            continue  # a missing one leaves a gap, and usd-core lives with it
        seen.add(layer.identifier)
        file = _file_of(layer.realPath)
        sizes[file] = Path(file).stat().st_size
        for asset in layer.GetCompositionAssetDependencies():
            target = layer.ComputeAbsolutePath(asset)
            if not (folder / _file_of(target)).resolve().is_relative_to(folder):
                raise Refused(f"refers to '{asset[:80]}' outside its folder, which is not read. Pack it as .usdz.")
            pending.append(target)
    return sizes


def _file_of(layer: str) -> str:
    """A layer's file; those in a package are called package.usdz[layer.usdc]."""
    return layer.partition("[")[0]


def _limit_memory(size: int) -> None:
    """Let this process take only what reading files of `size` bytes may need, where the system can."""
    try:
        import resource

        hardest = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, ((1 << 30) + 8 * size, hardest))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass  # Windows, or a lower limit already


def _reason(error: BaseException) -> str:
    """usd-core's own words, which may quote bytes of the file that are no text."""
    try:
        words = " ".join(getattr(error.args[-1], "commentary", str(error)).split()) if error.args else ""
    except UnicodeDecodeError:
        words = ""
    return words[:200] or type(error).__name__


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
