"""A world from one picture: what it is taken for is asked, dragged on the page, and built; also by command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.browser import chromium
from tests.server.conftest import Server
from tests.server.pages import drop
from tests.server.serving import ServerProcess, serving, wait_for
from worldloom.app.cli import app
from worldloom.generate.image.guides import Guides
from worldloom.scene import world as worlds


def picture(folder: Path, width: int = 240, height: int = 160) -> Path:
    """A grey house on a green plain under a blue sky."""
    rng = np.random.default_rng(0)
    rgb = np.zeros((height, width, 3))
    rgb[: height // 2] = (120, 170, 230)
    rgb[height // 2 :] = (80, 120, 50)
    rgb[height // 2 :] += rng.normal(0, 12, (height - height // 2, width, 1))
    rgb[height // 4 : round(0.7 * height), width // 3 : width // 2] = (150, 140, 130)
    path = folder / "house.png"
    Image.fromarray(rgb.clip(0, 255).astype(np.uint8)).save(path)
    return path


def sent(server: Server, path: Path) -> str:
    with path.open("rb") as data:
        answer = server.client.post("/api/v1/uploads", files={"files": (path.name, data)})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def test_what_a_picture_is_taken_for_is_told_and_what_is_set_is_kept(server: Server, tmp_path: Path) -> None:
    upload = sent(server, picture(tmp_path))
    seen = server.client.post("/api/v1/worlds:look", json={"upload": upload}).json()
    assert (seen["kind"], seen["width"], seen["height"]) == ("picture", 240, 160)
    assert seen["guides"]["kind"] == "outdoor" and seen["preview"].startswith("data:image/jpeg;base64,")
    assert 0.35 < seen["guides"]["horizon"][0][1] < 0.65
    rows = seen["distances"]
    assert rows[-1][0] < rows[len(rows) * 2 // 3][0], "the ground at one's feet is nearer than that farther out"
    set_by_hand = {"horizon": [[0, 0.4], [1, 0.4]], "camera_height": 3.2}
    again = server.client.post("/api/v1/worlds:look", json={"upload": upload, "guides": set_by_hand}).json()
    assert again["guides"]["horizon"] == [[0, 0.4], [1, 0.4]] and again["guides"]["camera_height"] == 3.2
    assert again["distances"][-1][0] > 1.3 * rows[-1][0], "from twice as high the ground is farther away"
    wide = sent(server, _resaved(tmp_path, (400, 200)))
    assert server.client.post("/api/v1/worlds:look", json={"upload": wide}).json()["kind"] == "panorama"


@pytest.mark.parametrize(
    ("size", "sentence"), [((1, 1), "at least 32"), ((900, 40), "too narrow")], ids=["one pixel", "a strip"]
)
def test_pictures_that_cannot_be_used_are_told(
    server: Server, tmp_path: Path, size: tuple[int, int], sentence: str
) -> None:
    answer = server.client.post("/api/v1/worlds:look", json={"upload": sent(server, _resaved(tmp_path, size))})
    assert answer.status_code == 422 and sentence in answer.json()["detail"]
    torn = tmp_path / "torn.jpg"
    torn.write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    answer = server.client.post("/api/v1/worlds:look", json={"upload": sent(server, torn)})
    assert answer.status_code == 422 and "torn.jpg" in answer.json()["detail"]
    assert server.client.post("/api/v1/worlds:look", json={"upload": "000000000000"}).status_code == 404


def _resaved(folder: Path, size: tuple[int, int]) -> Path:
    path = folder / "resized.png"
    Image.open(picture(folder)).resize(size).save(path)
    return path


@pytest.mark.slow
def test_the_command_line_looks_and_builds(tmp_path: Path) -> None:
    run = CliRunner().invoke
    path = picture(tmp_path)
    looked = run(app, ["look", str(path)])
    assert looked.exit_code == 0, looked.output
    known = tmp_path / "known.json"
    known.write_text(
        Guides.model_validate_json(looked.stdout).model_copy(update={"camera_height": 2.5}).model_dump_json()
    )
    made = run(app, ["generate", "--from", str(path), "--guides", str(known), "-o", str(tmp_path / "world")])
    assert made.exit_code == 0, made.output
    world = worlds.load(tmp_path / "world")
    assert world.spawn.position[1] == pytest.approx(2.5)
    assert "made up" in made.output
    other = run(app, ["generate", "--from", str(path), "--depth", "network", "-o", str(tmp_path / "network")])
    assert other.exit_code == 0 and "network" in other.output, "it says whose distances they are"
    refused = run(app, ["generate", "--from", str(path), "--as", "panorama", "-o", str(tmp_path / "other")])
    assert refused.exit_code != 0 and not (tmp_path / "other").exists()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("picture") / "data", "--no-samples", pages=True) as started:
        yield started


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_handles_are_dragged_on_the_picture_and_the_world_is_built_to_them(
    running: ServerProcess, tmp_path: Path
) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1300})
        handle = "[data-handle='horizon.0']"
        drop(page, running.address, "#one-picture", picture(tmp_path), handle, tab="One picture")
        end = page.locator(handle)
        box = page.locator(".wl-picture svg").bounding_box()
        grip = end.bounding_box()
        assert box is not None and grip is not None
        x, y, width, height = box["x"], box["y"], box["width"], box["height"]
        page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
        page.mouse.down()
        page.mouse.move(x + 0.05 * width, y + 0.45 * height, steps=4)
        page.mouse.up()
        page.mouse.click(x + 0.4 * width, y + 0.69 * height)  # "Stands on the ground" is chosen at first
        page.get_by_role("button", name="How far").click()
        page.mouse.click(x + 0.45 * width, y + 0.4 * height)
        metres = page.get_by_role("spinbutton", name="Metres away")
        metres.fill("7")
        metres.press("Enter")
        page.locator("[data-handle='contacts.0']").press("ArrowRight")
        wait_for(lambda: _said(page).get("depths", [{}])[0].get("metres") == 7, "the handles in the form")
        said = _said(page)
        assert said["horizon"][0] == pytest.approx([0, 0.45], abs=0.01)
        assert said["contacts"][0] == pytest.approx([0.41, 0.69], abs=0.02), "clicked, then nudged by key"
        page.click("#make-picture")
        page.wait_for_selector(".wl-finished", timeout=240_000)
        assert "made up" in page.inner_text("#progress"), "it says where the world is invented"
        (world,) = running.client.worlds()
        given = _record(running, world.id)["provenance"]["parameters"]["given"]
    assert given["depths"] == [{"at": pytest.approx([0.45, 0.4], abs=0.01), "metres": 7}]
    assert given["horizon"] == said["horizon"]


def _said(page) -> dict:
    page.wait_for_timeout(50)
    return json.loads(page.input_value("#guides-said :is(textarea, input)") or "{}")


def _record(running: ServerProcess, world: str) -> dict:
    data = Path(running.process.args[running.process.args.index("--data") + 1])  # pyright: ignore
    from worldloom.scene.store.store import Place, Store

    store = Store.open(Place.at(data))
    try:
        return store.worlds.record(store.worlds.version(world)).model_dump(mode="json")
    finally:
        store.close()
