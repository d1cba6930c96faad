"""Grow the island: `python -m worldloom.assets.make_island` writes `worlds/island/` beside this file.

Everything is procedural and seeded: surfaces are covered with small flat Gaussians, and sun, shadows, sky light and the
sea's reflections are baked into their colours. The same seed and detail give the same Gaussians.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.assets.island import buildings, layout, plants, terrain
from worldloom.assets.island.light import lit, tone
from worldloom.assets.island.sky import SUN, dome
from worldloom.assets.island.water import shine, water
from worldloom.assets.sample_writer import write_sample
from worldloom.generate.noise import Array, noise, smoothstep
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0
from worldloom.scene.geometry import sort_spatially
from worldloom.scene.rotations import matrix_to_quat
from worldloom.scene.surfels import Surfels, join, unit
from worldloom.scene.world import Environment, Layer, Pose

SEED = 7
SPAWN = Pose(position=(0.35, buildings.DECK + 1.6, 12.6))
"""On the jetty, looking at the village."""


def make_island(seed: int = SEED, detail: float = 1.0) -> dict[str, Gaussians]:
    """The layers "island", "sea" (SH degree 1, for what it mirrors) and "sky"; metres, Y up, the sea at y = 0.

    Args:
        detail: surfels of ground, sea and sky over their usual number, for quick looks.
    """
    rng = np.random.default_rng(seed)
    land = terrain.ground(int(43_000 * detail), rng)
    built = _built(rng)
    grown = _grown(rng, detail)
    sea = water(0.26 / detail**0.5, 0.034 / detail**0.5, rng)
    solid = join([land, built, grown])
    light = lit(join([solid, sea]), solid, rng)
    heaven = dome(int(24_000 * detail))
    return {
        "island": _gaussians(solid, _colored(light[: len(solid)])),
        "sea": _gaussians(sea, shine(sea, light[len(solid) :])),
        "sky": _gaussians(heaven, _colored(heaven.glow)),
    }


def _colored(light: Array) -> Array:
    """Spherical harmonics (N, 1, 3) of surfaces that look the same from everywhere."""
    return rgb_to_sh0(torch.tensor(tone(light)))[:, None].numpy()


def _built(rng: np.random.Generator) -> Surfels:
    x, z = terrain.LIGHTHOUSE
    parts = [buildings.jetty(rng), buildings.lighthouse((x, 6.6, z), rng)]
    for number, house in enumerate(layout.HOUSES):
        parts.append(
            buildings.house(
                house.at,
                house.size,
                house.turn,
                rng,
                wall=house.wall,
                shutter=house.shutter,
                floors=house.floors,
                lamps=house.lamps,
                coarse=house.coarse,
                seed=210 + 20 * number,
            )
        )
    parts += [buildings.boat(at, turn, rng, color) for at, turn, color in layout.BOATS]
    return join(parts)


def _grown(rng: np.random.Generator, detail: float) -> Surfels:
    parts = [plants.stone_pine(_on_ground(x, z), tall, rng) for x, z, tall in layout.STONE_PINES]
    parts += [plants.cypress(_on_ground(x, z), tall, rng) for x, z, tall in layout.CYPRESSES]
    parts += [plants.olive(_on_ground(x, z), tall, rng) for x, z, tall in layout.OLIVES]
    parts += _wild_trees(rng, 35)
    for x, z, size, bloom in layout.GARDEN:
        parts.append(plants.bush(_on_ground(x, z), size, rng, (0.10, 0.17, 0.05), bloom))
    parts += _scrub(rng, 66)
    parts += _rocks(rng)
    parts.append(_meadow(rng, int(8_500 * detail)))
    return join(parts)


def _on_ground(x: float, z: float) -> Array:
    return np.array([x, float(terrain.height(np.array([[x, z]]))[0]), z])


def _clear(flat: Array, room: float) -> NDArray[np.bool_]:
    """Which of the places (N, 2) are `room` metres away from paths, houses and the lighthouse."""
    free = terrain.path_distance(flat) > 0.8 + room
    for house in layout.HOUSES:
        free &= np.linalg.norm(flat - np.array([house.at[0], house.at[2]]), axis=1) > 3.6 + room
    return free & (np.linalg.norm(flat - np.array(terrain.LIGHTHOUSE), axis=1) > 2.8 + room)


def _candidates(count: int, room: float, lowest: float, steepest: float, rng: np.random.Generator) -> Array:
    """Up to `count` free places (N, 3) on ground above `lowest` and less steep than `steepest`."""
    flat = rng.uniform((-42, -64), (44, 2), (count * 14, 2))
    ground = terrain.height(flat)
    slope = np.hypot(
        terrain.height(flat + np.array([0.5, 0])) - terrain.height(flat - np.array([0.5, 0])),
        terrain.height(flat + np.array([0, 0.5])) - terrain.height(flat - np.array([0, 0.5])),
    )
    good = (ground > lowest) & (slope < steepest) & _clear(flat, room)
    places = np.stack([flat[:, 0], ground, flat[:, 1]], axis=1)[good]
    return places[:count]


def _wild_trees(rng: np.random.Generator, count: int) -> list[Surfels]:
    """Woods on the hills, in groups, thinner towards the shore."""
    places = _candidates(count * 5, 1.4, 2.6, 0.8, rng)
    grove = noise(places[:, [0, 2]] * 0.085, 601) + 0.02 * (-places[:, 2] - 30)
    places = places[grove > -0.12]
    kept: list[Array] = []
    for place in places:
        if all(np.linalg.norm(place[[0, 2]] - other[[0, 2]]) > 2.6 for other in kept):
            kept.append(place)
    trees = []
    for number, place in enumerate(kept[:count]):
        far = place[2] < -42
        kind = (number * 7) % 5
        if kind < 3:
            trees.append(plants.stone_pine(place, rng.uniform(4.8, 7.6), rng, 300 if far else 430))
        elif kind < 4:
            trees.append(plants.olive(place, rng.uniform(2.6, 3.8), rng, 260 if far else 380))
        else:
            trees.append(plants.cypress(place, rng.uniform(4.5, 7.5), rng, 220 if far else 330))
    return trees


def _scrub(rng: np.random.Generator, count: int) -> list[Surfels]:
    places = _candidates(count, 0.4, 1.5, 1.3, rng)
    colors = ((0.12, 0.16, 0.06), (0.17, 0.19, 0.09), (0.09, 0.13, 0.05), (0.22, 0.20, 0.09))
    blooms = (None, None, None, (0.62, 0.52, 0.08), None, (0.40, 0.28, 0.50))
    return [
        plants.bush(place, rng.uniform(0.45, 1.0), rng, colors[number % 4], blooms[number % 6])
        for number, place in enumerate(places)
    ]


def _rocks(rng: np.random.Generator) -> list[Surfels]:
    """Boulders where the cliffs meet the sea, at both ends of the beach, and skerries off the headlands."""
    flat = rng.uniform((-44, -30), (46, 12), (6000, 2))
    ground = terrain.height(flat)
    cove = np.linalg.norm(flat - np.array([-2.0, 8.0]), axis=1)
    beach = (cove < 22) & (np.abs(flat[:, 0] + 2) < 13.5)
    places = np.stack([flat[:, 0], ground, flat[:, 1]], axis=1)[(np.abs(ground + 0.15) < 0.5) & ~beach]
    kept: list[tuple[Array, float]] = []
    for place in places:
        size = float(0.35 + 1.15 * rng.random() ** 2.2)
        if all(np.linalg.norm(place - other) > 0.75 * (size + broad) for other, broad in kept):
            kept.append((place, size))
    chosen = kept[:66] + [(np.array(at), size) for at, size in layout.ROCKS]
    return [plants.rock(at, size, rng, 0.12 + 0.075 * size) for at, size in chosen]


def _meadow(rng: np.random.Generator, count: int) -> Surfels:
    """Grass and flowers, thickest beside the paths."""
    near = rng.uniform((-20, -36), (24, -10), (count * 5, 2))
    flat = np.concatenate([near, rng.uniform((-36, -58), (38, -4), (count, 2))])
    away = terrain.path_distance(flat)
    ground = terrain.height(flat)
    sandy = (np.linalg.norm(flat - np.array([-2.0, 8.0]), axis=1) < 28.5) & (flat[:, 0] < 10)
    patches = smoothstep(-0.5, 0.4, noise(flat * 0.45, 611))
    chance = smoothstep(0.55, 1.1, away) * (0.25 + 0.75 * smoothstep(9, 1.5, away)) * patches
    good = (rng.random(len(flat)) < chance) & (ground > 1.3) & _clear(flat, -0.2) & ~sandy
    flat, ground = flat[good][:count], ground[good][:count]
    east, south = np.array([0.3, 0]), np.array([0, 0.3])
    run = terrain.height(flat - east) - terrain.height(flat + east)
    rise = terrain.height(flat - south) - terrain.height(flat + south)
    normals = unit(np.stack([run, np.full(len(flat), 0.6), rise], axis=1))
    return plants.grass(np.stack([flat[:, 0], ground, flat[:, 1]], axis=1), normals, rng)


def _gaussians(pieces: Surfels, sh: Array) -> Gaussians:
    across = np.cross(pieces.normal, pieces.along)
    frame = torch.tensor(np.stack([pieces.along, across, pieces.normal], axis=-1))
    size = pieces.size.clip(0.002)
    opacity = torch.full((len(pieces),), 3.9)  # 0.98
    fields = torch.tensor(pieces.position), matrix_to_quat(frame), torch.log(torch.tensor(size)), opacity
    return sort_spatially(Gaussians.checked(*fields, torch.tensor(sh), origin="island"))


def main() -> None:
    parser = argparse.ArgumentParser(description="Grow the sample world 'island'.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "worlds" / "island")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    parts = make_island(arguments.seed)
    x, y, z = SUN.tolist()
    write_sample(
        arguments.out,
        [
            Layer("island", parts["island"], "generated"),
            Layer("sea", parts["sea"], "generated"),
            Layer("sky", parts["sky"], "sky"),
        ],
        title="Lighthouse cove",
        description="A cove at golden hour: from the jetty up the beach, past the houses, to the lighthouse.",
        made=f"Grown from nothing: python -m worldloom.assets.make_island --seed {arguments.seed}",
        seed=arguments.seed,
        spawn=SPAWN,
        environment=Environment(background=(0.86, 0.70, 0.56), sun_direction=(x, y, z)),
    )


if __name__ == "__main__":
    main()
