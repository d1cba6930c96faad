"""What an editing page shows is what the server has: also after a refusal, and after a break of the connection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.viewer.conftest import Server, Viewer, serving, wait_for, watch

WIDTH, HEIGHT = 900, 600


@pytest.fixture(scope="module")
def editing_server(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("world"), 2000) as running:
        yield running


@pytest.fixture
def editing(editing_server: Server) -> Iterator[Any]:
    editing = editing_server.world.editing
    editing.forget()
    yield editing
    editing.role, editing.guest, editing.delay = "owner", False, 0.0


@pytest.fixture
def page(browser: Any, editing_server: Server, editing: Any) -> Iterator[Viewer]:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    viewer = watch(context.new_page())
    viewer.open(f"{editing_server.address}/viewer/?world=demo&edit=1")
    viewer.until("worldloom.state().editing?.connected")
    yield viewer
    assert viewer.problems == []
    context.close()


def reconnect(viewer: Viewer, server: Server) -> None:
    """Cuts the page's line and waits until it has caught up."""
    hellos = len(server.world.editing.of("hello"))
    server.world.hang_up()
    wait_for(lambda: len(server.world.editing.of("hello")) > hellos, "the page comes back")
    viewer.until("worldloom.state().editing?.connected && worldloom.state().editing.waiting === 0")
    viewer.rendered()


def differing(before: NDArray[np.int16], after: NDArray[np.int16]) -> float:
    return float((np.abs(before - after).max(axis=2) > 24).mean())


def test_what_others_undid_meanwhile_is_seen_after_a_break(page: Viewer, editing: Any, editing_server: Server) -> None:
    """Rows come with patches, and what a layer began with has an address of its own: it is not what is shown then."""
    before = page.picture()
    page.page.keyboard.press("Control+A")
    page.until("worldloom.state().editing.selected > 0 && worldloom.state().editing.waiting === 0")
    page.button("Transform").click()
    page.page.get_by_role("group", name="Move").get_by_label("X").fill("1.5")
    page.button("Apply").click()
    wait_for(lambda: len(editing.of("do")) == 2, "the move is sent")
    page.until("worldloom.state().editing.waiting === 0")
    page.page.keyboard.press("Escape")
    assert differing(before, page.picture()) > 0.1
    editing.forget()
    reconnect(page, editing_server)
    assert differing(before, page.picture()) < 0.01
