"""A world as a file to take elsewhere."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from worldloom import export
from worldloom.app.jobs.kinds import ExportParameters
from worldloom.app.jobs.work import Result, Work
from worldloom.scene import world as worlds
from worldloom.scene.files import replacing
from worldloom.scene.store.worlds import RECORD


def run(parameters: ExportParameters, work: Work) -> Result:
    """Write the file and keep it as a blob; the result says which."""
    version = work.store.worlds.version(parameters.world, parameters.version)
    record = work.store.worlds.record(version)
    folder = work.folder / f"version-{version.number}"
    name = f"{_file_name(work.store.worlds.get(parameters.world, deleted=True).name)}.{parameters.format}"
    work.say("read", 0.0, "reading the world")
    wanted = (
        None
        if parameters.format == "zip"
        else [path for path in version.files if path.startswith(("layers/", "media/"))]
    )
    work.store.worlds.checkout(version, folder, only=None if wanted is None else [RECORD, *wanted])
    target = work.folder / name
    work.say("write", 0.3, f"writing {name}")
    if parameters.format == "zip":
        _zip(folder, target)
    else:
        packed = {"media": folder} if parameters.format == "usdz" else {}
        export.write_world(worlds.load(folder), target, **packed)
    blob = work.store.blobs.add_file(target)
    values = {
        "file": blob,
        "name": name,
        "bytes": target.stat().st_size,
        "world": parameters.world,
        "version": version.number,
        "gaussians": sum(layer.count for layer in record.layers if layer.visible),
    }
    return Result(values, parameters.world)


def _zip(folder: Path, target: Path) -> None:
    with replacing(target) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed = zipfile.ZIP_DEFLATED if path.suffix in (".json", ".html", ".safetensors") else None
                archive.write(path, f"{target.stem}/{path.relative_to(folder).as_posix()}", packed)


def _file_name(name: str) -> str:
    """A world's name as a file's."""
    return re.sub(r"[^\w\- ]+", "", name).strip()[:80] or "world"
