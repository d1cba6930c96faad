"""Editing as a person does, in a browser on a real server: lasso a thing, delete it, undo, move it, save, reload."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from tests.browser import chromium
from tests.server.serving import ServerProcess, serving, wait_for
from tests.server.worlds import prepared_world
from worldloom.scene import world as worlds
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.store.store import Place, Store

if TYPE_CHECKING:
    from playwright.sync_api import Page

LASSO = [(520, 300), (800, 290), (820, 420), (640, 470), (500, 400)]
MOVED = 0.5  # metres to the right

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A server's data with one small room in it."""
    folder = prepared_world(tmp_path / "room")
    store = Store.open(Place.at(tmp_path / "data"))
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    store.worlds.commit_folder(folder, paths, message="Made")
    store.close()
    return tmp_path / "data"


@pytest.fixture
def server(library: Path) -> Iterator[ServerProcess]:
    with serving(library, "--no-samples") as started:
        yield started


def kept(library: Path, world: str, folder: Path) -> tuple[int, Gaussians]:
    """The newest version's number and its room, as the store has them."""
    store = Store.open(Place.at(library))
    version = store.worlds.version(world)
    room = worlds.load(store.worlds.checkout(version, folder)).layer("room").gaussians
    store.close()
    return version.number, room


def editing(page: Page, name: str) -> object:
    return page.evaluate(f"worldloom.state().editing?.{name} ?? null")


def until(page: Page, said: str, what: str) -> None:
    """Wait without `wait_for_function`: the page's policy allows no eval."""

    def holds() -> bool:
        page.wait_for_timeout(50)  # lets Playwright take note of what comes
        return bool(page.evaluate(f"Boolean(window.worldloom) && {said}"))

    wait_for(holds, what)


def open_editor(page: Page, server: ServerProcess, world: str) -> None:
    page.goto(f"{server.address}/viewer/?world={world}&edit=1")
    until(page, "worldloom.state().status === 'ready' && worldloom.state().editing?.connected", "the editor")
    page.evaluate("worldloom.whenRendered()")


def test_lasso_delete_undo_move_save_reload(server: ServerProcess, library: Path, tmp_path: Path) -> None:
    world = next(server.client.worlds()).id
    _, before = kept(library, world, tmp_path / "before")
    with chromium() as browser:
        page = browser.new_context(viewport={"width": 1000, "height": 640}).new_page()
        page.set_default_timeout(60_000)
        open_editor(page, server, world)

        page.get_by_role("button", name="Lasso").click()
        page.mouse.move(*LASSO[0])
        page.mouse.down()
        for corner in LASSO[1:]:
            page.mouse.move(*corner, steps=3)
        page.mouse.up()
        until(page, "worldloom.state().editing.selected > 0 && worldloom.state().editing.waiting === 0", "the lasso")
        chosen = editing(page, "selected")
        assert isinstance(chosen, int)
        assert 20 < chosen < len(before) / 2

        page.keyboard.press("Delete")
        until(page, "worldloom.state().editing.selected === 0 && worldloom.state().editing.waiting === 0", "deleting")
        page.keyboard.press("Control+z")
        until(page, f"worldloom.state().editing.selected === {chosen}", "undo brings things and selection back")

        page.get_by_role("button", name="Transform").click()
        page.get_by_role("group", name="Move").get_by_label("X").fill(str(MOVED))
        page.get_by_role("button", name="Apply").click()
        until(page, "worldloom.state().editing.number === 4 && worldloom.state().editing.waiting === 0", "the move")
        page.get_by_role("button", name="Save").click()
        until(page, "worldloom.state().editing.unsaved === false && worldloom.state().version === 2", "saving")

        open_editor(page, server, world)
        assert page.evaluate("worldloom.state().version") == 2
        assert editing(page, "unsaved") is False
        assert editing(page, "selected") == chosen, "a selection outlives the page"

    number, after = kept(library, world, tmp_path / "after")
    assert (number, len(after)) == (2, len(before))
    offset = after.means - before.means
    moved = offset.abs().amax(dim=1) > 1e-6
    assert int(moved.sum()) == chosen
    assert torch.allclose(offset[moved], torch.tensor([MOVED, 0.0, 0.0]), atol=1e-5)
    assert all(torch.equal(new[~moved], old[~moved]) for new, old in zip(after.tensors, before.tensors))
