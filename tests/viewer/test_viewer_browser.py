"""The viewer in a real browser: what a person sees and does there really happens."""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.viewer.conftest import Server, Viewer, wait_for, watch

MOST_WEIGHT = 1.2e6
"""Bytes of the whole page, compressed."""
EYE = 1.62
"""Height of a walking person's eyes, metres."""


def looking(yaw: float, pitch: float = 0.0) -> list[float]:
    """Rotation (wxyz) of a camera turned `yaw` radians to the left of -Z and then `pitch` up."""
    left, up = np.array([yaw, pitch]) / 2
    return [
        float(np.cos(left) * np.cos(up)),
        float(np.cos(left) * np.sin(up)),
        float(np.sin(left) * np.cos(up)),
        float(-np.sin(left) * np.sin(up)),
    ]


def forward(rotation: np.ndarray) -> np.ndarray:
    """Where a camera of rotation (wxyz) looks."""
    w, x, y, z = rotation
    return -np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])


def changed(before: np.ndarray, after: np.ndarray) -> float:
    """Share of the pixels that differ clearly."""
    return float((np.abs(before - after).max(axis=2) > 16).mean())


def test_page_is_light(dist: Path) -> None:
    files = [path for path in dist.rglob("*") if path.is_file()]
    assert any(path.suffix == ".js" for path in files)
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in files) <= MOST_WEIGHT


def test_world_is_loaded_and_drawn(desktop: Viewer, server: Server) -> None:
    state = desktop.state()
    assert state["status"] == "ready"
    assert state["splats"] == sum(layer["count"] for layer in server.world.scene["layers"])
    assert state["mode"] == "fly"  # the spawn is within the room
    picture = desktop.picture()
    assert picture.shape == (480, 720, 3)
    background = np.round(np.array(server.world.scene["environment"]["background"]) * 255)
    assert (np.abs(picture - background).max(axis=2) > 20).mean() > 0.3
    assert np.abs(picture[:40].mean(axis=(0, 1)) - background).max() < 12  # the room has no ceiling


def test_preview_gives_way_without_a_flash(browser: Any, server: Server) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 240})
    context.add_init_script(
        "window.drawn = []; window.seen = []; (function look() { requestAnimationFrame(look);"
        "if (!window.worldloom) return; seen.push(worldloom.state().status);"
        "worldloom.command('statistics').then((now) => drawn.push(now.drawn)); })()"
    )
    viewer = watch(context.new_page())
    viewer.open(f"{server.address}/viewer/?world=demo")
    seen, drawn = viewer.page.evaluate("[seen, drawn]")
    context.close()
    assert list(dict.fromkeys(seen)) == ["loading", "preview", "ready"]
    previews = 3500
    whole = drawn[-1]
    assert whole > 2 * previews
    first = next(index for index, count in enumerate(drawn) if count)
    assert drawn[first] <= previews
    assert all(count > 0 for count in drawn[first:])


def test_budget_limits_what_is_drawn(at_start: Viewer) -> None:
    whole = at_start.command("statistics")["drawn"]
    assert at_start.command("set_budget", splats=4000) == 4000
    at_start.rendered()
    few = at_start.command("statistics")["drawn"]
    assert few < whole - 10_000  # the statue has its budget, the room is too small to need one
    assert at_start.command("set_budget", splats=None) > 4000
    at_start.rendered()
    assert at_start.command("statistics")["drawn"] == whole


@pytest.mark.slow
def test_keys_move_the_camera(at_start: Viewer) -> None:
    at_start.command("set_mode", mode="fly")
    x, y, z = at_start.position
    at_start.hold("w", lambda: at_start.position[2] < z - 0.2)
    at_start.hold("d", lambda: at_start.position[0] > x + 0.2)
    at_start.hold("e", lambda: at_start.position[1] > y + 0.2)
    low = at_start.position[1]
    at_start.hold("q", lambda: at_start.position[1] < low - 0.1)
    turned = at_start.rotation
    at_start.hold("ArrowLeft", lambda: at_start.rotation[2] > turned[2] + 0.05)


def test_rendering_stops_when_still(at_start: Viewer) -> None:
    at_start.rendered()
    frames = at_start.state()["frames"]
    at_start.page.wait_for_timeout(700)
    assert at_start.state()["frames"] == frames
    at_start.place([0.0, 1.6, 2.0])
    assert at_start.state()["frames"] > frames


