"""From words, a picture or a panorama to a world, by models.

Words -> picture -> panorama by overlapped outpainting -> depth of overlapping views, aligned -> layered Gaussians, what
is hidden filled in -> frames along planned walks -> those whose depth agrees -> refined by the `render` engine. Every
stage leaves its files in the work folder and isn't done again for the same inputs. Which models took part, under which
licences and for how long, comes with the world.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from worldloom.generate.models import frames as walking
from worldloom.generate.models import lifter, pictures
from worldloom.generate.models.align import SphereDepth
from worldloom.generate.models.consistency import Thresholds
from worldloom.generate.models.inputs import ChainModels, ChainSettings, Start
from worldloom.generate.models.interfaces import Model
from worldloom.generate.models.panorama import outpaint, place_picture
from worldloom.generate.models.refine import Target, refine
from worldloom.generate.models.result import MadeBy, ModelWorld, build_world, model_versions
from worldloom.generate.models.stages import Stages, digest_array
from worldloom.generate.sphere import TangentView, look_up
from worldloom.render.rendering import Engine
from worldloom.render.training import engine_name
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import merge

Progress = Callable[[str, float, str], None]
"""Called with the stage's name, the share of it that is done (0 to 1), and what was done."""


def generate(
    start: Start,
    models: ChainModels,
    folder: Path,
    *,
    seed: int = 0,
    settings: ChainSettings | None = None,
    engine: Engine | None = None,
    progress: Progress | None = None,
) -> ModelWorld:
    """Make a world with the models given, and no others.

    Args:
        folder: for the stages' files; earlier ones are used again where nothing that they depend on has changed.
        seed: of every random draw.
        engine: what renders and refines; None for CUDA where it works.

    Raises:
        InvalidDataError: there is nothing to start from, or a picture or setting is of a wrong size.
    """
    settings = settings or ChainSettings()
    start = start.checked(models, settings)
    inputs = {
        "prompt": start.prompt,
        "seed": seed,
        "image": digest_array(start.image),
        "panorama": digest_array(start.panorama),
        "known": digest_array(start.known),
        "versions": model_versions(),
    }
    run = _Run(start.prompt, seed, models, settings, engine, Stages(folder, inputs), progress or (lambda *_: None))
    whole = run.panorama(start)
    depth = run.depth(whole)
    parts = run.layers(whole, depth)
    targets: list[Target] = []
    made = 0
    if models.views is not None and settings.walks:
        parts, targets, made = run.walk(whole, depth, parts)
    if settings.refine_steps:
        parts = run.refine(whole, parts, targets)
    made_by = run.made_by()
    world = build_world(start.prompt, seed, settings, parts, depth, run.stages.done, made_by, engine_name(engine))
    return ModelWorld(world, made_by, depth, whole, made, len(targets))


