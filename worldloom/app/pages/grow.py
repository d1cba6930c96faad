"""On the World page: growing past the edge, and another hour, weather or season."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr

from worldloom.app.server.live import Live
from worldloom.app.server.service import Service
from worldloom.scene.errors import InvalidDataError, WorldloomError

_LIGHTS = ("Sunrise", "Noon", "Sunset", "Night", "Fog", "Rain", "Snow", "Autumn")
_WAYS = {
    "Where I look": None,
    "North (-Z)": (0.0, -1.0),
    "East (+X)": (1.0, 0.0),
    "South (+Z)": (0.0, 1.0),
    "West (-X)": (-1.0, 0.0),
}


def extend_tab(service: Service, live: Live, chosen: gr.State, point: gr.State) -> list[gr.Button]:
    """Its buttons, which work once a world is there."""
    gr.HTML("<p>The world grows in squares of 64 m, each a layer of its own. What is there stays as it is.</p>")
    words = gr.Textbox(
        label="What is the new part like?",
        placeholder="As it is there. Or: a pine forest, a lake...",
        max_lines=2,
        elem_id="grow-words",
    )
    way = gr.Dropdown(list(_WAYS), value="Where I look", label="Which way", elem_id="grow-way")
    path = gr.State([])
    with gr.Row():
        add = gr.Button("Add the picked place to a path", elem_id="grow-add", interactive=False)
        clear = gr.Button("Forget the path", elem_id="grow-clear")
    line = gr.HTML("", elem_id="grow-path", apply_default_css=False)
    grow = gr.Button("Grow", variant="primary", elem_id="grow", interactive=False)
    done = gr.HTML("", elem_id="grown", apply_default_css=False)

    def added(place: Sequence[float] | None, places: list[Any]) -> tuple[list[Any], str]:
        if place is None:
            raise gr.Error("Click a place in the view first.")
        places = [*places, [float(value) for value in place]]
        return places, f"<p>A path of {len(places)} place{'s' * (len(places) != 1)}.</p>"

    add.click(added, [point, path], [path, line], show_progress="hidden", api_visibility="private")
    clear.click(lambda: ([], ""), None, [path, line], show_progress="hidden", api_visibility="private")

    def begin(world: str, text: str | None, way: str, places: list[Any]) -> tuple[str, list[Any], str]:
        try:
            name = service.store.worlds.get(world).name
            where = {"path": places} if places else {"towards": _past_the_edge(service, live, world, _WAYS[way])}
            operation = service.submit(
                "extend", f"More of {name}"[:200], about=world, world=world, prompt=text or "", **where
            )
        except WorldloomError as error:
            raise gr.Error(str(error), title="The world can't grow there") from None
        return _followed(operation.id), [], ""

    grow.click(begin, [chosen, words, way, path], [done, path, line], show_progress="minimal", api_visibility="private")
    return [add, grow]


def light_panel(service: Service, chosen: gr.State) -> list[gr.Button]:
    """Its buttons, which work once a world is there."""
    with gr.Accordion("Light, weather, season", open=False):
        chips = []
        for start in (0, 4):
            with gr.Row():
                chips += [
                    gr.Button(name, size="sm", interactive=False, elem_id=f"light-{name.lower()}", min_width=60)
                    for name in _LIGHTS[start : start + 4]
                ]
        with gr.Row():
            words = gr.Textbox(
                label="Or in words", placeholder="Late autumn afternoon, fog", max_lines=1, elem_id="light-words"
            )
            apply = gr.Button("Change it", interactive=False, elem_id="light-apply", min_width=90)
        done = gr.HTML("", elem_id="light-done", apply_default_css=False)

    def change(world: str, text: str | None) -> str:
        try:
            if not (text or "").strip():
                raise InvalidDataError("Say what shall change: night, sunrise, snow, autumn, fog.")
            name = service.store.worlds.get(world).name
            operation = service.submit("event", f"{name}: {text}"[:200], about=world, world=world, prompt=text)
        except WorldloomError as error:
            raise gr.Error(str(error), title="This can't be changed") from None
        return _followed(operation.id)

    for chip in chips:
        chip.click(change, [chosen, chip], done, show_progress="minimal", api_visibility="private")
    apply.click(change, [chosen, words], done, show_progress="minimal", api_visibility="private")
    return [*chips, apply]


def _followed(operation: str) -> str:
    return f'<wl-change operation="{escape(operation, quote=True)}"></wl-change>'


def _past_the_edge(service: Service, live: Live, world: str, way: tuple[float, float] | None) -> list[float]:
    """A place 20 m past the world's edge, the way one looks or the way given."""
    box = service.scene(world).bounds
    if box is None:
        raise InvalidDataError("This world has nothing to grow from.")
    scene = service.scene(world)
    cameras = [viewer.camera for viewer in live.viewers(world) if viewer.camera]
    eye: Sequence[float] = scene.spawn.position
    turn: Sequence[float] = scene.spawn.rotation
    if cameras:
        eye, turn = cameras[-1]["position"], cameras[-1]["rotation"]
    if way is None:
        w, x, y, z = turn
        ahead = (-2 * (x * z + w * y), -(1 - 2 * (x * x + y * y)))
        length = math.hypot(*ahead) or 1.0
        way = (ahead[0] / length, ahead[1] / length)
    near = _ground_of(service, world, box)
    step = 0.0
    while near[0] <= eye[0] + way[0] * step <= near[2] and near[1] <= eye[2] + way[1] * step <= near[3]:
        step += 4.0
        if step > 20_000:
            raise InvalidDataError("The edge is too far away; choose another way.")
    return [eye[0] + way[0] * (step + 20.0), 0.0, eye[2] + way[1] * (step + 20.0)]


def _ground_of(service: Service, world: str, box: Any) -> tuple[float, float, float, float]:
    """Lowest x, lowest z, highest x, highest z of what is near, without far scenery; tiles are part of it."""
    record = service.store.worlds.record(service.store.worlds.version(world))
    spec = record.provenance.parameters.get("worldspec")
    if isinstance(spec, dict) and not record.provenance.parameters.get("indoor"):
        half = float(spec.get("extent", 160.0)) / 2
        edges = [-half, -half, half, half]
        for x, z in record.provenance.parameters.get("tiles", []):
            low, high = (64.0 * x, 64.0 * z), (64.0 * x + 64, 64.0 * z + 64)
            edges = [min(edges[0], low[0]), min(edges[1], low[1]), max(edges[2], high[0]), max(edges[3], high[1])]
        return edges[0], edges[1], edges[2], edges[3]
    return box.lower[0], box.lower[2], box.upper[0], box.upper[2]
