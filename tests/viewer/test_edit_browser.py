"""Editing in a real browser: what a person does with the tools is what the server is asked for, and what is seen."""

from __future__ import annotations

import io
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.viewer.conftest import Server, Viewer, serving, wait_for, watch
from worldloom.edit import masks
from worldloom.edit.change.frames import box_of_most

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
    pivot = np.mean(box_of_most(points), axis=0)
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
    wait_for(lambda: changed(before, editor.picture()) < 0.001, "the colour goes with its person")
    editor.page.evaluate(
        """async (person) => {
          const address = location.origin.replace("http", "ws") + "/api/v1/worlds/demo/edit?branch=main";
          const socket = window.other = new WebSocket(address);
          await new Promise((done) => (socket.onopen = done));
          socket.send(JSON.stringify({ type: "hello", person: { id: person, name: "Ada", colour: "#ff2bd6" } }));
        }""",
        OTHER,
    )
    editor.until("worldloom.state().editing.people === 2")
    wait_for(lambda: changed(after, editor.picture()) < 0.001, "and comes back with them")
    editor.page.evaluate("window.other.close()")
    editor.until("worldloom.state().editing.people === 1")


def test_who_moves_without_end_keeps_no_picture_waiting(editor: Viewer, editing: Any) -> None:
    editor.page.evaluate(
        """async (person) => {
          const address = location.origin.replace("http", "ws") + "/api/v1/worlds/demo/edit?branch=main";
          const socket = window.other = new WebSocket(address);
          await new Promise((done) => (socket.onopen = done));
          const send = (message) => socket.send(JSON.stringify(message));
          send({ type: "hello", person: { id: person, name: "Ada Lovelace", colour: "#ff2bd6" } });
          let step = 0;
          window.moving = setInterval(() => {
            step += 1;
            const position = [Math.sin(step / 3), 1.5, -1];
            send({ type: "camera", position, rotation: [1, 0, 0, 0], vertical_fov: 65 });
          }, 50);
        }""",
        OTHER,
    )
    editor.page.locator(".visitor-label", has_text="Ada Lovelace").wait_for()
    frames = editor.state()["frames"]
    wait_for(lambda: editor.state()["frames"] > frames + 3, "the other is seen to move")
    late = "new Promise((done) => setTimeout(() => done('late'), 20000))"
    assert editor.page.evaluate(f"Promise.race([worldloom.whenRendered(), {late}])") != "late"
    editor.page.evaluate("clearInterval(window.moving)")
    at_rest(editor)
    editor.page.evaluate("window.other.close()")
    editor.until("worldloom.state().editing.people === 1")


def at_rest(viewer: Viewer) -> None:
    """Wait until nothing is drawn any more."""

    def same() -> bool:
        frames = viewer.state()["frames"]
        viewer.page.wait_for_timeout(700)
        return viewer.state()["frames"] == frames

    wait_for(same, "nothing is drawn any more")


def turned(degrees: float) -> list[float]:
    """To the left, from looking along -Z."""
    half = np.radians(degrees) / 2
    return [float(np.cos(half)), 0.0, float(np.sin(half)), 0.0]


