"""What a viewer and a library need of a world besides the world: made once, when a version is kept."""

from __future__ import annotations

from pathlib import Path

import torch

from worldloom import export
from worldloom.app.picture import spawn_view, view
from worldloom.scene import world as worlds
from worldloom.scene.authored import media_files
from worldloom.scene.camera import Camera
from worldloom.scene.collider import collider_mesh, solid_gaussians, write_glb
from worldloom.scene.errors import FormatError
from worldloom.scene.files import replacing, write_bytes, write_text
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import bounds
from worldloom.scene.provenance import hash_file
from worldloom.scene.store.worlds import COLLIDER, RECORD, THUMBNAIL, LayerFacts
from worldloom.scene.world import World
from worldloom.scene.world_record import picture_files

FIRST_GAUSSIANS = 30_000
"""So many are shown while the rest loads."""
THUMBNAIL_SIZE = (640, 400)


def prepare(folder: Path) -> list[str]:
    """Complete a world's folder.

    Returns:
        All files that make up the version, relative to `folder`: the world's own, `view/<blob>.spz` and `.json` for
        each layer and `view/<blob>.first.spz` for large ones, a picture, a mesh to walk on, sounds and videos, and
        pictures of captures.

    Raises:
        WorldloomError: the folder is no world, or a sound, video or picture of it is missing.
    """
    world = worlds.load(folder)
    record = worlds.load_record(folder)
    paths = [RECORD]
    for layer, entry in zip(world.layers, record.layers):
        paths += [f"layers/{entry.blob}.safetensors", *keep_view_files(layer.gaussians, folder, entry.blob)]
    if world.collider is not None:
        paths.append(str(world.collider))
    elif not _stale(folder / COLLIDER) or keep_collider(world, folder / COLLIDER):
        paths.append(COLLIDER)
    if _stale(folder / THUMBNAIL):
        keep_thumbnail(world, folder / THUMBNAIL)
    paths.append(THUMBNAIL)
    if (folder / "report.html").is_file():
        paths.append("report.html")
    for path, blob in (*media_files(record.authored.media), *picture_files(record.captures)):
        paths.append(_checked_file(folder, path, blob))
    return sorted(set(paths))


def _checked_file(folder: Path, path: str, blob: str) -> str:
    if not (folder / path).is_file() or hash_file(folder / path).sha256 != blob:
        raise FormatError(f"{folder / path} is missing or another file; restore it, or delete it from world.json.")
    return path


def _stale(path: Path) -> bool:
    """Whether a file was made from an older `world.json`, or never."""
    return not path.exists() or path.stat().st_mtime_ns < (path.parent / RECORD).stat().st_mtime_ns


def keep_view_files(gaussians: Gaussians, folder: Path, blob: str) -> list[str]:
    """The layer for a browser, and where it lies; for a large one also its most important part."""
    facts, whole, first = (f"view/{blob}{suffix}" for suffix in (".json", ".spz", ".first.spz"))
    if not (folder / facts).exists():
        box = bounds(gaussians, quantile=0.02) if len(gaussians) else None
        found = LayerFacts(
            sh_degree=gaussians.sh_degree, lower=box.lower if box else None, upper=box.upper if box else None
        )
        write_text(folder / facts, found.model_dump_json())
    if not (folder / whole).exists():
        export.write(gaussians, folder / whole)
    if len(gaussians) <= 2 * FIRST_GAUSSIANS:
        return [facts, whole]
    if not (folder / first).exists():
        export.write(most_important(gaussians, FIRST_GAUSSIANS), folder / first)
    return [facts, whole, first]


def keep_collider(world: World, target: Path) -> bool:
    """Write a mesh to walk on; returns whether there is anything to walk on."""
    solid = solid_gaussians(world)
    if len(solid):
        write_bytes(target, write_glb(collider_mesh(solid)))
    return len(solid) > 0


def most_important(gaussians: Gaussians, count: int) -> Gaussians:
    """The `count` Gaussians that cover most, larger so that they stand in for the others. Without view-dependence."""
    scales = gaussians.scales
    two_largest = scales.sort(dim=1).values[:, 1:]
    cover = two_largest.prod(dim=1) * gaussians.opacities
    best = torch.topk(cover, min(count, len(gaussians))).indices.sort().values
    grown = min((len(gaussians) / len(best)) ** 0.25, 1.5)
    chosen = gaussians[best]
    return Gaussians(
        chosen.means,
        chosen.quats,
        chosen.log_scales + torch.log(torch.tensor(grown)),
        chosen.opacity_logits,
        chosen.sh[:, :1].contiguous(),
    )


def keep_thumbnail(world: World, target: Path) -> None:
    """Write a JPEG of what one sees at the spawn pose."""
    width, height = THUMBNAIL_SIZE
    camera = Camera.looking_at(*spawn_view(world), width=width, height=height, vertical_fov=60)
    picture = view(world.gaussians(), camera, torch.tensor(world.environment.background))
    with replacing(target) as beside:
        picture.save(beside, quality=88)
