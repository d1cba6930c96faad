"""The pictures of docs/editing.md, from a running server: `python docs/editing_screenshots.py http://127.0.0.1:7860`.

Edits the newest world, which had better be one made for it: "a japanese garden with a red bridge and a pond, maple
trees", of 220,000 Gaussians. Needs Playwright and Debian's Chromium.
"""

from __future__ import annotations

import math
import sys
import time
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright
from screenshots import FLAGS, FOLDER, keep

from worldloom.client import Client
from worldloom.client_editing import Editing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTH, HEIGHT = 1280, 800
Triple = tuple[float, float, float]
Quadruple = tuple[float, float, float, float]
BRIDGE = [(522, 360), (600, 328), (670, 316), (760, 320), (900, 352), (938, 368), (938, 404), (880, 408), (525, 382)]
"""Around it on the page, seen from where one begins, a little to the right."""
TURN = -0.16  # radians
PATIENCE = 120.0


def main(server: str) -> None:
    """Take them all."""
    with Client(server) as client, sync_playwright() as playwright:
        world = next(client.worlds()).id
        editing = Editing(client, world)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", headless=True, args=FLAGS)
        page = opened(browser, "Ada")
        visit(page, f"{server}/viewer/?world={world}&edit=1")
        lasso(page)
        aside(page)
        keep(page, "edit-lasso")
        histogram(page)
        colours(page)
        insert(page)
        people(page, client, world)
        history(page, editing)
        page.close()
        timeline(browser, editing, f"{server}/viewer/?world={world}")
        browser.close()
    print(f"The pictures are in {FOLDER}.")


def opened(browser: Browser, name: str) -> Page:
    """A page of somebody."""
    page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark").new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.add_init_script(f"localStorage.setItem('worldloom.person', JSON.stringify({{ name: '{name}' }}))")
    return page


def visit(page: Page, address: str) -> None:
    """Open the editor, and look a little to the right."""
    page.goto(address)
    until(page, "worldloom.state().status === 'ready' && worldloom.state().editing?.connected")
    turn(page, TURN)
    page.wait_for_timeout(6000)  # what is told at first goes away


def turn(page: Page, radians: float, forward: float = 0.0) -> None:
    """About the vertical; metres forward."""
    page.evaluate(
        """async ([radians, forward]) => {
          const { position: [x, y, z], rotation: [w, i, j, k], vertical_fov } = await worldloom.command("get_camera");
          const [c, s] = [Math.cos(radians / 2), Math.sin(radians / 2)];
          const rotation = [c * w - s * j, c * i + s * k, c * j + s * w, c * k - s * i];
          const heading = 2 * Math.atan2(rotation[2], rotation[0]);
          const position = [x - Math.sin(heading) * forward, y, z - Math.cos(heading) * forward];
          await worldloom.command("set_camera", { position, rotation, vertical_fov });
          await worldloom.whenRendered();
        }""",
        [radians, forward],
    )


def until(page: Page, said: str) -> None:
    """Wait until the page says so."""
    end = time.monotonic() + PATIENCE
    while not page.evaluate(f"Boolean(window.worldloom) && Boolean({said})"):
        if time.monotonic() > end:
            raise TimeoutError(f"The page did not come to this: {said}")
        page.wait_for_timeout(100)


def answered(page: Page) -> None:
    """Wait until the server has answered, and the answer is drawn."""
    page.wait_for_timeout(300)
    until(page, "worldloom.state().editing.waiting === 0")
    page.evaluate("worldloom.whenRendered()")


def press(page: Page, name: str) -> None:
    """A button."""
    page.get_by_role("button", name=name, exact=True).first.click()


def lasso(page: Page) -> None:
    """Select the bridge."""
    page.keyboard.press("z")  # not what lies behind it
    press(page, "Lasso")
    page.mouse.move(*BRIDGE[0])
    page.mouse.down()
    for corner in BRIDGE[1:]:
        page.mouse.move(*corner)
    page.mouse.up()
    answered(page)


def histogram(page: Page) -> None:
    """A range of it dragged, as it is while the button is held."""
    press(page, "Histogram")
    chart = page.locator(".panel:visible canvas").first
    chart.wait_for()
    page.wait_for_timeout(3000)
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    answered(page)
    keep(page, "edit-histogram")
    page.keyboard.press("Control+z")
    answered(page)