def tag(viewer: Viewer, name: str) -> tuple[float, float]:
    """Where on the page someone's name is."""
    box = viewer.page.locator(".visitor-label", has_text=name).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_two_people_see_one_another(browser: Any, editor: Viewer, editing: Any, editing_server: Server) -> None:
    context = browser.new_context(viewport={"width": 400, "height": 300})
    context.add_init_script("localStorage.setItem('worldloom.person', JSON.stringify({ name: 'Ada Lovelace' }))")
    other = watch(context.new_page())
    empty = editor.picture()
    other.open(f"{editing_server.address}/viewer/?world=demo&edit=1")
    caught_up(other)
    name = editor.page.locator(".visitor-label", has_text="Ada Lovelace")

    def arrives(place: list[float]) -> None:
        other.place(place, turned(180))
        above = on_page(np.array(place)[None] + np.array([0, 0.24, 0]))[0]  # the name is over the figure
        wait_for(lambda: name.is_visible() and np.hypot(*(tag(editor, "Ada") - above)) < 3, "the figure arrives")

    arrives([-0.4, 1.5, 0.3])
    first = tag(editor, "Ada")
    seen = changed(empty, editor.picture())
    assert 0.002 < seen < 0.2
    editor.page.evaluate(
        """() => {
          const label = document.querySelector(".visitor-label");
          window.way = [];
          const note = () => {
            const { x, width } = label.getBoundingClientRect();
            window.way.push(x + width / 2);
            window.noting = requestAnimationFrame(note);
          };
          note();
        }"""
    )
    arrives([0.5, 1.5, 0.3])
    editor.page.evaluate("cancelAnimationFrame(window.noting)")
    for page in (editor, other):  # neither has the other draw, and so tell, and so draw
        at_rest(page)
    last = tag(editor, "Ada")
    between = {round(x) for x in editor.page.evaluate("window.way") if first[0] + 3 < x < last[0] - 3}
    assert len(between) >= 2  # it does not jump there

    other.page.keyboard.press("Control+A")
    other.until("worldloom.state().editing.selected > 0 && worldloom.state().editing.waiting === 0")
    editor.page.get_by_role("button", name="People", exact=True).click()
    people = editor.page.get_by_role("list", name="Everyone here")
    colour = other.page.evaluate("getComputedStyle(document.querySelector('.person.own')).getPropertyValue('--person')")
    tinted = editor.picture().reshape(-1, 3).mean(axis=0) - empty.reshape(-1, 3).mean(axis=0)
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) - empty.reshape(-1, 3).mean(axis=0)
    assert tinted @ wanted / (np.linalg.norm(tinted) * np.linalg.norm(wanted)) > 0.8
    assert selected(editor) == 0

    people.get_by_role("button", name="Go to where Ada Lovelace looks from").click()
    wait_for(lambda: np.allclose(editor.position, other.position, atol=1e-3), "one stands where the other does")
    assert abs(editor.rotation @ other.rotation) > 0.9999
    assert not name.is_visible()  # nobody sees the camera that they look through
    people.get_by_role("button", name="Follow Ada Lovelace").click()
    other.place([0.2, 1.4, 1.0], turned(150))
    wait_for(lambda: np.allclose(editor.position, [0.2, 1.4, 1.0], atol=1e-2), "one goes along")
    people.get_by_role("button", name="Follow Ada Lovelace").click()
    assert other.problems == []
    context.close()
    editor.until("worldloom.state().editing.people === 1")
    assert name.count() == 0
    assert people.get_by_role("listitem").count() == 1
    editor.page.keyboard.press("Escape")


def plot_point(viewer: Viewer, x: float, y: float) -> tuple[float, float]:
    """Where on the page a curve's point (0..1 each) lies."""
    box = viewer.page.locator(".curve-plot").bounding_box()
    return box["x"] + x * box["width"], box["y"] + (1 - y) * box["height"]


def test_curves_are_shown_as_the_server_makes_them(editor: Viewer, editing: Any) -> None:
    lasso(editor, editing)
    page = editor.page
    page.keyboard.press("5")
    page.get_by_role("radio", name="Curves").check()
    before = editor.picture()
    editor.drag(plot_point(editor, 0.5, 0.5), plot_point(editor, 0.4, 0.7))
    page.mouse.click(*plot_point(editor, 0.7, 0.2))
    page.get_by_role("radio", name="Blue").check()
    editor.drag(plot_point(editor, 1, 1), plot_point(editor, 1, 0.5))
    preview = editor.picture()
    assert changed(before, preview) > 0.03
    assert len(editing.of("do")) == 1  # only the lasso
    page.get_by_role("radio", name="All").check()
    page.get_by_role("slider", name="Point 3 of 4").focus()
    page.keyboard.press("Delete")  # the point, not the Gaussians
    page.get_by_role("slider", name="Point 2 of 3").press("Shift+ArrowDown")
    preview = editor.picture()
    editor.button("Apply").click()
    wait_for(lambda: len(editing.of("do")) == 2, "the curves are sent")
    editor.until("worldloom.state().editing.waiting === 0")
    operation = editing.operations()[-1]
    assert set(operation) == {"op", "curve", "blue"}
    assert np.array(operation["curve"]) == pytest.approx(np.array([[0, 0], [0.4, 0.6], [1, 1]]), abs=0.01)
    assert np.array(operation["blue"]) == pytest.approx(np.array([[0, 0], [1, 0.5]]), abs=0.01)
    assert changed(preview, editor.picture()) < 0.01
    assert not any(part.dead.any() for part in editing.state.parts.values())
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")


def test_double_click_takes_a_point_out_of_a_curve(editor: Viewer) -> None:
    page = editor.page
    page.keyboard.press("5")
    page.get_by_role("radio", name="Curves").check()
    points = page.locator(".curve-point")
    page.mouse.click(*plot_point(editor, 0.3, 0.6))
    assert points.count() == 3
    page.wait_for_timeout(700)  # longer than a double click
    page.mouse.dblclick(*plot_point(editor, 0.3, 0.6))
    assert points.count() == 2
    page.wait_for_timeout(700)
    page.mouse.dblclick(*plot_point(editor, 0.6, 0.3))
    assert points.count() == 3  # there was none before
    page.get_by_role("slider", name="Point 2 of 3").press("Delete")
    page.mouse.dblclick(*plot_point(editor, 0, 0))
    assert points.count() == 2  # the ends stay
    page.keyboard.press("Escape")


