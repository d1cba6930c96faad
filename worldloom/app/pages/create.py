"""Create: drop what you have, see what it will take, watch the world appear."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, get_args

import gradio as gr

from worldloom.app.jobs.estimate import Needs
from worldloom.app.jobs.kinds import Preset
from worldloom.app.pages import boxes, picture, words
from worldloom.app.server.service import Service
from worldloom.reconstruct.inputs import suffixes
from worldloom.scene.errors import InvalidDataError, WorldloomError
from worldloom.scene.store.uploads import free_name, safe_path

_KINDS = [*sorted(suffixes.PHOTOS), *sorted(suffixes.VIDEOS), ".zip", *sorted(suffixes.POINT_CLOUDS - {".ply"})]
_SPLATS = (".ply", ".splat", ".spz", ".glb", ".gltf", ".usdc", ".usdz", ".usda", ".usd")
_PRESETS: dict[Preset, str] = {"draft": "Draft", "standard": "Standard", "high": "High"}
_SHOWN_AFTER_SECONDS = 1800
"""So long a finished world is still shown here."""


def build(site: gr.Blocks, service: Service) -> None:
    """The page."""
    preset = _preferred(service)
    with gr.Row(elem_id="create"):
        with gr.Column(scale=5, min_width=320):
            gr.HTML(
                "<h1>Make a world</h1>",
                elem_classes="lead",
            )
            with gr.Tabs():
                with gr.Tab("Photos", id="photos"):
                    gr.HTML(
                        "<p>Drop photos of one place, a video or a zip. Walk around the place while you take them, and "
                        "let each photo overlap the one before: 20 to 200 are good.</p>",
                        elem_classes="lead",
                    )
                    files = gr.File(
                        label="Photos, videos, a zip, a point cloud, or a splat file",
                        file_count="multiple",
                        file_types=[*_KINDS, *_SPLATS],
                        height=190,
                        elem_id="drop",
                    )
                    summary = gr.HTML("", elem_id="summary", apply_default_css=False, visible=False)
                    with gr.Group(visible=False, elem_id="options") as options:
                        name = gr.Textbox(label="Name", max_lines=1, elem_id="name")
                        choice = gr.Radio(
                            choices=_choices(None),
                            value=preset,
                            label="Quality",
                            elem_id="preset",
                            elem_classes="presets",
                        )
                        with gr.Accordion("For experts", open=False):
                            with gr.Row():
                                gaussians = gr.Number(label="Most Gaussians", precision=0, minimum=100, value=None)
                                iterations = gr.Number(label="Training steps", precision=0, minimum=1, value=None)
                                seed = gr.Number(label="Seed", precision=0, minimum=0, value=0)
                            holdout = gr.Checkbox(label="Keep every 8th photo to measure the quality", value=True)
                            lines = gr.Textbox(
                                label="Any other option, one on a line",
                                placeholder="train.sh_degree=2",
                                info="`worldloom options` lists them all.",
                                lines=2,
                            )
                    start = gr.Button("Make the world", variant="primary", size="lg", visible=False, elem_id="start")
                with gr.Tab("Words", id="words"):
                    from_words = gr.Column()
                with gr.Tab("One picture", id="picture"):
                    from_picture = gr.Column()
                with gr.Tab("Boxes", id="boxes"):
                    from_boxes = gr.Column()
        with gr.Column(scale=7, min_width=320):
            progress = gr.HTML("", elem_id="progress", apply_default_css=False)
    with from_words:
        words.build(service, progress, _progress)
    with from_picture:
        picture.build(service, progress, _progress)
    with from_boxes:
        boxes.build(service, progress, _progress)
    gr.HTML("<wl-shelf></wl-shelf>", elem_id="shelf", apply_default_css=False)
    upload = gr.State("")

    def received(paths: Sequence[str] | None) -> tuple[Any, ...]:
        hidden = gr.update(visible=False)
        if not paths:
            return "", hidden, hidden, gr.update(), gr.update(), hidden
        try:
            stored = service.store.uploads.add(_named(paths))
            splat = _is_splat(list(stored.files))
            words, choices = ("A splat file: it is taken into the library as it is.", None)
            if not splat:
                words, choices = _estimated(service, stored.id)
        except WorldloomError as error:
            raise gr.Error(str(error), title="These files can't be used") from None
        return (
            stored.id,
            gr.update(value=f"<p>{escape(words)}</p>", visible=True),
            gr.update(visible=True),
            gr.update(value=_suggested(list(stored.files))),
            gr.update(choices=choices or _choices(None), visible=not splat),
            gr.update(visible=True, value="Take it into the library" if splat else "Make the world"),
        )

    files.change(
        received,
        files,
        [upload, summary, options, name, choice, start],
        show_progress="minimal",
        api_visibility="private",
    )

    def begin(
        upload: str,
        name: str | None,
        preset: str,
        gaussians: float | None,
        iterations: float | None,
        seed: float | None,
        holdout: bool,
        lines: str | None,
    ) -> tuple[Any, ...]:
        try:
            names = list(service.store.uploads.get(upload).files)
            if _is_splat(names):
                operation = service.import_file(upload, name or "")
            else:
                operation = service.reconstruct(
                    [upload],
                    name or "",
                    preset=preset,
                    gaussians=int(gaussians) if gaussians else None,
                    iterations=int(iterations) if iterations else None,
                    seed=int(seed or 0),
                    holdout=holdout,
                    settings=tuple(line.strip() for line in (lines or "").splitlines() if line.strip()),
                    engine=service.store.setting("preferences").get("engine", "auto"),
                )
        except WorldloomError as error:
            raise gr.Error(str(error), title="The world can't be made") from None
        hidden = gr.update(visible=False)
        return _progress(operation.id), None, hidden, hidden, hidden

    start.click(
        begin,
        [upload, name, choice, gaussians, iterations, seed, holdout, lines],
        [progress, files, summary, options, start],
        show_progress="minimal",
        api_visibility="private",
    )

    def arrived() -> str:
        """What is under way, or was until a moment ago, is shown again after a reload."""
        recent = [
            operation
            for kind in ("reconstruct", "generate")
            for operation in service.store.operations.page(kind=kind, size=5).operations
        ]
        for operation in sorted(recent, key=lambda one: one.created, reverse=True):
            if not operation.over or time.time() - (operation.finished or 0) < _SHOWN_AFTER_SECONDS:
                return _progress(operation.id)
        return _progress("")

    site.load(arrived, None, progress, show_progress="hidden", api_visibility="private")


def _progress(operation: str) -> str:
    return f'<wl-progress operation="{escape(operation, quote=True)}"></wl-progress>'


def _preferred(service: Service) -> Preset:
    wanted = service.store.setting("preferences").get("preset", "draft")
    return wanted if wanted in get_args(Preset) else "draft"


def _choices(words: Mapping[Preset, str] | None) -> list[tuple[str, str]]:
    return [(f"{title} · {words[preset]}" if words else title, preset) for preset, title in _PRESETS.items()]


def _estimated(service: Service, upload: str) -> tuple[str, list[tuple[str, str]]]:
    """What there is, and what each preset will need."""
    needs: dict[Preset, Needs] = {preset: service.estimator.needs([upload], preset) for preset in _PRESETS}
    count = needs["draft"].photos
    stored = service.store.uploads.get(upload)
    size = sum(file.bytes for file in stored.files.values())
    files = len(stored.files)
    words = f"{files} file{'s' * (files != 1)}, {size / 1e6:.0f} MB"
    if count:
        words += f", about {count} picture{'s' * (count != 1)} to work with."
        if count < 8:
            words += " That is few: expect gaps where no two photos look."
    choices: dict[Preset, str] = {
        preset: f"{duration(need.seconds)}, {need.memory_bytes / 1e9:.1f} GB of memory"
        for preset, need in needs.items()
    }
    return words, _choices(choices)


def duration(seconds: float) -> str:
    """Roughly how long: "about 3 min"."""
    if seconds < 90:
        return "about a minute"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} hours"


def _named(paths: Sequence[str]) -> dict[str, Path]:
    """File name -> where it lies; names that come twice are told apart."""
    named: dict[str, Path] = {}
    for text in paths:
        named[free_name(safe_path(Path(text).name), named)] = Path(text)
    return named


def _is_splat(names: Sequence[str]) -> bool:
    """Whether this is one file that already is a world. A .ply beside photos is a point cloud."""
    if len(names) == 1:
        return names[0].lower().endswith(_SPLATS)
    if any(name.lower().endswith(tuple(suffix for suffix in _SPLATS if suffix != ".ply")) for name in names):
        raise InvalidDataError("Give one splat file at a time, without photos.")
    return False


def _suggested(names: Sequence[str]) -> str:
    """A name for the world: the file's, without the camera's counting."""
    stem = Path(names[0]).stem if len(names) == 1 else ""
    words = re.sub(r"[_\-.]+|\d{3,}", " ", stem).strip()
    plain = words and not re.fullmatch(
        r"(img|dsc|dscn|pxl|gopr|vid|mvi|image|photo|world)\w{0,2}", words, re.IGNORECASE
    )
    return words.capitalize() if plain else f"World of {time.strftime('%d %B, %H:%M')}"
