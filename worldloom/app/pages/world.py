"""World: walk in it, and everything that can be done with it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr
from pydantic import ValidationError

from worldloom.app.pages.grow import extend_tab, light_panel
from worldloom.app.server.live import Live
from worldloom.app.server.service import Service
from worldloom.edit.author.record import SetAnnotations, SetEnvironment, SetSpawn
from worldloom.scene.errors import InvalidDataError, WorldloomError
from worldloom.scene.store.worlds import StoredWorld
from worldloom.scene.world_record import Annotation, Pose, Vector

_FORMATS = [
    ("SPZ: small, for most viewers", "spz"),
    ("PLY: for editors and research", "ply"),
    ("Compressed PLY: for PlayCanvas and SuperSplat", "compressed.ply"),
    ("SPLAT: for older web viewers", "splat"),
    ("glTF (.glb): for game engines", "glb"),
    ("USDZ: for Vision Pro and Omniverse", "usdz"),
    ("USD (.usdc): for film pipelines", "usdc"),
    ("The whole world (.zip): layers, history's newest version, report", "zip"),
]


_NOTHING_PICKED = "<p>Click a place in the view, and it is told here.</p>"
_TALK = """
const frame = () => element.querySelector("iframe");
window.addEventListener("message", (event) => {
  const told = event.data;
  if (event.origin !== location.origin || !frame() || event.source !== frame().contentWindow) return;
  if (told && told.ns === "worldloom" && (told.type === "pick" || told.type === "selection")) trigger("submit", told);
});
watch("command", () => {
  if (props.command && frame()) {
    const message = { ns: "worldloom", type: "command", id: String(Date.now()), ...JSON.parse(props.command) };
    frame().contentWindow.postMessage(message, location.origin);
  }
});
"""
"""The view tells Gradio of picks and selections, Gradio tells the view what to do."""


def build(site: gr.Blocks, service: Service, live: Live) -> None:
    """The page."""
    chosen = gr.State("")
    point = gr.State(None)
    with gr.Row(elem_id="world"):
        with gr.Column(scale=8, min_width=320, elem_id="stage"):
            view = gr.HTML("", elem_id="view", apply_default_css=False, js_on_load=_TALK, command="")
        with gr.Column(scale=3, min_width=300):
            title = gr.HTML("", elem_id="title", apply_default_css=False)
            with gr.Tabs():
                with gr.Tab("Export", id="export"):
                    format = gr.Dropdown(_FORMATS, value="spz", label="File", elem_id="format")
                    make = gr.Button("Make the file", variant="primary", elem_id="export", interactive=False)
                    exports = gr.HTML("", elem_id="exports", apply_default_css=False)
                with gr.Tab("Edit", id="edit"):
                    gr.HTML(
                        "<p><b>Edit</b> under the view opens the editor: select, move, recolour, repair, put things "
                        "in, alone or with others. Layers, notes, measures and camera paths are in the view's own "
                        "panels.</p>"
                    )
                    picked = gr.HTML(_NOTHING_PICKED, elem_id="picked", apply_default_css=False)
                    with gr.Group():
                        note = gr.Textbox(label="Note", max_lines=1, elem_id="note", placeholder="What is there")
                        with gr.Row():
                            put = gr.Button("Put it there", elem_id="put", interactive=False)
                            go = gr.Button("Go there", elem_id="go", interactive=False)
                    spawn = gr.Button("Visitors start where I stand now", elem_id="spawn", interactive=False)
                    background = gr.ColorPicker(label="Background", elem_id="background")
                    lighting = light_panel(service, chosen)
                with gr.Tab("Extend", id="extend"):
                    growing = extend_tab(service, live, chosen, point)
                with gr.Tab("History", id="history"):
                    history = gr.HTML("", elem_id="history", apply_default_css=False)
                with gr.Tab("About", id="about"):
                    about = gr.HTML("", elem_id="about", apply_default_css=False)
    outputs = [chosen, view, title, history, about, background]
    # They act on the chosen world, so they can be pressed only once it has arrived.
    buttons = [make, put, go, spawn, *growing, *lighting]

    def arrived(request: gr.Request) -> tuple[Any, ...]:
        wanted = dict(request.query_params).get("world", "")
        try:
            stored = service.store.worlds.get(wanted) if wanted else _newest(service)
            if stored is None:
                return _empty("Make a world first, on the Create page.")
            return *_shown(service, stored), *[gr.update(interactive=True)] * len(buttons)
        except WorldloomError as error:
            return _empty(str(error))

    def _empty(sentence: str) -> tuple[Any, ...]:
        return "", _nothing(sentence), *[""] * (len(outputs) - 3), *[gr.update()] * (1 + len(buttons))

    site.load(arrived, None, [*outputs, *buttons], show_progress="hidden", api_visibility="private")

    def export(world: str, format: str) -> str:
        try:
            operation = service.export(world, format)
        except WorldloomError as error:
            raise gr.Error(str(error)) from None
        return f'<wl-export operation="{operation.id}"></wl-export>'

    make.click(export, [chosen, format], exports, show_progress="minimal", api_visibility="private")

    def heard(event: gr.EventData) -> tuple[Any, str]:
        """What the view tells of: a picked point, or a selection."""
        told = event._data if isinstance(event._data, dict) else {}
        if told.get("type") == "selection":
            return (
                gr.skip(),
                f"<p>Selected {int(told.get('count', 0)):,} splats in {escape(str(told.get('layer')))}.</p>",
            )
        place = _vector(told.get("point"))
        if place is None:
            return gr.skip(), gr.skip()  # pyright: ignore[reportReturnType]
        where = ", ".join(f"{value:.2f}" for value in place)
        return place, f"<p>Picked ({where}) m, in {escape(str(told.get('layer')))}.</p>"

    view.submit(heard, None, [point, picked], show_progress="hidden", api_visibility="private")

    def put_note(world: str, place: Vector | None, text: str | None) -> str:
        try:
            if place is None or not (text or "").strip():
                raise InvalidDataError("Click a place in the view first, and write what is there.")
            version = service.store.worlds.version(world)
            notes = [*service.store.worlds.record(version).annotations, Annotation(text=str(text), position=place)]
            service.edit(world, version.number, [SetAnnotations(annotations=tuple(notes))])
        except WorldloomError as error:
            raise gr.Error(str(error)) from None
        return ""

    put.click(put_note, [chosen, point, note], note, show_progress="minimal", api_visibility="private")

    def go_there(world: str, place: Vector | None) -> Any:
        """Two steps back from the place, looking at it, the way one looks already."""
        if place is None:
            raise gr.Error("Click a place in the view first.")
        cameras = [viewer.camera for viewer in live.viewers(world) if viewer.camera]
        turn = cameras[-1]["rotation"] if cameras else (1.0, 0.0, 0.0, 0.0)
        args = {"position": _before(place, turn), "rotation": list(turn)}
        return gr.update(command=json.dumps({"name": "set_camera", "args": args, "at": time.time()}))

    go.click(go_there, [chosen, point], view, show_progress="hidden", api_visibility="private")

    def start_here(world: str) -> None:
        try:
            cameras = [viewer.camera for viewer in live.viewers(world) if viewer.camera]
            if not cameras:
                raise InvalidDataError("The view has not told where you stand yet; move a little and try again.")
            newest = cameras[-1]
            pose = Pose(position=newest["position"], rotation=newest["rotation"])
            head = service.store.worlds.get(world).head
            service.edit(world, head, [SetSpawn(spawn=pose)])
        except (KeyError, ValidationError):
            raise gr.Error("The view told of no usable camera; reload the page and try again.") from None
        except WorldloomError as error:
            raise gr.Error(str(error)) from None
        gr.Info("Visitors of this world now start where you stand.")

    spawn.click(start_here, chosen, None, show_progress="minimal", api_visibility="private")

    def paint(world: str, colour: str | None) -> None:
        try:
            version = service.store.worlds.version(world)
            environment = service.store.worlds.record(version).environment
            changed = environment.model_copy(update={"background": parse_colour(colour or "")})
            if changed != environment:
                service.edit(world, version.number, [SetEnvironment(environment=changed)])
        except WorldloomError as error:
            raise gr.Error(str(error)) from None

    background.input(paint, [chosen, background], None, show_progress="hidden", api_visibility="private")


def _vector(value: object) -> Vector | None:
    if isinstance(value, (list, tuple)) and len(value) == 3 and all(isinstance(one, (int, float)) for one in value):
        x, y, z = (float(one) for one in value)
        return (x, y, z) if math.isfinite(x + y + z) else None
    return None


def _before(place: Vector, rotation: Sequence[float], distance: float = 1.5) -> list[float]:
    """Where to stand to have `place` right ahead."""
    w, x, y, z = rotation
    back = (2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y))  # the camera's +Z
    return [at + distance * axis for at, axis in zip(place, back)]


def _newest(service: Service) -> StoredWorld | None:
    page = service.store.worlds.page(size=1)
    return page.worlds[0] if page.worlds else None


def _shown(service: Service, stored: StoredWorld) -> tuple[Any, ...]:
    version = service.store.worlds.version(stored.id)
    record = service.store.worlds.record(version)
    tags = " ".join(f"<span class='wl-tag'>{escape(tag)}</span>" for tag in stored.tags)
    title = f"<h2>{escape(stored.name)}</h2><p>{stored.gaussians:,} Gaussians {tags}</p>"
    made = record.provenance
    facts = [
        ("Version", f"{version.number}, {version.message}"),
        ("Engine", made.engine or "none"),
        ("Photos", str(len(record.captures)) if record.captures else "none"),
        ("Made from", f"{len(made.inputs)} file{'s' * (len(made.inputs) != 1)}" if made.inputs else "nothing given"),
        ("Seed", str(made.seed)),
        ("Time", f"{sum(made.seconds.values()):.0f} s" if made.seconds else "unknown"),
        *((f"Licence of {model}", licence) for model, licence in made.model_licences.items()),
    ]
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in facts)
    report = ""
    if "report.html" in version.files:
        report = f"<p><a href='/api/v1/worlds/{stored.id}/report' target='_blank'>Quality report</a></p>"
    colour = "#" + "".join(f"{round(255 * min(max(value, 0), 1)):02x}" for value in record.environment.background)
    return (
        stored.id,
        f'<wl-viewer world="{stored.id}"></wl-viewer>',
        title,
        f'<wl-history world="{stored.id}"></wl-history>',
        f"<table class='facts'>{rows}</table>{report}",
        gr.update(value=colour),
    )


def _nothing(sentence: str) -> str:
    return f"<div class='nothing'>{escape(sentence)}</div>"


def parse_colour(text: str) -> tuple[float, float, float]:
    """The sRGB colour, 0..1, that a colour picker gives: "#rrggbb" or "rgba(r, g, b, a)".

    Raises:
        InvalidDataError: it is neither.
    """
    try:
        if text.startswith("#"):
            red, green, blue = (int(text[at : at + 2], 16) for at in (1, 3, 5))
        else:
            numbers = text[text.index("(") + 1 : text.index(")")].split(",")
            red, green, blue = (float(number) for number in numbers[:3])
    except ValueError:
        raise InvalidDataError(f"'{text}' is no colour; choose one like #336699.") from None
    return (
        min(max(red / 255, 0.0), 1.0),
        min(max(green / 255, 0.0), 1.0),
        min(max(blue / 255, 0.0), 1.0),
    )
