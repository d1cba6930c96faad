"""Reconstruct the courtyard: `python -m worldloom.assets.make_courtyard` writes `worlds/courtyard/` beside this file.

The bundled capture looks at the fountain from all around, which leaves the ground behind the photographer unseen. So
that people can walk anywhere, 60 more photos are taken in the same place with the same camera, looking outwards, down
and from above, and the pipeline is told where all of them were taken. About a quarter of an hour on two cores.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from worldloom.assets import make_sample
from worldloom.assets.courtyard.scene import courtyard
from worldloom.assets.courtyard.tracer import Shot, photograph
from worldloom.assets.sample_writer import write_sample
from worldloom.reconstruct.pipeline import reconstruct
from worldloom.reconstruct.presets import preset
from worldloom.scene import world as worlds
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import sort_spatially
from worldloom.scene.world import Environment, Layer, Pose

SPAWN = Pose(position=(0.0, 1.6, 4.3), rotation=(1.0, 0.0, 0.0, 0.0))
"""South of the fountain, looking at it and the house."""
_FARTHEST = 1200.0
"""Metres; the sky is put no farther away, since SPZ files hold nothing beyond 2048 m."""
_RING, _RING_EYE = (4.2, 6.2), (3.3, 1.9)
"""Radii between which few photos see the ground, and whence they do: radius and height; metres."""
_SETTINGS = ("align.up=false", "align.scale=1", "train.cap=150000", "train.sh_degree=1", "views.holdout_every=none")


def shots() -> list[Shot]:
    """Where all photos are taken: the bundled ones first."""
    taken = [make_sample.shot(number) for number in range(make_sample.PHOTOS)]
    for number in range(20):  # from the middle, outwards
        out, _ = _around(number / 20)
        near = number % 2 == 0
        taken.append(_looking(out * (2.7 if near else 3.4), 1.7, out * 9, 1.9 if near else 0.7))
    for number in range(16):  # over the ground that the walk around the fountain has at its back
        out, aside = _around((number + 0.5) / 16)
        taken.append(_looking(out * 4.6, 2.1, out * 8.5 + aside * (2.0 if number % 2 else -2.0), 0.2))
    for number in range(8):  # from above
        out, _ = _around((number + 0.25) / 8)
        taken.append(_looking(out * 7.4, 3.4, -out, 0.4))
    for number in range(16):  # down to where that walk goes
        out, _ = _around((number + 0.5) / 16)
        taken.append(_looking(out * 3.3, 1.9, out * 5.4, 0.0))
    return taken


def _around(turn: float) -> tuple[np.ndarray, np.ndarray]:
    """Level unit vectors (3,) outwards and aside at `turn` (0 to 1) of a full turn."""
    angle = 2 * math.pi * turn
    return np.array([math.sin(angle), 0, math.cos(angle)]), np.array([math.cos(angle), 0, -math.sin(angle)])


def _looking(place: np.ndarray, height: float, target: np.ndarray, target_height: float) -> Shot:
    up = np.array([0.0, 1.0, 0.0])
    position, target = place + height * up, target + target_height * up
    forward = (target - position) / np.linalg.norm(target - position)
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward], axis=1)
    return Shot(position.astype(np.float32), rotation.astype(np.float32))


def write_capture(folder: Path, taken: Sequence[Shot], workers: int = 2) -> None:
    """Photos of `taken` and the transforms.json that says where they were taken."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(partial(_write_photo, folder), range(len(taken)), taken))
    width, height = make_sample.SIZE
    focal = make_sample.focal_pixels(width, height)
    frames = []
    for number, shot in enumerate(taken):
        matrix = np.eye(4)
        matrix[:3, :3] = shot.rotation * np.array([1, -1, -1])  # x right, y up, z backwards
        matrix[:3, 3] = shot.position
        frames.append({"file_path": _photo_name(number), "transform_matrix": matrix.tolist()})
    camera = {"fl_x": focal, "fl_y": focal, "cx": width / 2, "cy": height / 2, "w": width, "h": height}
    (folder / "transforms.json").write_text(json.dumps({**camera, "frames": frames}), encoding="utf-8")


