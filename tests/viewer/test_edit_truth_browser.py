"""What an editing page shows is what the server has: also after a refusal, and after a break of the connection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.viewer.conftest import Server, Viewer, serving, wait_for, watch
from worldloom.edit.change.frames import box_of_most
from worldloom.scene.gaussians import rgb_to_sh0

WIDTH, HEIGHT = 900, 600


@pytest.fixture(scope="module")
def editing_server(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("world"), 2000) as running:
        yield running


@pytest.fixture
def editing(editing_server: Server) -> Iterator[Any]:
    editing = editing_server.world.editing
    editing.forget()
    before = editing.state
    yield editing
    editing.forget()
    editing.role, editing.guest, editing.held = "owner", False, False
    editing.state = before


@pytest.fixture
def page(browser: Any, editing_server: Server, editing: Any) -> Iterator[Viewer]:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    viewer = watch(context.new_page())
    viewer.open(f"{editing_server.address}/viewer/?world=demo&edit=1")
    viewer.until("worldloom.state().editing?.connected")
    yield viewer
    assert viewer.problems == []
    context.close()


def reconnect(viewer: Viewer, server: Server) -> None:
    """Cuts the page's line and waits until it has caught up."""
    hellos = len(server.world.editing.of("hello"))
    server.world.hang_up()
    wait_for(lambda: len(server.world.editing.of("hello")) > hellos, "the page comes back")
    viewer.until("worldloom.state().editing?.connected && worldloom.state().editing.waiting === 0")
    viewer.rendered()


def differing(before: NDArray[np.int16], after: NDArray[np.int16]) -> float:
    return float((np.abs(before - after).max(axis=2) > 24).mean())


def open_panel(viewer: Viewer, name: str) -> None:
    """One that stands behind others while someone edits."""
    viewer.button("More").click()
    viewer.button(name).click()


def write_note(viewer: Viewer, text: str, x: float = 0.4) -> None:
    viewer.page.mouse.click(x * WIDTH, 0.6 * HEIGHT)
    field = viewer.page.get_by_label("Text of the new note")
    field.fill(text)
    field.press("Enter")


def notes(viewer: Viewer) -> int:
    return viewer.page.locator(".note-marker").count()


def test_what_others_undid_meanwhile_is_seen_after_a_break(page: Viewer, editing: Any, editing_server: Server) -> None:
    """Rows come with patches, and what a layer began with has an address of its own: it is not what is shown then."""
    before = page.picture()
    page.page.keyboard.press("Control+A")
    page.until("worldloom.state().editing.selected > 0 && worldloom.state().editing.waiting === 0")
    page.button("Transform").click()
    page.page.get_by_role("group", name="Move").get_by_label("X").fill("1.5")
    page.button("Apply").click()
    wait_for(lambda: len(editing.of("do")) == 2, "the move is sent")
    page.until("worldloom.state().editing.waiting === 0")
    page.page.keyboard.press("Escape")
    assert differing(before, page.picture()) > 0.1
    editing.forget()
    reconnect(page, editing_server)
    assert differing(before, page.picture()) < 0.01


@pytest.mark.parametrize("role", ["owner", "viewer"])
def test_things_that_are_refused_are_told_and_taken_back(
    page: Viewer, editing: Any, editing_server: Server, role: str
) -> None:
    """The stand-in knows no such operations; who only looks is refused by the page itself."""
    editing.role = role
    reconnect(page, editing_server)
    why = "There is no operation" if role == "owner" else "You can look at this world"
    editing.held = role == "owner"
    open_panel(page, "Author")
    page.button("Portal").click()
    page.button("Trigger").click()
    if role == "owner":
        things = page.page.get_by_role("list", name="Authored things").get_by_role("listitem")
        wait_for(lambda: things.count() == 2, "both are shown before the first is answered")
        editing.held = False
    page.page.get_by_text(why).first.wait_for()
    page.until("worldloom.state().editing.waiting === 0")
    page.page.get_by_text("Put a portal, a sound").wait_for()
    if role == "owner":
        wait_for(lambda: len(editing.of("do")) == 2, "the second was sent too")
        page.until("worldloom.state().editing.waiting === 0")
        page.rendered()
    page.page.get_by_text("Put a portal, a sound").wait_for()
    assert page.command("authored_state")["portals"] == []
    assert editing.lines == []


