"""One server, one browser and one page for all of the viewer's tests: loading takes longer than looking."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.browser import chromium

VIEWER = Path(__file__).parents[2] / "worldloom" / "app" / "viewer"
SPLATS = 30_000
"""Enough for one of the two layers to get a level-of-detail tree."""
PATIENCE = 120.0
"""Seconds after which something that ought to happen did not, on however slow a machine."""


@dataclass
class Server:
    address: str
    world: Any
    """The `MockWorld` that it serves."""


@dataclass
class Viewer:
    """The page, driven as a person does, and asked as a script does."""

    page: Any
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Errors that nothing caught."""
    awaited: list[str] = field(default_factory=list)
    """Requests that are not answered yet."""

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.until("worldloom.state().status === 'ready' || worldloom.state().status === 'error'")
        if self.state()["status"] == "ready":
            self.rendered()

    def until(self, condition: str) -> None:
        try:
            wait_for(lambda: self.page.evaluate(f"Boolean(window.worldloom && ({condition}))"), condition)
        except AssertionError as error:
            state = self.page.evaluate("window.worldloom?.state()")
            raise AssertionError(f"{error}\nIt is: {state}\nerrors: {self.problems}\nawaited: {self.awaited}") from None

    def rendered(self) -> None:
        self.page.evaluate("worldloom.whenRendered()")

    def state(self) -> dict[str, Any]:
        return self.page.evaluate("worldloom.state()")

    def command(self, name: str, /, **args: Any) -> Any:
        return self.page.evaluate("([name, args]) => worldloom.command(name, args)", [name, args])

    def place(self, position: list[float], rotation: list[float] | None = None) -> None:
        self.command("set_camera", position=position, rotation=rotation or [1.0, 0.0, 0.0, 0.0], vertical_fov=65)
        self.rendered()

    @property
    def position(self) -> NDArray[np.float64]:
        return np.array(self.state()["camera"]["position"])

    @property
    def rotation(self) -> NDArray[np.float64]:
        return np.array(self.state()["camera"]["rotation"])

    def hold(self, key: str, until: Callable[[], bool]) -> None:
        """Holds a key down until something is so, then waits for the picture to come to rest."""
        self.page.keyboard.down(key)
        try:
            wait_for(until, f"what holding {key} does")
        finally:
            self.page.keyboard.up(key)
        self.rendered()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move(*end, steps=4)
        mouse.up()
        self.rendered()

    def picture(self) -> NDArray[np.int16]:
        """The scene without the page around it: (height, width, 3), 0..255."""
        data = self.command("screenshot")
        return decode(data)

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=name, exact=True)


def decode(url: str) -> NDArray[np.int16]:
    """The picture in a data URL: (height, width, 3), 0..255."""
    import base64
    import io

    content = base64.b64decode(url.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(np.int16)


def wait_for(condition: Callable[[], Any], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"This did not happen: {what}"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def dist() -> Path:
    """The built page."""
    built = VIEWER / "dist"
    if not (built / "index.html").is_file():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("the viewer is not built and there is no npm to build it")
        subprocess.run([npm, "ci", "--ignore-scripts"], cwd=VIEWER, check=True)
        subprocess.run([npm, "run", "build"], cwd=VIEWER, check=True)
    return built


@contextmanager
def serving(folder: Path, splats: int) -> Iterator[Server]:
    """The page and a world of its own on a free port."""
    pytest.importorskip("fastapi", reason="the stand-in for the server needs FastAPI")
    uvicorn = pytest.importorskip("uvicorn", reason="the stand-in for the server needs uvicorn")
    from tests.viewer.mock_server import MockWorld, create_app

    world = MockWorld(folder, splats)
    listener = socket.create_server(("127.0.0.1", 0))
    runner = uvicorn.Server(uvicorn.Config(create_app(world), log_level="error"))
    thread = threading.Thread(target=runner.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    wait_for(lambda: runner.started, "the server starts")
    yield Server(f"http://127.0.0.1:{listener.getsockname()[1]}", world)
    runner.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def server(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A world that no other file of tests has changed."""
    with serving(tmp_path_factory.mktemp("world"), SPLATS) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


def watch(page: Any) -> Viewer:
    viewer = Viewer(page)
    page.set_default_timeout(PATIENCE * 1000)
    page.on("request", lambda request: viewer.requests.append(request.url))
    page.on("request", lambda request: viewer.awaited.append(request.url))
    for end in ("requestfinished", "requestfailed"):
        page.on(end, lambda request: viewer.awaited.remove(request.url))
    page.on("pageerror", lambda error: viewer.problems.append(str(error)))
    return viewer


@pytest.fixture(scope="module")
def desktop(browser: Any, server: Server) -> Iterator[Viewer]:
    """The world on a small window with a mouse."""
    context = browser.new_context(viewport={"width": 720, "height": 480}, color_scheme="dark", accept_downloads=True)
    viewer = watch(context.new_page())
    viewer.open(f"{server.address}/viewer/?world=demo")
    yield viewer
    context.close()


@pytest.fixture(scope="module")
def phone(browser: Any, server: Server) -> Iterator[Viewer]:
    """The world on a phone held upright: 390 pixels wide, with fingers."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme="light", has_touch=True, is_mobile=True
    )
    viewer = watch(context.new_page())
    viewer.open(f"{server.address}/viewer/?world=demo")
    yield viewer
    context.close()


@pytest.fixture
def at_start(desktop: Viewer) -> Viewer:
    """The desktop page as it was at first: orbiting, at the spawn, no tool, no panel, no overlay."""
    desktop.page.keyboard.press("Escape")
    desktop.page.keyboard.press("Escape")
    desktop.page.keyboard.press("Escape")
    desktop.command("set_overlay", overlay="none")
    desktop.command("set_mode", mode="orbit")
    desktop.place([0.0, 1.6, 2.4])
    return desktop
