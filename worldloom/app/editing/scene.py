"""What a page loads of a world that is being edited."""

from __future__ import annotations

from worldloom.app.editing.contents import Contents
from worldloom.app.editing.patches import PackedMask, box, header, packed, placed
from worldloom.app.server.edit_schemas import EditLayer, EditScene, MaskModel
from worldloom.app.server.schemas import SceneWorld, asset
from worldloom.edit.state import EditState, Part
from worldloom.scene.store.store import Store
from worldloom.scene.store.worlds import COLLIDER, Version


def edit_scene(
    store: Store, version: Version, state: EditState, contents: Contents, *, branch: str, number: int
) -> EditScene:
    """A state of a branch, after `number` entries of its log.

    Args:
        version: the newest that the branch has: its mesh is walked on.
    """
    stored = store.worlds.get(version.world)
    mesh = version.files.get(str(state.world.collider or COLLIDER))
    record = {name: getattr(state.world, name) for name in EditScene.model_fields if hasattr(state.world, name)}
    own = {
        "world": SceneWorld(id=stored.id, name=stored.name),
        "version": version.number,
        "head": stored.head,
        "layers": [_layer(part, contents) for part in state.parts],
        "collider_url": asset(mesh.sha256, "glb") if mesh else None,
        "bounds": box(state, contents),
        "branch": branch,
        "number": number,
        "frame": placed(state.frame),
    }
    return EditScene(**{**record, **own})


def _layer(part: Part, contents: Contents) -> EditLayer:
    whole = contents.whole(part)
    return EditLayer(
        **header(part),
        count=len(part) - int(part.dead.sum()),
        url=whole.url,
        preview_url=whole.preview_url,
        bytes=whole.bytes,
        dead=_mask(packed(part.dead)) if bool(part.dead.any()) else None,
        hidden=_mask(packed(part.hidden)) if bool(part.hidden.any()) else None,
        locked_rows=_mask(packed(part.locked)) if bool(part.locked.any()) else None,
    )


def _mask(mask: PackedMask) -> MaskModel:
    return MaskModel(rows=mask["rows"], bits=mask["bits"])
