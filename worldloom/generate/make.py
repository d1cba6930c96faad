"""Every way to a new world: words, a spec, a picture, a panorama, a block-out; by our own means or by models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worldloom.generate.assemble import assemble
from worldloom.generate.build.site import Draft
from worldloom.generate.image.guides import DepthBy, Guides, Source
from worldloom.generate.spec import WorldSpec
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.provenance import hash_file
from worldloom.scene.world import World

if TYPE_CHECKING:
    from worldloom.generate.depth.estimator import OwnDepth

EMBEDDED = "Worldloom's own generator"
_LONGEST_FOR_MODELS = 8192
"""Pixels; larger pictures are shrunk before models see them."""
_SHAPES = frozenset({".glb", ".gltf"})
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".heif", ".avif"})


@dataclass(frozen=True)
class Made:
    """A new world, and what is to be said of it."""

    world: World
    by: str
    """Which tier made it, in plain words; with models, which ones and under which licences."""
    notes: tuple[str, ...] = ()
    """What was not understood, not built, or invented."""
    details: dict[str, Any] = field(default_factory=dict)
    """For pages."""


def from_text(text: str, *, seed: int = 0, gaussians: int | None = None) -> Made:
    """The world that an English text describes.

    Raises:
        InvalidDataError: the text is empty, too long, not English, or nothing of it is understood.
    """
    from worldloom.generate.understand import understand

    read = understand(text, seed=seed).checked()
    spec = read.spec if gaussians is None else read.spec.model_copy(update={"gaussians": gaussians})
    made = from_spec(spec)
    notes = list(made.notes)
    if read.unknown:
        notes.insert(0, f"Not understood: {', '.join(dict.fromkeys(phrase.text for phrase in read.unknown))}.")
    if read.note:
        notes.append(read.note)
    return replace(made, notes=tuple(notes), details={"read_by": read.by})


def from_spec(spec: WorldSpec) -> Made:
    """The world of a spec. The same spec gives the same bytes."""
    draft = draft_of(spec)
    world = assemble(draft, spec, spec.title or spec.kind.replace("_", " ").capitalize())
    return Made(world, EMBEDDED, draft.not_built)


def draft_of(spec: WorldSpec) -> Draft:
    """The surfels of a spec, before they are lit."""
    match spec.kind:
        case "interior":
            from worldloom.generate.build.interior import draft_interior

            return draft_interior(spec)
        case "cave":
            from worldloom.generate.build.cave import draft_cave

            return draft_cave(spec)
        case "space_station":
            from worldloom.generate.build.station import draft_station

            return draft_station(spec)
        case _:
            from worldloom.generate.build.outdoors import draft_outdoors

            return draft_outdoors(spec)


def from_file(
    path: Path,
    *,
    source: Source = "auto",
    guides: Guides | None = None,
    depth: DepthBy = "geometry",
    prompt: str = "",
    seed: int = 0,
) -> Made:
    """The world of a picture, a panorama or a block-out.

    Args:
        guides: what somebody set on the picture; for pictures only.
        depth: where distances come from; for pictures only.
        prompt: of a block-out: its light, weather and season, an ordinary afternoon if it is empty. A picture has its
            own light; there it is not used, and the notes say so.

    Raises:
        WorldloomError: the file can't be read, is not what `source` says, or holds nothing to build from.
    """
    kind = source_of(path) if source == "auto" else source
    if kind == "blockout":
        return _from_blockout(path, prompt, seed)
    if path.suffix.lower() not in _PICTURES:
        raise InvalidDataError(f"{path.name} is no picture; give a JPEG, PNG, WebP, TIFF or HEIC.")
    if kind == "panorama":
        if guides is not None and guides != Guides():
            raise InvalidDataError("Handles are set on a picture, not on a panorama; give it as a picture.")
        from worldloom.generate.panorama.build import from_panorama

        found = from_panorama(path, seed=seed)
    else:
        from worldloom.generate.image.build import from_image

        found = from_image(path, guides, seed=seed, depth=_estimator(depth))
    notes = found.report.sentences
    if prompt.strip():
        notes = (*notes, "The words were not used: a world of a picture has the picture's own light.")
    return Made(found.world, EMBEDDED, notes)


def _estimator(depth: DepthBy) -> OwnDepth | None:
    if depth == "geometry":
        return None
    from worldloom.generate.depth.estimator import OwnDepth

    return OwnDepth()


def source_of(path: Path) -> Source:
    """What a file is, by its ending and, of pictures, by shape and tags.

    Raises:
        WorldloomError: it is none of them, or can't be read.
    """
    suffix = path.suffix.lower()
    if suffix in _SHAPES:
        return "blockout"
    if suffix not in _PICTURES:
        raise InvalidDataError(
            f"{path.name} is no picture and no GLB; give a JPEG, PNG, WebP, TIFF, HEIC, GLB or glTF."
        )
    from worldloom.generate.image.look import is_panorama
    from worldloom.generate.image.reading import read_picture

    return "panorama" if is_panorama(read_picture(path, 256)) else "picture"


def _from_blockout(path: Path, prompt: str, seed: int) -> Made:
    from worldloom.generate.blockout import from_blockout

    if path.suffix.lower() not in _SHAPES:
        raise InvalidDataError(f"{path.name} is no GLB; boxes come as .glb or .gltf.")
    notes: list[str] = []
    spec = None
    if prompt.strip():
        from worldloom.generate.understand import understand

        read = understand(prompt, seed=seed)
        spec = read.spec
        if read.unknown:
            notes.append(f"Not understood: {', '.join(phrase.text for phrase in read.unknown)}.")
    return Made(from_blockout(path, spec=spec, seed=seed), EMBEDDED, tuple(notes))


def from_models(
    prompt: str,
    paths: list[Path],
    models: Mapping[str, str],
    *,
    seed: int,
    folder: Path,
    gaussians: int | None = None,
) -> Made:
    """The world that open-weight models make. Nothing falls back to our own generator, nor to another model.

    Args:
        models: role to backend, "id" or "id=folder of its files", where it is not the default; optional roles
            ("views", "segmenter", "panorama") take part only where they are named.
        folder: for the files of each stage.
        gaussians: about how many; None for the usual.

    Raises:
        WorldloomError: models are not available; the reasons say what to do.
    """
    from worldloom.generate.models import chain
    from worldloom.generate.models.inputs import ChainSettings, Start, load_models

    image, panorama = _pictures(paths)
    chosen = load_models(models, from_words=image is None and panorama is None)
    settings = ChainSettings.of_size(gaussians)
    made = chain.generate(Start(prompt, image, panorama), chosen, folder / "stages", seed=seed, settings=settings)
    by = "; ".join(f"{part.role}: {part.id} ({part.licence})" for part in made.made_by)
    provenance = made.world.provenance.model_copy(update={"inputs": tuple(hash_file(path) for path in paths)})
    return Made(replace(made.world, provenance=provenance), by)


def _pictures(paths: list[Path]) -> tuple[Any, Any]:
    """(picture, panorama), (h, w, 3) uint8 each, or None.

    Raises:
        FormatError: the file is no picture, damaged, or too large.
    """
    if not paths:
        return None, None
    from worldloom.generate.image.look import is_panorama
    from worldloom.generate.image.reading import read_picture

    picture = read_picture(paths[0], _LONGEST_FOR_MODELS)
    high, wide = picture.rgb.shape[:2]
    whole = is_panorama(picture) and abs(wide - 2 * high) <= 0.02 * high
    if not whole:  # a part of a sphere is continued as any other picture is
        return picture.rgb, None
    rows = min(high, wide // 2)
    return None, picture.rgb[:rows, : 2 * rows]