def _photo_name(number: int) -> str:
    return f"courtyard_{number + 1:02d}.jpg"


def _write_photo(folder: Path, number: int, shot: Shot) -> None:
    width, height = make_sample.SIZE
    pixels = photograph(courtyard(), shot, width, height, make_sample.focal_pixels(width, height))
    Image.fromarray(pixels).save(folder / _photo_name(number), quality=92, subsampling=2)


def within_reach(gaussians: Gaussians, center: Sequence[float], farthest: float = _FARTHEST) -> Gaussians:
    """With what is beyond `farthest` metres from `center` (3,) drawn in along its line of sight, and shrunk, so that it
    looks the same from there."""
    offset = gaussians.means - torch.tensor(center)
    distance = offset.norm(dim=1, keepdim=True)
    share = (farthest / distance.clamp_min(1e-6)).clamp_max(1)
    return replace(
        gaussians,
        means=torch.tensor(center) + offset * share,
        log_scales=gaussians.log_scales + share.log(),
    )


def onto_the_ground(gaussians: Gaussians) -> Gaussians:
    """What is seen through the ground in the ring that few photos see is drawn in along its line of sight to y = 0,
    shrunk and flattened: photos from nearly one place can't tell how deep a floor is, but we know it."""
    x, y, z = gaussians.means.unbind(dim=1)
    radius = torch.hypot(x, z)
    distance, height = _RING_EYE
    share = height / (height - y.clamp_max(0))
    landing = distance + (radius - distance) * share
    sunken = (landing > _RING[0]) & (landing < _RING[1]) & (y < -0.08) & (radius < 20)
    out = torch.stack([x, torch.zeros_like(x), z], dim=1) / radius.clamp_min(1e-6)[:, None]
    eye = distance * out + torch.tensor([0.0, height, 0.0])
    drawn = eye + (gaussians.means - eye) * share[:, None]
    flat = share[:, None] * gaussians.scales
    level = torch.stack([flat.amax(dim=1), torch.full_like(share, 0.01), flat.median(dim=1).values], dim=1)
    turn = torch.tensor([1.0, 0.0, 0.0, 0.0]).expand_as(gaussians.quats)
    return replace(
        gaussians,
        means=torch.where(sunken[:, None], drawn, gaussians.means),
        quats=torch.where(sunken[:, None], turn, gaussians.quats),
        log_scales=torch.where(sunken[:, None], level.log(), gaussians.log_scales),
    )


def write_world(world: Path, out: Path, seed: int) -> None:
    """The reconstructed `world` as a sample in folder `out`."""
    loaded = worlds.load(world)
    layers = [
        Layer(layer.name, sort_spatially(within_reach(onto_the_ground(layer.gaussians), SPAWN.position)), layer.kind)
        for layer in loaded.layers
    ]
    write_sample(
        out,
        layers,
        title="Courtyard",
        description="A courtyard with a fountain, reconstructed from photos: what Worldloom makes of a capture.",
        made="Reconstructed by Worldloom from 96 photos (36 of them the bundled sample capture) that it rendered "
        "itself: python -m worldloom.assets.make_courtyard",
        seed=seed,
        spawn=SPAWN,
        environment=Environment(background=(0.62, 0.70, 0.82)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Reconstruct the sample world 'courtyard'.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "worlds" / "courtyard")
    parser.add_argument("--world", type=Path, help="a world that was reconstructed before, to skip that")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        world = arguments.world
        if world is None:
            world = Path(scratch) / "world"
            write_capture(Path(scratch) / "capture", shots())
            options = preset("standard", _SETTINGS)
            reconstruct([Path(scratch) / "capture"], world, options, lambda event: None)
        write_world(world, arguments.out, seed=0)


if __name__ == "__main__":
    main()
