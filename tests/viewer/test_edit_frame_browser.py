"""Moving, turning and scaling a whole world while people look at it: each goes on seeing what he saw."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.viewer.conftest import Server, Viewer, serving, wait_for, watch
from tests.viewer.mock_state import LEVELLING

SIZE = {"width": 640, "height": 420}
EYE = [0.3, 1.5, 2.3]
LOOKING = [0.98, -0.1, 0.17, 0.0]
"""Down and to the left."""
SAME = 0.01
"""Share of the pixels that may differ where two pictures are of the same: a world turned is sorted and rounded anew."""


@pytest.fixture(scope="module")
def editing_server(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("world"), 2000) as running:
        yield running


@pytest.fixture
def page(browser: Any, editing_server: Server) -> Iterator[Viewer]:
    editing_server.world.editing.forget()
    context = browser.new_context(viewport=SIZE)
    viewer = watch(context.new_page())
    open_editor(viewer, editing_server)
    yield viewer
    assert viewer.problems == []
    context.close()


def open_editor(viewer: Viewer, server: Server) -> None:
    viewer.open(f"{server.address}/viewer/?world=demo&edit=1")
    viewer.until("worldloom.state().editing?.connected")
    viewer.place(EYE, LOOKING)


def differing(before: NDArray[np.int16], after: NDArray[np.int16]) -> float:
    return float((np.abs(before - after).max(axis=2) > 24).mean())


def press(viewer: Viewer, server: Server, action: Any, number: int) -> None:
    action()
    wait_for(lambda: len(server.world.editing.received) and lines(server) == number, "the server has done it")
    viewer.until("worldloom.state().editing.waiting === 0")
    viewer.rendered()


def lines(server: Server) -> int:
    return (
        len(server.world.editing.of("do")) + len(server.world.editing.of("undo")) + len(server.world.editing.of("redo"))
    )


def level(viewer: Viewer) -> None:
    if not viewer.button("Level to the floor").is_visible():
        viewer.button("Repair and arrange").click()
    viewer.button("Level to the floor").click()


def test_who_looks_at_a_world_that_is_levelled_sees_the_same(page: Viewer, editing_server: Server) -> None:
    before = page.picture()
    press(page, editing_server, lambda: level(page), 1)
    matrix = LEVELLING.matrix.numpy()
    assert page.position == pytest.approx(matrix[:3, :3] @ EYE + matrix[:3, 3], abs=1e-5)
    assert differing(before, page.picture()) < SAME
    press(page, editing_server, lambda: page.page.keyboard.press("Control+Z"), 2)
    assert page.position == pytest.approx(EYE, abs=1e-5)
    assert differing(before, page.picture()) < SAME
    press(page, editing_server, lambda: page.page.keyboard.press("Control+Shift+Z"), 3)
    assert page.position == pytest.approx(matrix[:3, :3] @ EYE + matrix[:3, 3], abs=1e-5)
    assert differing(before, page.picture()) < SAME


def test_others_go_along_each_with_his_own_camera(page: Viewer, editing_server: Server, browser: Any) -> None:
    context = browser.new_context(viewport=SIZE)
    other = watch(context.new_page())
    open_editor(other, editing_server)
    other.place([-0.8, 1.2, 1.0])
    before = other.picture()
    press(page, editing_server, lambda: level(page), 1)
    other.until("worldloom.state().editing.number === 1")
    other.rendered()
    matrix = LEVELLING.matrix.numpy()
    assert other.position == pytest.approx(matrix[:3, :3] @ [-0.8, 1.2, 1.0] + matrix[:3, 3], abs=1e-5)
    assert differing(before, other.picture()) < SAME
    told = editing_server.world.editing.of("camera")[-2:]
    assert {tuple(np.round(message["position"], 4)) for message in told} == {
        tuple(np.round(viewer.position, 4)) for viewer in (page, other)
    }
    context.close()


@pytest.mark.parametrize("factor", [20.0, 0.05])
def test_what_is_near_and_fast_stays_so_when_the_world_is_scaled(
    page: Viewer, editing_server: Server, factor: float
) -> None:
    """So near that the camera as it was would cut it off."""
    page.command("set_mode", mode="fly")
    length = step(page)
    page.place([1.4, 0.7, 0.2])
    before, eye = page.picture(), page.position
    scale_as_someone_else(page, factor)
    page.until("worldloom.state().editing.number === 1")
    page.rendered()
    assert page.position == pytest.approx(eye * factor, rel=1e-4)
    assert differing(before, page.picture()) < SAME
    assert step(page) == pytest.approx(length * factor, rel=1e-3)


def step(viewer: Viewer) -> float:
    """Metres that the wheel moves someone who flies: it depends on the speed."""
    before = viewer.position
    viewer.page.mouse.move(SIZE["width"] / 2, SIZE["height"] / 2)
    viewer.page.mouse.wheel(0, 100)
    wait_for(lambda: not np.array_equal(viewer.position, before), "the wheel moves the camera")
    viewer.rendered()
    return float(np.linalg.norm(viewer.position - before))


def scale_as_someone_else(viewer: Viewer, factor: float) -> None:
    viewer.page.evaluate(
        """async (metres) => {
          const address = location.origin.replace("http", "ws") + "/api/v1/worlds/demo/edit?branch=main";
          const socket = new WebSocket(address);
          await new Promise((done) => (socket.onopen = done));
          const send = (message) => socket.send(JSON.stringify(message));
          send({ type: "hello", person: { id: "ada", name: "Ada Lovelace", colour: "#ff2bd6" } });
          send({ type: "do", id: "ada-1", operation: { op: "set_scale", start: [0, 0, 0], end: [1, 0, 0], metres } });
        }""",
        factor,
    )
