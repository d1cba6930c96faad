"""What the network is trained on: inverse depth up to scale and shift, and its steps (Ranftl et al. 2020)."""

from __future__ import annotations

import torch
from torch import Tensor

_SCALES = 4
_STEPS_WEIGHT = 0.5


def depth_loss(predicted: Tensor, inverse: Tensor) -> Tensor:
    """() loss of (N, 1, H, W) predictions against (N, 1, H, W) true inverse depth."""
    difference = _normalised(predicted) - _normalised(inverse)
    loss = difference.abs().mean()
    for level in range(_SCALES):
        some = difference[:, :, :: 2**level, :: 2**level]
        across, down = some.diff(dim=3).abs().mean(), some.diff(dim=2).abs().mean()
        loss = loss + _STEPS_WEIGHT * (across + down)
    return loss


def _normalised(inverse: Tensor) -> Tensor:
    """Without its scale and shift: the median of each picture becomes 0, the mean distance from it 1."""
    shifted = inverse - inverse.flatten(1).median(dim=1).values[:, None, None, None]
    spread = shifted.abs().mean(dim=(1, 2, 3), keepdim=True)
    return shifted / torch.clamp(spread, min=1e-4)