def test_orbit_turns_around_what_is_ahead(at_start: Viewer) -> None:
    pivot = np.array(at_start.command("pick", x=0.5, y=0.5)["point"])
    at_start.command("set_mode", mode="orbit")
    at_start.place([0.0, 1.6, 2.4])
    before = at_start.position
    at_start.drag((360, 300), (460, 300))
    after = at_start.position
    assert np.linalg.norm(after - before) > 0.3
    assert np.linalg.norm(after - pivot) == pytest.approx(np.linalg.norm(before - pivot), rel=0.02)
    ahead = (pivot - after) / np.linalg.norm(pivot - after)
    assert forward(at_start.rotation) @ ahead > 0.9999

    at_start.page.mouse.move(360, 300)
    at_start.page.mouse.wheel(0, 300)
    at_start.rendered()
    assert np.linalg.norm(at_start.position - pivot) > np.linalg.norm(after - pivot) * 1.1


def test_double_click_goes_there(at_start: Viewer) -> None:
    target = np.array(at_start.command("pick", x=0.3, y=0.6)["point"])
    before = float(np.linalg.norm(at_start.position - target))
    at_start.page.mouse.dblclick(0.3 * 720, 0.6 * 480)
    wait_for(lambda: np.linalg.norm(at_start.position - target) < before * 0.7, "the camera comes nearer")
    at_start.rendered()
    ahead = at_start.command("pick", x=0.5, y=0.5)
    assert np.linalg.norm(np.array(ahead["point"]) - target) < 0.3


@pytest.mark.slow
def test_walking_stands_on_the_floor_and_stops_at_walls(at_start: Viewer) -> None:
    at_start.place([0.0, 2.3, 1.0])
    at_start.page.keyboard.press("3")
    wait_for(lambda: abs(at_start.position[1] - EYE) < 0.02, "the person falls to the floor")
    at_start.rendered()
    assert at_start.position[1] == pytest.approx(EYE, abs=0.02)

    at_start.page.keyboard.down("w")
    wait_for(lambda: at_start.position[2] < -1.15, "the person walks to the wall")
    at_start.page.wait_for_timeout(600)
    at_start.page.keyboard.up("w")
    at_start.rendered()
    # The wall's near side is at z = -1.45, the body's radius 0.22 m.
    assert at_start.position[2] == pytest.approx(-1.23, abs=0.04)
    assert at_start.position[1] == pytest.approx(EYE, abs=0.02)

    eye = at_start.position
    at_start.page.keyboard.press("v")
    at_start.rendered()
    assert at_start.position[2] > eye[2] + 1.0
    at_start.page.keyboard.press("v")
    at_start.rendered()
    assert np.allclose(at_start.position, eye, atol=0.02)


def test_reset_goes_back_to_the_start(at_start: Viewer, server: Server) -> None:
    at_start.place([1.0, 1.0, 1.0], looking(1.0))
    at_start.page.keyboard.press("r")
    spawn = np.array(server.world.scene["spawn"]["position"])
    wait_for(lambda: np.allclose(at_start.position, spawn, atol=1e-3), "the camera is back")


@pytest.mark.slow
def test_layer_can_be_hidden(at_start: Viewer, server: Server) -> None:
    before = at_start.picture()
    splats = at_start.state()["splats"]
    at_start.button("Layers").click()
    show = at_start.button("Show statue")
    assert show.get_attribute("aria-pressed") == "true"
    show.click()
    at_start.rendered()
    statue = next(layer for layer in server.world.scene["layers"] if layer["name"] == "statue")
    assert at_start.state()["splats"] == splats - statue["count"]
    assert changed(before, at_start.picture()) > 0.01
    assert at_start.button("Show statue").get_attribute("aria-pressed") == "false"
    at_start.button("Show statue").click()
    at_start.rendered()
    assert changed(before, at_start.picture()) < 0.005

    at_start.button("Show only statue").click()
    at_start.rendered()
    assert at_start.state()["splats"] == statue["count"]
    at_start.button("Show only statue").click()
    at_start.rendered()
    assert at_start.state()["splats"] == splats


def test_layer_is_renamed_on_the_server(at_start: Viewer, server: Server) -> None:
    at_start.button("Layers").click()
    for old, new in (("statue", "rider"), ("rider", "statue")):
        at_start.button(f"Rename {old}").click()
        field = at_start.page.get_by_label(f"New name of {old}")
        field.fill(new)
        field.press("Enter")
        at_start.button(f"Rename {new}").wait_for(state="attached")
        assert server.world.edits[-1]["operations"] == [{"op": "update_layer", "layer": old, "name": new}]


