"""Pictures along a camera path from one picture: SANA-WM through diffusers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from worldloom.generate.models import hardware
from worldloom.generate.models.adapters.loaded import Loaded, checked_picture
from worldloom.generate.models.card import Card
from worldloom.generate.models.interfaces import Frames
from worldloom.scene.errors import InvalidDataError


@dataclass(frozen=True, eq=False)
class SanaWorldModel(Loaded):
    """SANA-WM: a video from a first frame and its camera's poses."""

    pipeline: Any = field(kw_only=True)
    width: int = field(kw_only=True)
    height: int = field(kw_only=True)
    steps: int = field(kw_only=True)

    def views(
        self,
        images: Sequence[np.ndarray],
        camera_to_world: np.ndarray,
        intrinsics: np.ndarray,
        path: np.ndarray,
        prompt: str,
        *,
        seed: int,
    ) -> Frames:
        """See `interfaces.ViewSynthesizer`. It looks at the first of `images` only, and makes 8 k + 1 frames."""
        import torch
        from PIL import Image

        if not images or np.abs(np.asarray(camera_to_world)[0] - path[0]).max() > 1e-4:
            raise InvalidDataError("SANA-WM needs a picture taken from the first pose of the path.")
        first = checked_picture(images[0])
        made = self.pipeline(
            image=Image.fromarray(first),
            prompt=prompt,
            c2w=np.asarray(path, np.float32),
            intrinsics=[intrinsics[0, 0], intrinsics[1, 1], intrinsics[0, 2], intrinsics[1, 2]],
            width=self.width,
            height=self.height,
            num_frames=len(path),
            num_inference_steps=self.steps,
            generator=torch.Generator("cpu").manual_seed(seed),
        )
        frames = np.clip(np.asarray(made.frames) * 255 + 0.5, 0, 255).astype(np.uint8)
        cropped = crop_intrinsics(intrinsics, first.shape[:2], (self.height, self.width))
        return Frames(frames, np.asarray(path[: len(frames)], np.float64), cropped)


def load_sana(
    card: Card, folder: Path, *, device: str | None = None, width: int = 1280, height: int = 704, steps: int = 60
) -> SanaWorldModel:
    """From the folder of a diffusers pipeline; width and height are what the public weights were trained for."""
    import diffusers

    loader = getattr(diffusers, "SanaWMPipeline", None)
    if loader is None:
        raise InvalidDataError("The installed diffusers has no SanaWMPipeline; pip install --upgrade diffusers.")
    device = hardware.choose(device)
    pipeline = loader.from_pretrained(str(folder), dtype=hardware.dtype_of(device), local_files_only=True)
    pipeline = pipeline.to(device)
    pipeline.set_progress_bar_config(disable=True)
    return SanaWorldModel(
        *Loaded.of(card, folder), device=device, pipeline=pipeline, width=width, height=height, steps=steps
    )


def crop_intrinsics(intrinsics: np.ndarray, size: tuple[int, int], wanted: tuple[int, int]) -> np.ndarray:
    """(3, 3) intrinsics after a picture of `size` (height, width) was scaled to cover `wanted` and cropped evenly."""
    (height, width), (down, across) = size, wanted
    scale = max(down / height, across / width)
    grown_across, grown_down = max(across, round(width * scale)), max(down, round(height * scale))
    cropped = np.array(intrinsics, np.float64)
    cropped[0] *= grown_across / width
    cropped[1] *= grown_down / height
    cropped[0, 2] -= (grown_across - across) // 2
    cropped[1, 2] -= (grown_down - down) // 2
    return cropped
