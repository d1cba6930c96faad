"""Pictures and a panorama to worlds: seconds, likeness from the source camera, holes after a step aside.

python bench/image.py [--pictures FOLDER] [--panorama FILE] [PHOTO ...]
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
from worldloom.generate.panorama.build import from_panorama
from worldloom.generate.panorama.canvas import look, read_panorama
from worldloom.reconstruct.metrics import psnr
from worldloom.render import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians

DATA = Path(os.environ.get("WORLDLOOM_DATA", "../shared/data"))
FITTED = {"level": (0.0, 0.0, 90.0), "down": (0.0, -90.0, 90.0), "up": (0.0, 90.0, 90.0)}
"""Yaw, pitch and field of view, degrees, of views from where a panorama was taken: nearly those that its colours are
fitted to."""
UNFITTED = {
    "level": [(45.0, 0.0, 90.0), (20.0, 0.0, 60.0), (200.0, -20.0, 75.0)],
    "down": [(30.0, -90.0, 60.0), (45.0, -90.0, 90.0), (100.0, -60.0, 75.0), (30.0, -45.0, 90.0)],
    "up": [(45.0, 90.0, 90.0), (60.0, 45.0, 90.0)],
}


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


def looking(eye: tuple[float, float, float], yaw: float, pitch: float, fov: float, size: int = 512) -> Camera:
    turn, tilt = math.radians(yaw), math.radians(pitch)
    ahead = (math.sin(turn) * math.cos(tilt), math.sin(tilt), -math.cos(turn) * math.cos(tilt))
    over = (-math.sin(turn) * math.sin(tilt), math.cos(tilt), math.cos(turn) * math.sin(tilt))
    at, aim, up = torch.tensor(eye), torch.tensor(ahead), torch.tensor(over)
    return Camera.looking_at(at, at + aim, width=size, height=size, vertical_fov=fov, up=up)


def measure_panorama(path: Path) -> str:
    started = time.perf_counter()
    made = from_panorama(path)
    seconds = time.perf_counter() - started
    panorama, gaussians = read_panorama(path, 4096).rgb, made.world.gaussians()
    eye = made.world.spawn.position

    def like(view: tuple[float, float, float]) -> float:
        picture, _ = shown(gaussians, looking(eye, *view))
        return psnr(torch.from_numpy(picture), torch.from_numpy(look(panorama, *view, 512)))

    parts = [
        f"{name}: {like(view):.1f} dB fitted, {min(like(other) for other in UNFITTED[name]):.1f} dB the worst unfitted"
        for name, view in FITTED.items()
    ]
    asides = [(eye[0] + 2.0, eye[1], eye[2]), (eye[0], eye[1], eye[2] + 2.0)]
    holes = max(
        shown(gaussians, looking(aside, yaw, pitch, 90.0))[1]
        for aside in asides
        for yaw in (0.0, 90.0, 180.0, 270.0)
        for pitch in (0.0, -45.0)
    )
    return f"{path.stem} {seconds:.1f} s, {len(gaussians):,d}; {'; '.join(parts)}; {100 * holes:.3f} % holes 2 m away"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument(
        "--pictures", type=Path, help="folder for sheets: front, left, right; depth, 60 and 180 degrees"
    )
    parser.add_argument("--panorama", type=Path, help="this one only, and no photos")
    options = parser.parse_args()
    if options.panorama is not None:
        print(measure_panorama(options.panorama))
        return
    print("picture        time   likeness   holes   Gaussians")
    for path in options.photos or sorted((DATA / "single").glob("*.jpg")):
        print(measure(path, options.pictures), flush=True)
    if not options.photos:
        for path in sorted((DATA / "panorama").glob("*.jpg")):
            print(measure_panorama(path), flush=True)


if __name__ == "__main__":
    main()
