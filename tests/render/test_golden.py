"""A stored picture that the engine must keep rendering. To renew it after a deliberate change:
`python -m tests.render.test_golden`, and look at it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from worldloom.render.cpu import NativeEngine
from worldloom.render.native.library import available_isas
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0

GOLDEN = Path(__file__).with_name("golden.png")


def shells(count: int = 4000) -> Gaussians:
    """A ball of coloured discs in a larger, half-open shell, with view-dependent colour."""
    generator = torch.Generator().manual_seed(0)
    directions = torch.nn.functional.normalize(torch.randn(count, 3, generator=generator), dim=-1)
    outer = torch.arange(count) % 3 == 0
    radii = torch.where(outer & (directions[:, 2] > -0.2), 2.0, 0.8)
    turn = torch.stack([1 + directions[:, 2], -directions[:, 1], directions[:, 0], torch.zeros(count)], dim=-1)
    sh = torch.zeros(count, 9, 3)
    sh[:, 0] = rgb_to_sh0(0.5 + 0.5 * torch.sin(3 * directions + torch.tensor([0.0, 1, 2])))
    sh[:, 1:] = 0.15 * torch.randn(1, 8, 3, generator=generator)
    return Gaussians(
        means=directions * radii[:, None],
        quats=torch.nn.functional.normalize(turn, dim=-1),  # z turned to point outwards
        log_scales=torch.tensor([-3.0, -3.0, -6.0]) + 0.5 * (radii[:, None] > 1),
        opacity_logits=torch.where(radii > 1, 0.5, 4.0),
        sh=sh,
    )


def render(isa: str) -> np.ndarray:
    camera = Camera.looking_at(torch.tensor([1.5, 1.2, -3.5]), torch.zeros(3), width=160, height=120)
    rgb = NativeEngine(isa=isa).forward(shells(), camera, background=torch.tensor([0.1, 0.1, 0.2])).rgb
    return (rgb.clamp(0, 1) * 255).round().to(torch.uint8).numpy()


@pytest.mark.parametrize("isa", available_isas())
def test_the_stored_picture_is_still_rendered(isa: str) -> None:
    difference = render(isa).astype(float) - np.asarray(Image.open(GOLDEN)).astype(float)
    assert 10 * np.log10(255**2 / max(1e-9, np.square(difference).mean())) > 50


if __name__ == "__main__":
    Image.fromarray(render(available_isas()[0])).save(GOLDEN)