def test_measure_gives_metres(at_start: Viewer) -> None:
    places = [(0.1, 0.8), (0.2, 0.8), (0.2, 0.65)]
    points = [np.array(at_start.command("pick", x=x, y=y)["point"]) for x, y in places]
    lengths = [float(np.linalg.norm(b - a)) for a, b in itertools.pairwise(points)]
    at_start.page.keyboard.press("m")
    for x, y in places:
        at_start.page.mouse.click(x * 720, y * 480)
    labels = at_start.page.locator(".measure-label").all_text_contents()
    shown = [float(text.split()[0]) / (100 if text.endswith("cm") else 1) for text in labels]
    assert shown == pytest.approx(lengths, abs=0.011)
    assert "in 2 parts" in at_start.page.get_by_role("group", name="Measure").inner_text()
    at_start.button("Clear").click()
    assert at_start.page.locator(".measure-label").count() == 0
    at_start.button("Done").click()


def test_note_is_written_saved_visited_and_deleted(at_start: Viewer, server: Server) -> None:
    at_start.page.keyboard.press("n")
    point = at_start.command("pick", x=0.4, y=0.6)["point"]
    at_start.page.mouse.click(0.4 * 720, 0.6 * 480)
    field = at_start.page.get_by_label("Text of the new note")
    field.fill("Loose tile")
    field.press("Enter")
    marker = at_start.page.get_by_role("button", name="Note 1: Loose tile")
    marker.wait_for()
    wait_for(lambda: server.world.scene["annotations"], "the note is saved")
    [note] = server.world.scene["annotations"]
    assert note["text"] == "Loose tile"
    assert np.allclose(note["position"], point, atol=0.02)

    at_start.page.keyboard.press("Escape")
    before = float(np.linalg.norm(at_start.position - point))
    marker.click()
    wait_for(lambda: np.linalg.norm(at_start.position - point) < before * 0.7, "the camera goes to the note")
    at_start.button("Delete note 1").click()
    wait_for(lambda: not server.world.scene["annotations"], "the note is deleted")
    assert at_start.page.locator(".note-marker").count() == 0


@pytest.mark.slow
def test_views_make_a_path_that_plays(at_start: Viewer, server: Server) -> None:
    ends = [([0.0, 1.6, 2.4], looking(0.0)), ([-0.8, 1.3, 1.6], looking(-0.5))]
    for number, (position, rotation) in enumerate(ends, 1):
        at_start.place(position, rotation)
        at_start.page.keyboard.press("b")
        wait_for(lambda number=number: len(server.world.scene["camera_paths"]) == number, "the view is saved")
    at_start.button("Cameras").click()
    at_start.button("Join views into a path").click()
    wait_for(lambda: len(server.world.scene["camera_paths"]) == 3, "the path is saved")
    path = server.world.scene["camera_paths"][2]
    assert [len(path["poses"]), path["seconds"]] == [2, [0, 2]]
    assert np.allclose(path["poses"][1]["position"], ends[1][0], atol=1e-6)

    at_start.page.get_by_label("Seconds that Path takes").fill("1")
    at_start.page.get_by_label("Seconds that Path takes").press("Enter")
    wait_for(lambda: server.world.scene["camera_paths"][2]["seconds"] == [0, 1], "the path is squeezed")
    at_start.place([1.0, 1.0, 0.0])
    assert at_start.command("play_path", name="Path") == {"name": "Path", "seconds": 1}
    at_start.rendered()
    assert np.allclose(at_start.position, ends[1][0], atol=0.02)
    assert abs(np.dot(at_start.rotation, ends[1][1])) > 0.9999

    at_start.button("View 1").click()
    wait_for(lambda: np.allclose(at_start.position, ends[0][0], atol=1e-3), "the view is visited")


@pytest.mark.slow
def test_path_is_recorded_as_video(at_start: Viewer, server: Server) -> None:
    poses = [{"position": [x, 1.6, 2.4], "rotation": [1.0, 0.0, 0.0, 0.0]} for x in (0.0, 0.4)]
    walk = {"name": "Walk", "seconds": [0.0, 1.0], "poses": poses, "vertical_fov": 60.0}
    server.world.scene["camera_paths"] = [walk]
    at_start.command("reload")
    at_start.button("Cameras").click()
    with at_start.page.expect_download() as waiting:
        at_start.button("Record Walk as video").click()
    content = Path(waiting.value.path()).read_bytes()
    assert waiting.value.suggested_filename in ("Walk.mp4", "Walk.webm")
    assert content[4:8] == b"ftyp" or content[:4] == b"\x1a\x45\xdf\xa3"
    assert len(content) > 2000


