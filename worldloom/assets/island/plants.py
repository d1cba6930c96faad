"""What grows on the island, and its rocks: every one different."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from worldloom.generate.noise import Array, blend, fbm, noise, smoothstep
from worldloom.generate.shapes import cover_mesh, frustum
from worldloom.scene.surfels import UP, Surfels, Vector, join, surfels, unit

_BARK = np.array([0.21, 0.145, 0.095])


def _limb(points: Array, radii: Array, rng: np.random.Generator, spacing: float = 0.17) -> list[Surfels]:
    """A bent trunk or branch through `points` (N, 3)."""
    parts = []
    for start, end, first, last in zip(points[:-1], points[1:], radii[:-1], radii[1:]):
        part = frustum(start, end, (first, last), max(spacing, 0.6 * last), rng)
        rough = fbm(part.position * np.array([5, 1.6, 5]), 401, 3)
        parts.append(part.painted(_BARK * (1 + 0.5 * rough)[:, None]))
    return parts


def _clump(
    center: Array, radii: Array, count: int, color: Array, size: float, rng: np.random.Generator, up: float = 0.35
) -> Surfels:
    """Leaves in the outer part of a ragged ellipsoid."""
    out = unit(rng.standard_normal((count, 3)))
    ragged = 1 + 0.28 * noise(out * 2.1 + center, 411)
    depth = rng.uniform(0.55, 1.0, count) ** 0.5 * ragged
    position = center + out * radii * depth[:, None]
    normal = unit(out / radii * radii.mean() + up * np.array([0, 1.0, 0]) + 0.55 * rng.standard_normal((count, 3)))
    along = unit(rng.standard_normal((count, 3)) + np.array([0, -0.3, 0]))
    scale = size * rng.uniform(0.7, 1.3, count)
    leaves = surfels(position, normal, along, np.stack([scale, 0.55 * scale, 0.3 * scale], axis=1))
    tint = rng.uniform(0.72, 1.25, (count, 1)) * (1 + 0.16 * rng.standard_normal((count, 1)) * np.array([1, 0.2, 0.4]))
    return replace(leaves.painted(color * tint), leaf=np.full(count, 0.75))


def stone_pine(foot: Array, height: float, rng: np.random.Generator, leaves: int = 620) -> Surfels:
    """A tall bare trunk, leaning a little, under a wide flat crown of many clumps."""
    lean = rng.uniform(-0.10, 0.10, 2) * height
    bend = rng.uniform(-0.25, 0.25, 2)
    shares = np.array([0, 0.22, 0.45, 0.66, 0.8])
    trunk = foot + np.stack(
        [
            lean[0] * shares + bend[0] * np.sin(shares * 4),
            shares * height - 0.3 * (shares == 0),
            lean[1] * shares + bend[1] * np.sin(shares * 3.2),
        ],
        axis=1,
    )
    thick = 0.035 * height
    parts = _limb(trunk, thick * np.array([1.35, 1.0, 0.85, 0.7, 0.55]), rng)
    crown, spread = trunk[-1], height * rng.uniform(0.34, 0.44)
    clumps = int(rng.integers(11, 16))
    for number in range(clumps):
        turn = number * 2.4 + rng.uniform(-0.4, 0.4)
        out = spread * np.sqrt((number + 0.4) / clumps)
        tip = crown + np.array(
            [
                out * np.cos(turn),
                0.11 * height + 0.12 * height * (1 - (out / spread) ** 2) + rng.uniform(-0.2, 0.2),
                out * np.sin(turn),
            ]
        )
        parts += _limb(
            np.stack([crown, (crown + tip) / 2 - 0.12 * UP, tip]), thick * np.array([0.42, 0.26, 0.1]), rng, 0.34
        )
        green = np.array([0.085, 0.135, 0.042]) * rng.uniform(0.8, 1.25)
        radii = np.array([0.30, 0.15, 0.30]) * spread * rng.uniform(0.95, 1.35)
        parts.append(_clump(tip, radii, leaves // clumps, green, 0.034 * spread + 0.05, rng, up=0.7))
    return join(parts)


def cypress(foot: Array, height: float, rng: np.random.Generator, leaves: int = 430) -> Surfels:
    """A dark flame: slim, widest below its middle, its outline broken by tufts."""
    share = rng.random(leaves) ** 0.9
    turn = rng.uniform(0, 2 * np.pi, leaves)
    outline = (np.sin(np.pi * (0.06 + 0.94 * share) ** 0.62) ** 0.8).clip(0.05) * 0.115 * height
    tuft = 1 + 0.35 * noise(np.stack([np.cos(turn) * 1.3, share * height * 0.9, np.sin(turn) * 1.3], 1) + foot, 421)
    out = outline * tuft * rng.uniform(0.55, 1.0, leaves) ** 0.4
    around = np.stack([np.cos(turn), np.zeros(leaves), np.sin(turn)], axis=1)
    sway = 0.03 * height * np.sin(share * 3 + foot[0])
    position = foot + around * out[:, None] + np.stack([sway, 0.25 + share * (height - 0.25), 0 * share], axis=1)
    normal = unit(around + np.array([0, 0.35, 0]) + 0.45 * rng.standard_normal((leaves, 3)))
    along = unit(np.array([0, 1.0, 0]) + 0.35 * rng.standard_normal((leaves, 3)))
    scale = (0.10 + 0.010 * height) * rng.uniform(0.8, 1.25, leaves)
    crown = surfels(position, normal, along, np.stack([1.5 * scale, 0.62 * scale, 0.35 * scale], axis=1))
    green = np.array([0.055, 0.105, 0.038]) * rng.uniform(0.75, 1.3, (leaves, 1))
    crown = replace(crown.painted(green), leaf=np.full(leaves, 0.5))
    trunk = _limb(np.stack([foot - 0.3 * UP, foot + 0.6 * UP]), np.array([0.16, 0.12]), rng)
    return join([*trunk, crown])


def olive(foot: Array, height: float, rng: np.random.Generator, leaves: int = 560) -> Surfels:
    """Two or three twisted stems that carry a loose silvery crown."""
    parts = []
    stems = int(rng.integers(2, 4))
    tips = []
    for stem in range(stems):
        turn = stem / stems * 2 * np.pi + rng.uniform(-0.5, 0.5)
        out = np.array([np.cos(turn), 0, np.sin(turn)])
        knee = foot + 0.28 * height * UP + out * 0.05 * height + rng.uniform(-0.12, 0.12, 3)
        tip = foot + rng.uniform(0.58, 0.72) * height * UP + out * rng.uniform(0.22, 0.30) * height
        parts += _limb(np.stack([foot - 0.3 * UP, knee, tip]), height * np.array([0.055, 0.035, 0.016]), rng)
        tips += [tip + unit(rng.standard_normal(3)) * np.array([0.17, 0.11, 0.17]) * height for _ in range(4)]
    tips.append(foot + 0.84 * height * UP)
    for tip in tips:
        green = blend(np.array([0.13, 0.17, 0.075]), np.array([0.23, 0.25, 0.16]), rng.uniform(0, 1, 1))
        radii = np.array([0.20, 0.15, 0.20]) * height * rng.uniform(0.8, 1.25)
        parts.append(_clump(tip, radii, leaves // len(tips), green, 0.030 * height, rng))
    return join(parts)


def bush(foot: Array, size: float, rng: np.random.Generator, color: Vector, bloom: Vector | None = None) -> Surfels:
    """A low heap of leaves, some of them flowers."""
    parts = []
    for _ in range(int(rng.integers(3, 5))):
        shift = rng.uniform(-0.55, 0.55, 3) * size * np.array([1, 0.25, 1])
        radii = size * np.array([0.5, 0.42, 0.5]) * rng.uniform(0.7, 1.1)
        parts.append(
            _clump(
                foot + 0.32 * size * UP + shift,
                radii,
                int(28 * size + 22),
                np.asarray(color, float),
                0.06 + 0.05 * size,
                rng,
            )
        )
    whole = join(parts)
    if bloom is not None:
        flowers = rng.random(len(whole)) < 0.55
        tint = np.asarray(bloom) * rng.uniform(0.7, 1.2, (len(whole), 1))
        whole = whole.painted(np.where(flowers[:, None], tint, whole.albedo))
    return whole


def grass(feet: Array, normals: Array, rng: np.random.Generator) -> Surfels:
    """One blade, stalk or small flower at each of `feet` (N, 3)."""
    count = len(feet)
    tall = rng.uniform(0.05, 0.15, count) * (1 + 0.5 * noise(feet * 0.4, 431))
    lean = unit(normals + 0.35 * rng.standard_normal((count, 3)))
    side = np.cross(lean, unit(rng.standard_normal((count, 3))))
    size = np.stack([tall, 0.10 * tall + 0.006, 0.06 * tall], axis=1)
    blades = surfels(feet + lean * tall[:, None], side, lean, size)
    dry = smoothstep(-0.5, 0.6, noise(feet * 0.25, 433) + 0.5 * rng.standard_normal(count))
    color = blend(np.array([0.14, 0.20, 0.05]), np.array([0.42, 0.34, 0.13]), dry) * rng.uniform(0.75, 1.25, (count, 1))
    kind = rng.random(count) * (1.2 + noise(feet * 0.5, 437))
    color = np.where((kind > 1.45)[:, None], np.array([0.72, 0.62, 0.10]), color)
    color = np.where((kind < 0.035)[:, None], np.array([0.66, 0.09, 0.06]), color)
    return replace(blades.painted(color), normal=unit(0.8 * normals + 0.2 * side), leaf=np.full(count, 0.6))


def rock(center: Array, size: float, rng: np.random.Generator, spacing: float) -> Surfels:
    """A boulder: a ball worn and broken by noise, dark and weedy at the waterline."""
    vertices, faces = _ball()
    offset = rng.uniform(0, 50, 3)
    out = (
        vertices
        * (1 + 0.34 * fbm(vertices * 1.1 + offset, 441, 3) - 0.20 * np.abs(fbm(vertices * 2.3 + offset, 445, 2)))[
            :, None
        ]
    )
    for _ in range(5):  # broken faces
        cut = unit(rng.standard_normal(3))
        beyond = (out @ cut - rng.uniform(0.55, 0.8)).clip(0)
        out = out - 0.85 * beyond[:, None] * cut
    turn = rng.uniform(0, 2 * np.pi)
    shape = size * np.array([rng.uniform(0.9, 1.4), rng.uniform(0.55, 0.85), rng.uniform(0.8, 1.1)])
    pieces = cover_mesh(out * shape, faces, spacing, rng).placed(turn, center)
    fine = fbm(pieces.position * 2.2, 447, 4)
    tone = rng.uniform(0.8, 1.15)
    color = blend(
        np.array([0.43, 0.36, 0.27]),
        np.array([0.27, 0.235, 0.20]),
        smoothstep(-0.5, 0.5, fine + 0.3 * np.sin(pieces.position[:, 1] * 7)),
    )
    wet = smoothstep(0.40, 0.05, pieces.position[:, 1] + 0.12 * fine)
    color = blend(color * tone, color * np.array([0.30, 0.32, 0.26]), wet)
    keep = pieces.position[:, 1] > -0.2
    return pieces.painted(color)[keep]


def _ball() -> tuple[Array, np.ndarray]:
    """A unit ball of 20 * 4**3 triangles."""
    golden = (1 + 5**0.5) / 2
    corners = [(s, t * golden, 0) for s in (-1, 1) for t in (-1, 1)]
    points = unit(np.array([(c[i % 3], c[(i + 1) % 3], c[(i + 2) % 3]) for i in range(3) for c in corners], float))
    from scipy.spatial import ConvexHull

    for _ in range(3):
        hull = ConvexHull(points)
        edges = np.unique(
            np.sort(
                np.concatenate([hull.simplices[:, [0, 1]], hull.simplices[:, [1, 2]], hull.simplices[:, [2, 0]]]),
                axis=1,
            ),
            axis=0,
        )
        points = np.concatenate([points, unit(points[edges].sum(axis=1))])
    faces = ConvexHull(points).simplices
    a, b, c = points[faces].transpose(1, 0, 2)
    inward = (np.cross(b - a, c - a) * a).sum(axis=1) < 0
    faces = np.where(inward[:, None], faces[:, ::-1], faces)
    return points, faces
