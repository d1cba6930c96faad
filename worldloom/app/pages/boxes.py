"""A world from a GLB of boxes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from worldloom.app.server.service import Service
from worldloom.scene.errors import WorldloomError
from worldloom.scene.store.uploads import safe_path

_KINDS = (".glb", ".gltf")


def build(service: Service, progress: gr.HTML, progress_of: Any) -> None:
    """The tab. `progress_of` gives the HTML that follows an operation."""
    gr.HTML(
        "<p>A GLB of boxes and shapes, named or coloured wall, floor, water, tree..., becomes a dressed world of the "
        "same form.</p>",
        elem_classes="lead",
    )
    file = gr.File(
        label="A GLB of boxes",
        file_count="single",
        file_types=list(_KINDS),
        height=150,
        elem_id="one",
    )
    words = gr.Textbox(
        label="Light, weather, season", placeholder="A misty autumn morning", max_lines=1, max_length=4000
    )
    seed = gr.Number(label="Seed", precision=0, minimum=0, value=0)
    make = gr.Button("Make the world", variant="primary", elem_id="make-one")

    def begin(path: str | None, words: str | None, seed: float | None) -> tuple[str, None]:
        if not path:
            raise gr.Error("Choose a GLB first.")
        try:
            upload = service.store.uploads.add({safe_path(Path(path).name): Path(path)})
            operation = service.generate("", uploads=(upload.id,), prompt=words or "", seed=int(seed or 0))
        except WorldloomError as error:
            raise gr.Error(str(error), title="The world can't be made") from None
        return progress_of(operation.id), None

    make.click(begin, [file, words, seed], [progress, file], show_progress="minimal", api_visibility="private")