@pytest.mark.parametrize("role", ["owner", "viewer"])
def test_notes_and_views_that_are_refused_are_taken_back(
    page: Viewer, editing: Any, editing_server: Server, role: str
) -> None:
    editing.role = role
    reconnect(page, editing_server)
    open_panel(page, "Cameras")
    page.button("Keep this view").click()
    page.page.get_by_text("There is no operation" if role == "owner" else "You can look at this world").first.wait_for()
    wait_for(lambda: page.button("View 1").count() == 0, "the view is taken back")
    open_panel(page, "Notes")
    page.button("Add a note").click()
    write_note(page, "Loose tile")
    wait_for(lambda: notes(page) == 0, "the note is taken back")
    assert editing.lines == []


def test_a_page_that_does_not_edit_takes_back_too(browser: Any, editing_server: Server) -> None:
    """The version that it changes is not the newest any more."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    viewer = watch(context.new_page())
    viewer.open(f"{editing_server.address}/viewer/?world=demo")
    viewer.page.keyboard.press("n")
    write_note(viewer, "Good")
    wait_for(lambda: editing_server.world.scene["annotations"], "the first is kept")
    editing_server.world.scene["head"] += 1
    write_note(viewer, "Too late", 0.5)
    viewer.page.get_by_text("Someone else changed the world").wait_for()
    wait_for(lambda: notes(viewer) == 1, "the second is taken back, the first stays")
    viewer.page.get_by_role("button", name="Note 1: Good").wait_for()
    editing_server.world.scene |= {"annotations": [], "head": editing_server.world.scene["version"]}
    context.close()


@pytest.mark.parametrize("guest", [False, True])
def test_guests_are_not_offered_other_worlds(page: Viewer, editing: Any, editing_server: Server, guest: bool) -> None:
    editing.guest = guest
    reconnect(page, editing_server)
    page.button("Insert").click()
    offered = page.page.get_by_label("What").locator("option:not([hidden])").all_inner_texts()
    assert ("Another world" in offered) is not guest
    assert "A file" in offered and "Text" in offered


def test_one_far_gaussian_moves_no_pivot(page: Viewer, editing: Any, editing_server: Server) -> None:
    """What is told, what the handles stand on and what numbers are about is the server's own middle."""
    room = editing.state.parts["main.0"]
    means = room.gaussians.means.clone()
    means[7] = torch.tensor([3000.0, -500.0, 2000.0])
    gaussians = replace(room.gaussians, means=means)
    strayed = replace(room, gaussians=gaussians, facts=room.facts | {"url": editing.content(gaussians)})
    editing.state = replace(editing.state, parts={**editing.state.parts, "main.0": strayed})
    reconnect(page, editing_server)
    points = np.concatenate([part.places for part in editing.state.parts.values()])
    lower, upper = box_of_most(points)
    middle = (lower + upper) / 2
    assert np.linalg.norm((points.min(axis=0) + points.max(axis=0)) / 2 - middle) > 1000
    assert np.linalg.norm(points.mean(axis=0) - middle) > 1

    page.page.keyboard.press("Control+A")
    page.until(f"worldloom.state().editing.selected === {len(points)} && worldloom.state().editing.waiting === 0")
    page.button("Transform").click()
    told = page.page.get_by_text("pivot at").inner_text()
    numbers = [float(word.strip(",")) for word in told.split("pivot at ")[1].split(" m")[0].split()]
    assert numbers == pytest.approx(middle, abs=0.02)
    page.page.get_by_role("group", name="Scale").get_by_label("All axes").fill("0.9")
    page.button("Apply").click()
    wait_for(lambda: len(editing.of("do")) == 2, "the numbers are sent")
    page.until("worldloom.state().editing.waiting === 0")
    assert editing.operations()[-1]["pivot"] == pytest.approx(middle, abs=0.02)
    page.page.keyboard.press("Control+Z")
    page.until("worldloom.state().editing.number >= 2 && worldloom.state().editing.waiting === 0")
    page.page.keyboard.press("Escape")

    page.page.keyboard.press("1")
    page.place([middle[0], middle[1], middle[2] + 4])
    mouse = page.page.mouse
    mouse.move(WIDTH / 2, HEIGHT / 2)
    mouse.down()
    mouse.move(WIDTH / 2 + 60, HEIGHT / 2, steps=3)
    mouse.up()
    wait_for(lambda: len(editing.of("do")) == 3, "the handles are where the pivot is")
    operation = editing.operations()[-1]
    assert operation["op"] == "transform" and operation["translation"][0] > 0.1
    assert operation["pivot"] == pytest.approx(middle, abs=0.02)