def test_overlays_show_what_they_say(at_start: Viewer) -> None:
    plain = at_start.picture()
    floor = (460, 360)  # row, column: near, in the middle
    wall = (240, 240)

    at_start.command("set_overlay", overlay="normal")
    normals = at_start.picture()
    assert changed(plain, normals) > 0.3
    red, green, blue = normals[floor]
    assert green > 200 and abs(red - 128) < 30 and abs(blue - 128) < 30  # the floor faces up
    assert normals[wall][2] > 200  # the wall ahead faces the camera, +Z

    at_start.command("set_overlay", overlay="depth")
    depth = at_start.picture()
    assert changed(plain, depth) > 0.3
    near, far = depth[470, 360], depth[wall]
    assert np.abs(near - far).max() > 60

    at_start.command("set_overlay", overlay="coverage")
    coverage = at_start.picture()
    assert changed(plain, coverage) > 0.3
    palette = np.array([[107, 29, 63], [200, 69, 47], [236, 154, 44], [228, 216, 74], [111, 196, 106], [42, 157, 143]])
    rows = coverage[300:470:10, 100:620:20].reshape(-1, 1, 3)
    assert (np.abs(rows - palette).max(axis=2).min(axis=1) < 40).mean() > 0.6

    at_start.command("set_overlay", overlay="ellipse")
    assert changed(plain, at_start.picture()) > 0.1
    assert "ellipse" in at_start.page.get_by_role("note").inner_text()

    at_start.command("set_overlay", overlay="none")
    assert changed(plain, at_start.picture()) < 0.005


def test_screenshot_is_downloaded(at_start: Viewer) -> None:
    with at_start.page.expect_download() as waiting:
        at_start.page.keyboard.press("p")
    assert waiting.value.suggested_filename == "Sunlit room.png"
    with Image.open(waiting.value.path()) as picture:
        assert picture.size == (720, 480)
        assert changed(np.asarray(picture.convert("RGB")).astype(np.int16), at_start.picture()) < 0.005


def test_help_lists_the_keys(at_start: Viewer) -> None:
    at_start.page.keyboard.press("?")
    card = at_start.page.get_by_role("dialog", name="Keys and gestures")
    card.wait_for()
    text = card.inner_text()
    for words in ("Forward, left, back, right", "Screenshot", "Two fingers", "Walk"):
        assert words in text
    at_start.page.keyboard.press("Escape")
    card.wait_for(state="hidden")


def test_everything_can_be_reached_by_keyboard(at_start: Viewer) -> None:
    page = at_start.page
    page.evaluate("document.activeElement.blur()")
    reached: list[str] = []
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''"))
    for name in ("Statistics", "Dark or light", "Keys and gestures", "Orbit", "Fly", "Walk", "Layers", "Cameras"):
        assert name in reached
    for name in ("Measure", "Notes", "View", "Back to the start", "Screenshot"):
        assert name in reached

    page.get_by_role("button", name="Layers", exact=True).focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("region", name="Layers").is_visible()
    assert page.evaluate("document.activeElement.id") == "panel-layers"
    splats = at_start.state()["splats"]
    page.get_by_role("button", name="Show statue", exact=True).focus()
    page.keyboard.press("Space")
    assert at_start.state()["splats"] < splats
    page.keyboard.press("Space")
    assert at_start.state()["splats"] == splats
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Layers"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"

    page.keyboard.press("m")
    page.evaluate("document.getElementById('scene').focus()")
    page.keyboard.press("Enter")
    at_start.hold("ArrowLeft", lambda: at_start.rotation[2] > 0.1)
    page.keyboard.press("Enter")
    assert page.locator(".measure-label").count() == 1
    at_start.button("Clear").click()
    at_start.button("Done").click()


def test_theme_is_toggled_and_remembered(at_start: Viewer) -> None:
    theme = "document.documentElement.dataset.theme"
    assert at_start.page.evaluate(theme) == "dark"
    at_start.button("Dark or light").click()
    assert at_start.page.evaluate(theme) == "light"
    assert at_start.page.evaluate("localStorage.getItem('worldloom.theme')") == "light"
    at_start.page.keyboard.press("t")
    assert at_start.page.evaluate(theme) == "dark"


