"""How alike two pictures are: PSNR, SSIM (Wang et al. 2004) and LPIPS (Zhang et al. 2018)."""

from __future__ import annotations

import importlib.util
import math
import os
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from worldloom.scene.errors import FormatError


def psnr(image: Tensor, target: Tensor, mask: Tensor | None = None) -> float:
    """Peak signal-to-noise ratio, dB, of pictures (H, W, 3) in 0..1; infinite if they are equal.

    Args:
        mask: (H, W) weights of pixels.
    """
    squared = ((image - target) ** 2).mean(dim=2)
    mean = squared.mean() if mask is None else (squared * mask).sum() / mask.sum().clamp_min(1e-6)
    return math.inf if mean == 0 else -10 * math.log10(float(mean))


def ssim(image: Tensor, target: Tensor, mask: Tensor | None = None) -> float:
    """Structural similarity of pictures (H, W, 3) in 0..1: 11 x 11 Gaussian window of sigma 1.5, K1 0.01, K2 0.03,
    averaged over channels and over the pixels whose window lies inside (or all, if the picture is smaller).

    Args:
        mask: (H, W) weights of pixels.
    """
    first, second = (picture.permute(2, 0, 1)[None].double() for picture in (image, target))
    line = torch.exp(-((torch.arange(11, dtype=torch.float64) - 5) ** 2) / (2 * 1.5**2))
    line = (line / line.sum()).expand(3, 1, 1, 11)
    whole = min(image.shape[:2]) >= 11
    padding = 0 if whole else 5

    def blur(picture: Tensor) -> Tensor:
        across = nn.functional.conv2d(picture, line, groups=3, padding=(0, padding))
        return nn.functional.conv2d(across, line.transpose(2, 3), groups=3, padding=(padding, 0))

    mean_1, mean_2 = blur(first), blur(second)
    variance_1, variance_2 = blur(first**2) - mean_1**2, blur(second**2) - mean_2**2
    covariance = blur(first * second) - mean_1 * mean_2
    c1, c2 = 0.01**2, 0.03**2
    likeness = ((2 * mean_1 * mean_2 + c1) * (2 * covariance + c2)) / (
        (mean_1**2 + mean_2**2 + c1) * (variance_1 + variance_2 + c2)
    )
    per_pixel = likeness.mean(dim=1)[0]
    if mask is None:
        return float(per_pixel.mean())
    weights = (mask[5:-5, 5:-5] if whole else mask).double()
    return float((per_pixel * weights).sum() / weights.sum().clamp_min(1e-6))


class Lpips(nn.Module):
    """Perceptual distance by AlexNet's features (LPIPS 0.1). The two weight files are not shipped with this project."""

    _LAYERS = ((3, 64, 11, 4, 2), (64, 192, 5, 1, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1), (256, 256, 3, 1, 1))
    """(in, out, kernel, stride, padding) of AlexNet's convolutions."""
    _PLACES = (0, 3, 6, 8, 10)
    """Their indices in torchvision's `alexnet.features`."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(inner, outer, kernel, stride, padding) for inner, outer, kernel, stride, padding in self._LAYERS
        )
        self.weights = nn.ParameterList(nn.Parameter(torch.rand(layer[1])) for layer in self._LAYERS)
        self.mean = torch.tensor([-0.030, -0.088, -0.188]).reshape(1, 3, 1, 1)
        self.deviation = torch.tensor([0.458, 0.448, 0.450]).reshape(1, 3, 1, 1)

    @staticmethod
    def from_files(backbone: Path, linear: Path) -> Lpips:
        """Load torchvision's AlexNet checkpoint and LPIPS's `alex.pth`.

        Raises:
            FormatError: a file is damaged or of another network.
        """
        model = Lpips()
        try:
            network = torch.load(backbone, map_location="cpu", weights_only=True)
            heads = torch.load(linear, map_location="cpu", weights_only=True)
            for place, convolution, weight, number in zip(model._PLACES, model.convolutions, model.weights, range(5)):
                convolution.load_state_dict({name: network[f"features.{place}.{name}"] for name in ("weight", "bias")})
                weight.data.copy_(heads[f"lin{number}.model.1.weight"].reshape(-1))
        except Exception as error:  # torch.load lets through whatever its unpickler meets
            raise FormatError(
                f"{backbone} and {linear} are not LPIPS's weights ({error}). Install them again."
            ) from None
        return model.eval()

    @torch.no_grad()
    def forward(self, image: Tensor, target: Tensor) -> float:
        """Distance of pictures (H, W, 3) in 0..1; 0 is equal."""
        first, second = (self._features(picture) for picture in (image, target))
        distance = 0.0
        for one, other, weight in zip(first, second, self.weights):
            distance += float(((one - other) ** 2 * weight.reshape(1, -1, 1, 1)).sum(dim=1).mean())
        return distance

    def _features(self, picture: Tensor) -> list[Tensor]:
        signal = (picture.permute(2, 0, 1)[None] * 2 - 1 - self.mean) / self.deviation
        found = []
        for number, convolution in enumerate(self.convolutions):
            if number in (1, 2):
                signal = nn.functional.max_pool2d(signal, 3, 2)
            signal = nn.functional.relu(convolution(signal))
            found.append(signal / (signal.norm(dim=1, keepdim=True) + 1e-10))
        return found


def lpips_weights() -> tuple[Path, Path] | None:
    """The two weight files if they are installed: in the folder that WORLDLOOM_LPIPS_WEIGHTS names, or torchvision's in
    torch's cache and LPIPS's in the `lpips` package."""
    folder = os.environ.get("WORLDLOOM_LPIPS_WEIGHTS")
    if folder:
        backbones, linear = sorted(Path(folder).glob("alexnet*.pth")), Path(folder) / "alex.pth"
    else:
        backbones = sorted((Path(torch.hub.get_dir()) / "checkpoints").glob("alexnet*.pth"))
        package = importlib.util.find_spec("lpips")
        places = (package.submodule_search_locations if package else None) or []
        linear = next((Path(place) / "weights" / "v0.1" / "alex.pth" for place in places), Path("alex.pth"))
    return (backbones[0], linear) if backbones and linear.is_file() else None


@cache
def installed_lpips() -> Lpips | None:
    """LPIPS, or None where its weights are not installed."""
    files = lpips_weights()
    return None if files is None else Lpips.from_files(*files)
