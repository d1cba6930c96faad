"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Tests run side by side, one process for each core: threads of PyTorch and OpenBLAS would only wait for one another,
# which they do by spinning. Read when those are first imported; processes that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of real photos, videos and splat files: WORLDLOOM_DATA, by default ../shared/data."""
    folder = Path(os.environ.get("WORLDLOOM_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}; set WORLDLOOM_DATA")
    return folder
