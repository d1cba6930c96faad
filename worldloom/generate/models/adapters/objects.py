"""One object from one picture, as Gaussians: TRELLIS through its own package."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from worldloom.generate.models import hardware
from worldloom.generate.models.adapters.loaded import Loaded, checked_picture
from worldloom.generate.models.card import Card
from worldloom.scene.gaussians import Gaussians


@dataclass(frozen=True, eq=False)
class Trellis(Loaded):
    """TRELLIS (Xiang et al. 2025). Version 2 makes meshes only, so this is version 1, which decodes to Gaussians."""

    pipeline: Any = field(kw_only=True)

    def generate(self, image: np.ndarray, *, seed: int) -> Gaussians:
        """See `interfaces.ObjectGenerator`."""
        import torch
        from PIL import Image

        from worldloom.scene.geometry import Transform, transform

        image = checked_picture(image)
        made = self.pipeline.run(Image.fromarray(image), seed=seed, formats=["gaussian"])["gaussian"][0]
        gaussians = Gaussians.checked(
            made.get_xyz.detach().cpu(),
            made.get_rotation.detach().cpu(),
            made.get_scaling.detach().cpu().clamp(min=1e-8).log(),
            torch.logit(made.get_opacity.detach().cpu().reshape(-1).clamp(1e-6, 1 - 1e-6)),
            made.get_features.detach().cpu().reshape(len(made.get_xyz), -1, 3)[:, :1],
            origin="TRELLIS",
        )
        upright = transform(gaussians, Transform(rotation=(0.5**0.5, -(0.5**0.5), 0.0, 0.0)))  # its up is +Z
        low, high = upright.means.amin(dim=0), upright.means.amax(dim=0)
        size = float((high - low).max().clamp(min=1e-6))
        x, _, z = (-(low + high) / 2 / size).tolist()
        return transform(upright, Transform(translation=(x, float(-low[1]) / size, z), scale=1 / size))


def load_trellis(card: Card, folder: Path, *, device: str | None = None) -> Trellis:
    """From the folder of a TRELLIS pipeline."""
    from trellis.pipelines import TrellisImageTo3DPipeline  # pyright: ignore[reportMissingImports]

    pipeline = TrellisImageTo3DPipeline.from_pretrained(str(folder))
    device = hardware.choose(device)
    pipeline.to(device)
    return Trellis(*Loaded.of(card, folder), device=device, pipeline=pipeline)
