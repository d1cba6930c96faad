"""What people put into a world, in a real browser: it plays, opens, falls and happens."""

from __future__ import annotations

import io
import math
import wave
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.viewer.conftest import Server, Viewer, wait_for
from worldloom.scene.authored import Authored
from worldloom.scene.camera_path import sample
from worldloom.scene.world_record import CameraPath

TURN = {"name": "turning", "layer": "statue", "motion": "spin", "period": 8.0}
PATH = {
    "name": "round",
    "seconds": [0.0, 0.4, 1.0],
    "poses": [
        {"position": [0.0, 1.6, 2.4], "rotation": [1.0, 0.0, 0.0, 0.0]},
        {"position": [-1.0, 1.8, 2.0], "rotation": [0.98, 0.0, -0.2, 0.0]},
        {"position": [-2.0, 1.4, 1.0], "rotation": [0.9, 0.0, -0.4, 0.0]},
    ],
    "vertical_fov": 65.0,
}


@pytest.fixture
def authoring(at_start: Viewer, server: Server) -> Iterator[Viewer]:
    """The desktop page of a world into which nobody has put anything, without what others left in it."""
    yield at_start
    put(at_start, server)
    at_start.command("set_movement", on=True)
    at_start.command("hold_time", seconds=None)
    at_start.command("run_action", action={"do": "hour", "hour": 12})


def put(viewer: Viewer, server: Server, **authored: Any) -> None:
    """Makes these the world's authored things."""
    server.world.scene["authored"] = Authored.model_validate(authored).model_dump(mode="json")
    viewer.command("reload")


def authored(viewer: Viewer) -> dict[str, Any]:
    return viewer.command("authored_state")


def layer_pose(viewer: Viewer, name: str) -> np.ndarray:
    """(4, 4) layer to world."""
    return np.array(authored(viewer)["layers"][name]).reshape(4, 4).T