def test_server_hears_of_the_camera_and_is_answered(at_start: Viewer, server: Server) -> None:
    messages = server.world.messages
    assert messages[0]["type"] == "hello" and messages[0]["viewer"]
    at_start.place([0.25, 1.5, 2.0])

    def told() -> bool:
        return any(message.get("position") == [0.25, 1.5, 2.0] for message in messages if message["type"] == "camera")

    wait_for(told, "the server is told where the camera is")

    def answer(identifier: str, name: str, /, **args: Any) -> dict[str, Any]:
        server.world.send({"type": "command", "id": identifier, "name": name, "args": args})
        wait_for(lambda: any(message.get("id") == identifier for message in messages), f"{name} is answered")
        return next(message for message in messages if message.get("id") == identifier)

    assert answer("1", "get_camera")["value"]["position"] == [0.25, 1.5, 2.0]
    assert answer("2", "set_mode", mode="fly")["value"] == "fly"
    assert at_start.state()["mode"] == "fly"
    assert "has to be one of" in answer("3", "set_mode", mode="swim")["error"]
    assert "no command" in answer("4", "explode")["error"]
    pick = answer("5", "pick", x=0.5, y=0.9)["value"]
    assert pick["layer"] == "room" and pick["point"][1] == pytest.approx(0.0, abs=0.1)
    assert any(message["type"] == "pick" for message in messages)
    assert answer("6", "statistics")["value"]["drawn"] > 0


def test_selection_counts_the_splats_in_a_sphere(at_start: Viewer, server: Server) -> None:
    before = at_start.picture()
    result = at_start.command("select_sphere", center=[1.4, 0.6, -0.6], radius=0.4)
    chosen = {layer["layer"]: layer["count"] for layer in result["layers"]}
    assert chosen["statue"] > 20 and result["count"] == sum(chosen.values())
    at_start.rendered()
    marked = changed(before, at_start.picture())
    assert marked > 0.0005

    def told() -> list[dict[str, Any]]:
        return [m for m in server.world.messages if m["type"] == "selection" and m["layer"] == "statue"]

    wait_for(told, "the server is told what is selected")
    assert len(told()[-1]["indices"]) == chosen["statue"]
    at_start.command("clear_selection")
    at_start.rendered()
    assert changed(before, at_start.picture()) < marked / 2


def test_connection_comes_back_and_new_versions_are_shown(at_start: Viewer, server: Server) -> None:
    greetings = sum(message["type"] == "hello" for message in server.world.messages)
    server.world.hang_up()
    wait_for(
        lambda: sum(message["type"] == "hello" for message in server.world.messages) > greetings,
        "the page connects again",
    )
    at_start.place([0.5, 1.4, 2.0])
    frame = at_start.picture()
    scene = server.world.scene
    scene["layers"][1]["visible"] = False
    scene["version"] = scene["head"] = scene["head"] + 1
    server.world.send({"type": "version", "number": scene["head"]})
    at_start.until(f"worldloom.state().version === {scene['head']}")
    at_start.rendered()
    assert np.allclose(at_start.position, [0.5, 1.4, 2.0])
    assert at_start.state()["splats"] == scene["layers"][0]["count"]
    assert changed(frame, at_start.picture()) > 0.005
    scene["layers"][1]["visible"] = True
    at_start.command("reload")
    assert changed(frame, at_start.picture()) < 0.005


def test_no_request_leaves_the_origin_and_nothing_breaks(at_start: Viewer, server: Server) -> None:
    own = (server.address, "blob:" + server.address, "data:")
    assert at_start.requests
    assert [url for url in at_start.requests if not url.startswith(own)] == []
    assert at_start.problems == []


def test_phone_page_fits_and_reaches_everything(phone: Viewer) -> None:
    page = phone.page

    def outside() -> list[str]:
        return page.evaluate(
            "[...document.querySelectorAll('button, input, .surface')].filter((e) => e.checkVisibility({"
            "visibilityProperty: true, opacityProperty: true}) && !e.classList.contains('note-marker'))"
            ".filter((e) => { const b = e.getBoundingClientRect();"
            "return b.left < -1 || b.right > innerWidth + 1 || b.width < 1; })"
            ".map((e) => e.getAttribute('aria-label') ?? e.className)"
        )

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert outside() == []
    for name in ("Orbit", "Fly", "Walk", "Layers", "Cameras", "Measure", "Notes", "More"):
        box = phone.button(name).bounding_box()
        assert box["width"] >= 40 and box["height"] >= 40
    phone.button("More").tap()
    for name in ("View", "Start", "Screenshot", "Statistics", "Theme", "Help"):
        assert phone.page.get_by_role("region", name="More").get_by_role("button", name=name).is_visible()
    assert outside() == []
    phone.page.get_by_role("region", name="More").get_by_role("button", name="View").tap()
    assert page.get_by_role("slider", name="Field of view").is_visible()
    assert outside() == []
    phone.button("Close view").tap()
    phone.button("Layers").tap()
    assert outside() == []
    phone.button("Close layers").tap()


