"""Pictures of Gaussians: `rasterize` on two engines, `cpu` (our C++) and `cuda` (gsplat's kernels).

Names are loaded on first use, so that importing this package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worldloom.render.cpu import NativeEngine, set_threads
    from worldloom.render.rendering import Rendering, rasterize
    from worldloom.render.training import TrainingEngine, engine_name, training_engine

__all__ = ["NativeEngine", "Rendering", "TrainingEngine", "engine_name", "rasterize", "set_threads", "training_engine"]

_HOMES = {
    "NativeEngine": "cpu",
    "Rendering": "rendering",
    "TrainingEngine": "training",
    "engine_name": "training",
    "rasterize": "rendering",
    "set_threads": "cpu",
    "training_engine": "training",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
