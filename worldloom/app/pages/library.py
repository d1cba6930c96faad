"""Library: all worlds, found again by words and tags; copied, deleted, and fetched back."""

from __future__ import annotations

import gradio as gr


def build() -> None:
    """The page. It lives in the browser, on the REST API."""
    gr.HTML("<wl-library></wl-library>", elem_id="library", apply_default_css=False)
