"""File formats of Gaussians: `read`, `write`, `convert`, and the table of `FORMATS` behind them.

One file per format reads and writes it, and nothing else knows its bytes. Names are loaded on first use, so that
importing this package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worldloom.export.registry import (
        FORMATS,
        convert,
        format_for_reading,
        format_for_writing,
        read,
        write,
        write_world,
    )

__all__ = ["FORMATS", "convert", "format_for_reading", "format_for_writing", "read", "write", "write_world"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module("worldloom.export.registry"), name)
