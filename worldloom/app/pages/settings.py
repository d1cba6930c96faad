"""Settings: what this server works with, what else it could use, and why it doesn't."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import gradio as gr
import psutil

from worldloom import __version__
from worldloom.app.jobs.backends import Backend, backends
from worldloom.app.jobs.devices import gpus, machine
from worldloom.app.server.service import Service

_ENGINES = [("Whatever is fastest here", "auto"), ("CPU (our C++ engine)", "cpu"), ("GPU (gsplat, CUDA)", "cuda")]
_MODELS = (
    "<h2>Open-weight models</h2><p>Not needed: worlds are made without them. Where they are there, the models tier "
    "makes worlds with them. Nothing is downloaded unless you do it.</p>"
)
_PRESETS = [("Draft: minutes", "draft"), ("Standard", "standard"), ("High: hours without a GPU", "high")]


def build(site: gr.Blocks, service: Service) -> None:
    """The page."""
    chosen = service.store.setting("preferences")
    gr.HTML("<h1>Settings</h1>", elem_classes="lead")
    with gr.Row():
        with gr.Column(min_width=300):
            engine = gr.Radio(_ENGINES, value=chosen.get("engine", "auto"), label="Engine", elem_id="engine")
            preset = gr.Radio(_PRESETS, value=chosen.get("preset", "draft"), label="Quality of new worlds")
        with gr.Column(min_width=300):
            system = gr.HTML("", apply_default_css=False)
    gr.HTML("<h2>What can be used</h2>", elem_classes="lead")
    table = gr.HTML("", elem_id="backends", apply_default_css=False)
    gr.HTML(_MODELS, elem_classes="lead")
    models = gr.HTML("", elem_id="models", apply_default_css=False)

    def arrived() -> tuple[object, ...]:
        chosen, found = service.store.setting("preferences"), backends()
        parts, weights = ([one for one in found if one.model is wanted] for wanted in (False, True))
        tables = _table(parts), _table(weights)
        return _system(service), *tables, chosen.get("engine", "auto"), chosen.get("preset", "draft")

    site.load(arrived, None, [system, table, models, engine, preset], show_progress="hidden", api_visibility="private")

    def save(engine: str, preset: str) -> None:
        if engine == "cuda" and not gpus():
            gr.Warning("No NVIDIA GPU was found on this machine; worlds would fail to be made. Using the CPU.")
            engine = "auto"
        service.store.set_setting("preferences", {"engine": engine, "preset": preset})

    for field in (engine, preset):
        field.input(save, [engine, preset], None, show_progress="hidden", api_visibility="private")


def _system(service: Service) -> str:
    memory = psutil.virtual_memory().total / 1e9
    rows = (
        ("Worldloom", __version__),
        ("Machine", f"{machine()}: {psutil.cpu_count()} cores, {memory:.0f} GB of memory"),
        ("GPUs", ", ".join(gpus()) or "none found"),
        ("Library", str(service.settings.place.data)),
        ("Open to", "this machine only" if service.settings.loopback else "everyone who has the token"),
        ("Orders in words", f"read by {service.settings.language_model or 'rules, without a language model'}"),
        ("API", "/api/v1/docs"),
    )
    lines = "".join(
        f"<tr><th>{escape(name)}</th><td>"
        + (f"<a href='{value}' target='_blank'>{value}</a>" if name == "API" else escape(value))
        + "</td></tr>"
        for name, value in rows
    )
    return f"<table class='facts'>{lines}</table>"


def _table(found: Sequence[Backend]) -> str:
    rows = "".join(
        f"<tr><td>{escape(one.name)}</td><td>{escape(one.purpose)}</td><td>{escape(one.licence)}</td>"
        f"<td class='{'yes' if one.available else 'no'}'>{'available' if one.available else 'not available'}"
        f"<small>{escape(one.reason)}</small></td></tr>"
        for one in found
    )
    return (
        "<table class='backends'><thead><tr><th>Name</th><th>For</th><th>Licence</th><th>Here</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )
