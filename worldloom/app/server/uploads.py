"""Routes of files that people send: to make worlds of, or to put into one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, UploadFile

from worldloom.app.jobs.kinds import Identifier
from worldloom.app.server.schemas import UploadModel
from worldloom.app.server.service import Service
from worldloom.scene.store.uploads import Upload, free_name, safe_path

Files = Annotated[list[UploadFile], File()]


def router(service: Service) -> APIRouter:
    """All of them."""
    routes = APIRouter()

    @routes.post("/uploads", tags=["create"], status_code=201)
    def upload(files: Files) -> UploadModel:
        """Send photos, videos, a zip, point clouds or splat files, to make a world of."""
        return UploadModel.of(_kept(service, files))

    @routes.get("/uploads/{upload}", tags=["create"])
    def get_upload(upload: Identifier) -> UploadModel:
        """What was sent."""
        return UploadModel.of(service.store.uploads.get(upload))

    @routes.post("/worlds/{world}/uploads", tags=["editing"], status_code=201)
    def upload_for_edits(world: Identifier, files: Files) -> UploadModel:
        """Send what operations on this world refer to by its `sha256`: a splat file or a mesh to insert, a picture to
        match, sounds, videos. Those who edit by a link can use it in this world only."""
        service.store.worlds.get(world)
        return UploadModel.of(_kept(service, files, world))

    return routes


def _kept(service: Service, files: Sequence[UploadFile], world: str | None = None) -> Upload:
    service.settings.temporary.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=service.settings.temporary) as folder:
        named: dict[str, Path] = {}
        for number, file in enumerate(files):
            name = free_name(safe_path(file.filename or "file"), named)
            named[name] = Path(folder) / str(number)
            with named[name].open("wb") as target:
                shutil.copyfileobj(file.file, target, 1 << 20)
        return service.store.uploads.add(named, world=world)
