"""The pictures of docs/app.md, from a running server: `python docs/screenshots.py http://127.0.0.1:7860 PHOTO`.

Takes the newest world for the World page and the viewer, and the photo for the tab that makes a world of one. Needs
Playwright and Debian's Chromium.
"""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

from worldloom.client import Client

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = Path(__file__).parent / "screenshots"
FLAGS = ["--no-sandbox", "--use-angle=gl-egl", "--ignore-gpu-blocklist", "--disable-background-networking"]
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
PAGES = {"create": "/", "library": "/library", "jobs": "/jobs", "settings": "/settings", "world": "/world"}
PROMPT = "a fishing village below a cliff with a red lighthouse, at dusk, no trees"
PATIENCE = 120.0


def main(server: str, photo: str) -> None:
    """Take them all."""
    with Client(server) as client:
        world = next(client.worlds()).id
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", headless=True, args=FLAGS)
        for size, (width, height) in SIZES.items():
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme="dark", has_touch=size == "phone"
            )
            page = context.new_page()
            for name, path in PAGES.items():
                page.goto(f"{server}{path}?__theme=dark" + (f"&world={world}" if name == "world" else ""))
                page.wait_for_timeout(4000)
                settle(page)
                keep(page, f"{name}-{size}")
            page.goto(f"{server}/?__theme=dark")
            fill_words(page)
            keep(page, f"words-{size}")
            fill_picture(page, photo)
            keep(page, f"picture-{size}")
            page.goto(f"{server}/viewer/?world={world}")
            settle(page)
            keep(page, f"viewer-{size}")
        browser.close()


def fill_words(page: Page) -> None:
    """The tab that makes a world of a sentence, with what was understood of one."""
    page.get_by_role("tab", name="Words").click()
    page.get_by_label("What is the world like?").fill(PROMPT)
    page.click("#understand")
    page.locator("#account li, #account p").first.wait_for(timeout=60_000)
    page.wait_for_timeout(2000)


def fill_picture(page: Page, photo: str) -> None:
    """The tab that makes a world of one picture, with the handles on it."""
    page.get_by_role("tab", name="One picture").click()
    page.set_input_files("#one-picture input[type=file]", photo)
    page.locator(".wl-picture circle").first.wait_for(timeout=60_000)
    page.wait_for_timeout(2000)


def settle(page: Page) -> None:
    """Wait until all viewers in the page have drawn their world."""
    end = time.monotonic() + PATIENCE
    for frame in (frame for frame in page.frames if "/viewer/" in frame.url):
        while time.monotonic() < end and not frame.evaluate(
            "Boolean(window.worldloom) && worldloom.state().status === 'ready'"
        ):
            page.wait_for_timeout(200)
        frame.evaluate("worldloom.whenRendered()")


def keep(page: Page, name: str) -> None:
    """A JPEG, small enough for a repository."""
    picture = Image.open(io.BytesIO(page.screenshot(timeout=60_000))).convert("RGB")
    picture.save(FOLDER / f"{name}.jpg", quality=80, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2])
