"""Jobs: what is under way, what waits, what came of the rest."""

from __future__ import annotations

import gradio as gr


def build() -> None:
    """The page. It lives in the browser, on the REST API."""
    gr.HTML("<wl-jobs></wl-jobs>", elem_id="jobs", apply_default_css=False)