def test_fingers_look_pinch_and_push_the_stick(phone: Viewer) -> None:
    phone.button("Fly").tap()
    session = phone.page.context.new_cdp_session(phone.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    position, rotation = phone.position, phone.rotation
    touch("touchStart", (200, 300))
    touch("touchMove", (240, 300))
    touch("touchMove", (280, 300))
    touch("touchEnd")
    phone.rendered()
    assert abs(np.dot(phone.rotation, rotation)) < 0.999
    assert np.allclose(phone.position, position)

    touch("touchStart", (150, 300), (250, 300))
    touch("touchMove", (120, 300), (280, 300))
    touch("touchMove", (90, 300), (310, 300))
    touch("touchEnd")
    phone.rendered()
    assert np.linalg.norm(phone.position - position) > 0.2

    stick = phone.page.locator(".stick").bounding_box()
    centre = (stick["x"] + stick["width"] / 2, stick["y"] + stick["height"] / 2)
    before = phone.position
    touch("touchStart", centre)
    touch("touchMove", (centre[0], centre[1] - 40))
    wait_for(lambda: np.linalg.norm(phone.position - before) > 0.2, "the stick moves the camera")
    touch("touchEnd")
    phone.rendered()


def test_frame_on_a_page_is_commanded_by_messages(browser: Any, server: Server) -> None:
    context = browser.new_context(viewport={"width": 900, "height": 600})
    page = context.new_page()
    page.goto(f"{server.address}/embedding")

    def heard(kind: str) -> list[dict[str, Any]]:
        return [message for message in page.evaluate("messages") if message.get("type") == kind]

    wait_for(lambda: heard("loaded"), "the frame says that the world is loaded")
    assert heard("ready") and heard("loaded")[0]["ns"] == "worldloom"
    page.evaluate(
        "document.getElementById('viewer').contentWindow.postMessage("
        "{ns: 'worldloom', type: 'command', id: 7, name: 'set_mode', args: {mode: 'walk'}}, location.origin)"
    )
    wait_for(lambda: heard("result"), "the command is answered")
    assert heard("result")[0] == {"ns": "worldloom", "type": "result", "id": 7, "value": "walk"}
    assert heard("mode")[-1]["mode"] == "walk"
    assert heard("camera")
    frame = page.frame_locator("#viewer")
    for name in ("Orbit", "Layers", "Measure", "Screenshot", "Keys and gestures"):
        assert frame.get_by_role("button", name=name, exact=True).is_visible()
    context.close()


@pytest.mark.slow
def test_failures_are_said_in_plain_words(browser: Any, server: Server) -> None:
    context = browser.new_context(viewport={"width": 480, "height": 360})
    viewer = watch(context.new_page())
    viewer.open(f"{server.address}/viewer/?world=nowhere")
    assert viewer.state()["status"] == "error"
    assert "no world 'nowhere'" in viewer.page.get_by_role("alert").inner_text()

    files = server.world.files
    missing = files.pop("statue.spz")
    viewer.open(f"{server.address}/viewer/?world=demo")
    files["statue.spz"] = missing
    assert viewer.state()["status"] == "ready"
    assert 'Layer "statue" could not be loaded' in viewer.page.get_by_role("status").inner_text()

    viewer.page.evaluate(
        "document.getElementById('scene').getContext('webgl2').getExtension('WEBGL_lose_context').loseContext()"
    )
    viewer.until("worldloom.state().status === 'error'")
    assert "Reload the page" in viewer.page.get_by_role("alert").inner_text()

    viewer.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    viewer.page.goto(f"{server.address}/viewer/?world=demo")
    viewer.until("worldloom.state().status === 'error'")
    assert "WebGL 2" in viewer.page.get_by_role("alert").inner_text()
    assert json.dumps(viewer.state())
    context.close()
