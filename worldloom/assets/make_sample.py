"""Render the sample capture: `python -m worldloom.assets.make_sample` writes `sample/` beside this file.

The photos are made by this project from its own procedural courtyard, so anyone may use them, and rendering them again
gives the same pictures.
"""

from __future__ import annotations

import argparse
import io
import math
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from worldloom.assets import SAMPLE_CAPTURE
from worldloom.assets.courtyard.scene import courtyard
from worldloom.assets.courtyard.tracer import Shot, photograph
from worldloom.scene.files import write_bytes

PHOTOS = 36
SIZE = (640, 480)
FOCAL_35MM = 27
"""Focal length on a 36 x 24 mm film whose diagonal the photo's fills, as EXIF's FocalLengthIn35mmFilm means it."""
CAMERA_MAKE, CAMERA_MODEL = "Worldloom", "procedural camera"


def focal_pixels(width: int, height: int) -> float:
    """Focal length in pixels of a photo of that size."""
    return FOCAL_35MM * math.hypot(width, height) / math.hypot(36, 24)


def shot(number: int) -> Shot:
    """Where photo `number` (0 to PHOTOS - 1) is taken: a walk around the fountain by somebody who sways a little."""
    angle = 2 * math.pi * number / PHOTOS
    radius = 6.5 + 0.4 * math.sin(3 * angle)
    position = np.array([radius * math.sin(angle), 1.55 + 0.22 * math.sin(2 * angle + 0.6), radius * math.cos(angle)])
    target = np.array([0.5 * math.sin(5 * angle), 1.15 + 0.12 * math.cos(3 * angle), 0.5 * math.cos(4 * angle)])
    roll = math.radians(1.5 * math.sin(7 * angle))
    forward = (target - position) / np.linalg.norm(target - position)
    level = np.cross(forward, [0.0, 1.0, 0.0])
    level /= np.linalg.norm(level)
    right = math.cos(roll) * level + math.sin(roll) * np.cross(forward, level)
    rotation = np.stack([right, np.cross(forward, right), forward], axis=1)
    return Shot(position.astype(np.float32), rotation.astype(np.float32))


def render_photo(number: int, width: int, height: int) -> bytes:
    """JPEG of photo `number`, its camera and focal length in EXIF."""
    pixels = photograph(courtyard(), shot(number), width, height, focal_pixels(width, height))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = CAMERA_MAKE, CAMERA_MODEL
    exif[0x0131] = "worldloom.assets.make_sample"
    exif.get_ifd(0x8769)[0xA405] = FOCAL_35MM
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=92, subsampling=2, exif=exif)
    return data.getvalue()


def _write(number: int, folder: Path, width: int, height: int) -> None:
    write_bytes(folder / f"courtyard_{number + 1:02d}.jpg", render_photo(number, width, height))


def main() -> None:
    parser = argparse.ArgumentParser(description="Render the sample capture's photos.")
    parser.add_argument("--out", type=Path, default=SAMPLE_CAPTURE, help="folder for the photos")
    parser.add_argument("--size", type=int, nargs=2, default=SIZE, metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--every", type=int, default=1, help="render only every n-th photo")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    width, height = arguments.size
    write = partial(_write, folder=arguments.out, width=width, height=height)
    with ProcessPoolExecutor(arguments.workers) as pool:
        list(pool.map(write, range(0, PHOTOS, arguments.every)))


if __name__ == "__main__":
    main()