def tone(seconds: float = 0.5) -> bytes:
    """A WAV file of a quiet hum."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        times = np.arange(int(8000 * seconds)) / 8000
        file.writeframes((2000 * np.sin(2 * math.pi * 220 * times)).astype("<i2").tobytes())
    return content.getvalue()


def film() -> bytes:
    """A WebM of a second: a white bar that wanders over orange."""
    av = pytest.importorskip("av")
    content = io.BytesIO()
    with av.open(content, "w", format="webm") as file:
        stream = file.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for number in range(10):
            picture = np.full((64, 96, 3), (240, 120, 20), np.uint8)
            picture[:, 9 * number : 9 * number + 10] = 255
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        file.mux(stream.encode())
    return content.getvalue()


def test_a_layers_motion_has_its_period(authoring: Viewer, server: Server) -> None:
    rest = layer_pose(authoring, "statue")
    put(authoring, server, animations=[TURN])
    for seconds in (0.0, 1.0, 2.0, 5.5, 8.0):
        authoring.command("hold_time", seconds=seconds)
        angle = 2 * math.pi * seconds / 8
        turned = layer_pose(authoring, "statue")
        expected = rest.copy()
        cosine, sine = math.cos(angle), math.sin(angle)
        expected[:3, :3] = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]]) @ rest[:3, :3]
        np.testing.assert_allclose(turned, expected, atol=1e-5)
    authoring.command("hold_time", seconds=2.0)
    before = authoring.picture()
    authoring.command("hold_time", seconds=4.0)
    assert (np.abs(before - authoring.picture()).max(axis=2) > 16).mean() > 0.004, "the splats did not turn with it"


def test_what_moves_goes_on_by_itself_unless_movement_is_off(authoring: Viewer, server: Server) -> None:
    put(authoring, server, animations=[TURN])
    first = layer_pose(authoring, "statue")
    wait_for(lambda: not np.allclose(layer_pose(authoring, "statue"), first), "the layer turns")
    authoring.rendered()  # a still picture can be had of what moves
    authoring.command("set_movement", on=False)
    np.testing.assert_allclose(layer_pose(authoring, "statue")[:3, :3], 0.55 * np.eye(3), atol=1e-6)
    authoring.rendered()
    frames = authoring.state()["frames"]
    authoring.page.wait_for_timeout(500)
    assert authoring.state()["frames"] == frames


def test_a_path_passes_its_keys_at_their_times(authoring: Viewer, server: Server) -> None:
    server.world.scene["camera_paths"] = [PATH]
    authoring.command("reload")
    path = CameraPath.model_validate(PATH)
    for seconds in (0.0, 0.2, 0.4, 0.75, 1.0):
        view = authoring.command("seek_path", name="round", seconds=seconds)
        places, turns = sample(path, [seconds])
        np.testing.assert_allclose(view["position"], places[0], atol=1e-5)
        assert abs(np.dot(view["rotation"], turns[0])) == pytest.approx(1, abs=1e-6)
    authoring.command("play_path", name="round")
    end = np.array([-2.0, 1.4, 1.0])
    wait_for(lambda: np.allclose(authoring.position, end, atol=1e-3), "the path is played to its end")


def test_keys_are_dragged_along_the_timeline(authoring: Viewer, server: Server) -> None:
    server.world.scene["camera_paths"] = [PATH]
    authoring.command("reload")
    page = authoring.page
    page.keyboard.press("k")
    keys = page.locator(".timeline-key")
    assert keys.count() == 3
    box, track = keys.nth(1).bounding_box(), page.locator(".timeline-track").bounding_box()
    span = 1.0 * 1.15
    assert (box["x"] + box["width"] / 2 - track["x"]) / track["width"] * span == pytest.approx(0.4, abs=0.02)
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    authoring.drag(middle, (track["x"] + track["width"] * 0.7 / span, middle[1]))
    wait_for(lambda: server.world.scene["camera_paths"][0]["seconds"][1] == pytest.approx(0.7, abs=0.03), "it is kept")
    page.get_by_role("button", name="Play again and again").click()
    wait_for(lambda: server.world.scene["camera_paths"][0]["loop"] is True, "the loop is kept")
    page.get_by_label("Speed of the path").fill("2")
    page.get_by_label("Speed of the path").press("Enter")
    wait_for(lambda: server.world.scene["camera_paths"][0]["speed"] == 2, "the speed is kept")
    page.get_by_role("button", name="Close the timeline").click()
    assert not page.locator(".timeline").is_visible()


def test_a_trigger_does_what_it_should_when_someone_comes_and_goes(authoring: Viewer, server: Server) -> None:
    authoring.place([0.0, 1.6, 2.4])
    zone = {"shape": "box", "center": [-2.0, 1.6, 1.0], "size": [1.0, 2.0, 1.0]}
    enter = [
        {"do": "say", "text": "You found the corner.", "seconds": 60},
        {"do": "weather", "weather": {"kind": "snow", "amount": 0.4}},
        {"do": "animate", "animation": "turning"},
        {"do": "hour", "hour": 21.5},
    ]
    leave = [{"do": "weather", "weather": None}, {"do": "animate", "animation": "turning", "on": False}]
    trigger = {"name": "corner", "zone": zone, "on_enter": enter, "on_leave": leave}
    put(authoring, server, triggers=[trigger], animations=[{**TURN, "playing": False}])
    authoring.rendered()
    state = authored(authoring)
    assert (state["inside"], state["weather"], state["running"]) == ([], None, [])
    bright = authoring.picture().mean()
    authoring.place([-2.0, 1.6, 1.0])
    wait_for(lambda: authored(authoring)["inside"] == ["corner"], "the trigger sees who comes")
    state = authored(authoring)
    assert (state["weather"], state["running"], state["hour"]) == ("snow", ["turning"], 21.5)
    assert authoring.page.get_by_text("You found the corner.").is_visible()
    wait_for(lambda: authored(authoring)["tint"][0] < 0.25, "it gets dark")
    authoring.place([0.0, 1.6, 2.4])
    wait_for(lambda: authored(authoring)["inside"] == [], "the trigger sees who leaves")
    state = authored(authoring)
    assert (state["weather"], state["running"]) == (None, [])
    assert authoring.picture().mean() < 0.6 * bright


@pytest.mark.parametrize("kind", ["rain", "snow", "dust", "fireflies", "leaves"])
def test_particles_are_drawn(authoring: Viewer, server: Server, kind: str) -> None:
    authoring.place([0.0, 1.6, 2.4])
    clear = authoring.picture()
    put(authoring, server, weather={"kind": kind, "amount": 1.0, "reach": 6})
    assert authored(authoring)["particles"] > 50
    authoring.command("hold_time", seconds=0)
    drawn = authoring.picture()
    assert (np.abs(drawn - clear).max(axis=2) > 8).mean() > 0.0005
    put(authoring, server)
    assert authored(authoring)["particles"] == 0


def test_sounds_and_films_stand_in_the_world(authoring: Viewer, server: Server) -> None:
    hum, moving = server.world.medium(tone(), "wav"), server.world.medium(film(), "webm")
    sound = {
        "kind": "audio",
        "name": "hum",
        "blob": hum,
        "format": "wav",
        "position": [1, 1, 0],
        "reach": 7,
        "gain": 0.5,
    }
    screen = {"kind": "video", "name": "screen", "blob": moving, "format": "webm", "position": [-1, 1.5, -0.5]}
    authoring.place([0.0, 1.6, 2.4])
    before = authoring.picture()
    put(authoring, server, media=[sound, screen])
    first, second = authored(authoring)["media"]
    assert (first["node"], first["reach"], first["gain"]) == ("PannerNode", 7, 0.5)
    assert first["position"] == [1, 1, 0]
    assert first["address"].endswith(f"/api/v1/assets/{hum}.wav")
    assert not first["screen"] and second["screen"]
    authoring.page.keyboard.press("Shift")  # a page may sound when its visitor has done something
    wait_for(lambda: all(one["playing"] for one in authored(authoring)["media"]), "both play")

    def orange() -> float:
        picture = authoring.picture()
        return float(((picture[..., 0] > 200) & (picture[..., 2] < 80) & (np.abs(picture - before).max(2) > 30)).mean())

    wait_for(lambda: orange() > 0.01, "the film is seen")
    authoring.command("run_action", action={"do": "play", "medium": "hum", "on": False})
    assert authored(authoring)["media"][0]["playing"] is False
    put(authoring, server)
    assert authored(authoring)["media"] == []


def test_walking_through_a_portal_leads_to_the_other_world(authoring: Viewer, server: Server) -> None:
    spawn = {"position": [0.5, 1.5, 1.0], "rotation": [1, 0, 0, 0]}
    portal = {"name": "gate", "position": [0, 1.3, 0.5], "world": "cellar", "spawn": spawn}
    authoring.place([0.0, 1.6, 2.4])
    put(authoring, server, portals=[portal])
    assert authoring.page.get_by_text("gate", exact=True).is_visible()
    authoring.command("set_mode", mode="fly")
    authoring.page.keyboard.down("w")
    authoring.page.wait_for_url("**world=cellar**")
    authoring.page.keyboard.up("w")
    authoring.until("worldloom.state().status === 'ready'")
    assert any("/worlds/cellar/scene" in request for request in authoring.requests)
    np.testing.assert_allclose(authoring.position, spawn["position"], atol=1e-6)
    assert authoring.state()["mode"] == "fly"
    authoring.open(f"{server.address}/viewer/?world=demo")


def test_things_are_put_in_by_hand(authoring: Viewer, server: Server) -> None:
    page = authoring.page
    page.keyboard.press("u")
    panel = page.locator("#panel-author")
    panel.get_by_role("button", name="Portal").click()
    wait_for(lambda: server.world.scene["authored"]["portals"], "the portal is kept")
    assert server.world.scene["authored"]["portals"][0]["world"] == "cellar"
    panel.get_by_label("Shape").select_option("door")
    wait_for(lambda: server.world.scene["authored"]["portals"][0]["shape"] == "door", "its shape is kept")
    panel.get_by_label("In the air").select_option("leaves")
    wait_for(lambda: (server.world.scene["authored"]["weather"] or {}).get("kind") == "leaves", "the weather is kept")
    panel.get_by_role("button", name="Trigger").click()
    wait_for(lambda: server.world.scene["authored"]["triggers"], "the trigger is kept")
    panel.get_by_role("button", name="Delete Portal").click()
    wait_for(lambda: not server.world.scene["authored"]["portals"], "the portal is gone")
    assert not authoring.problems


def test_a_person_seen_from_behind_is_the_chosen_figure(authoring: Viewer, server: Server) -> None:
    authoring.place([0.0, 1.62, 1.0])
    authoring.command("set_mode", mode="walk")
    authoring.page.keyboard.press("v")
    authoring.rendered()
    seen = {}
    for figure in ("walker", "robot", "spirit", "fox"):
        put(authoring, server, figure=figure)
        assert authored(authoring)["figure"] == figure
        seen[figure] = authoring.picture()
    for one, other in (("walker", "robot"), ("spirit", "fox"), ("walker", "fox")):
        assert (np.abs(seen[one] - seen[other]).max(axis=2) > 30).mean() > 0.002
    authoring.page.keyboard.press("v")


def test_notes_have_titles_views_and_links(authoring: Viewer, server: Server) -> None:
    view = {"position": [1.0, 1.5, 1.0], "rotation": [1.0, 0.0, 0.0, 0.0], "vertical_fov": 50.0}
    note = {"text": "Cast in 1902.", "position": [0, 1, 0], "title": "Statue", "view": view}
    server.world.scene["annotations"] = [{**note, "link": "https://example.org/statue"}]
    authoring.command("reload")
    page = authoring.page
    page.get_by_role("button", name="Note 1: Statue").click()
    wait_for(lambda: np.allclose(authoring.position, view["position"], atol=1e-4), "it is looked at from its view")
    link = page.get_by_role("link", name="https://example.org/statue")
    assert link.get_attribute("rel") == "noopener noreferrer"
    page.get_by_label("Link").fill("javascript:alert(1)")
    page.get_by_label("Link").press("Enter")
    assert page.get_by_text("A link begins with http").is_visible()
    page.get_by_label("Title").fill("The statue")
    page.get_by_label("Title").press("Enter")
    wait_for(lambda: server.world.scene["annotations"][0]["title"] == "The statue", "the title is kept")
    assert server.world.scene["annotations"][0]["link"] == "https://example.org/statue"
    page.get_by_role("button", name="Delete note 1").click()
    wait_for(lambda: not server.world.scene["annotations"], "the note is gone")
