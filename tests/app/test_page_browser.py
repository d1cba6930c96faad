"""The page in a real browser: it draws what our engine draws, moves as told, and talks to nobody else."""

from __future__ import annotations

import io
import shutil
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from tests.app.worlds import make_world
from worldloom.app.serve import make_server
from worldloom.scene.camera import Camera
from worldloom.scene.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--use-angle=gl-egl",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZE = (480, 320)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, World]]:
    folder = tmp_path_factory.mktemp("page") / "world"
    world = make_world(folder)
    with make_server(folder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.address, world
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: tuple[str, World]) -> Iterator[Page]:
    """The page, drawn; afterwards, whatever the test did, it has complained of nothing and asked nobody else."""
    context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address[0])
    settle(page)
    yield page
    context.close()
    assert complaints == []
    assert all(url.startswith(address[0]) for url in asked), asked


def settle(page: Page) -> None:
    """Wait until the picture is the camera's."""
    page.wait_for_selector("html[data-state='rendered']", state="attached", timeout=30_000)
    deadline = time.monotonic() + 120
    while not page.evaluate(
        "window.worldloom.settled"
    ):  # wait_for_function needs eval, which the page's policy forbids
        assert time.monotonic() < deadline, "the picture never settled"
        page.wait_for_timeout(20)


def canvas_picture(page: Page) -> np.ndarray:
    """(H, W, 3) in 0..1, nothing over it."""
    page.evaluate("document.querySelectorAll('.chrome, #help').forEach(part => part.style.visibility = 'hidden')")
    with Image.open(io.BytesIO(page.locator("#view").screenshot())) as picture:
        return np.asarray(picture.convert("RGB"), np.float64) / 255


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    return float(-10 * np.log10(((first - second) ** 2).mean()))


def position(page: Page) -> np.ndarray:
    return np.array(page.evaluate("window.worldloom.camera.position"))


@pytest.mark.parametrize(
    ("eye", "target", "up"),
    [((0.6, 1.5, 4.0), (0.6, 1.2, -1.5), None), ((-2.0, 3.5, 1.0), (1.0, 0.5, -1.5), (0.2, 1.0, 0.1))],
    ids=["ahead", "from above, rolled"],
)
def test_draws_what_our_engine_draws(page: Page, address: tuple[str, World], eye, target, up) -> None:
    from worldloom.render import rasterize

    world = address[1]
    camera = Camera.looking_at(
        torch.tensor(eye),
        torch.tensor(target),
        width=SIZE[0],
        height=SIZE[1],
        vertical_fov=50.0,
        up=torch.nn.functional.normalize(torch.tensor(up), dim=0) if up else None,
    )
    page.evaluate("([matrix, fov]) => window.worldloom.setCamera(matrix, fov)", [camera.world_to_camera.tolist(), 50.0])
    settle(page)
    drawn = canvas_picture(page)
    rendering = rasterize(world.gaussians(), camera, background=torch.tensor(world.environment.background))
    assert rendering.rgb is not None
    expected = rendering.rgb[0].clamp(0, 1).numpy()
    assert psnr(drawn, expected) > 35
    for name, wrong in (("mirrored", expected[:, ::-1]), ("upside down", expected[::-1])):
        assert psnr(drawn, wrong) < 20, f"the scene must tell a {name} picture from a right one"


def test_starts_at_the_spawn_pose_and_says_what_is_shown(page: Page, address: tuple[str, World]) -> None:
    world = address[1]
    assert position(page) == pytest.approx(world.spawn.position)
    assert page.evaluate("window.worldloom.splatCount") == len(world.gaussians())
    assert page.inner_text("h1") == "Lopsided"
    hrefs = page.eval_on_selector_all("nav a", "links => links.map(link => link.getAttribute('href'))")
    assert hrefs == ["/world.ply", "/world.spz", "/report.html"]


@pytest.mark.parametrize(
    ("key", "direction"),
    [("w", (0, 0, -1)), ("s", (0, 0, 1)), ("a", (-1, 0, 0)), ("d", (1, 0, 0)), ("e", (0, 1, 0)), ("q", (0, -1, 0))],
)
def test_keys_walk(page: Page, key: str, direction: tuple[int, int, int]) -> None:
    before = position(page)
    page.keyboard.down(key)
    page.wait_for_timeout(250)
    page.keyboard.up(key)
    settle(page)
    moved = position(page) - before
    assert np.linalg.norm(moved) > 0.05
    assert moved / np.linalg.norm(moved) == pytest.approx(direction, abs=1e-6)
    page.keyboard.press("r")
    assert position(page) == pytest.approx(before)


def test_dragging_looks_around_and_the_wheel_goes_ahead(page: Page) -> None:
    shown, before = canvas_picture(page), position(page)
    page.mouse.move(240, 160)
    page.mouse.down()
    page.mouse.move(300, 140, steps=3)
    page.mouse.up()
    assert page.evaluate("window.worldloom.camera.yaw") > 0.1, "dragging to the right turns to the left"
    assert page.evaluate("window.worldloom.camera.pitch") < -0.03
    assert position(page) == pytest.approx(before)
    page.mouse.wheel(0, -300)
    settle(page)
    assert position(page)[2] < before[2] - 0.3
    assert psnr(canvas_picture(page), shown) < 30


def test_right_dragging_circles_a_point_ahead(page: Page) -> None:
    before = position(page)
    page.mouse.move(240, 160)
    page.mouse.down(button="right")
    page.mouse.move(300, 160, steps=3)
    page.mouse.up(button="right")
    pivot = before - np.array([0, 0, 4])
    assert position(page)[0] < before[0] - 0.3, "the scene follows the hand to the right, so the camera goes left"
    assert np.linalg.norm(position(page) - pivot) == pytest.approx(4)


def test_rests_when_nothing_changes(page: Page) -> None:
    before = page.evaluate("window.worldloom.frame")
    page.wait_for_timeout(300)
    assert page.evaluate("window.worldloom.frame") == before


def test_help_opens_and_closes(page: Page) -> None:
    assert page.locator("#help").is_hidden()
    page.keyboard.press("h")
    assert page.locator("#help").is_visible()
    assert "walk" in page.inner_text("#help")
    page.keyboard.press("Escape")
    assert page.locator("#help").is_hidden()


def test_fits_a_phone(browser: Browser, address: tuple[str, World]) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(address[0])
    settle(page)
    page.tap("#help-button")
    assert page.locator(".for-touch").is_visible() and not page.locator(".for-mouse").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for part in ("header", "nav", "#help", "#help-button"):
        box = page.locator(part).bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390
    context.close()


def test_a_broken_world_is_said_so(browser: Browser, address: tuple[str, World]) -> None:
    page = browser.new_page()
    page.route("**/world.splats", lambda route: route.fulfill(body=b"short"))
    page.goto(address[0])
    page.wait_for_selector("html[data-state='failed']", state="attached", timeout=30_000)
    assert "broke off" in page.inner_text("#message")
    page.close()
