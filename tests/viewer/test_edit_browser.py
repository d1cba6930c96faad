"""Editing in a real browser: what a person does with the tools is what the server is asked for, and what is seen."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.viewer.conftest import Server, Viewer, serving, wait_for, watch
from worldloom.edit import masks

SPLATS = 2000
WIDTH, HEIGHT = 1000, 640
FOV = 65.0
EYE = np.array([0.0, 1.6, 2.4])
EDGE = 2.0
"""Pixels from an outline within which rounding decides: the page has its centres in half precision."""
Array = NDArray[np.float64]
Corners = list[tuple[float, float]]
LASSO: Corners = [(560, 330), (900, 320), (920, 620), (700, 630), (540, 500)]
OTHER = "ada"


@pytest.fixture(scope="module")
def editing_server(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("world"), SPLATS) as running:
        yield running


@pytest.fixture(scope="module")
def page(browser: Any, editing_server: Server) -> Iterator[Viewer]:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark")
    viewer = watch(context.new_page())
    viewer.open(f"{editing_server.address}/viewer/?world=demo&edit=1")
    yield viewer
    assert viewer.problems == []
    context.close()


@pytest.fixture
def editor(page: Viewer, editing_server: Server) -> Viewer:
    """The editing page as it was at first: nothing done, no tool, looking from the spawn."""
    for _ in range(3):
        page.page.keyboard.press("Escape")
    caught_up(page)
    editing_server.world.editing.forget()
    reconnect(page, editing_server)
    assert selected(page) == 0
    page.place(EYE.tolist())
    editing_server.world.editing.received.clear()
    return page


@pytest.fixture
def editing(editing_server: Server) -> Any:
    return editing_server.world.editing


def on_page(points: Array) -> Array:
    """Pixels (N, 2) of places (N, 3) in front of the eye, which looks along -Z."""
    offset = points - EYE
    focal = HEIGHT / 2 / np.tan(np.radians(FOV) / 2)
    pixels = np.stack([offset[:, 0], -offset[:, 1]], axis=1) / -offset[:, 2:] * focal + [WIDTH / 2, HEIGHT / 2]
    pixels[offset[:, 2] >= 0] = -1e6
    return pixels


def inside(pixels: Array, corners: Corners) -> tuple[NDArray[np.bool_], Array]:
    """Whether pixels (N, 2) are within a polygon, and how far from its outline."""
    within = np.zeros(len(pixels), bool)
    apart = np.full(len(pixels), np.inf)
    for start, end in zip(np.array(corners), np.roll(np.array(corners), -1, axis=0)):
        crosses = (start[1] > pixels[:, 1]) != (end[1] > pixels[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            at = (end[0] - start[0]) * (pixels[:, 1] - start[1]) / (end[1] - start[1]) + start[0]
        within ^= crosses & (pixels[:, 0] < at)
        share = ((pixels - start) @ (end - start) / ((end - start) ** 2).sum()).clip(0, 1)
        apart = np.minimum(apart, np.linalg.norm(pixels - (start + share[:, None] * (end - start)), axis=1))
    return within, apart


def rows_of(operation: dict[str, Any], editing: Any) -> dict[str, NDArray[np.bool_]]:
    """The rows that a `select` names, by part; none where it leaves a part out."""
    sent = operation["where"]["parts"]
    assert operation["where"]["by"] == "rows"
    none = {key: part.nothing for key, part in editing.state.parts.items()}
    return none | {key: masks.unpack(mask["bits"], mask["rows"]) for key, mask in sent.items()}


def draw(viewer: Viewer, corners: Corners, held: str = "") -> None:
    mouse, keyboard = viewer.page.mouse, viewer.page.keyboard
    if held:
        keyboard.down(held)
    mouse.move(*corners[0])
    mouse.down()
    for corner in corners[1:]:
        mouse.move(*corner, steps=2)
    mouse.up()
    if held:
        keyboard.up(held)


def lasso(viewer: Viewer, editing: Any, corners: Corners = LASSO, held: str = "") -> dict[str, Any]:
    """Draws it and returns the operation that was sent."""
    before = len(editing.of("do"))
    if viewer.state()["editing"]["tool"] != "lasso":
        viewer.page.keyboard.press("l")
    draw(viewer, corners, held)
    wait_for(lambda: len(editing.of("do")) == before + 1, "the lasso is sent")
    viewer.until("worldloom.state().editing.waiting === 0")
    return editing.operations()[-1]


def selected(viewer: Viewer) -> int:
    return viewer.state()["editing"]["selected"]


def test_lasso_sends_the_rows_inside(editor: Viewer, editing: Any) -> None:
    operation = lasso(editor, editing)
    assert (operation["op"], operation["mode"]) == ("select", "set")
    found = rows_of(operation, editing)
    for key, part in editing.state.parts.items():
        within, apart = inside(on_page(part.places), LASSO)
        clear = apart > EDGE
        assert within[clear].sum() > 5
        assert np.array_equal(found[key][clear], within[clear])
    assert selected(editor) == sum(rows.sum() for rows in found.values())


def test_modes_join_what_is_found(editor: Viewer, editing: Any) -> None:
    lasso(editor, editing)
    first = selected(editor)
    assert lasso(editor, editing, [(100, 300), (300, 300), (300, 500), (100, 500)], "Shift")["mode"] == "add"
    both = selected(editor)
    assert both > first
    assert lasso(editor, editing, LASSO, "Control")["mode"] == "remove"
    assert 0 < selected(editor) <= both - first + 5
    editor.page.keyboard.press("Control+Shift+A")
    editor.until("worldloom.state().editing.selected === 0")
    editor.page.keyboard.press("Control+A")
    everything = sum(len(part.gaussians) for part in editing.state.parts.values())
    editor.until(f"worldloom.state().editing.selected === {everything}")


def test_visible_only_leaves_out_what_is_behind(editor: Viewer, editing: Any) -> None:
    """A rectangle over the free-standing wall: through it, the room's back wall too."""
    corners: Corners = [(420, 330), (580, 460)]

    def behind() -> int:
        editor.page.keyboard.press("r")
        draw(editor, corners)
        wait_for(lambda: editing.of("do"), "the rectangle is sent")
        rows = rows_of(editing.operations()[-1], editing)["main.0"]
        editing.received.clear()
        editor.page.keyboard.press("r")
        return int((editing.state.parts["main.0"].places[rows][:, 2] < -2.9).sum())

    through = behind()
    editor.page.keyboard.press("z")
    front = behind()
    editor.page.keyboard.press("z")
    assert through >= 8
    assert front < through / 4


