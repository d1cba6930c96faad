"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of real photos, videos and splat files: WORLDLOOM_DATA, by default ../shared/data."""
    folder = Path(os.environ.get("WORLDLOOM_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}; set WORLDLOOM_DATA")
    return folder
