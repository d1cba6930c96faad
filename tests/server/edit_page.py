"""Steps of a person in the editor's page, on a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.server.serving import wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.server.serving import ServerProcess


def editing(page: Page, name: str) -> object:
    """What the page says of its editor."""
    return page.evaluate(f"worldloom.state().editing?.{name} ?? null")


def until(page: Page, said: str, what: str) -> None:
    """Wait without `wait_for_function`: the page's policy allows no eval."""

    def holds() -> bool:
        page.wait_for_timeout(50)  # lets Playwright take note of what comes
        return bool(page.evaluate(f"Boolean(window.worldloom) && {said}"))

    wait_for(holds, what)


def open_editor(page: Page, server: ServerProcess, world: str, more: str = "") -> None:
    """Wait until one can edit. `more`: of the address."""
    page.goto(f"{server.address}/viewer/?world={world}&edit=1{more}")
    until(page, "worldloom.state().status === 'ready' && worldloom.state().editing?.connected", "the editor")
    page.evaluate("worldloom.whenRendered()")


def press(page: Page, name: str, lines: int = 1) -> None:
    """A button of the open panel, and the answers to what it sends."""
    number = editing(page, "number")
    assert isinstance(number, int)
    page.locator(".panel:visible").get_by_role("button", name=name, exact=True).click()
    answered(page, number + lines, name)


def answered(page: Page, number: int, what: str) -> None:
    """Wait until the server has taken so many lines."""
    until(page, f"worldloom.state().editing?.number >= {number} && worldloom.state().editing.waiting === 0", what)


def draw(page: Page, tool: str, corners: list[tuple[int, int]]) -> None:
    """An outline with a tool, and wait until something is selected."""
    number = editing(page, "number")
    assert isinstance(number, int)
    page.get_by_role("button", name=tool, exact=True).click()
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=3)
    page.mouse.up()
    answered(page, number + 1, f"the {tool}")
