"""Pictures and a panorama to worlds: seconds, likeness from the source camera, holes after a step aside.

python bench/image.py [--pictures FOLDER] [PHOTO ...]
"""

from __future__ import annotations

import argparse
import math
import os
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from worldloom.generate.image.build import camera_of, from_image
from worldloom.reconstruct.metrics import psnr
from worldloom.render import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians

SINGLE = Path(os.environ.get("WORLDLOOM_DATA", "../shared/data")) / "single"


def moved(camera: Camera, right: float = 0.0, turn: float = 0.0) -> Camera:
    """A camera moved to its right, metres, and turned right about the world's up, degrees."""
    pose = camera.camera_to_world.double()
    angle = -math.radians(turn)
    spin = torch.tensor(
        [[math.cos(angle), 0, math.sin(angle)], [0, 1, 0], [-math.sin(angle), 0, math.cos(angle)]], dtype=torch.float64
    )
    rotation = spin @ pose[:3, :3]
    centre = pose[:3, 3] + right * pose[:3, 0]
    matrix = torch.eye(4, dtype=torch.float64)
    matrix[:3, :3] = rotation.T
    matrix[:3, 3] = -rotation.T @ centre
    return Camera(camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy, matrix.float())


def shown(gaussians: Gaussians, camera: Camera) -> tuple[np.ndarray, float]:
    """A rendering (h, w, 3), and the share of pixels with less than half opacity."""
    rendering = rasterize(gaussians, camera, outputs=("rgb", "alpha"))
    assert rendering.rgb is not None and rendering.alpha is not None
    return rendering.rgb[0].clamp(0, 1).numpy(), float((rendering.alpha < 0.5).float().mean())


def measure(path: Path, pictures: Path | None) -> str:
    started = time.perf_counter()
    made = from_image(path)
    seconds = time.perf_counter() - started
    view = made.view
    scale = 512 / max(view.width, view.height)
    camera = camera_of(view.resized(round(view.width * scale), round(view.height * scale)))
    original = np.asarray(Image.open(path).convert("RGB"), np.float32) / 255
    target = cv2.resize(original, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    gaussians = made.world.gaussians()
    front, _ = shown(gaussians, camera)
    captured = made.depth[made.depth < 0.99 * made.depth.max()]
    step = 0.1 * float(np.median(captured if len(captured) else made.depth))
    views = [shown(gaussians, moved(camera, right=side * step)) for side in (-1, 1)]
    if pictures is not None:
        turns = [shown(gaussians, moved(camera, turn=turn))[0] for turn in (60, 180)]
        depth = np.log(made.depth)
        depth = (depth - depth.min()) / max(float(np.ptp(depth)), 1e-6) * 255
        shade = cv2.applyColorMap(255 - depth.astype(np.uint8), cv2.COLORMAP_INFERNO)
        shade = cv2.resize(shade, (camera.width, camera.height))[..., ::-1] / 255.0
        rows = [[front, views[0][0], views[1][0]], [shade, *turns]]
        sheet = np.vstack([np.hstack(row) for row in rows])
        pictures.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(pictures / f"{path.stem}.png"), (sheet[..., ::-1] * 255).astype(np.uint8))
    holes = max(hole for _, hole in views)
    like = psnr(torch.from_numpy(front), torch.from_numpy(target))
    return (
        f"{path.stem:12} {seconds:6.1f} s {like:6.1f} dB {100 * holes:7.3f} % {len(gaussians):8,d}  step {step:.2f} m"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument(
        "--pictures", type=Path, help="folder for sheets: front, left, right; depth, 60 and 180 degrees"
    )
    options = parser.parse_args()
    print("picture        time   likeness   holes   Gaussians")
    for path in options.photos or sorted(SINGLE.glob("*.jpg")):
        print(measure(path, options.pictures), flush=True)


if __name__ == "__main__":
    main()