def test_delete_is_seen_at_once_and_undone(editor: Viewer, editing: Any, editing_server: Server) -> None:
    before = editor.picture()
    lasso(editor, editing)
    chosen = selected(editor)
    editing.silent = True
    editor.page.keyboard.press("Delete")
    wait_for(lambda: editing.operations()[-1]["op"] == "delete", "the delete is sent")
    assert selected(editor) == 0
    gone = editor.picture()
    assert changed(before, gone) > 0.03  # nobody has answered yet
    editing.silent = False
    editing_line = editing.of("do")[-1]
    assert editor.state()["editing"]["waiting"] == 1

    reconnect(editor, editing_server)
    assert editing_line["id"] in editing.done_ids
    assert int(sum(part.dead.sum() for part in editing.state.parts.values())) == chosen
    assert changed(gone, editor.picture()) < 0.01
    editor.page.keyboard.press("Control+Z")
    wait_for(lambda: editing.of("undo"), "the undo is sent")
    editor.until(f"worldloom.state().editing.selected === {chosen}")
    editor.page.keyboard.press("Control+Z")
    editor.until("worldloom.state().editing.selected === 0")
    assert changed(before, editor.picture()) < 0.01
    editor.page.keyboard.press("Control+Shift+Z")
    editor.until(f"worldloom.state().editing.selected === {chosen}")


def changed(before: NDArray[np.int16], after: NDArray[np.int16]) -> float:
    """Share of the pixels that differ clearly."""
    return float((np.abs(before - after).max(axis=2) > 24).mean())


def reconnect(viewer: Viewer, server: Server) -> None:
    """Cuts the page's line and waits until it has caught up."""
    hellos = len(server.world.editing.of("hello"))
    server.world.hang_up()
    wait_for(lambda: len(server.world.editing.of("hello")) > hellos, "the page comes back")
    caught_up(viewer)


def caught_up(viewer: Viewer) -> None:
    viewer.until("worldloom.state().editing?.connected && worldloom.state().editing.waiting === 0")


def test_what_is_unanswered_is_sent_again_under_the_same_id(
    editor: Viewer, editing: Any, editing_server: Server
) -> None:
    editing.silent = True
    editor.page.keyboard.press("Control+A")
    editor.page.keyboard.press("h")
    wait_for(lambda: len(editing.of("do")) == 2, "both are sent")
    sent = [message["id"] for message in editing.of("do")]
    editing.silent = False
    reconnect(editor, editing_server)
    assert [message["id"] for message in editing.of("do")] == sent * 2
    assert [line["op"] for line in editing.lines] == ["select", "hide"]
    assert all(part.hidden.all() for part in editing.state.parts.values())