def test_colours_are_matched_to_a_picture(editor: Viewer, editing: Any) -> None:
    lasso(editor, editing)
    page = editor.page
    page.keyboard.press("5")
    page.get_by_role("radio", name="Match").check()
    assert editor.button("Match").is_disabled()
    wide = Image.new("RGB", (1300, 650), (200, 90, 30))
    content = io.BytesIO()
    wide.save(content, "JPEG")
    chosen = {"name": "dusk.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}
    page.get_by_label("Picture whose colours to take").set_input_files(chosen)
    page.get_by_role("radio", name="Tone by tone").check()
    editor.button("Match").click()
    wait_for(lambda: len(editing.of("do")) == 2, "the operation is sent")
    operation = editing.operations()[-1]
    sent = Image.open(io.BytesIO(editing.uploads[operation["picture"]]))
    assert sent.size == (512, 256)
    assert np.asarray(sent.convert("RGB"))[100, 100] == pytest.approx((200, 90, 30), abs=4)
    assert operation == {"op": "match_colours", "picture": operation["picture"], "method": "curves", "strength": 1}
    page.get_by_label("Colours of").select_option("Layer statue")
    editor.button("Match").click()
    wait_for(lambda: len(editing.of("do")) == 3, "the operation is sent")
    assert editing.operations()[-1]["to"] == {"by": "layer", "names": ["main.1"]}
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")


def test_depth_is_measured_from_where_one_stands(editor: Viewer, editing: Any) -> None:
    page = editor.page
    page.keyboard.press("6")
    page.get_by_label("Attribute").select_option("depth")
    wait_for(lambda: [one for one in editing.of("histogram") if one["attribute"] == "depth"], "it is asked for")
    view = editing.of("histogram")[-1]["view"]
    assert view["position"] == pytest.approx(EYE.tolist())
    assert (view["vertical_fov"], view["aspect"]) == pytest.approx((FOV, WIDTH / HEIGHT))
    page.get_by_text("Drag to select a range").wait_for()
    editor.place([1.0, 1.0, 2.0])  # the histogram stays as it was measured
    box = page.locator(".histogram").bounding_box()
    across = [(box["x"] + share * box["width"], box["y"] + 40) for share in (0.25, 0.5)]
    editor.drag(*across)
    wait_for(lambda: editing.of("do"), "the range is sent")
    where = editing.operations()[-1]["where"]
    lower, upper = (float(page.get_by_label(name, exact=True).input_value()) for name in ("From", "To"))
    assert (where["by"], where["attribute"], where["view"]) == ("range", "depth", view)
    assert (where["low"], where["high"]) == pytest.approx((lower, upper), abs=1e-3)
    editor.button("Measure from here").click()
    wait_for(lambda: editing.of("histogram")[-1]["view"]["position"] == [1.0, 1.0, 2.0], "it is measured anew")
    page.get_by_label("Attribute").select_option("distance")
    wait_for(lambda: editing.of("histogram")[-1].get("point") == [1.0, 1.0, 2.0], "the distance is asked for")
    page.keyboard.press("Escape")


def test_what_a_world_has_no_numbers_of_says_why(editor: Viewer, editing: Any, editing_server: Server) -> None:
    views = editor.page.locator("option[value=views]")
    editor.page.keyboard.press("6")
    assert views.is_enabled()
    editor.page.keyboard.press("Escape")
    captures = editing.scene["captures"]
    editing.scene["captures"] = []
    try:
        reconnect(editor, editing_server)
        editor.page.keyboard.press("6")
        assert not views.is_enabled()
        assert views.text_content() == "Photos that saw it: not made from photos"
        editor.page.keyboard.press("Escape")
    finally:
        editing.scene["captures"] = captures
        reconnect(editor, editing_server)


def test_proposals_are_done_only_when_approved(editor: Viewer, editing: Any) -> None:
    editor.page.keyboard.press("9")
    editor.page.get_by_label("What should change").fill("remove the statue with fireworks")
    editor.page.keyboard.press("Enter")
    editor.page.get_by_text("Not understood: with fireworks").wait_for()
    assert editor.page.get_by_text("The order was read by rules instead.").is_visible()
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


def test_where_links_limit_nobody_the_panel_says_so(editor: Viewer, editing: Any) -> None:
    told = editor.page.get_by_text("a link limits nobody")
    editing.enforced = False
    try:
        editor.button("Share").click()
        told.wait_for()
        editor.page.keyboard.press("Escape")
    finally:
        editing.enforced = True
    editor.button("Share").click()
    told.wait_for(state="hidden")
    editor.page.keyboard.press("Escape")


def test_keys_page_is_what_the_help_shows() -> None:
    scope = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "keys.py"))
    assert scope["PAGE"].read_text() == scope["page"]()
