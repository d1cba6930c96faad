"""Steps of a person on the pages of a real server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

_SOON = 60_000
"""Milliseconds in which files that were dropped are looked at, on however slow a machine."""


def drop(page: Page, address: str, place: str, files: Path | Sequence[Path], shown: str, tab: str = "") -> None:
    """Drop files on the page at an address, and wait until it shows something.

    Gradio's page was once seen to lose what was dropped, and never again in 30 tries: as a person would, the page is
    opened anew and the files are dropped again, once.

    Args:
        place: a CSS selector of what takes the files.
        shown: one of what is there when they are looked at.
        tab: which is opened first.
    """
    from playwright.sync_api import TimeoutError as Late

    for last in (False, True):
        page.goto(address)
        if tab:
            page.get_by_role("tab", name=tab).click()
        page.set_input_files(f"{place} input[type=file]", files)
        try:
            page.wait_for_selector(shown, timeout=_SOON)
            return
        except Late:
            print(f"what was dropped is not shown: {page.inner_text('body')[:2000]}")
            if last:
                raise
