"""What people can do, whichever way they ask: the REST API and the pages both call this."""

from __future__ import annotations

import base64
import math
import tempfile
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from worldloom.app.editing.segmenters import Segmenters
from worldloom.app.editing.sessions import Sessions
from worldloom.app.jobs.dispatcher import Dispatcher
from worldloom.app.jobs.estimate import Estimator
from worldloom.app.jobs.kinds import KINDS, checked
from worldloom.app.server.schemas import (
    Box,
    LookedAt,
    Scene,
    SceneLayer,
    SceneWorld,
    asset,
)
from worldloom.app.server.settings import ServerSettings
from worldloom.generate.image.guides import Guides
from worldloom.scene.errors import InvalidDataError, MissingDependencyError
from worldloom.scene.store.operations import Operation
from worldloom.scene.store.store import Store
from worldloom.scene.store.worlds import COLLIDER, MAIN, LayerFacts, StoredFile, Version, checked_name
from worldloom.scene.world_record import LayerRecord

if TYPE_CHECKING:
    from worldloom.app.editing.session import Session
    from worldloom.edit.operation import Operation as EditOperation


@dataclass(frozen=True)
class Service:
    """The store, the queue, and what is asked of them."""

    settings: ServerSettings
    store: Store
    dispatcher: Dispatcher
    estimator: Estimator

    def submit(self, kind: str, title: str, *, about: str | None = None, **parameters: Any) -> Operation:
        """Put work into the queue.

        Raises:
            MissingDependencyError: nothing here does this kind of work.
            InvalidDataError: a parameter is wrong.
        """
        if kind not in KINDS:
            raise MissingDependencyError(f"This server has nothing installed that can {kind} worlds.")
        valid = checked(kind, parameters)
        operation = self.store.operations.submit(kind, title, valid.model_dump(mode="json"), world=about)
        self.dispatcher.wake()
        return operation

    def reconstruct(self, uploads: Sequence[str], name: str, **options: Any) -> Operation:
        """Make a world from uploads.

        Raises:
            NotFoundError: there is no such upload.
        """
        for upload in uploads:
            self.store.uploads.get(upload)
        name = checked_name(name)
        return self.submit("reconstruct", name, uploads=tuple(uploads), name=name, **options)

    def generate(self, name: str, **options: Any) -> Operation:
        """Make a world from words, a spec, a picture, a panorama or a block-out.

        Raises:
            NotFoundError: there is no such upload.
            InvalidDataError: an option is wrong, or the text is empty or can't be read.
        """
        names = [file for upload in options.get("uploads") or () for file in self.store.uploads.get(upload).files]
        prompt = str(options.get("prompt") or "")
        if prompt.strip() and options.get("tier") != "models" and not options.get("spec"):
            from worldloom.generate.understand import understand

            understand(prompt).checked()  # says at once what it can't read
        name = checked_name(name.strip() or _name_for(prompt, options.get("spec"), names))
        return self.submit("generate", name, name=name, **options)

    def look(self, upload: str, guides: Guides | None = None) -> LookedAt:
        """What a picture is taken for before a world is made of it.

        Raises:
            NotFoundError: there is no such upload.
            WorldloomError: it is no single picture, or can't be used.
        """
        from worldloom.generate.image.look import look_at

        stored = self.store.uploads.get(upload)
        if len(stored.files) != 1:
            raise InvalidDataError("Send one picture at a time; many photos of one place are reconstructed.")
        with tempfile.TemporaryDirectory(dir=self.settings.temporary) as folder:
            seen = look_at(self.store.uploads.lay_out(stored, Path(folder))[0], guides)
        return LookedAt(
            kind=seen.kind,
            width=seen.width,
            height=seen.height,
            guides=seen.guides,
            sentences=list(seen.sentences),
            distances=[list(row) for row in seen.distances],
            preview=f"data:image/jpeg;base64,{base64.b64encode(seen.preview).decode()}",
        )

    def import_file(self, upload: str, name: str) -> Operation:
        """Take a splat file or a zipped world into the library."""
        self.store.uploads.get(upload)
        name = checked_name(name)
        return self.submit("import", name, upload=upload, name=name)

    def export(self, world: str, format: str, version: int | None = None) -> Operation:
        """Make a file of a world."""
        stored = self.store.worlds.get(world)
        number = self.store.worlds.version(world, version).number
        return self.submit(
            "export", f"{stored.name} as .{format}", about=world, world=world, version=number, format=format
        )

    @cached_property
    def editing(self) -> Sessions:
        """What is being edited."""
        return Sessions(self.store, self.submit, self.settings.temporary / "edits")

    @cached_property
    def segmenters(self) -> Segmenters:
        """The segmentation models that things are found by.

        Raises:
            WorldloomError: one that was named can't be used.
        """
        return Segmenters(self.settings.segmenters)

    def edit(self, world: str, base: int, operations: Sequence[EditOperation]) -> Version:
        """Change what surrounds the Gaussians, as a new version.

        Raises:
            ConflictError: `base` is not the newest version.
            InvalidDataError: an operation can't be done.
        """

        def edit(session: Session) -> int | None:
            session.do(operations, "", base=base)
            return session.save("", "").version

        return self.store.worlds.version(world, self.editing.call(world, MAIN, edit).result())

    def restore(self, world: str, version: int) -> Version:
        """Make an older version the newest, byte for byte.

        Raises:
            NotFoundError: there is no such world or version.
        """
        restored = self.store.worlds.restore(world, version)
        self.editing.poke(world)
        return restored

    def scene(self, world: str, number: int | None = None) -> Scene:
        """A version, as a viewer loads it.

        Raises:
            NotFoundError: there is no such world or version.
        """
        stored = self.store.worlds.get(world)
        version = self.store.worlds.version(world, number)
        record = self.store.worlds.record(version)
        mesh = version.files.get(record.collider or COLLIDER)
        return Scene(
            world=SceneWorld(id=stored.id, name=stored.name),
            version=version.number,
            head=stored.head,
            spawn=record.spawn,
            environment=record.environment,
            layers=[self._layer(version, layer) for layer in record.layers],
            collider_url=asset(mesh.sha256, "glb") if mesh else None,
            bounds=box_around(
                (self.store.worlds.facts(version, layer), layer) for layer in record.layers if layer.kind != "sky"
            ),
            camera_paths=list(record.camera_paths),
            annotations=list(record.annotations),
            captures=list(record.captures),
            authored=record.authored,
        )

    def _layer(self, version: Version, layer: LayerRecord) -> SceneLayer:
        facts = self.store.worlds.facts(version, layer)
        whole = _view_file(version, f"view/{layer.blob}.spz")
        first = version.files.get(f"view/{layer.blob}.first.spz")
        return SceneLayer(
            name=layer.name,
            kind=layer.kind,
            count=layer.count,
            sh_degree=facts.sh_degree if facts else 0,
            translation=layer.translation,
            rotation=layer.rotation,
            scale=layer.scale,
            visible=layer.visible,
            locked=layer.locked,
            url=asset(whole.sha256, "spz"),
            preview_url=asset(first.sha256, "spz") if first else None,
            bytes=whole.bytes,
        )


