"""The rock of a cave: walls, roof and floor, with strata, damp, sand and pebbles."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.cave.grain import fbm, noise
from worldloom.generate.build.cave.hollow import STEP, Hollow
from worldloom.generate.build.cave.nets import surface_net
from worldloom.generate.noise import smoothstep
from worldloom.generate.shapes import cover_mesh
from worldloom.generate.spec import WorldSpec
from worldloom.scene.semantics import label_index
from worldloom.scene.surfels import Array, Surfels, surfels, unit


def rock(spec: WorldSpec, hollow: Hollow, eye: Array, count: int) -> tuple[Surfels, float]:
    """The walls, roof and floor: fine near the eye, and where rock bends."""
    reach_x = max(abs(c.x) + c.radius for c in hollow.chambers) + 1.6
    reach_z = max(abs(c.z) + c.radius for c in hollow.chambers) + 1.6
    low = min(c.floor for c in hollow.chambers) - 2.6
    high = max(c.floor + c.height for c in hollow.chambers) + 2.6
    axes = [np.arange(start, end, STEP) for start, end in ((-reach_x, reach_x), (low, high), (-reach_z, reach_z))]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    values = hollow.rock(grid)
    vertices, faces = surface_net(values, np.array([axis[0] for axis in axes]), STEP)
    a, b, c = vertices[faces].transpose(1, 0, 2)
    facing = np.cross(b - a, c - a)
    area = np.linalg.norm(facing, axis=1) / 2
    middle = (a + b + c) / 3
    distance = np.linalg.norm(middle - eye, axis=1)
    relative = np.clip(distance / 4.5, 0.75, 5.0)
    spacing = float(np.sqrt((area / relative**2).sum() / count))
    rng = np.random.default_rng([spec.seed, 73])
    pieces = cover_mesh(vertices, faces, spacing * relative, rng)
    return _roughened(pieces, hollow), spacing


def _roughened(pieces: Surfels, hollow: Hollow) -> Surfels:
    """With cracks, ledges and pits finer than the mesh shows; level ground stays smooth."""
    place, normal = pieces.position, pieces.normal
    rough = (1 - 0.85 * smoothstep(0.7, 0.92, normal[:, 1]))[:, None]

    def fine(points: Array) -> Array:
        ledges = noise(points * np.array([0.5, 3.1, 0.5]), hollow.seed + 53)
        return 0.075 * fbm(points / 0.55, hollow.seed + 51, 3) + 0.06 * ledges

    depth = fine(place)
    tilt = np.stack([fine(place + 0.04 * axis) - depth for axis in np.eye(3)], axis=1) / 0.04
    bent = unit(normal - 0.55 * rough * (tilt - (tilt * normal).sum(axis=1, keepdims=True) * normal))
    return surfels(place + normal * (depth[:, None] * rough), bent, pieces.along, 1.14 * pieces.size[:, :2])


def painted(pieces: Surfels, hollow: Hollow, spec: WorldSpec) -> Surfels:
    """Strata, lichen and damp; sand and pebbles on the floor."""
    place, normal = pieces.position, pieces.normal
    warp = 0.5 * fbm(place / 5.0, hollow.seed + 61, 2)
    layer = noise(
        np.stack([place[:, 0] * 0.04, place[:, 1] * 1.25 + 2 * warp, place[:, 2] * 0.04], axis=1), hollow.seed + 62
    )
    thin = noise(
        np.stack([place[:, 0] * 0.1, place[:, 1] * 5.5 + 5 * warp, place[:, 2] * 0.1], axis=1), hollow.seed + 63
    )
    tones = np.array([(0.17, 0.14, 0.115), (0.29, 0.24, 0.19), (0.42, 0.36, 0.29)])
    if spec.style.name == "alien":
        tones = tones[:, [2, 1, 0]] * [0.8, 0.9, 1.25]
    if spec.water.lava:
        tones = tones * [0.42, 0.4, 0.42]
    if spec.water.frozen or spec.weather == "snow":
        tones = 0.35 * tones + np.array([0.34, 0.45, 0.54])
    share = (0.5 + 0.55 * layer + 0.25 * thin).clip(0, 1)[:, None] * 2
    colour = np.where(
        share < 1, tones[0] * (1 - share) + tones[1] * share, tones[1] * (2 - share) + tones[2] * (share - 1)
    )
    rust = smoothstep(0.25, 0.6, noise(place / 1.9, hollow.seed + 64))[:, None]
    colour = colour * (1 - 0.4 * rust) + np.array([0.28, 0.16, 0.09]) * 0.4 * rust
    colour = (
        colour
        * (1 + 0.2 * noise(place / 0.13, hollow.seed + 65) + 0.12 * fbm(place / 0.7, hollow.seed + 66, 2))[:, None]
    )
    above = place[:, 1] - hollow.floor(place[:, 0], place[:, 2])
    ground = smoothstep(0.5, 0.8, normal[:, 1]) * smoothstep(0.45, 0.12, above)
    sand = np.array([0.40, 0.33, 0.235]) * (0.45 if spec.water.lava else 1.0)
    pebbles = noise(place / 0.16, hollow.seed + 67)
    grain = 1 + 0.13 * noise(place / 0.06, hollow.seed + 68) + 0.16 * fbm(place / 1.3, hollow.seed + 69, 2)
    grain = grain - 0.28 * smoothstep(0.45, 0.6, pebbles)
    colour = colour * (1 - ground[:, None]) + sand * grain[:, None] * ground[:, None]
    gloss = np.full(len(place), 0.03)
    if hollow.basin is not None or hollow.stream:
        wet = smoothstep(0.5, 0.02, place[:, 1] - hollow.water_level)
        colour = colour * (1 - 0.5 * wet[:, None])
        gloss = gloss + 0.14 * wet
    labels = np.where(ground > 0.5, label_index("ground/sand"), label_index("rock/cliff")).astype(np.uint8)
    done = pieces.painted(colour).with_values(gloss=gloss)
    values = {name: getattr(done, name) for name in done.__dataclass_fields__}
    return Surfels(**{**values, "label": labels}).single()