GRADES = {"Contrast": 0.5, "Saturation": 2, "Exposure": 1, "White point": 0.7, "Brightness": -0.2}


def loud(editing: Any) -> dict[str, Any]:
    """The statue with light of its own in every direction (SH 3), in colours beyond black and white; its facts."""
    statue = editing.state.parts["main.1"]
    drawn = torch.Generator().manual_seed(4)
    count = len(statue.gaussians)
    sh = 0.08 * torch.randn(count, 16, 3, generator=drawn)
    sh[:, 0] = rgb_to_sh0(torch.rand(count, 3, generator=drawn) * 1.6 - 0.3)
    gaussians = replace(statue.gaussians, sh=sh)
    facts = statue.facts | {"url": editing.content(gaussians), "sh_degree": 3}
    changed = replace(statue, gaussians=gaussians, facts=facts)
    editing.state = replace(editing.state, parts={**editing.state.parts, "main.1": changed})
    return facts


def test_colours_beyond_black_and_white_are_shown_as_the_server_makes_them(
    page: Viewer, editing: Any, editing_server: Server
) -> None:
    loud(editing)
    reconnect(page, editing_server)
    page.place([1.4, 0.6, 1.0])
    page.page.keyboard.press("Control+A")
    page.until("worldloom.state().editing.selected > 0 && worldloom.state().editing.waiting === 0")
    page.page.keyboard.press("5")
    before = page.picture()
    apart = {}
    for done, (name, value) in enumerate(GRADES.items(), 1):
        page.page.get_by_role("slider", name=name, exact=True).fill(str(value))
        preview = page.picture()
        assert differing(before, preview) > 0.03, name
        page.button("Apply").click()
        wait_for(lambda done=done: len(editing.of("do")) == 1 + done, "it is sent")
        page.until("worldloom.state().editing.waiting === 0")
        apart[name] = differing(preview, page.picture())
        page.page.locator("#scene").focus()
        page.page.keyboard.press("Control+Z")
        wait_for(lambda done=done: len(editing.of("undo")) == done, "it is undone")
        page.until("worldloom.state().editing.waiting === 0")
        assert differing(before, page.picture()) < 0.01
    assert max(apart.values()) < 0.01, apart


def test_editing_shows_the_colours_that_looking_does(browser: Any, editing: Any, editing_server: Server) -> None:
    world = editing_server.world
    facts = loud(editing)
    layers = world.scene["layers"]
    world.scene["layers"] = [layers[0], layers[1] | {name: facts[name] for name in ("url", "sh_degree")}]
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    shown = []
    for edit in ("", "&edit=1"):
        viewer = watch(context.new_page())
        viewer.open(f"{editing_server.address}/viewer/?world=demo{edit}")
        viewer.place([1.4, 0.6, 1.0])
        shown.append(viewer.picture())
    world.scene["layers"] = layers
    context.close()
    assert differing(*shown) < 0.01
