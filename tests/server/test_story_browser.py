"""The whole story, as a new user lives it: drop photos, watch the world appear, walk in it, find it again."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.browser import chromium
from tests.server.pages import drop
from tests.server.serving import ServerProcess, serving, wait_for
from worldloom.render import rasterize
from worldloom.scene import world as worlds
from worldloom.scene.camera import Camera
from worldloom.scene.rotations import quat_to_matrix
from worldloom.scene.store.store import Place, Store

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame, Page

PATIENCE = 300_000

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("story") / "data", "--no-samples", pages=True) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def viewer_frame(page: Page) -> Frame:
    """The viewer inside a page, once it shows the world."""
    wait_for(lambda: _tick(page) and [frame for frame in page.frames if "/viewer/" in frame.url], "the viewer")
    (frame,) = [frame for frame in page.frames if "/viewer/" in frame.url]
    # Not wait_for_function: the page's policy allows no eval.
    wait_for(lambda: frame.evaluate("Boolean(window.worldloom) && worldloom.state().status === 'ready'"), "the splats")
    frame.evaluate("worldloom.whenRendered()")
    return frame


def _tick(page: Page) -> bool:
    page.wait_for_timeout(50)  # lets Playwright take note of new frames
    return True


def shown(frame: Frame) -> np.ndarray:
    """What the canvas shows, without the panels over it: (height, width, 3), 0..1."""
    frame.evaluate("worldloom.whenRendered()")
    data = frame.evaluate("worldloom.command('screenshot', {})")
    text = data if isinstance(data, str) else data["url"]
    picture = Image.open(io.BytesIO(base64.b64decode(text.split(",")[1]))).convert("RGB")
    return np.asarray(picture, np.float32) / 255


def ours(server: ServerProcess, world: str, camera: dict[str, Any], size: tuple[int, int], folder: Path) -> np.ndarray:
    """The same view by our engine."""
    data = Path(server.process.args[server.process.args.index("--data") + 1])  # pyright: ignore
    store = Store.open(Place.at(data))
    kept = worlds.load(store.worlds.checkout(store.worlds.version(world), folder))
    store.close()
    eye = torch.tensor(camera["position"])
    turn = quat_to_matrix(torch.tensor(camera["rotation"]))
    view = Camera.looking_at(
        eye,
        eye + turn @ torch.tensor([0.0, 0.0, -1.0]),
        up=turn @ torch.tensor([0.0, 1.0, 0.0]),
        width=size[0],
        height=size[1],
        vertical_fov=camera["vertical_fov"],
    )
    background = torch.tensor(kept.environment.background)
    rgb = rasterize(kept.gaussians(), view, background=background, outputs=("rgb",)).rgb
    assert rgb is not None
    return rgb[0].clamp(0, 1).numpy()


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((a - b) ** 2)))


def small_photos(folder: Path, into: Path) -> list[Path]:
    """Photos of a size that a world is soon made of: this story is of the pages, not of quality."""
    for path in sorted(folder.iterdir()):
        Image.open(path).resize((400, 300)).save(into / path.name, quality=92)
    return sorted(into.iterdir())


def test_photos_become_a_world_that_one_walks_in(
    server: ServerProcess, browser: Browser, data_dir: Path, tmp_path: Path
) -> None:
    photos = small_photos(data_dir / "photos" / "kermit" / "images", tmp_path)
    context = browser.new_context(viewport={"width": 1000, "height": 760})
    page = context.new_page()
    elsewhere: list[str] = []
    context.on(
        "request",
        lambda request: (
            None if request.url.startswith((server.address, "data:", "blob:")) else elsewhere.append(request.url)
        ),
    )
    # Drop the photos, and see what it will take.
    drop(page, server.address, "#drop", photos, "#summary:has-text('11 files')")
    assert "of memory" in page.inner_text("#preset") and "min" in page.inner_text("#preset")
    page.fill("#name textarea, #name input", "Kermit & <b>friends</b>")
    page.click("text=For experts")
    page.get_by_label("Most Gaussians").fill("15000")
    page.get_by_label("Training steps").fill("150")
    page.click("#start")
    # Watch it appear.
    page.wait_for_selector(".wl-progress .wl-bar", timeout=PATIENCE)
    page.wait_for_selector(".wl-picture img", timeout=PATIENCE)
    picture = page.get_attribute(".wl-picture img", "src")
    assert picture is not None
    preview = Image.open(io.BytesIO(page.request.get(f"{server.address}{picture}").body()))
    assert preview.width >= 200 and np.asarray(preview).std() > 10
    progress = float(page.get_attribute(".wl-bar", "aria-valuenow") or 0)
    assert 0 < progress <= 100
    # Walk in it, on the same page.
    page.wait_for_selector(".wl-finished iframe", timeout=PATIENCE)
    frame = viewer_frame(page)
    (world,) = server.client.worlds()
    assert world.name == "Kermit & <b>friends</b>" and world.gaussians <= 15_000
    before = frame.evaluate("worldloom.state().camera")
    frame.evaluate("worldloom.command('set_mode', {mode: 'fly'})")
    frame.locator("canvas").first.click(position={"x": 200, "y": 200})
    page.keyboard.down("w")
    wait_for(lambda: _moved(frame, before) > 0.05, "the walk")
    page.keyboard.up("w")
    after = frame.evaluate("worldloom.state().camera")
    assert _moved(frame, before) > 0.05
    # What is seen is what our engine renders, from two places.
    for camera in (before, after):
        frame.evaluate("(camera) => worldloom.command('set_camera', camera)", camera)
        seen = shown(frame)
        told = frame.evaluate("worldloom.state().camera")
        rendered = ours(server, world.id, told, (seen.shape[1], seen.shape[0]), tmp_path / "world")
        assert seen.std() > 0.05, "it is more than its background"
        assert psnr(seen, rendered) >= 20
    # The server knows where one stands, and can take one somewhere else.
    page.goto(f"{server.address}/world?world={world.id}")
    frame = viewer_frame(page)
    wait_for(lambda: _tick(page) and [one for one in server.client.viewers(world.id).viewers if one.camera], "a camera")
    (viewer,) = server.client.viewers(world.id).viewers
    wanted = {"position": [0.5, 1.0, 2.0], "rotation": [1, 0, 0, 0], "vertical_fov": 55}
    done = page.evaluate_handle(
        "([address, name, camera]) => fetch(address, {method: 'POST', headers: {'content-type': 'application/json'},"
        " body: JSON.stringify({name, args: camera})}).then(answer => answer.status)",
        [f"/api/v1/worlds/{world.id}/viewers/{viewer.viewer}:command", "set_camera", wanted],
    )
    assert done.json_value() == 200
    assert frame.evaluate("worldloom.state().camera.position") == pytest.approx([0.5, 1.0, 2.0], abs=1e-3)
    # What is picked in the view is told beside it, and a note can be put there.
    frame.evaluate("(camera) => worldloom.command('set_camera', camera)", before)
    frame.evaluate("worldloom.whenRendered()")
    page.get_by_role("tab", name="Edit").click()
    canvas = frame.locator("canvas").first.bounding_box()
    assert canvas is not None
    page.mouse.click(canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2)
    page.wait_for_selector("#picked:has-text('Picked')", timeout=PATIENCE)
    page.fill("#note textarea, #note input", "The frog")
    page.click("#put")
    wait_for(lambda: server.client.world(world.id).head == 2, "the note")
    (note,) = server.client.scene(world.id).annotations
    (viewer,) = server.client.viewers(world.id).viewers
    assert note.text == "The frog" and viewer.pick is not None
    assert list(note.position) == pytest.approx(viewer.pick["point"], abs=1e-4)
    page.click("#go")
    wait_for(lambda: _moved(frame, before) > 0.05, "the way there")
    page.click("#spawn")
    wait_for(lambda: server.client.world(world.id).head == 3, "the new start")
    assert list(server.client.scene(world.id).spawn.position) != pytest.approx(before["position"], abs=0.01)
    # Reload, and find it all again.
    page.reload()
    assert viewer_frame(page).evaluate("worldloom.state().splats") > 0
    assert "Kermit & <b>friends</b>" in page.inner_text("#title")
    page.goto(f"{server.address}/library")
    page.wait_for_selector(".wl-card img", timeout=PATIENCE)
    assert "Kermit & <b>friends</b>" in page.inner_text(".wl-card")
    page.goto(server.address)
    page.wait_for_selector(".wl-finished iframe", timeout=PATIENCE)
    # Take it along.
    page.goto(f"{server.address}/world?world={world.id}")
    page.click("#export")
    page.wait_for_selector("wl-export a[download]", timeout=PATIENCE)
    with page.expect_download() as download:
        page.click("wl-export a[download]")
    assert download.value.path().read_bytes()[:2] == b"\x1f\x8b", "an SPZ file"
    assert elsewhere == []
    context.close()


def _moved(frame: Frame, before: dict[str, Any]) -> float:
    now = frame.evaluate("worldloom.state().camera.position")
    return float(np.linalg.norm(np.subtract(now, before["position"])))


def test_nothing_can_be_pressed_before_its_world_is_there(
    server: ServerProcess, browser: Browser, tmp_path: Path
) -> None:
    """A press before the page knows its world would act on none, or its answer be swept away."""
    from tests.server.worlds import small_world
    from worldloom import export

    export.write(small_world().gaussians(), tmp_path / "room.spz")
    server.client.wait(server.client.import_file(tmp_path / "room.spz", name="Late"))
    (world,) = [world for world in server.client.worlds() if world.name == "Late"]
    page = browser.new_page()
    held: list[Any] = []
    page.route("**/queue/join**", lambda route: held.append(route))
    page.goto(f"{server.address}/world?world={world.id}")
    button = page.locator("#export")
    button.wait_for()
    wait_for(lambda: _tick(page) and held, "the page to ask for its world")
    assert button.is_disabled()
    page.unroute("**/queue/join**")  # lets those that are held go on
    button.click()
    page.wait_for_selector("wl-export a[download]", timeout=PATIENCE)
    page.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_work_at_any_width(server: ServerProcess, browser: Browser, tmp_path: Path, width: int) -> None:
    """The library and the jobs: found, renamed, copied, deleted, fetched back; nothing is wider than the screen."""
    from tests.server.worlds import small_world
    from worldloom import export

    export.write(small_world().gaussians(), tmp_path / "room.spz")
    name = f"Room {width}"
    server.client.wait(server.client.import_file(tmp_path / "room.spz", name=name))
    page = browser.new_page(viewport={"width": width, "height": 844})
    for path in ("/", "/world", "/library", "/jobs", "/settings"):
        page.goto(server.address + path)
        page.wait_for_selector("wl-banner .wl-name")
        page.wait_for_timeout(800)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.goto(f"{server.address}/library")
    card = page.locator(".wl-card", has_text=name)
    card.wait_for()
    card.get_by_role("button", name="Copy").click()
    copy = page.locator(".wl-card", has_text=f"{name} copy")
    copy.wait_for()
    copy.get_by_role("button", name="Rename").click()
    page.fill("dialog input", f"Hall {width}")
    page.keyboard.press("Enter")
    hall = page.locator(".wl-card", has_text=f"Hall {width}")
    hall.wait_for()
    hall.get_by_role("button", name="Delete").click()
    page.wait_for_selector(".wl-toast:has-text('bin')")
    hall.wait_for(state="detached")
    page.click(".wl-toast button")
    hall.wait_for()
    hall.get_by_role("button", name="Tags").click()
    page.fill("dialog input", "Stone, old")
    page.click("dialog button.primary")
    page.wait_for_selector(".wl-card .wl-tag:has-text('stone')")
    page.fill("wl-library input[type=search]", f"hall {width}")
    page.wait_for_function("document.querySelectorAll('.wl-card').length === 1")
    page.goto(f"{server.address}/jobs")
    page.wait_for_selector(f".wl-job:has-text('{name}')")
    page.close()
