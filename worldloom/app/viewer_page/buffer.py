"""Splats as the page's shader reads them: 48 bytes each, three RGBA32UI texels, little-endian, our world's frame.

| texel | words |
|---|---|
| 0 | mean x, y, z (float32 metres); colour of degree 0 and opacity (4 x uint8) |
| 1 | covariance xx, xy, xz, yy, yz, zz (6 x float16); their common factor (float32, square metres) |
| 2 | spherical harmonics 1 to 3, each RGB (9 x int8 in 1/127, 3 bytes of padding); their factor (float32) |
"""

from __future__ import annotations

import numpy as np
import torch

from worldloom.scene.gaussians import Gaussians, sh0_to_rgb
from worldloom.scene.rotations import quat_to_matrix

BYTES_PER_SPLAT = 48

_SPLAT = np.dtype(
    [
        ("mean", "<f4", 3),
        ("rgba", "u1", 4),
        ("covariance", "<f2", 6),
        ("covariance_factor", "<f4"),
        ("sh", "i1", 12),
        ("sh_factor", "<f4"),
    ]
)


def pack(gaussians: Gaussians) -> bytes:
    """All splats, 48 bytes each; degrees above 1 are left out."""
    count = len(gaussians)
    packed = np.zeros(count, _SPLAT)
    packed["mean"] = gaussians.means.numpy(force=True)
    rgba = torch.cat([sh0_to_rgb(gaussians.sh[:, 0]), gaussians.opacities[:, None]], dim=1)
    packed["rgba"] = (rgba.clamp(0, 1) * 255).round().numpy(force=True)

    axes = quat_to_matrix(gaussians.quats) * gaussians.scales[:, None, :]
    covariance = axes @ axes.transpose(1, 2)
    rows, columns = torch.triu_indices(3, 3)
    upper = covariance[:, rows, columns].numpy(force=True)
    packed["covariance"], packed["covariance_factor"] = _normalised(upper)

    if gaussians.sh_degree >= 1:
        share, packed["sh_factor"] = _normalised(gaussians.sh[:, 1:4].reshape(count, 9).numpy(force=True))
        packed["sh"][:, :9] = np.round(127 * share)
    return packed.tobytes()


def _normalised(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows divided by their largest magnitude, and those magnitudes."""
    factor = np.maximum(np.abs(values).max(axis=1, initial=0), np.float32(1e-30))
    return values / factor[:, None], factor
