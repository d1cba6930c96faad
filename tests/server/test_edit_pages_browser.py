"""What a creator does in the editor's page, on a real server: arranging things, branching and merging, sharing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import chromium
from tests.server.edit_page import draw, editing, open_editor, press, until
from tests.server.serving import ServerProcess, serving
from worldloom.client_editing import Editing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TOKEN = "a-token-of-some-length"
LASSO = [(520, 300), (800, 290), (820, 420), (640, 470), (500, 400)]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def served(library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerProcess]:
    """A server that asks for a token, as one does that others reach: else links would say nothing."""
    monkeypatch.setenv("WORLDLOOM_TOKEN", TOKEN)
    with serving(library, "--no-samples") as started:
        yield started


def opened(browser: Browser) -> Page:
    """A page of another person."""
    page = browser.new_context(viewport={"width": 1000, "height": 640}).new_page()
    page.set_default_timeout(60_000)
    return page


def edits(served: ServerProcess, world: str, branch: str = "main") -> list[str]:
    """What is done in a branch, by the server's word."""
    lines = Editing(served.client, world, branch=branch).log().edits
    return [line.op or "" for line in lines if line.kind == "do" and line.in_force]


def test_arrange_branch_merge_share(served: ServerProcess) -> None:
    world = next(served.client.worlds()).id
    with chromium() as browser:
        page = opened(browser)
        open_editor(page, served, world, f"&token={TOKEN}")
        draw(page, "Lasso", LASSO)
        chosen = editing(page, "selected")
        page.get_by_role("button", name="Transform", exact=True).click()
        for name in ("Along X", "Drop to floor", "Separate"):
            press(page, name)
        assert edits(served, world) == ["select", "mirror", "drop_to_floor", "separate"]
        assert editing(page, "selected") == chosen
        assert len(layers(served, world)) == 3

        page.get_by_role("button", name="Insert", exact=True).click()
        panel = page.locator(".panel:visible")
        panel.get_by_label("What").select_option("solid")
        press(page, "Insert", lines=2)
        assert edits(served, world)[-2:] == ["insert_solid", "select"]
        assert layers(served, world)[-1] == "box"

        branch_and_merge(page, served, world)
        share(browser, page)


def layers(served: ServerProcess, world: str) -> list[str]:
    """Names of the layers, by the server's word."""
    return [layer.name for layer in Editing(served.client, world).scene().layers]


def branch_and_merge(page: Page, served: ServerProcess, world: str) -> None:
    """Delete something on a branch, see both side by side, and take it over."""
    page.get_by_role("button", name="History", exact=True).click()
    page.get_by_role("button", name="New branch").click()
    page.get_by_label("Name of the new branch").fill("bare")
    page.get_by_role("button", name="Branch", exact=True).click()
    until(page, "worldloom.state().editing?.branch === 'bare' && worldloom.state().editing.connected", "the branch")
    page.keyboard.press("Delete")
    until(page, "worldloom.state().editing.selected === 0 && worldloom.state().editing.waiting === 0", "deleting")
    assert "delete" in edits(served, world, "bare")
    assert "delete" not in edits(served, world)

    page.get_by_role("button", name="Compare", exact=True).click()
    dialog = page.get_by_role("dialog", name="Compare")
    dialog.get_by_label("Right side").select_option("bare, now")
    for frame in dialog.locator("iframe").all():
        side = frame.element_handle().content_frame()
        assert side is not None
        until(side.page, "true", "the page")
        side.wait_for_selector("canvas")
    page.get_by_role("button", name="Close the comparison").click()

    page.get_by_role("button", name="Merge into main").click()
    until(page, "worldloom.state().editing?.branch === 'main' && worldloom.state().editing.connected", "merging")
    assert "delete" in edits(served, world)


def share(browser: Browser, page: Page) -> None:
    """One who may look changes nothing."""
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_label("For whom").fill("Grace")
    page.get_by_role("button", name="Make a link").click()
    address = page.get_by_label("The new link").input_value()
    guest = opened(browser)
    guest.goto(f"{address}&edit=1")
    until(guest, "worldloom.state().editing?.connected", "the guest")
    assert editing(guest, "role") == "viewer"
    assert guest.get_by_role("button", name="Lasso", exact=True).is_disabled()
