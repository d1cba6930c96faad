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


def cube(path: Path) -> Path:
    """A mesh's file: a metre each way."""
    corners = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    faces = [(1, 2, 4, 3), (5, 7, 8, 6), (1, 5, 6, 2), (3, 4, 8, 7), (1, 3, 7, 5), (2, 6, 8, 4)]
    path.write_text(
        "".join(f"{kind} {' '.join(map(str, row))}\n" for kind, rows in (("v", corners), ("f", faces)) for row in rows)
    )
    return path


def edits(served: ServerProcess, world: str, branch: str = "main") -> list[str]:
    """What is done in a branch, by the server's word."""
    lines = Editing(served.client, world, branch=branch).log().edits
    return [line.op or "" for line in lines if line.kind == "do" and line.in_force]


def test_arrange_branch_merge_share(served: ServerProcess, tmp_path: Path) -> None:
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
        share(browser, page, served, world, cube(tmp_path / "cube.obj"))


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


def share(browser: Browser, page: Page, served: ServerProcess, world: str, mesh: Path) -> None:
    """One who may look changes nothing; one who may edit does until the link is taken back."""
    guest = invited(browser, page, "Look", "Grace")
    assert editing(guest, "role") == "viewer"
    assert guest.get_by_role("button", name="Lasso", exact=True).is_disabled()
    guest.context.close()

    guest = invited(browser, page, "Edit", "Ben")
    assert editing(guest, "role") == "editor"
    guest.get_by_role("button", name="Insert", exact=True).click()
    guest.get_by_label("File", exact=True).set_input_files(mesh)
    press(guest, "Insert", lines=2)
    assert edits(served, world)[-2:] == ["insert_file", "select"]
    chosen = editing(guest, "selected")
    assert isinstance(chosen, int)
    assert chosen > 100

    page.get_by_role("button", name="Take back the link Ben").click()
    guest.get_by_text("The link by which you edit was taken back.").wait_for()
    done = edits(served, world)
    assert guest.get_by_role("button", name="Lasso", exact=True).is_disabled()
    guest.keyboard.press("Delete")
    guest.wait_for_timeout(300)  # for what must not come
    assert (editing(guest, "selected"), edits(served, world)) == (chosen, done)


def invited(browser: Browser, page: Page, allows: str, name: str) -> Page:
    """The page of somebody who opens a link that the owner makes."""
    if not page.get_by_label("For whom").is_visible():
        page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("radiogroup", name="What the link allows").get_by_label(allows, exact=True).check()
    page.get_by_label("For whom").fill(name)
    page.get_by_role("button", name="Make a link").click()
    page.get_by_text(name, exact=True).wait_for()
    guest = opened(browser)
    guest.goto(f"{page.get_by_label('The new link').input_value()}&edit=1")
    until(guest, "worldloom.state().editing?.connected", "the guest")
    return guest