class Placed(Protocol):
    """Something that stands somewhere in the world: a layer's record, or its transform."""

    @property
    def translation(self) -> Sequence[float]: ...
    @property
    def rotation(self) -> Sequence[float]: ...
    @property
    def scale(self) -> float: ...


def box_around(layers: Iterable[tuple[LayerFacts | None, Placed]]) -> Box | None:
    """A box around layers, world frame; None if nothing is known of any."""
    corners = []
    for facts, layer in layers:
        if facts is not None and facts.lower is not None and facts.upper is not None:
            box = np.array([facts.lower, facts.upper])
            picked = np.array([[box[(i >> axis) & 1, axis] for axis in range(3)] for i in range(8)])
            corners.append(picked @ (layer.scale * _matrix(layer.rotation)).T + np.array(layer.translation))
    if not corners:
        return None
    points = np.concatenate(corners)
    return Box(lower=tuple(points.min(axis=0).tolist()), upper=tuple(points.max(axis=0).tolist()))


def _name_for(prompt: str, spec: Any, files: Sequence[str]) -> str:
    """What to call a new world that nobody named."""
    title = (spec or {}).get("title", "") if isinstance(spec, dict) else getattr(spec, "title", "")
    words = textwrap.shorten(prompt, 60, placeholder="…")
    return (title or words or (files[0].rsplit(".", 1)[0] if files else "") or "New world")[:200]


def _view_file(version: Version, path: str) -> StoredFile:
    file = version.files.get(path)
    if file is None:
        raise InvalidDataError(f"Version {version.number} was never prepared for viewing; restore a newer one.")
    return file


def _matrix(quaternion: Sequence[float]) -> np.ndarray:
    """(3, 3) rotation of a wxyz quaternion."""
    length = math.sqrt(sum(value * value for value in quaternion)) or 1.0
    w, x, y, z = (value / length for value in quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