@dataclass(frozen=True, eq=False)
class _Run:
    """One pass of the chain. Each method is a stage: what it returns is always read back from the stage's files."""

    prompt: str
    seed: int
    models: ChainModels
    settings: ChainSettings
    engine: Engine | None
    stages: Stages
    progress: Progress

    def panorama(self, start: Start) -> np.ndarray:
        """The panorama: given, completed, or around a picture that is given or painted."""
        if start.panorama is not None and start.known is None:
            return start.panorama
        image = start.image
        if start.panorama is None and image is None and self.models.panorama is None:
            image = self._picture()
        height, fov = self.settings.panorama_height, self.settings.fov
        model = self.models.inpainter if start.panorama is not None else self.models.panorama or self.models.inpainter

        def surround(place: Path) -> None:
            if start.panorama is not None and start.known is not None:
                whole = self._outpaint(place, start.panorama, start.known)
            elif self.models.panorama is not None:
                whole = self.models.panorama.panorama(self.prompt, height=height, seed=self.seed, image=image)
            else:
                assert image is not None  # `Start.checked` saw to it that there is a model to paint one
                whole = self._outpaint(place, *place_picture(image, height, fov=fov))
            pictures.write_picture(place / "panorama.png", whole)

        place = self._stage("panorama", {"height": height, "fov": fov}, model, surround)
        return pictures.read_picture(place / "panorama.png")

    def _picture(self) -> np.ndarray:
        painter = self.models.text_to_image
        assert painter is not None
        side = self.settings.panorama_height // 2

        def paint(place: Path) -> None:
            made = painter.image(self.prompt, width=side, height=side, seed=self.seed)
            pictures.write_picture(place / "picture.png", made)

        return pictures.read_picture(self._stage("picture", {"side": side}, painter, paint) / "picture.png")

    def _outpaint(self, place: Path, panorama: np.ndarray, known: np.ndarray) -> np.ndarray:
        pictures.write_picture(place / "known.png", known)
        told = self._told("panorama")
        return outpaint(panorama, known, self.models.inpainter, self.prompt, seed=self.seed, progress=told)

    def depth(self, panorama: np.ndarray) -> SphereDepth:
        """Distances all around."""
        size = self.settings.depth_size

        def measure(place: Path) -> None:
            found = lifter.measure(
                panorama,
                self.models.depth,
                segmenter=self.models.segmenter,
                size=size,
                progress=self._told("depth"),
                keep=lambda number, _, one: pictures.write_picture(
                    place / f"view-{number:02d}.png", pictures.depth_picture(one.depth, one.valid)
                ),
            )
            pictures.write_depth(place / "distances.npz", found)
            pictures.write_picture(place / "distances.png", pictures.depth_picture(found.distance, found.valid))

        taking_part = [self.models.depth] + ([self.models.segmenter] if self.models.segmenter else [])
        return pictures.read_depth(self._stage("depth", {"size": size}, taking_part, measure) / "distances.npz")

    def layers(self, panorama: np.ndarray, depth: SphereDepth) -> dict[str, Gaussians]:
        """Gaussians of what is seen, of what is behind it, and of the sky."""
        step, rows = self.settings.step_aside, self.settings.rows

        def lift(place: Path) -> None:
            made = lifter.lift_layers(
                panorama,
                depth,
                self.models.inpainter,
                self.prompt,
                seed=self.seed,
                step=step,
                rows=rows,
                progress=self._told("layers"),
            )
            pictures.write_picture(place / "background.png", made.background)
            pictures.write_picture(place / "hidden.png", made.hidden)
            _write_parts(place, {"seen": made.seen, "behind": made.behind, "sky": made.sky})

        return _read_parts(self._stage("layers", {"step_aside": step, "rows": rows}, self.models.inpainter, lift))

    def walk(
        self, panorama: np.ndarray, depth: SphereDepth, parts: dict[str, Gaussians]
    ) -> tuple[dict[str, Gaussians], list[Target], int]:
        """Frames along walks; what agrees with the world, and Gaussians for what only they show."""
        views = self.models.views
        assert views is not None
        settings = self.settings
        chosen = {name: getattr(settings, name) for name in ("walks", "frames", "frame_width", "frame_height")}

        def synthesize(place: Path) -> None:
            walking.synthesize(
                place, panorama, depth, views, self.prompt, seed=self.seed, progress=self._told("frames"), **chosen
            )

        made = self._stage("frames", chosen, views, synthesize)

        def select(place: Path) -> None:
            walking.select(
                place,
                made,
                parts,
                panorama,
                depth,
                self.models.depth,
                judged=settings.judged,
                thresholds=Thresholds(),
                engine=self.engine,
                progress=self._told("agreement"),
            )

        inputs = {"judged": settings.judged, "thresholds": asdict(Thresholds())}
        kept = self._stage("agreement", inputs, self.models.depth, select)
        grown = pictures.read_gaussians(kept / "grown.safetensors")
        record = json.loads((kept / "verdicts.json").read_text(encoding="utf-8"))
        return parts | {"walked": grown}, walking.read_targets(kept), len(record)

    def refine(self, panorama: np.ndarray, parts: dict[str, Gaussians], frames: list[Target]) -> dict[str, Gaussians]:
        """The same Gaussians, closer to the panorama and to the frames kept."""
        steps = self.settings.refine_steps

        def improve(place: Path) -> None:
            whole = merge(list(parts.values()))
            targets = [*_panorama_targets(panorama), *frames]
            told = self._told("refined")
            better = refine(whole, targets, steps=steps, seed=self.seed, engine=self.engine, progress=told)
            counts = [len(part) for part in parts.values()]
            starts = np.cumsum([0, *counts])
            _write_parts(
                place, {name: better[int(start) : int(start) + n] for name, start, n in zip(parts, starts, counts)}
            )

        return _read_parts(self._stage("refined", {"steps": steps, "engine": engine_name(self.engine)}, [], improve))

    def made_by(self) -> tuple[MadeBy, ...]:
        """The models that took part, in order."""
        found = []
        for model in self.models.taking_part():
            seconds = [stage.seconds for stage in self.stages.done if model.card.id in stage.models]
            if seconds:
                role = model.card.role
                found.append(MadeBy(model.card.id, role, model.source, model.licence, round(sum(seconds), 3)))
        return tuple(found)

    def _stage(self, name: str, inputs: dict[str, Any], models: Any, make: Callable[[Path], None]) -> Path:
        taking_part = models if isinstance(models, list) else [models]
        described = {model.card.id: [model.source, model.licence, _options(model)] for model in taking_part}
        self.progress(name, 0.0, "begun")
        place = self.stages.run(name, inputs | {"models": described}, tuple(described), make)
        self.progress(name, 1.0, "used again" if self.stages.done[-1].reused else "done")
        return place

    def _told(self, stage: str) -> Callable[[float, str], None]:
        return lambda share, words: self.progress(stage, share, words)


def _panorama_targets(panorama: np.ndarray) -> list[Target]:
    """Flat views of the panorama that cover it."""
    size = max(16, len(panorama) // 2)
    around = [TangentView(yaw, pitch, 90, size, size) for pitch in (0, 45, -45) for yaw in range(0, 360, 60)]
    views = [*around, TangentView(0, 90, 90, size, size), TangentView(0, -90, 90, size, size)]
    targets = []
    for view in views:
        pose = np.eye(4)
        pose[:3, :3] = view.rotation
        targets.append(Target(walking.camera_of(pose, view.intrinsics, size, size), look_up(panorama, view.rays())))
    return targets


def _options(model: Model) -> dict[str, Any]:
    """Plain settings of a loaded model (steps, sizes) that shape what it makes."""
    plain = (int, float, str, bool)
    skipped = ("card", "source", "licence")
    values = vars(model) if hasattr(model, "__dict__") else {}
    return {name: value for name, value in sorted(values.items()) if isinstance(value, plain) and name not in skipped}


def _write_parts(place: Path, parts: dict[str, Gaussians]) -> None:
    for number, (name, part) in enumerate(parts.items()):
        pictures.write_gaussians(place / f"{number}-{name}.safetensors", part)


def _read_parts(place: Path) -> dict[str, Gaussians]:
    return {
        path.stem.split("-", 1)[1]: pictures.read_gaussians(path) for path in sorted(place.glob("[0-9]-*.safetensors"))
    }
