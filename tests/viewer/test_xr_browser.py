"""WebXR on an emulated Quest 3: going in, moving about, and leaving with everything as it was."""

from __future__ import annotations

import functools
import http.server
import math
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from tests.browser import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

HERE = Path(__file__).resolve().parent
VIEWER = HERE.parents[1] / "worldloom" / "app" / "viewer"
PACKAGES = VIEWER / "node_modules"
NODE = shutil.which("node")
BACKDROP = (0x88, 0x88, 0xAA)  # of the page, which stands for the real room

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="no Node on this machine"),
    pytest.mark.skipif(not (PACKAGES / "iwer").is_dir(), reason=f"no packages: run `npm ci` in {VIEWER}"),
]


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the test page, built from the viewer's own sources, is served."""
    folder = tmp_path_factory.mktemp("xr_page")
    assert NODE is not None
    source = HERE / "xr_page"
    run(NODE, PACKAGES / "typescript/bin/tsc", "--noEmit", "-p", source)
    run(NODE, PACKAGES / "vite/bin/vite.js", "build", "--config", source / "vite.config.mjs", "--outDir", folder)
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def run(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=VIEWER, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


class Headset:
    """The page with the emulated headset; `evaluate` knows `t`, the page's `window.testing`."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on(
            "console", lambda told: self.complaints.append(told.text) if told.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def evaluate(self, body: str, argument: Any = None) -> Any:
        return self.page.evaluate(f"async (given) => {{ const t = window.testing; {body} }}", argument)

    def state(self) -> dict[str, Any]:
        return self.evaluate("return t.state()")

    def frames(self, count: int = 3) -> None:
        """Until so many pictures have been drawn: inputs are read in the first."""
        self.evaluate("await t.frames(given)", count)

    def try_enter(self, mode: str = "vr") -> str:
        """An empty string, or the sentence of the refusal."""
        return self.evaluate("return t.xr.enter(given).then(() => '', (error) => error.message)", mode)

    def enter(self, mode: str = "vr") -> None:
        assert self.try_enter(mode) == ""
        self.frames()

    def exit(self) -> None:
        self.evaluate("await t.xr.exit()")

    def stick(self, x: float, y: float, hand: str = "right") -> None:
        self.evaluate("t.device.controllers[given[0]].updateAxes('thumbstick', given[1], given[2])", [hand, x, y])
        self.frames()

    def press(self, button: str, value: float, hand: str = "right") -> None:
        self.evaluate("t.device.controllers[given[0]].updateButtonValue(given[1], given[2])", [hand, button, value])
        self.frames()

    def pinch(self, value: float, hand: str = "right") -> None:
        self.evaluate("t.device.hands[given[0]].updatePinchValue(given[1])", [hand, value])
        self.frames()

    def hold(self, position: list[float], heading: float = 0, pitch: float = 0, what: str = "controllers") -> None:
        """The right controller or hand: metres and degrees in the tracked space."""
        self.evaluate(
            """const [what, position, heading, pitch] = given;
            const { right } = t.device[what];
            right.position.set(...position);
            t.point(right, heading, pitch)""",
            [what, position, heading, pitch],
        )
        self.frames()

    def person(self) -> tuple[np.ndarray, float]:
        """The head in the world, and degrees of heading."""
        person = self.evaluate("return t.person()")
        return np.array(person["head"]), person["heading"]

    def arc(self) -> dict[str, Any] | None:
        return self.evaluate("return t.arc()")

    def announced(self) -> list[str]:
        return self.evaluate("return t.told.announced")

    def world(self) -> dict[str, list[float]]:
        return self.state()["world"]

    def picture(self, path: Path) -> np.ndarray:
        """(H, W, 3) bytes of what the emulator shows."""
        self.page.screenshot(path=path)
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"))


@pytest.fixture
def headset(browser: Browser, address: str) -> Iterator[Headset]:
    context = browser.new_context(viewport={"width": 480, "height": 240})
    headset = Headset(context.new_page())
    headset.page.goto(address)
    headset.page.wait_for_selector("html[data-state='ready']", state="attached", timeout=30_000)
    yield headset
    context.close()
    assert headset.complaints == []


@pytest.fixture
def inside(headset: Headset) -> Headset:
    """In VR, standing at (0, 0, 2) and looking 0.2 rad to the left of -Z, the right hand before the face."""
    headset.enter()
    headset.hold([0, 1.5, -0.2])
    return headset


def ahead(position: tuple[float, float], distance: float, heading: float) -> np.ndarray:
    """x and z of the place so far ahead."""
    return np.array(position) + distance * np.array([-math.sin(heading), -math.cos(heading)])


# --- Going in ---------------------------------------------------------------------------------------------------------


def test_knows_what_the_browser_can_enter(headset: Headset) -> None:
    assert headset.evaluate("return t.xr.supported()") == {"vr": True, "ar": True}
    headset.evaluate("navigator.xr.isSessionSupported = () => Promise.reject(new DOMException('no', 'SecurityError'))")
    assert headset.evaluate("return t.xr.supported()") == {"vr": False, "ar": False}
    headset.evaluate("Object.defineProperty(navigator, 'xr', { value: undefined })")
    assert headset.evaluate("return t.xr.supported()") == {"vr": False, "ar": False}
    assert headset.try_enter() == "This browser has no WebXR; open this page in a headset's browser to enter VR."


def test_vr_draws_within_the_headsets_means(headset: Headset) -> None:
    headset.evaluate(
        """const Layer = XRWebGLLayer;
        globalThis.XRWebGLLayer = class extends Layer {
            constructor(session, context, init) { super(session, context, init); t.layer = init; }
        }"""
    )
    headset.enter()
    inside = headset.evaluate(
        """return { budget: t.told.budgets[0], deviations: t.ctx.spark.maxStdDev, owner: t.told.owner,
            presenting: t.ctx.renderer.xr.isPresenting, foveation: t.ctx.renderer.xr.getFoveation(),
            antialias: t.layer.antialias, scale: t.layer.framebufferScaleFactor }"""
    )
    assert inside == {
        "budget": 500_000,
        "deviations": pytest.approx(math.sqrt(5)),
        "owner": "xr",
        "presenting": True,
        "foveation": 1,
        "antialias": False,
        "scale": 0.8,
    }


def test_one_stands_where_the_camera_was(inside: Headset) -> None:
    head, heading = inside.person()
    assert head == pytest.approx([0, 1.6, 2], abs=1e-6)
    assert math.radians(heading) == pytest.approx(0.2)


def test_one_stands_at_the_spawn_where_the_camera_was_nowhere_to_stand(headset: Headset) -> None:
    headset.evaluate("t.ctx.camera.position.set(0, 12, 9)")
    headset.enter()
    head, heading = headset.person()
    assert head == pytest.approx([1, 1.6, 1], abs=1e-6)
    assert heading == pytest.approx(0, abs=1e-6)


def test_without_a_known_floor_one_stands_at_eye_height(headset: Headset) -> None:
    headset.evaluate(
        """const request = navigator.xr.requestSession.bind(navigator.xr);
        navigator.xr.requestSession = (mode, { optionalFeatures }) =>
            request(mode, { optionalFeatures: optionalFeatures.filter((feature) => feature !== 'local-floor') })"""
    )
    headset.enter()
    assert headset.state()["rig"]["position"] == pytest.approx([0, 1.6, 2], abs=1e-6)  # where the eyes were at first
    headset.evaluate("t.device.position.y -= 0.5")
    headset.stick(0, -1)
    headset.stick(0, 0)
    assert headset.state()["rig"]["position"][1] == pytest.approx(1.6)  # as high over the floor there
    assert headset.state()["rig"]["position"][2] < -1


# --- Moving about -----------------------------------------------------------------------------------------------------


def test_a_push_of_the_stick_turns_once_by_30_degrees_about_the_head(inside: Headset) -> None:
    inside.evaluate("t.device.position.set(0.4, 1.7, 0.3)")  # a step away from the rig's middle
    inside.frames()
    head, heading = inside.person()
    inside.stick(0.9, 0)
    inside.stick(0.5, 0)  # a tremble is no second push
    inside.stick(1, 0.2)
    assert inside.person()[1] == pytest.approx(heading - 30, abs=1e-4)
    inside.stick(0.1, 0)
    inside.stick(0.4, 0)
    assert inside.person()[1] == pytest.approx(heading - 30, abs=1e-4)
    inside.stick(0, 0)
    for _ in range(2):
        inside.stick(-1, 0)
        inside.stick(0, 0)
    assert inside.person()[1] == pytest.approx(heading + 30, abs=1e-4)
    assert inside.person()[0] == pytest.approx(head, abs=1e-5)


def test_the_stick_teleports_to_the_aimed_floor(inside: Headset, tmp_path: Path) -> None:
    inside.stick(0, -1)
    arc = inside.arc()
    assert arc is not None and arc["ring"] is not None
    ring = np.array(arc["ring"])
    throw = 8 * math.sqrt(2 * 1.5 / 9.81)  # level, from 1.5 m, at 8 m/s
    assert ring[[0, 2]] == pytest.approx(ahead((0, 2), 0.2 + throw, 0.2), abs=0.03)
    assert inside.person()[0] == pytest.approx([0, 1.6, 2], abs=1e-6)  # not before it is let go
    green = inside.picture(tmp_path / "aim.png").astype(int)
    assert ((green[..., 1] > 180) & (green[..., 0] < 130)).sum() > 20, "no arc is seen"
    inside.stick(0, 0)
    head, heading = inside.person()
    assert head == pytest.approx([ring[0], 1.6, ring[2]], abs=1e-5)
    assert math.radians(heading) == pytest.approx(0.2)
    assert inside.arc() is None


def test_walls_stop_a_teleport(inside: Headset) -> None:
    before = inside.person()[0]
    inside.hold([0, 1.5, 0.2], heading=180)  # at the wall 2 m behind
    inside.stick(0, -1)
    assert inside.arc() == {"ring": None}
    inside.stick(0, 0)
    inside.hold([0, 1.5, 2.6], heading=180)  # the hand put through it
    inside.stick(0, -1)
    assert inside.arc() == {"ring": None}
    inside.stick(0, 0)
    assert inside.person()[0] == pytest.approx(before)


def test_only_places_fit_to_stand_on_are_landed_on(headset: Headset) -> None:
    def landing(eye: list[float], target: list[float]) -> list[float] | None:
        return headset.evaluate(
            """const [eye, target] = given.map((place) => new t.THREE.Vector3(...place));
            const arc = t.maths.throwArc(t.ctx.hit, eye, eye, target.sub(eye).normalize(), true);
            return arc.landing && arc.landing.toArray()""",
            [eye, target],
        )

    assert landing([0, 1.6, 0], [0, 0, -1.5]) == pytest.approx([0, 0, -1.5])
    assert landing([0, 1.6, 0], [-2.5, 0.4, -1.5]) == pytest.approx([-2.5, 0.4, -1.5])  # on the platform
    assert landing([0, 1.6, -1.5], [3, 1, -1.5]) is None  # the steep ramp
    assert landing([0, 0.8, -1.5], [1, 0, -3]) is None  # under the slab
    assert landing([0, 1.6, 0], [1, 1.225, -3]) == pytest.approx([1, 1.225, -3])  # upon it
    assert landing([0, 1.6, 0], [0, 0, -3.85]) is None  # with the face in the wall
    assert landing([1, 0.6, -2.5], [1, 1.175, -3]) is None  # the slab's underside
    assert landing([0, 1.6, 0], [0, 3.5, -9]) is None  # over the wall, into nothing


def test_a_pinch_of_the_hand_teleports(headset: Headset) -> None:
    headset.evaluate("t.device.primaryInputMode = 'hand'")
    headset.enter()
    headset.hold([0, 1.5, -0.2], what="hands")
    joints = headset.evaluate(
        """const counts = [];
        t.ctx.rig.traverse((part) => part.isInstancedMesh && counts.push(part.count));
        return counts"""
    )
    assert joints == [25, 25]
    headset.pinch(1)
    arc = headset.arc()
    assert arc is not None and arc["ring"] is not None
    headset.pinch(0)
    assert headset.person()[0][[0, 2]] == pytest.approx(np.array(arc["ring"])[[0, 2]], abs=1e-5)


@pytest.mark.parametrize("how", ["called off", "hand lost", "headset taken off"])
def test_an_interrupted_pinch_goes_nowhere(headset: Headset, how: str) -> None:
    headset.evaluate("t.device.primaryInputMode = 'hand'")
    headset.enter()
    headset.hold([0, 1.5, -0.2], what="hands")
    before = headset.person()[0]
    headset.pinch(1)
    assert headset.arc() is not None
    if how == "called off":
        headset.evaluate("t.quirks.callOff = true")
    elif how == "hand lost":
        headset.evaluate("t.device.hands.right.connected = false")
        headset.frames()
        assert headset.arc() is None
        headset.evaluate("t.device.hands.right.connected = true")
    else:
        headset.evaluate("t.device.updateVisibilityState('hidden')")
        headset.frames()
        assert headset.arc() is None
        headset.evaluate("t.device.updateVisibilityState('visible')")
        headset.frames()
    headset.pinch(0)
    assert headset.person()[0] == pytest.approx(before)
    headset.evaluate("t.quirks.callOff = false")
    headset.pinch(1)
    headset.pinch(0)
    assert np.linalg.norm(headset.person()[0] - before) > 1  # the next one counts again


def test_a_pinch_while_looking_at_a_place_goes_there(headset: Headset) -> None:
    """As on Vision Pro: the source exists only while pinched, and its ray is the eyes'."""
    headset.evaluate(
        """t.device.primaryInputMode = 'hand';
        const { left, right } = t.device.hands;
        left.connected = right.connected = false;
        Object.defineProperty(right.inputSource, 'targetRayMode', { value: 'transient-pointer' })"""
    )
    headset.enter()
    headset.hold([0, 1.6, 0], pitch=-30, what="hands")
    headset.evaluate("t.device.hands.right.connected = true")
    headset.pinch(1)
    headset.pinch(0)
    headset.evaluate("t.device.hands.right.connected = false")
    headset.frames()
    head, _ = headset.person()
    assert head[[0, 2]] == pytest.approx(ahead((0, 2), 1.6 / math.tan(math.radians(30)), 0.2), abs=1e-4)
    assert headset.evaluate("return t.ctx.rig.children.length") == 1  # nothing is drawn of a source that is gone


# --- Augmented reality ------------------------------------------------------------------------------------------------


def test_ar_puts_the_world_on_a_table_and_at_the_size_of_life(headset: Headset, tmp_path: Path) -> None:
    before = headset.state()
    headset.enter("ar")
    state = headset.state()
    assert state["scene"]["background"] is None
    assert [visible for _, visible in state["world"]["children"]] == [True, False]  # the sky would hide the real room
    beside = (
        [visible for _, visible in before["scene"]["children"][3:]],
        [visible for _, visible in state["scene"]["children"][3:]],
    )
    assert beside == ([True], [False, False])  # the page's note and the throw
    (scale,) = set(np.round(state["world"]["scale"], 6))
    assert 0.4 / 6 < scale < 0.4 / 2
    floor = np.array([0, 0, 2])  # where one stood lies on the table, 0.7 m ahead and below the eyes
    table = ahead((0, 2), 0.7, 0.2)
    assert in_world(state, floor) == pytest.approx([table[0], 0.95, table[1]], abs=1e-5)
    assert tuple(headset.picture(tmp_path / "table.png")[2, 2]) == BACKDROP

    headset.stick(-1, 0)
    turned = headset.state()
    assert turned["rig"]["position"] == state["rig"]["position"]
    assert in_world(turned, floor) == pytest.approx(in_world(state, floor), abs=1e-5)
    quarter = np.arccos(np.clip(abs(np.dot(turned["world"]["quaternion"], state["world"]["quaternion"])), 0, 1)) * 2
    assert math.degrees(quarter) == pytest.approx(30, abs=0.01)
    headset.stick(0, -1)
    assert headset.arc() is None or headset.arc() == {"ring": None}  # one walks around a table
    headset.stick(0, 0)

    headset.press("squeeze", 1)
    headset.press("squeeze", 0)
    life = headset.state()
    for part in ("position", "quaternion", "scale"):
        assert life["world"][part] == pytest.approx(before["world"][part], abs=1e-6)
    headset.hold([0, 1.5, -0.2])
    headset.stick(0, -1)
    headset.stick(0, 0)
    assert np.linalg.norm(headset.person()[0] - [0, 1.6, 2]) > 3

    headset.press("b-button", 1)
    assert headset.world()["scale"] == pytest.approx([scale] * 3, abs=1e-6)
    headset.press("b-button", 0)
    headset.exit()
    assert headset.state() == before


def in_world(state: dict[str, Any], place: np.ndarray) -> np.ndarray:
    """A place of the splats where it is drawn."""
    world = state["world"]
    x, y, z, w = world["quaternion"]
    axis = np.array([x, y, z])
    point = place * world["scale"]
    twice = 2 * np.cross(axis, point)
    return point + w * twice + np.cross(axis, twice) + world["position"]


def test_pinching_with_both_hands_changes_the_size(headset: Headset) -> None:
    headset.evaluate("t.device.primaryInputMode = 'hand'")
    headset.enter("ar")
    assert headset.world()["scale"][0] < 0.5
    headset.pinch(1, "left")
    headset.pinch(1, "right")
    assert headset.world()["scale"] == pytest.approx([1, 1, 1], abs=1e-6)
    head = headset.person()[0]
    headset.pinch(0, "right")
    headset.pinch(0, "left")
    assert headset.person()[0] == pytest.approx(head)  # no teleport on the way


def test_squeezing_does_nothing_in_vr(inside: Headset) -> None:
    before = inside.world()
    inside.press("squeeze", 1)
    inside.press("squeeze", 0)
    assert inside.world() == before


# --- Leaving ----------------------------------------------------------------------------------------------------------

ENDINGS = {
    "by the page": "await t.xr.exit()",
    "by the system": "await t.device.activeSession.end()",
    "page left": "window.dispatchEvent(new Event('pagehide'))",
    "unseen": """Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
        t.device.updateVisibilityState('hidden')""",
}


@pytest.mark.parametrize("mode", ["vr", "ar"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_everything_is_back_after_any_ending(headset: Headset, ending: str, mode: str) -> None:
    before = headset.state()
    headset.enter(mode)
    headset.stick(1, 0)
    headset.stick(0, 0)
    headset.stick(0, -1)
    during = headset.state()
    for part in ("camera", "rig", "scene", "renderer", "maxStdDev", "budget", "owner", "listeners"):
        assert during[part] != before[part], f"{part} was never changed, so that it is back shows nothing"
    headset.evaluate(ENDINGS[ending])
    headset.page.wait_for_function("window.testing.told.owner === 'page'", timeout=20_000)
    assert headset.state() == before
    assert headset.announced()[-1] == f"You have left {mode.upper()}."
    assert headset.evaluate("return t.told.taken.at(-1)") == pytest.approx([0, 1.5, 2])  # the page gets its own view


@pytest.mark.parametrize("fault", ["render", "hit"])
def test_an_error_in_a_frame_leaves_xr(headset: Headset, fault: str) -> None:
    before = headset.state()
    headset.enter()
    headset.evaluate("t.faults[given] = true", fault)
    headset.evaluate("t.device.controllers.right.updateAxes('thumbstick', 0, -1)")
    headset.page.wait_for_function("window.testing.told.owner === 'page'", timeout=20_000)
    headset.evaluate("t.faults.hit = t.faults.render = false")
    assert headset.state() == before
    announced = headset.announced()
    words = {"render": "the test's fault in drawing.", "hit": "the test's fault in hit."}[fault]
    assert announced[-1] == f"VR was left because of an error: {words}"
    assert [announced.count(one) for one in announced] == [1] * len(announced)
    assert any("the test's fault" in complaint for complaint in headset.complaints)
    headset.complaints.clear()
    headset.evaluate("t.device.controllers.right.updateAxes('thumbstick', 0, 0)")
    headset.enter()


def test_losing_the_graphics_leaves_xr(headset: Headset) -> None:
    headset.enter()
    headset.evaluate("t.ctx.renderer.domElement.dispatchEvent(new Event('webglcontextlost'))")
    headset.page.wait_for_function("window.testing.told.owner === 'page'", timeout=20_000)
    assert headset.announced()[-1] == "VR was left because of an error: the graphics device was lost."
    assert headset.evaluate("return t.device.activeSession === undefined && !t.ctx.renderer.xr.isPresenting")
    assert any("the graphics device was lost" in complaint for complaint in headset.complaints)
    headset.complaints.clear()


def test_one_may_come_and_go(headset: Headset) -> None:
    before = headset.state()
    for mode in ("vr", "ar", "vr"):
        headset.enter(mode)
        headset.stick(1, 0)
        headset.stick(0, 0)
        headset.exit()
        assert headset.state() == before


def test_exit_without_a_session_is_nothing(headset: Headset) -> None:
    before = headset.state()
    headset.exit()
    assert headset.state() == before
    assert headset.announced() == []


def test_exit_while_entering_leaves(headset: Headset) -> None:
    before = headset.state()
    headset.evaluate("const entering = t.xr.enter('vr'); await t.xr.exit(); await entering")
    assert headset.state() == before


def test_entering_twice_at_once_is_entering_once(headset: Headset) -> None:
    answers = headset.evaluate(
        """let asked = 0;
        const request = navigator.xr.requestSession.bind(navigator.xr);
        navigator.xr.requestSession = (...given) => { asked += 1; return request(...given) };
        const told = (entry) => entry.then(() => 'in', (error) => error.message);
        const [first, second, other] = [t.xr.enter('vr'), t.xr.enter('vr'), t.xr.enter('ar')].map(told);
        const answers = [await first, await second, await other, await told(t.xr.enter('vr'))];
        return [...answers, await told(t.xr.enter('ar')), asked]"""
    )
    refusal = "VR is open; leave it before entering AR."
    assert answers == ["in", "in", refusal, "in", refusal, 1]
    headset.frames()
    headset.exit()
    headset.enter("ar")


# --- Refusals ---------------------------------------------------------------------------------------------------------

REFUSALS = {
    "NotSupportedError": "This device has no VR; open this page in a headset's browser.",
    "NotAllowedError": "The browser did not allow VR; allow it for this page and try again.",
    "SecurityError": "The browser did not allow VR; allow it for this page and try again.",
    "InvalidStateError": "Another page is using the headset; leave it there, then enter VR here.",
    "OperationError": "VR could not start: the device is not ready.",
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_a_sentence_and_changes_nothing(headset: Headset, name: str) -> None:
    before = headset.state()
    headset.evaluate(
        """const request = navigator.xr.requestSession;
        navigator.xr.requestSession = () => {
            navigator.xr.requestSession = request;
            return Promise.reject(new DOMException('the device is not ready', given));
        }""",
        name,
    )
    assert headset.try_enter() == REFUSALS[name]
    assert headset.announced() == [REFUSALS[name]]
    assert headset.state() == before
    headset.enter()


HALVES = {
    "no layer": """const Layer = globalThis.XRWebGLLayer;
        globalThis.XRWebGLLayer = function () { globalThis.XRWebGLLayer = Layer; throw new Error('no layer') }""",
    "no space": "patch('requestReferenceSpace', () => Promise.reject(new Error('no space')))",
    "ended early": """patch('requestReferenceSpace', async function () {
            await this.end();
            throw new Error('no space');
        })""",
    "ended late": """let asked = 0;
        const ask = t.Session.prototype.requestReferenceSpace;
        patch('requestReferenceSpace', async function (type) {
            if (++asked > 1) await this.end(); // three's own question, half-way into its session
            return ask.call(this, type);
        })""",
    "no hits": "t.faults.hit = true",
}


@pytest.mark.parametrize("half", HALVES)
def test_nothing_is_left_half_open(headset: Headset, half: str) -> None:
    before = headset.state()
    headset.evaluate(
        "const patch = (name, work) => { t.original = t.Session.prototype[name]; t.Session.prototype[name] = work; };"
        + HALVES[half]
    )
    refusal = headset.try_enter("ar")
    assert refusal.startswith("AR could not start: ") and refusal.endswith(".")
    assert headset.announced() == [refusal]
    assert headset.evaluate("return t.device.activeSession === undefined")
    # three 0.180 stops a loop that it hasn't begun yet; by then it has let go of the session
    grumble = "Cannot read properties of null (reading 'cancelAnimationFrame')"
    headset.complaints = [complaint for complaint in headset.complaints if complaint != grumble]
    assert headset.state() == before
    headset.evaluate(
        """t.faults.hit = false;
        if (t.original) t.Session.prototype.requestReferenceSpace = t.original"""
    )
    headset.enter("ar")
    headset.exit()
    assert headset.state() == before


# --- The maths alone --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def maths(browser: Browser, address: str) -> Iterator[Headset]:
    context = browser.new_context(viewport={"width": 64, "height": 64})
    headset = Headset(context.new_page())
    headset.page.goto(address)
    headset.page.wait_for_selector("html[data-state='ready']", state="attached", timeout=30_000)
    yield headset
    context.close()


@pytest.mark.parametrize(
    ("pushes", "events"),
    [
        ([(0.69, 0), (0.7, 0), (1, 0), (0.36, 0), (1, 0), (0.35, 0), (1, 0)], [1, "turn-right", 4, "turn-right"]),
        ([(-1, -0.9), (0, -1), (0, 0), (0, -1), (0.9, -0.5), (0, 0)], ["turn-left", 2, "aim", 1, "land"]),
        ([(0, 1), (0, 0), (1, 0)], [2, "turn-right"]),
        ([(None, None), (None, -1), (None, None)], [1, "aim", "land"]),
    ],
    ids=["dead zone and release", "one gesture at a time", "nothing backwards", "no number is the middle"],
)
def test_stick(maths: Headset, pushes: list[tuple[float, float]], events: list[int | str]) -> None:
    told = maths.evaluate(
        "const stick = new t.maths.Stick(); return given.map(([x, y]) => stick.step(x ?? NaN, y ?? NaN))", pushes
    )
    wanted = [one for event in events for one in (["none"] * event if isinstance(event, int) else [event])]
    assert told == wanted


def test_a_cancelled_aim_does_not_land(maths: Headset) -> None:
    told = maths.evaluate(
        """const stick = new t.maths.Stick();
        return [stick.step(0, -1), stick.cancel(), stick.step(0, -1), stick.step(0, 0), stick.step(0, -1)]"""
    )
    assert told == ["aim", None, "none", "none", "aim"]


def test_a_throw_falls_as_things_fall(maths: Headset) -> None:
    points = np.array(
        maths.evaluate(
            """const [origin, direction] = [new t.THREE.Vector3(1, 2, 3), new t.THREE.Vector3(0, 0.6, -0.8)];
            return t.maths.parabola(origin, direction).map((point) => point.toArray())"""
        )
    )
    time = np.arange(1, len(points) + 1) / 20
    assert points[:, 0] == pytest.approx(1)
    assert points[:, 1] == pytest.approx(2 + 4.8 * time - 9.81 * time**2 / 2)
    assert points[:, 2] == pytest.approx(3 - 6.4 * time)


@pytest.mark.parametrize(
    ("normal", "direction", "walkable"),
    [
        ([0, 1, 0], [0, -1, 0], True),
        ([0, -1, 0], [0, -1, 0], True),  # a floor wound the wrong way
        ([0, -1, 0], [0, 1, 0], False),  # a ceiling
        ([0, 1, 0], [0, 1, 0], False),  # a ceiling wound the wrong way
        ([math.sin(math.radians(39)), math.cos(math.radians(39)), 0], [0, -1, 0], True),
        ([math.sin(math.radians(41)), math.cos(math.radians(41)), 0], [0, -1, 0], False),
        ([0, 0, 1], [0, 0, -1], False),
        (None, [0, -0.1, -1], True),
        (None, [0, 0.1, -1], False),
    ],
)
def test_walkable(maths: Headset, normal: list[float] | None, direction: list[float], walkable: bool) -> None:
    told = maths.evaluate(
        """const [normal, direction] = given.map((one) => one && new t.THREE.Vector3(...one));
        return t.maths.isWalkable(normal, direction)""",
        [normal, direction],
    )
    assert told is walkable


AGENT = "Mozilla/5.0 (X11; Linux x86_64{}) AppleWebKit/537.36 (KHTML, like Gecko) {}Chrome/126.0 VR Safari/537.36"
VISION = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15"


@pytest.mark.parametrize(
    ("agent", "profiles", "start", "most"),
    [
        (AGENT.format("; Quest 3", "OculusBrowser/33.0 "), [], 500_000, 1_000_000),
        (AGENT.format("; Quest 3S", "OculusBrowser/33.0 "), [], 500_000, 1_000_000),
        (AGENT.format("; Quest 2", "OculusBrowser/33.0 "), [], 300_000, 500_000),
        (AGENT.format("; Quest Pro", "OculusBrowser/33.0 "), [], 500_000, 500_000),
        (AGENT.format("", ""), ["meta-quest-touch-plus", "generic-trigger-squeeze-thumbstick"], 500_000, 1_000_000),
        (AGENT.format("", ""), ["generic-trigger"], 500_000, 500_000),
        (VISION, [], 500_000, 1_000_000),
        ("", [], 500_000, 500_000),
    ],
    ids=["Quest 3", "Quest 3S", "Quest 2", "Quest Pro", "by its controllers", "other", "Vision Pro", "unnamed"],
)
def test_budget_by_headset(maths: Headset, agent: str, profiles: list[str], start: int, most: int) -> None:
    headset = maths.evaluate("return t.maths.headsetOf(...given)", [agent, profiles])
    assert (headset["start"], headset["most"]) == (start, most)
    assert 0 < headset["least"] <= start and 0.5 <= headset["scale"] <= 1


def test_the_budget_follows_the_frame_rate(maths: Headset) -> None:
    """Each list: the budgets after so many frames of so many milliseconds, at 72 Hz wanted."""
    budgets = maths.evaluate(
        """const governor = new t.maths.Governor({ start: 500000, least: 200000, most: 1000000, scale: 1 });
        const after = (frames, milliseconds) => {
            for (let frame = 0; frame < frames; frame++) governor.frame(milliseconds, 1000 / 72);
            return governor.budget;
        };
        return [after(300, 13.9), after(60, 13.9), after(2000, 13.9), after(75, 5000), after(10, NaN),
            after(60, 28), after(5000, 13.9), after(5000, 28)]"""
    )
    assert budgets[:2] == [500_000, 575_000]  # only after three good windows
    assert budgets[2:5] == [1_000_000] * 3  # at most; a pause says nothing
    assert budgets[5] == 800_000  # at once
    assert budgets[6] == 950_000  # never again as many as were too many
    assert budgets[7] == 200_000  # at least


def test_a_world_without_walls_has_the_usual_scale(maths: Headset) -> None:
    scales = maths.evaluate(
        """const around = (radius) => (origin, direction) =>
            radius === null ? null : { point: direction.clone().multiplyScalar(radius).add(origin), normal: null };
        const scale = (radius) => t.maths.miniatureScale(around(radius), new t.THREE.Vector3());
        return [scale(null), scale(10), scale(0.5), scale(1000)]"""
    )
    assert scales == pytest.approx([1 / 20, 0.04, 1 / 5, 1 / 60])
