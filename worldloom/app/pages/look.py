"""How the pages look: one quiet theme, dark and light, without fonts or styles from anywhere else."""

from __future__ import annotations

import gradio as gr
from gradio import themes
from gradio.components.navbar import Navbar

_SYSTEM_FONTS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
_SYSTEM_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

THEME = themes.Base(
    primary_hue=themes.colors.sky,
    neutral_hue=themes.colors.slate,
    radius_size=themes.sizes.radius_lg,
    font=_SYSTEM_FONTS,
    font_mono=_SYSTEM_MONO,
).set(
    body_background_fill="#f4f6f8",
    body_background_fill_dark="#0d1218",
    block_background_fill="white",
    block_background_fill_dark="#151c24",
    block_border_width="0px",
    block_border_width_dark="0px",
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_hover="*primary_500",
    button_primary_background_fill_dark="*primary_500",
    button_primary_text_color="white",
    button_large_text_weight="600",
)

# A file of its own: Gradio rewrites the selectors of styles that it is given.
HEAD = (
    '<link rel="stylesheet" href="/viewer/pages.css"><script type="module" src="/viewer/pages.js"></script>'
    '<meta name="color-scheme" content="dark light">'
)


def banner() -> None:
    """What stands on top of every page."""
    Navbar(main_page_name="Create")
    gr.HTML("<wl-banner></wl-banner>", elem_id="banner", apply_default_css=False, padding=False)
