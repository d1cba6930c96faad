"""A world from one picture, a panorama, or a GLB of boxes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from worldloom.app.server.service import Service
from worldloom.scene.errors import WorldloomError
from worldloom.scene.store.uploads import safe_path

_KINDS = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".heic", ".glb", ".gltf")


def build(service: Service, progress: gr.HTML, progress_of: Any) -> None:
    """The tab. `progress_of` gives the HTML that follows an operation."""
    gr.HTML(
        "<p>One photo becomes a place to step into; what it does not show is invented, and the world says where. A 2:1 "
        "panorama surrounds you. A GLB of boxes, named wall, floor, water, tree..., is dressed as it says.</p>",
        elem_classes="lead",
    )
    file = gr.File(
        label="A picture, a panorama, or a GLB of boxes",
        file_count="single",
        file_types=list(_KINDS),
        height=150,
        elem_id="one",
    )
    source = gr.Radio(
        [("Look and decide", "auto"), ("Photo", "image"), ("Panorama", "panorama"), ("Boxes", "blockout")],
        value="auto",
        label="It is",
    )
    words = gr.Textbox(
        label="Light, weather, season (boxes only)", placeholder="A misty autumn morning", max_lines=1, max_length=4000
    )
    seed = gr.Number(label="Seed", precision=0, minimum=0, value=0)
    make = gr.Button("Make the world", variant="primary", elem_id="make-one")

    def begin(path: str | None, source: str, words: str | None, seed: float | None) -> tuple[str, None]:
        if not path:
            raise gr.Error("Choose a picture or a GLB first.")
        try:
            upload = service.store.uploads.add({safe_path(Path(path).name): Path(path)})
            operation = service.generate(
                "", uploads=(upload.id,), source=source, prompt=words or "", seed=int(seed or 0)
            )
        except WorldloomError as error:
            raise gr.Error(str(error), title="The world can't be made") from None
        return progress_of(operation.id), None

    make.click(begin, [file, source, words, seed], [progress, file], show_progress="minimal", api_visibility="private")