def colours(page: Page) -> None:
    """The bridge in blue by its curves, not applied yet."""
    panel = page.locator(".panel:visible")
    press(page, "Ask for a change")
    panel.get_by_label("What should change").fill("select the bridge")  # all of it, its other side too
    press(page, "Propose")
    panel.locator(".proposal").first.wait_for()
    press(page, "Do what is ticked")
    answered(page)
    press(page, "Colours")
    panel.get_by_role("radio", name="Curves").check()
    bend(page, "Red", (1.0, 1.0), (1.0, 0.3))
    bend(page, "Green", (0.0, 0.0), (0.0, 0.12))
    bend(page, "Blue", (0.0, 0.0), (0.0, 0.4))
    aside(page)
    keep(page, "edit-colours")
    press(page, "Apply")
    answered(page)


def bend(page: Page, channel: str, point: tuple[float, float], to: tuple[float, float]) -> None:
    """Drag a point of a channel's curve."""
    panel = page.locator(".panel:visible")
    panel.get_by_role("radio", name=channel).check()
    box = panel.locator(".curve-plot svg").bounding_box()
    assert box is not None
    start, end = ((box["x"] + x * box["width"], box["y"] + (1 - y) * box["height"]) for x, y in (point, to))
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def aside(page: Page) -> None:
    """Take the pointer off the buttons, so that none tells what it is for."""
    page.mouse.move(WIDTH / 2, 150)
    page.wait_for_timeout(400)
    page.evaluate("worldloom.whenRendered()")


def insert(page: Page) -> None:
    """Letters beside the pond, with handles on them."""
    press(page, "Insert")
    panel = page.locator(".panel:visible")
    panel.get_by_label("What").select_option("text")
    panel.get_by_label("Text").fill("Welcome")
    panel.get_by_role("button", name="Choose the place").click()
    page.mouse.click(420, 540)
    page.wait_for_timeout(500)
    panel.get_by_role("button", name="Insert", exact=True).click()
    until(page, "worldloom.state().editing.tool === 'move'")
    answered(page)
    aside(page)
    keep(page, "edit-insert")
    press(page, "Close insert")


def people(page: Page, client: Client, world: str) -> None:
    """Somebody else by the shore, who has selected the trees. Another page would have to share the graphics."""
    near = camera(page, right=1.6, forward=6.0)
    with client.editing(world, person="grace").join("Grace Hopper", "#ff7ab8") as grace:
        grace.look(*near)
        grace.do({"op": "select", "where": {"by": "class", "names": ["tree"]}})
        until(page, "worldloom.state().editing.people === 2")
        page.wait_for_timeout(2000)
        page.evaluate("worldloom.whenRendered()")
        keep(page, "edit-people")


def camera(page: Page, *, right: float, forward: float) -> tuple[Triple, Quadruple]:
    """A pose beside the page's own, metres along the ground, that looks the same way."""
    own = page.evaluate("worldloom.state().camera")
    (x, y, z), (w, i, j, k) = own["position"], own["rotation"]
    heading = 2 * math.atan2(j, w)
    across, ahead = (math.cos(heading), -math.sin(heading)), (-math.sin(heading), -math.cos(heading))
    place = (x + right * across[0] + forward * ahead[0], y, z + right * across[1] + forward * ahead[1])
    return place, (w, i, j, k)


def history(page: Page, editing: Editing) -> None:
    """What was done, and a branch beside it."""
    editing.fork("plain", 0)
    press(page, "History")
    page.wait_for_timeout(1500)
    aside(page)
    keep(page, "edit-history")
    press(page, "Compare")
    dialog = page.get_by_role("dialog", name="Compare")
    dialog.get_by_label("Left side").select_option("plain, now")
    dialog.get_by_label("Right side").select_option("main, now")
    for frame in dialog.locator("iframe").all():
        side: Any = frame.element_handle().content_frame()
        side.wait_for_load_state()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not side.evaluate("window.worldloom?.state().status === 'ready'"):
            page.wait_for_timeout(200)
        side.evaluate("worldloom.whenRendered()")
    page.wait_for_timeout(8000)
    keep(page, "edit-compare")
    press(page, "Close the comparison")


def timeline(browser: Browser, editing: Editing, address: str) -> None:
    """A camera path along the shore."""
    start = editing.scene().spawn
    (x, y, z), turned = start.position, start.rotation
    poses = [{"position": (x + 2.5 * step, y + 0.3 * step, z + 2 * step), "rotation": turned} for step in range(5)]
    path = {"name": "Along the shore", "seconds": [0, 2, 4, 6.5, 9], "poses": poses}
    editing.finished(editing.do([{"op": "set_camera_paths", "camera_paths": [path]}], save=True))
    page = opened(browser, "Ada")
    page.goto(address)
    until(page, "worldloom.state().status === 'ready'")
    page.keyboard.press("k")
    page.wait_for_timeout(1500)
    turn(page, TURN, -4.0)
    page.wait_for_timeout(6000)
    keep(page, "edit-timeline")
    page.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
