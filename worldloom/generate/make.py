"""Every way to a new world: words, a spec, a block-out by our own means; words, a picture, a panorama by models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from worldloom.generate.assemble import assemble
from worldloom.generate.build.site import Draft
from worldloom.generate.spec import WorldSpec
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.provenance import hash_file
from worldloom.scene.world import World

EMBEDDED = "Worldloom's own generator"
_SHAPES = frozenset({".glb", ".gltf"})


@dataclass(frozen=True)
class Made:
    """A new world, and what is to be said of it."""

    world: World
    by: str
    """Which tier made it, in plain words; with models, which ones and under which licences."""
    notes: tuple[str, ...] = ()
    """What was not understood or not built."""
    details: dict[str, Any] = field(default_factory=dict)
    """For pages."""


def from_text(text: str, *, seed: int = 0, gaussians: int | None = None) -> Made:
    """The world that an English text describes.

    Raises:
        InvalidDataError: the text is empty, too long or not English.
    """
    from worldloom.generate.understand import understand

    read = understand(text, seed=seed)
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


def from_file(path: Path, *, prompt: str = "", seed: int = 0) -> Made:
    """The world of a block-out.

    Args:
        prompt: its light, weather and season; empty: an ordinary afternoon.

    Raises:
        WorldloomError: the file is no GLB, can't be read, or holds nothing that can be dressed.
    """
    if path.suffix.lower() not in _SHAPES:
        raise InvalidDataError(
            f"{path.name} is no GLB. Boxes come as .glb or .gltf; of one single picture no world is made yet without "
            "models, but several photos of one place are reconstructed."
        )
    from worldloom.generate.blockout import from_blockout

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
    """(picture, panorama), (h, w, 3) uint8 each, or None."""
    if not paths:
        return None, None
    from worldloom.generate.models.pictures import read_picture

    picture = read_picture(paths[0])
    return (None, picture) if picture.shape[1] == 2 * picture.shape[0] else (picture, None)
