"""Views on disk, one file per scene, for training to read.

python -m worldloom.generate.depth.shards --data FOLDER --scenes 300
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from worldloom.generate.depth.scenes import random_spec
from worldloom.generate.depth.views import HEIGHT, WIDTH, Views, views_of
from worldloom.generate.make import from_spec
from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.files import replacing

HELD_OUT = 1_000_000
"""Seeds from here on are of scenes that are never trained on."""
VIEWS = 32
"""Of one scene, where it has so many."""


def render_scene(seed: int, views: int = VIEWS, gaussians: int = 90_000) -> Views:
    """The views of the scene of a seed."""
    return views_of(from_spec(random_spec(seed, gaussians)).world, seed, views)


def render_shards(folder: Path, seeds: Iterable[int], views: int = VIEWS, gaussians: int = 90_000) -> int:
    """Write one file for each scene that has none yet; how many views there are now of those scenes."""
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for seed in seeds:
        path = folder / f"scene_{seed:07d}.npz"
        if not path.exists():
            seen = render_scene(seed, views, gaussians)
            with replacing(path) as beside, beside.open("wb") as file:
                np.savez_compressed(file, rgb=seen.rgb, inverse=seen.inverse)
        total += len(load_shard(path).rgb)
    return total


def load_shard(path: Path) -> Views:
    """The views of one scene.

    Raises:
        FormatError: the file is none of ours.
    """
    try:
        with np.load(path) as arrays:
            views = Views(arrays["rgb"], arrays["inverse"])
    except (OSError, KeyError, ValueError) as error:
        raise FormatError(f"{path} holds no views of a scene; delete it and render it again.") from error
    count = len(views.rgb)
    if views.rgb.shape != (count, HEIGHT, WIDTH, 3) or views.inverse.shape != (count, HEIGHT // 2, WIDTH // 2):
        raise FormatError(f"{path} holds views of another size; delete it and render it again.")
    return views


def load_shards(folder: Path, held_out: bool = False) -> Views:
    """All views of a folder: of the scenes to train on, or of those held out.

    Raises:
        InvalidDataError: there are none.
    """
    paths = [path for path in sorted(folder.glob("scene_*.npz")) if (seed_of(path) >= HELD_OUT) == held_out]
    parts = [load_shard(path) for path in paths]
    if not sum(len(part.rgb) for part in parts):
        raise InvalidDataError(f"{folder} holds no views{' held out' if held_out else ''}; render some with --scenes.")
    return Views(np.concatenate([part.rgb for part in parts]), np.concatenate([part.inverse for part in parts]))


def seed_of(path: Path) -> int:
    """The seed of the scene in a file."""
    return int(path.stem.removeprefix("scene_"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the files")
    parser.add_argument("--scenes", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="seed of the first scene")
    parser.add_argument("--held-out", action="store_true", help="scenes that are never trained on")
    arguments = parser.parse_args()
    first = arguments.first + (HELD_OUT if arguments.held_out else 0)
    views = render_shards(arguments.data, range(first, first + arguments.scenes))
    print(f"{views} views of {arguments.scenes} scenes in {arguments.data}")


if __name__ == "__main__":
    main()
