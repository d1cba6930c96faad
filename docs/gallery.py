"""The pictures of docs/gallery, each a world from words as it is first seen: `python docs/gallery.py [NAME ...]`.

The words, seeds and seconds are in docs/gallery/README.md, which this writes too.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch
from PIL import Image

from worldloom.app.picture import spawn_view, view
from worldloom.generate import make
from worldloom.scene.camera import Camera

FOLDER = Path(__file__).parent / "gallery"
SIZE = 1280, 800
FINER = 2
"""Drawn so many times larger and shrunk, as a sharp screen shows it."""
PROMPTS = {
    "alpine_lake": ("An alpine lake at dawn with a pine forest below snowy peaks", 1),
    "lighthouse": ("A red lighthouse on a cliff above the village", 1),
    "island": ("A tropical island with palm trees, a white beach and a wooden boat", 1),
    "autumn_forest": ("A misty autumn forest with a stream", 3),
    "dunes": ("Sand dunes at sunset with palm trees around a small lake", 1),
    "meadow": ("A meadow with wild flowers, an old oak and a windmill", 1),
    "medieval_town": ("A medieval town with a market square", 3),
    "japanese_village": ("A Japanese village with a temple and cherry trees in spring", 1),
    "winter_village": ("A snowy village at dusk in winter with a church", 1),
    "living_room": ("A cosy living room with a fireplace, bookshelves and a green armchair", 1),
    "throne_room": ("A throne room with chandeliers and red banners", 1),
    "crystal_cave": ("A cave with blue crystals and an underground lake", 1),
}
GAUSSIANS = 1_000_000


def main(names: list[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in names or PROMPTS:
        prompt, seed = PROMPTS[name]
        started = time.perf_counter()
        world = make.from_text(prompt, seed=seed, gaussians=GAUSSIANS).world
        print(f"{name}: {time.perf_counter() - started:.1f} s", flush=True)
        width, height = SIZE[0] * FINER, SIZE[1] * FINER
        camera = Camera.looking_at(*spawn_view(world), width=width, height=height, vertical_fov=60)
        picture = view(world.gaussians(), camera, torch.tensor(world.environment.background))
        picture.resize(SIZE, Image.Resampling.LANCZOS).save(FOLDER / f"{name}.jpg", quality=86)
    _write_list()


def _write_list() -> None:
    lines = [
        "# Gallery",
        "",
        f"Worlds of about {GAUSSIANS:,} Gaussians from words alone, by the embedded generator, each as one first sees "
        "it. `python docs/gallery.py` makes them again, to the byte.",
        "",
    ]
    for name, (prompt, seed) in PROMPTS.items():
        if (FOLDER / f"{name}.jpg").exists():
            lines += [f"**{prompt}** (seed {seed})", "", f"![{prompt}]({name}.jpg)", ""]
    (FOLDER / "README.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main(sys.argv[1:])
