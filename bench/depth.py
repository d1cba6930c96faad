"""How right our own depth network is on scenes it was never trained on, beside what knows nothing.

    python bench/depth.py --data FOLDER [--checkpoint FOLDER/checkpoint.pt]

FOLDER holds views of held-out scenes: `python -m worldloom.generate.depth.shards --data FOLDER --held-out --scenes 24`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from worldloom.generate.depth.estimator import WEIGHTS, OwnDepth
from worldloom.generate.depth.measure import plane, score, usual_rows
from worldloom.generate.depth.network import DepthNetwork
from worldloom.generate.depth.scenes import random_spec
from worldloom.generate.depth.shards import HELD_OUT, load_shard, load_shards, seed_of
from worldloom.generate.depth.train import predict
from worldloom.generate.depth.views import WIDTH


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, help="of training: measures the float network too")
    arguments = parser.parse_args()
    held_out = load_shards(arguments.data, held_out=True)
    views = list(zip(held_out.rgb, held_out.inverse.astype(np.float32)))
    own = OwnDepth()
    estimators = {"plane below the middle": plane, "our network, int8": own.estimate}
    try:
        rows = np.repeat(usual_rows(load_shards(arguments.data).inverse)[:, None], WIDTH // 2, axis=1)
        estimators["what each row shows on average"] = lambda rgb: rows
    except ValueError:
        print("No views to train on here: what rows show on average is left out.")
    if arguments.checkpoint:
        network = DepthNetwork().eval()
        state = torch.load(arguments.checkpoint, map_location="cpu", weights_only=True)
        network.load_state_dict(state["network"])
        estimators["our network, float"] = _Float(network).estimate
        print(f"Trained {state['spent'] / 60:.0f} min, {state['steps']} steps, {state['seen']} pictures.")
    print(f"{len(views)} held-out views; weights {WEIGHTS.stat().st_size / 1e6:.1f} MB")
    for name, estimate in estimators.items():
        result = score(estimate, views)
        print(f"{name:32} AbsRel {result.abs_rel:.3f}  delta-1 {result.delta_1:.3f}")
    _by_kind(arguments.data, own)
    rgb = np.random.default_rng(0).integers(0, 255, (768, 1024, 3), np.uint8)
    started = time.perf_counter()
    for _ in range(5):
        own.estimate(rgb)
    print(f"{(time.perf_counter() - started) / 5 * 1000:.0f} ms for a picture of 1024 x 768")


class _Float(OwnDepth):
    """The same, with the network as it was before it was made int8."""

    def __init__(self, network: DepthNetwork) -> None:
        super().__init__()
        self._network = network

    def _run(self, rgb: np.ndarray) -> np.ndarray:
        return predict(self._network, rgb)


def _by_kind(folder: Path, own: OwnDepth) -> None:
    found: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for path in sorted(folder.glob("scene_*.npz")):
        if seed_of(path) >= HELD_OUT:
            views = load_shard(path)
            found.setdefault(random_spec(seed_of(path)).kind, []).extend(
                zip(views.rgb, views.inverse.astype(np.float32))
            )
    for kind, views in found.items():
        result = score(own.estimate, views)
        print(f"  int8, {kind:26} AbsRel {result.abs_rel:.3f}  delta-1 {result.delta_1:.3f}  ({result.views} views)")


if __name__ == "__main__":
    main()
