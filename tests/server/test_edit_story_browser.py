"""Editing as a person does, in a browser on a real server: lasso a thing, delete it, undo, move it, save, reload."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.browser import chromium
from tests.server.edit_page import editing, open_editor, until
from tests.server.serving import ServerProcess
from worldloom.scene import world as worlds
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.store.store import Place, Store

LASSO = [(520, 300), (800, 290), (820, 420), (640, 470), (500, 400)]
MOVED = 0.5  # metres to the right

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def kept(library: Path, world: str, folder: Path) -> tuple[int, Gaussians]:
    """The newest version's number and its room, as the store has them."""
    store = Store.open(Place.at(library))
    version = store.worlds.version(world)
    room = worlds.load(store.worlds.checkout(version, folder)).layer("room").gaussians
    store.close()
    return version.number, room


def test_lasso_delete_undo_move_save_reload(served: ServerProcess, library: Path, tmp_path: Path) -> None:
    world = next(served.client.worlds()).id
    _, before = kept(library, world, tmp_path / "before")
    with chromium() as browser:
        page = browser.new_context(viewport={"width": 1000, "height": 640}).new_page()
        page.set_default_timeout(60_000)
        open_editor(page, served, world)

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

        open_editor(page, served, world)
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