def test_gizmo_sends_one_transform(editor: Viewer, editing: Any) -> None:
    lasso(editor, editing)
    rows = {key: rows.copy() for key, rows in rows_of(editing.operations()[-1], editing).items()}
    before = {key: part.places for key, part in editing.state.parts.items()}
    points = np.concatenate([before[key][rows[key]] for key in rows])
    pivot = (points.min(axis=0) + points.max(axis=0)) / 2
    editor.page.keyboard.press("1")
    editor.rendered()
    x, y = on_page(pivot[None])[0]
    old = editor.picture()
    mouse = editor.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x - 60, y - 20, steps=3)
    editor.rendered()
    assert changed(old, editor.picture()) > 0.02  # it follows the pointer
    assert len(editing.of("do")) == 1  # and nothing is sent
    mouse.move(x - 120, y - 40, steps=3)
    mouse.up()
    wait_for(lambda: len(editing.of("do")) == 2, "the transform is sent")
    editor.until("worldloom.state().editing.waiting === 0")
    operation = editing.operations()[-1]
    assert operation["op"] == "transform"
    assert operation["rotation"] == pytest.approx([1, 0, 0, 0], abs=1e-6)
    assert operation["scale"] == pytest.approx(1)
    assert operation["pivot"] == pytest.approx(pivot, abs=0.01)
    metres = 120 * (EYE[2] - pivot[2]) / (HEIGHT / 2 / np.tan(np.radians(FOV) / 2))
    assert operation["translation"] == pytest.approx([-metres, metres / 3, 0], abs=0.05)
    confirmed = editor.picture()
    editor.page.reload()
    editor.until("worldloom.state().status === 'ready'")
    editor.place(EYE.tolist())
    editor.page.keyboard.press("1")
    assert changed(confirmed, editor.picture()) < 0.03  # the preview was what came of it


def test_refusal_is_told_and_taken_back(editor: Viewer, editing: Any) -> None:
    lasso(editor, editing)
    chosen = selected(editor)
    editor.page.keyboard.press("Control+Shift+D")  # the stand-in knows no such operation
    editor.page.get_by_text("There is no operation 'separate' here.").wait_for()
    assert selected(editor) == chosen
    assert editor.state()["editing"]["waiting"] == 0


