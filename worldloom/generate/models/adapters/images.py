"""Pictures from words and filled-in pictures, by any diffusers pipeline: FLUX.2 klein, Z-Image, Qwen-Image, others."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from worldloom.generate.models import hardware
from worldloom.generate.models.adapters.loaded import Loaded, checked_picture
from worldloom.generate.models.card import Card
from worldloom.scene.errors import InvalidDataError


@dataclass(frozen=True)
class _Family:
    """How one kind of pipeline likes to be called."""

    text: str
    """Class for pictures from words, in diffusers."""
    fill: str
    """Class for filling in."""
    steps: int
    guidance: dict[str, float | str]
    multiple: int = 16
    """Sides of pictures are multiples of this many pixels."""


_FAMILIES = (
    _Family("Flux2KleinPipeline", "Flux2KleinInpaintPipeline", 4, {"guidance_scale": 1.0}),
    _Family("ZImagePipeline", "ZImageInpaintPipeline", 9, {"guidance_scale": 0.0}),
    _Family("QwenImagePipeline", "QwenImageInpaintPipeline", 40, {"true_cfg_scale": 4.0, "negative_prompt": " "}),
)
_ANY = _Family("AutoPipelineForText2Image", "AutoPipelineForInpainting", 30, {}, 64)

_pools: WeakValueDictionary[tuple[str, str], _Weights] = WeakValueDictionary()
"""Weights in memory, so that painting and filling by one model load them once; gone with their last user."""


class _Weights:
    """The parts of a pipeline on a device."""

    def __init__(self, folder: Path, device: str) -> None:
        import diffusers

        self.kind = json.loads((folder / "model_index.json").read_text())["_class_name"]
        self.family = next((one for one in _FAMILIES if self.kind in (one.text, one.fill)), _ANY)
        loader = getattr(diffusers, self.family.text, None)
        if loader is None:
            raise InvalidDataError(
                f"The installed diffusers has no {self.family.text}; pip install --upgrade 'worldloom[models]'."
            )
        self.pipeline = loader.from_pretrained(str(folder), dtype=hardware.dtype_of(device), local_files_only=True).to(
            device
        )
        self.pipeline.set_progress_bar_config(disable=True)

    def filler(self) -> Any:
        """A pipeline of the same parts that fills in."""
        import diffusers

        if self.family is _ANY:
            pipeline = getattr(diffusers, _ANY.fill).from_pipe(self.pipeline)
        else:  # not from_pipe, which would cast the weights to float32
            settings = {name: value for name, value in self.pipeline.config.items() if name == "is_distilled"}
            pipeline = getattr(diffusers, self.family.fill)(**self.pipeline.components, **settings)
        pipeline.set_progress_bar_config(disable=True)
        return pipeline


def _weights(folder: Path, device: str) -> _Weights:
    key = (str(folder.resolve()), device)
    found = _pools.get(key)
    if found is None:
        found = _pools[key] = _Weights(folder, device)
    return found


@dataclass(frozen=True, eq=False)
class _Painter(Loaded):
    weights: _Weights = field(kw_only=True)
    steps: int = field(kw_only=True)
    guidance: dict[str, float | str] = field(kw_only=True)
    pipeline: Any = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class DiffusersTextToImage(_Painter):
    """See `interfaces.TextToImage`."""

    def image(self, prompt: str, *, width: int, height: int, seed: int) -> np.ndarray:
        across, down = (_round_up(side, self.weights.family.multiple) for side in (width, height))
        made = self.pipeline(
            prompt=prompt,
            width=across,
            height=down,
            num_inference_steps=self.steps,
            generator=_generator(seed),
            **self.guidance,
        ).images[0]
        top, left = (down - height) // 2, (across - width) // 2
        return np.asarray(made.convert("RGB"))[top : top + height, left : left + width].copy()


@dataclass(frozen=True, eq=False)
class DiffusersInpainter(_Painter):
    """See `interfaces.Inpainter`."""

    def fill(self, image: np.ndarray, mask: np.ndarray, prompt: str, *, seed: int) -> np.ndarray:
        from PIL import Image

        image = checked_picture(image)
        if mask.shape != image.shape[:2]:
            raise InvalidDataError(f"'mask' has shape {mask.shape}, expected {image.shape[:2]} like the picture.")
        if not mask.any():
            return image.copy()
        height, width = mask.shape
        multiple = self.weights.family.multiple
        across, down = _round_up(width, multiple), _round_up(height, multiple)
        around = ((0, down - height), (0, across - width))
        made = self.pipeline(
            prompt=prompt,
            image=Image.fromarray(np.pad(image, (*around, (0, 0)), mode="edge")),
            mask_image=Image.fromarray(np.pad(mask, around, mode="edge").astype(np.uint8) * 255),
            width=across,
            height=down,
            strength=1.0,
            num_inference_steps=self.steps,
            generator=_generator(seed),
            **self.guidance,
        ).images[0]
        return np.asarray(made.convert("RGB"))[:height, :width].copy()


def load_text_to_image(
    card: Card, folder: Path, *, device: str | None = None, steps: int | None = None
) -> DiffusersTextToImage:
    """From the folder of a diffusers pipeline; `steps` instead of what the model's makers advise."""
    device = hardware.choose(device)
    weights = _weights(folder, device)
    return DiffusersTextToImage(
        *Loaded.of(card, folder),
        device=device,
        weights=weights,
        steps=steps or weights.family.steps,
        guidance=weights.family.guidance,
        pipeline=weights.pipeline,
    )


def load_inpainter(
    card: Card, folder: Path, *, device: str | None = None, steps: int | None = None
) -> DiffusersInpainter:
    """From the folder of a diffusers pipeline; shares the weights of a text-to-image one of the same folder."""
    device = hardware.choose(device)
    weights = _weights(folder, device)
    return DiffusersInpainter(
        *Loaded.of(card, folder),
        device=device,
        weights=weights,
        steps=steps or weights.family.steps,
        guidance=weights.family.guidance,
        pipeline=weights.filler(),
    )


def _generator(seed: int) -> Any:
    """On the CPU whatever the model's device, so that every machine starts from the same noise."""
    import torch

    return torch.Generator("cpu").manual_seed(seed)


def _round_up(side: int, multiple: int) -> int:
    return -(-side // multiple) * multiple
