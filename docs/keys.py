"""Writes docs/keys.md from the list that the viewer's own help shows: `python docs/keys.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

KEYS = Path(__file__).parents[1] / "worldloom" / "app" / "viewer" / "src" / "ui" / "keys.json"
PAGE = Path(__file__).parent / "keys.md"
HEAD = """# Keys

Of the viewer's page, beside SuperSplat's where it has one (2.32, or 3.x where that is said); a dash: none that we know
of. The page shows the same list under `?`. Ctrl is Cmd on a Mac. While editing, the keys of "Modes" and "Tools" give
way to those of "Select", "Selection", "Change" and "Page"; W A S D Q E move the camera in both.
"""


def table(group: dict[str, Any]) -> str:
    """One group's heading and rows."""
    rows = [f"| {cell(key['keys'])} | {cell(key.get('theirs', '-'))} | {key['what']} |" for key in group["keys"]]
    when = " (editing)" if group.get("editing") else " (viewing)" if group.get("viewing") else ""
    return "\n".join([f"## {group['title']}{when}\n", "| Worldloom | SuperSplat | |", "|---|---|---|", *rows, ""])


def cell(keys: str) -> str:
    return keys.replace("|", "\\|")


def page() -> str:
    """The whole file."""
    return "\n".join([HEAD, *(table(group) for group in json.loads(KEYS.read_text()))])


if __name__ == "__main__":
    PAGE.write_text(page())