def test_the_object_tool_asks_the_model_where_there_is_one(
    editor: Viewer, editing: Any, editing_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor.page.keyboard.press("j")
    assert not editor.button("Model").is_visible()
    monkeypatch.setattr(editing, "segmenter", True)
    reconnect(editor, editing_server)
    editor.button("Model").wait_for()
    click = (WIDTH * 0.5, HEIGHT * 0.5)
    editor.page.mouse.click(*click)
    wait_for(lambda: editing.of("segment"), "the page asks the model")
    wait_for(lambda: editing.of("do"), "what the model found is selected")
    (asked,) = editing.of("segment")
    assert asked["at"]["at"] == pytest.approx([0.5, 0.5], abs=0.01) and asked["mode"] == "set"
    assert asked["at"]["view"]["aspect"] == pytest.approx(WIDTH / HEIGHT, rel=0.01)
    assert asked["at"]["view"]["position"] == pytest.approx(EYE.tolist(), abs=1e-3)
    assert editing.of("do")[-1]["operation"]["where"] == {"by": "layer", "names": ["main.1"]}
    editor.button("Graph cut").click()
    editor.page.mouse.click(*click)
    wait_for(lambda: len(editing.of("do")) == 2, "the graph cut is asked for")
    assert len(editing.of("segment")) == 1 and editing.of("do")[-1]["operation"]["where"]["by"] == "object"


def test_save_has_a_mark_while_something_is_not_saved(editor: Viewer, editing: Any) -> None:
    lasso(editor, editing)
    editor.button("Save, there are unsaved changes").click()
    wait_for(lambda: editing.of("save"), "the page asks to save")
    editor.button("Save, all is saved").wait_for()
    assert not editor.state()["editing"]["unsaved"]


def test_walking_keys_still_move_while_editing(editor: Viewer, editing: Any) -> None:
    z = editor.position[2]
    editor.page.keyboard.press("l")
    editor.page.locator("#scene").focus()
    editor.hold("s", lambda: editor.position[2] > z + 0.1)
    assert editing.of("do") == []


def test_others_and_their_selections_are_seen(editor: Viewer, editing: Any) -> None:
    before = editor.picture()
    editor.page.evaluate(
        """async (person) => {
          const address = location.origin.replace("http", "ws") + "/api/v1/worlds/demo/edit?branch=main";
          const socket = window.other = new WebSocket(address);
          await new Promise((done) => (socket.onopen = done));
          const send = (message) => socket.send(JSON.stringify(message));
          send({ type: "hello", person: { id: person, name: "Ada Lovelace", colour: "#ff2bd6" } });
          const where = { by: "sphere", center: [0, 0.8, -1.5], radius: 0.8 };
          send({ type: "do", id: "ada-1", operation: { op: "select", where, mode: "set" } });
        }""",
        OTHER,
    )
    wait_for(lambda: OTHER in editing.state.selections, "the other has selected")
    editor.page.get_by_role("button", name="Ada Lovelace").wait_for()
    editor.until("worldloom.state().editing.number === 1")
    after = editor.picture()
    pink = (after - before)[:, :, 0] - (after - before)[:, :, 1]
    assert (pink > 30).mean() > 0.01
    assert selected(editor) == 0
    editor.page.evaluate("window.other.close()")
    editor.until("worldloom.state().editing.people === 1")


def test_proposals_are_done_only_when_approved(editor: Viewer, editing: Any) -> None:
    editor.page.keyboard.press("9")
    editor.page.get_by_label("What should change").fill("remove the statue with fireworks")
    editor.page.keyboard.press("Enter")
    editor.page.get_by_text("Not understood: with fireworks").wait_for()
    assert editing.of("do") == []
    editor.page.get_by_label("Delete it").uncheck()
    editor.button("Do what is ticked").click()
    wait_for(lambda: editing.of("do"), "what was approved is sent")
    assert [operation["op"] for operation in editing.operations()] == ["select"]
    statue = editing.state.parts["main.1"]
    editor.until(f"worldloom.state().editing.selected === {len(statue.gaussians)}")


def test_undo_can_be_asked_for(editor: Viewer, editing: Any) -> None:
    lasso(editor, editing)
    editor.page.keyboard.press("9")
    editor.page.get_by_label("What should change").fill("undo that")
    editor.page.keyboard.press("Enter")
    editor.page.get_by_label("Undo that").wait_for()
    assert editing.of("undo") == []
    editor.button("Do what is ticked").click()
    wait_for(lambda: editing.of("undo"), "what was approved is undone")


def test_history_strikes_out_what_was_undone(editor: Viewer, editing: Any) -> None:
    lasso(editor, editing)
    editor.page.keyboard.press("Delete")
    wait_for(lambda: len(editing.lines) == 2, "the delete is done")
    editor.page.keyboard.press("Control+Z")
    editor.page.keyboard.press("8")
    editor.page.locator(".history .undone", has_text="Delete").wait_for()
    assert editor.page.locator(".history .row").count() == 2
    editor.page.keyboard.press("Escape")


def test_who_may_only_look_changes_nothing(browser: Any, editing_server: Server) -> None:
    editing = editing_server.world.editing
    editing.forget()
    editing.role = "viewer"
    try:
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        viewer = watch(context.new_page())
        viewer.open(f"{editing_server.address}/viewer/?world=demo&edit=1")
        assert viewer.page.get_by_role("button", name="Lasso", exact=True).is_disabled()
        viewer.page.keyboard.press("Control+A")
        viewer.page.get_by_text("You can look at this world, but not change it.").first.wait_for()
        assert editing.of("do") == []
        context.close()
    finally:
        editing.role = "owner"


def test_links_are_made_and_taken_back(editor: Viewer, editing: Any) -> None:
    editor.button("Share").click()
    editor.page.get_by_label("For whom").fill("The class")
    editor.button("Make a link").click()
    link = editor.page.get_by_label("The new link")
    link.wait_for()
    assert "share=secret" in link.input_value()
    assert [(made["role"], made["label"]) for made in editing.shares] == [("viewer", "The class")]
    editor.button("Take back the link The class").click()
    editor.page.get_by_text("taken back").wait_for()
    assert editing.shares[0]["revoked"] is not None
    editor.page.keyboard.press("Escape")


def test_keys_page_is_what_the_help_shows() -> None:
    scope = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "keys.py"))
    assert scope["PAGE"].read_text() == scope["page"]()
