"""A world from one picture or a panorama: what it is taken for is shown on it, and can be dragged."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from pydantic import ValidationError

from worldloom.app.server.service import Service
from worldloom.generate.image.guides import Guides
from worldloom.scene.errors import WorldloomError
from worldloom.scene.store.uploads import safe_path

_KINDS = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".heic")


def build(service: Service, progress: gr.HTML, progress_of: Any) -> None:
    """The tab. `progress_of` gives the HTML that follows an operation."""
    gr.HTML(
        "<p>One photo, painting or drawing becomes a place to step into; what it does not show is invented, and the "
        "world says where. A panorama, twice as wide as high, surrounds you.</p>",
        elem_classes="lead",
    )
    file = gr.File(
        label="A picture or a panorama", file_count="single", file_types=list(_KINDS), height=120, elem_id="one-picture"
    )
    upload = gr.State("")
    shown = gr.HTML("", elem_id="guides", apply_default_css=False)
    # What is dragged on the picture comes here; the element writes it.
    said = gr.Textbox("", visible="hidden", elem_id="guides-said")
    with gr.Group(visible=False) as options:
        source = gr.Radio(
            [("Look and decide", "auto"), ("Picture", "picture"), ("Panorama", "panorama")], value="auto", label="It is"
        )
        depth = gr.Radio(
            [("Ground contact, walls and edges", "geometry"), ("Our own depth network", "network")],
            value="geometry",
            label="Distances from",
        )
        seed = gr.Number(label="Seed", precision=0, minimum=0, value=0)
    make = gr.Button("Make the world", variant="primary", visible=False, elem_id="make-picture")

    def received(path: str | None) -> tuple[Any, ...]:
        if not path:
            return "", "", "", gr.update(visible=False), gr.update(visible=False)
        try:
            stored = service.store.uploads.add({safe_path(Path(path).name): Path(path)})
        except WorldloomError as error:
            raise gr.Error(str(error), title="This picture can't be used") from None
        element = f'<wl-guides upload="{escape(stored.id, quote=True)}" said="guides-said"></wl-guides>'
        return stored.id, element, "", gr.update(visible=True), gr.update(visible=True)

    file.change(received, file, [upload, shown, said, options, make], show_progress="minimal", api_visibility="private")

    def begin(upload: str, said: str | None, source: str, depth: str, seed: float | None) -> tuple[Any, ...]:
        if not upload:
            raise gr.Error("Choose a picture first.")
        try:
            guides = Guides.model_validate_json(said) if said else None
            options = {"source": source, "guides": guides, "depth": depth, "seed": int(seed or 0)}
            operation = service.generate("", uploads=(upload,), **options)
        except ValidationError as error:
            raise gr.Error(f"The handles can't be used: {error.errors()[0]['msg']}.") from None
        except WorldloomError as error:
            raise gr.Error(str(error), title="The world can't be made") from None
        hidden = gr.update(visible=False)
        return progress_of(operation.id), None, "", hidden, hidden

    make.click(
        begin,
        [upload, said, source, depth, seed],
        [progress, file, shown, options, make],
        show_progress="minimal",
        api_visibility="private",
    )
