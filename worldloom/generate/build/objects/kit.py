"""The shape vocabulary in which objects are described: boxes, tubes, turned and lofted shapes, sheets, solids, sculpted
bodies. A `Kit` gathers painted parts and paints them together at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.materials import finish
from worldloom.generate.build.objects.sculpture import Blob, sculpted
from worldloom.generate.build.site import Lamp
from worldloom.scene.semantics import label_index
from worldloom.scene.solids import covered
from worldloom.scene.surfels import OVERLAP, Array, Points, Surfels, Vector, cross, join, surfels, unit

if TYPE_CHECKING:
    from manifold3d import Manifold

Point = tuple[float, float, float]
Mark = Callable[[Surfels], NDArray[np.bool_]]
"""Which of the surfels, in the coordinates they were described in, are painted otherwise."""


@dataclass(frozen=True)
class Paint:
    """What a part is made of."""

    material: str
    """A name in `materials.FINISHES`."""
    colour: Point | None = None
    """Linear albedo; None: the material's own."""
    label: str | None = None
    """Semantic class; None: the object's."""
    glow: float = 0.0
    """Light given off, as a share of the colour, besides the material's own."""


@dataclass
class Kit:
    """Parts of one object; see the module."""

    spacing: float
    seed: int
    label: str
    material: str | None = None
    """Asked for, of the main parts."""
    colour: Point | None = None
    """Asked for, of the main parts; linear."""
    glowing: bool = False
    lamps: list[Lamp] = field(default_factory=list)
    _parts: list[tuple[Paint, Surfels]] = field(default_factory=list)
    _marks: list[tuple[Mark, Paint]] = field(default_factory=list)
    _frame: Array = field(default_factory=lambda: np.eye(4))

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng([self.seed, 77])

    # What it is made of

    def main(self, material: str, *colours: Point, label: str | None = None) -> Paint:
        """The paint of the main parts: as asked for, else this material in one of these colours."""
        own = colours[int(self.rng.integers(len(colours)))] if colours else None
        if self.colour is not None:
            own = self.colour
        elif self.material is not None:
            own = None
        return Paint(self.material or material, own, label, 1.5 if self.glowing else 0.0)

    def pick(self, *choices: Point) -> Point:
        return choices[int(self.rng.integers(len(choices)))]

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    # Where

    @contextmanager
    def at(
        self, place: Vector = (0.0, 0.0, 0.0), turn: float = 0.0, tilt: float = 0.0, roll: float = 0.0
    ) -> Iterator[None]:
        """Parts added inside are rolled about z, tilted about x, turned about y, then moved."""
        before = self._frame
        self._frame = before @ _frame(place, turn, tilt, roll)
        yield
        self._frame = before

    @contextmanager
    def marked(self, *marks: tuple[Mark, Paint]) -> Iterator[None]:
        """Parts added inside are painted otherwise where a mark says so; the last that does counts."""
        before = self._marks
        self._marks = [*before, *marks]
        yield
        self._marks = before

    # Shapes

    def box(self, size: Vector, at: Vector, paint: Paint, spacing: float | None = None) -> None:
        """Upright; `at` is the middle of its bottom."""
        x, y, z = (float(edge) for edge in size)  # pyright: ignore[reportGeneralTypeIssues]
        low = np.asarray(at, float) - np.array([x / 2, 0.0, z / 2])
        self.add(_six_sides(low, np.array([x, y, z]), spacing or self.spacing), paint)

    def cushion(self, size: Vector, at: Vector, paint: Paint, roundness: float = 0.3) -> None:
        """A box with round edges, a little swollen; `at` is the middle of its bottom, `roundness` a share of its least
        edge. From 0.5 it is a pillow, thin along its seams."""
        half = np.asarray(size, float) / 2
        radius = min(2 * roundness, 0.98) * half.min()
        u, v = np.linspace(0, 2 * np.pi, 33), np.linspace(-np.pi / 2, np.pi / 2, 13)
        flat = np.cos(v)[:, None]
        direction = np.stack(
            [flat * np.sin(u), np.broadcast_to(np.sin(v)[:, None], (13, 33)), flat * np.cos(u)], axis=-1
        )
        direction[np.abs(direction) < 1e-9] = 0.0
        shaped = np.sign(direction) * (half - radius) + radius * direction
        thin = int(half.argmin())
        others = [axis for axis in range(3) if axis != thin]
        swell = (1 - (shaped[..., others] / half[others]) ** 2).clip(0).prod(axis=-1)
        puffed = 0.35 + 0.65 * swell**0.4 if roundness >= 0.5 else 1 + 0.1 * swell
        shaped[..., thin] *= puffed / puffed.max() if roundness >= 0.5 else puffed
        self.sheet(shaped + np.asarray(at, float) + [0, half[1], 0], paint, wrap=True)

    def tube(
        self, points: Points, radius: float | Sequence[float], paint: Paint, smooth: bool = False, closed: bool = False
    ) -> None:
        """A round bar along points (N, 3); the radius may change from point to point. Its ends are rounded off."""
        line = np.asarray(points, float)
        radii = np.broadcast_to(np.asarray(radius, float), len(line)).astype(float)
        if smooth:
            line, radii = smoothed(line, radii, closed)
        ring = _rings(line, radii)
        around = 2 * np.pi * float(radii.max())
        if around < 1.3 * self.spacing:
            self.add(_stroke(line, radii, self.spacing), paint)
            return
        self.add(_sheet(ring, self.spacing, wrap=True, least=4), paint)
        if not closed:
            for end, inner in ((0, 1), (-1, -2)):
                if radii[end] > 0.3 * self.spacing:
                    out = unit(line[end] - line[inner])
                    self.add(_disc(line[end], out, float(radii[end]), self.spacing), paint)

    def lathe(self, profile: Points, at: Vector, paint: Paint, sides: int = 40, smooth: bool = False) -> None:
        """A profile (N, 2) of radius and height, from below, turned about an upright axis through `at`."""
        line = np.asarray(profile, float)
        if smooth:
            line = smoothed(np.column_stack([line, np.zeros(len(line))]), np.zeros(len(line)), False)[0][:, :2]
        angle = np.linspace(0, 2 * np.pi, sides + 1)
        for number in range(1) if smooth else range(len(line) - 1):
            piece = line if smooth else line[number : number + 2]
            ring = np.stack(
                [
                    piece[:, :1] * np.sin(angle),
                    np.broadcast_to(piece[:, 1:], (len(piece), sides + 1)),
                    piece[:, :1] * np.cos(angle),
                ],
                axis=-1,
            )
            self.sheet(ring + np.asarray(at, float), paint, wrap=True)

    def ball(self, radii: float | Vector, at: Vector, paint: Paint) -> None:
        """A sphere or ellipsoid about `at`."""
        axes = np.broadcast_to(np.asarray(radii, float), 3)
        p = 1.6
        a, b, c = axes**p
        area = 4 * np.pi * ((a * b + b * c + a * c) / 3) ** (1 / p)
        count = max(int(area / self.spacing**2), 8)
        direction = fibonacci(count)
        normal = unit(direction / axes)
        size = np.minimum(OVERLAP * self.spacing, 0.75 * axes.min())
        self.add(
            surfels(direction * axes + np.asarray(at, float), normal, [0.1, 1.0, 0.2], np.full((count, 2), size)), paint
        )

    def sheet(self, points: Points, paint: Paint, wrap: bool = False, both: bool = False) -> None:
        """A surface through a grid of points (N, M, 3), facing d/dM x d/dN. `wrap`: its last column is its first.
        `both`: seen from both sides, a little thick."""
        piece = _sheet(np.asarray(points, float), self.spacing, wrap=wrap)
        self.add(piece, paint)
        if both:
            self.add(replace(piece, position=piece.position - 0.004 * piece.normal, normal=-piece.normal), paint)

    def solid(self, body: Manifold, paint: Paint, spacing: float | None = None) -> None:
        """Anything `solids` makes."""
        self.add(covered(body, spacing or self.spacing, self.seed), paint)

    def sculpt(self, blobs: Sequence[tuple[Blob, Paint]], blend: float, spacing: float | None = None) -> None:
        """Round bodies that flow into each other over `blend` metres."""
        pieces, owner = sculpted([blob for blob, _ in blobs], blend, spacing or self.spacing)
        for number, (_, paint) in enumerate(blobs):
            mine = owner == number
            if mine.any():
                self.add(pieces[mine], paint)

    def add(self, pieces: Surfels, paint: Paint) -> None:
        turn, move = self._frame[:3, :3].T, self._frame[:3, 3]
        moved = replace(
            pieces, position=pieces.position @ turn + move, normal=pieces.normal @ turn, along=pieces.along @ turn
        )
        kind = np.zeros(len(pieces), int)
        for number, (mark, _) in enumerate(self._marks):
            kind[mark(pieces)] = number + 1
        for number, other in enumerate([paint, *(other for _, other in self._marks)]):
            if not self._marks or (kind == number).any():
                self._parts.append((other, moved[kind == number] if self._marks else moved))

    def lamp(self, at: Point, colour: Point, reach: float = 8.0, always: bool = False) -> None:
        place = self._frame[:3, :3] @ np.asarray(at, float) + self._frame[:3, 3]
        self.lamps.append(Lamp((float(place[0]), float(place[1]), float(place[2])), colour, reach, always))

    def change(self, function: Callable[[Surfels], Surfels]) -> None:
        """Applied to every part so far: a bend, a cut."""
        self._parts = [(paint, function(pieces)) for paint, pieces in self._parts]

    def finished(self) -> Surfels:
        """All parts, painted: those of one material together, which is quick."""
        done: list[Surfels] = []
        for material in dict.fromkeys(paint.material for paint, _ in self._parts):
            parts = [(paint, pieces) for paint, pieces in self._parts if paint.material == material]
            for coloured in (False, True):
                some = [(paint, pieces) for paint, pieces in parts if (paint.colour is not None) == coloured]
                if not some:
                    continue
                colour = np.concatenate(
                    [
                        np.broadcast_to(np.asarray(paint.colour or (0, 0, 0), float), (len(part), 3))
                        for paint, part in some
                    ]
                )
                painted = finish(join([part for _, part in some]), material, colour if coloured else None, self.seed)
                glow = np.concatenate([np.full(len(part), paint.glow) for paint, part in some])
                label = np.concatenate(
                    [np.full(len(part), label_index(paint.label or self.label), np.uint8) for paint, part in some]
                )
                done.append(replace(painted, glow=painted.glow + painted.albedo * glow[:, None], label=label))
        return join(done)


def smoothed(line: Array, radii: Array, closed: bool, per: int = 6) -> tuple[Array, Array]:
    """A Catmull-Rom curve through points (N, 3), with its radii (N,)."""
    values = np.column_stack([line, radii])
    if closed:
        padded = np.concatenate([values[-2:-1], values, values[1:2]])
    else:
        padded = np.concatenate([2 * values[:1] - values[1:2], values, 2 * values[-1:] - values[-2:-1]])
    t = np.linspace(0, 1, per, endpoint=False)[:, None]
    out = []
    for a, b, c, d in zip(padded[:-3], padded[1:-2], padded[2:-1], padded[3:]):
        out.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    curve = np.concatenate([*out, values[-1:]])
    return curve[:, :3], curve[:, 3].clip(0)


def shade(colour: Point, factor: float) -> Point:
    """Darker or, above 1, lighter."""
    red, green, blue = (min(factor * part, 0.9) for part in colour)
    return red, green, blue


def fibonacci(count: int) -> Array:
    """Directions (N, 3) spread evenly."""
    number = np.arange(count) + 0.5
    angle, height = number * np.pi * (3 - np.sqrt(5)), 1 - 2 * number / count
    flat = np.sqrt(1 - height**2)
    return np.stack([flat * np.cos(angle), height, flat * np.sin(angle)], axis=1)


def _frame(place: Vector, turn: float, tilt: float, roll: float) -> Array:
    (cy, sy), (cx, sx), (cz, sz) = ((np.cos(angle), np.sin(angle)) for angle in (turn, tilt, roll))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    frame = np.eye(4)
    frame[:3, :3] = about_y @ about_x @ about_z
    frame[:3, 3] = np.asarray(place, float)
    return frame


def _sheet(grid: Array, spacing: float, wrap: bool = False, least: int = 1) -> Surfels:
    """Cells of a grid of points (N, M, 3), evenly long in both directions; see `Kit.sheet`."""
    rows = np.linalg.norm(np.diff(grid, axis=0), axis=2)
    columns = np.linalg.norm(np.diff(grid, axis=1), axis=2)
    long = rows.sum(axis=0).max()
    wide = columns.sum(axis=1).max()
    n, m = max(round(long / spacing), 1), max(round(wide / spacing), least, 1)
    u = _evenly(rows.max(axis=1), n)
    v = _evenly(columns.max(axis=0), m)
    corners = _sampled(grid, u, v)
    middle = (corners[:-1, :-1] + corners[1:, :-1] + corners[:-1, 1:] + corners[1:, 1:]) / 4
    down = (corners[1:, :-1] + corners[1:, 1:] - corners[:-1, :-1] - corners[:-1, 1:]) / 2
    right = (corners[:-1, 1:] + corners[1:, 1:] - corners[:-1, :-1] - corners[1:, :-1]) / 2
    high = OVERLAP * np.linalg.norm(down, axis=2)
    broad = OVERLAP * np.linalg.norm(right, axis=2)
    high[sorted({0, n - 1})] *= 0.55  # towards a free or sharp edge, so that it is crisp
    if not wrap:
        broad[:, sorted({0, m - 1})] *= 0.55
    normal = cross(right, down)
    keep = (high > 1e-6).reshape(-1) & (np.linalg.norm(normal, axis=2).reshape(-1) > 1e-12)
    if wrap:
        # near a pole cells are slivers: fewer and wider do
        sliver = (spacing * OVERLAP / broad.clip(1e-6)).clip(1, m)
        step = 2 ** np.floor(np.log2(sliver)).astype(int)
        keep &= (np.arange(m)[None] % step == 0).reshape(-1)
        broad = broad * step
    size = np.stack([high, broad], axis=2).reshape(-1, 2).clip(0.02 * spacing)
    return surfels(middle.reshape(-1, 3)[keep], normal.reshape(-1, 3)[keep], down.reshape(-1, 3)[keep], size[keep])


_SIDES = np.array(
    [  # of a box from 0 to 1: corner, then the two edges that go from it; the normal is their cross product
        [[0, 0, 0], [0, 0, 1], [0, 1, 0]],
        [[0, 0, 0], [1, 0, 0], [0, 0, 1]],
        [[0, 0, 0], [0, 1, 0], [1, 0, 0]],
        [[1, 1, 1], [0, -1, 0], [0, 0, -1]],
        [[1, 1, 1], [0, 0, -1], [-1, 0, 0]],
        [[1, 1, 1], [-1, 0, 0], [0, -1, 0]],
    ],
    float,
)


def _six_sides(low: Array, size: Array, spacing: float) -> Surfels:
    """A box from its least corner; the grain of each side runs along its longer edge."""
    start, one, two = (_SIDES * size).transpose(1, 0, 2)
    longer = np.abs(one).sum(axis=1) > np.abs(two).sum(axis=1)
    start, one, two = (
        low + np.where(longer[:, None], start + two, start),
        np.where(longer[:, None], -two, one),
        np.where(longer[:, None], one, two),
    )
    long, wide = np.abs(two).sum(axis=1), np.abs(one).sum(axis=1)
    n, m = (np.maximum(np.rint(length / spacing), 1).astype(int) for length in (long, wide))
    count = np.where((long > 1e-6) & (wide > 1e-6), n * m, 0)
    side = np.repeat(np.arange(6), count)
    row, column = np.divmod(np.arange(len(side)) - np.repeat(np.cumsum(count) - count, count), m[side])
    rows, columns = n[side], m[side]
    place = start[side] + ((row + 0.5) / rows)[:, None] * two[side] + ((column + 0.5) / columns)[:, None] * one[side]
    # towards a sharp edge, so that it is crisp
    high = OVERLAP * long[side] / rows * np.where((row == 0) | (row == rows - 1), 0.55, 1.0)
    broad = OVERLAP * wide[side] / columns * np.where((column == 0) | (column == columns - 1), 0.55, 1.0)
    thick = np.stack([high, broad], axis=1).clip(0.02 * spacing)
    return surfels(place, cross(one, two)[side], two[side], thick)


def _evenly(steps: Array, count: int) -> Array:
    """(count + 1,) places along control points `steps` apart, equally far from each other."""
    length = np.concatenate([[0.0], np.cumsum(np.maximum(steps, 1e-9))])
    return np.interp(np.linspace(0, length[-1], count + 1), length, np.arange(len(length)))


def _sampled(grid: Array, u: Array, v: Array) -> Array:
    """(U, V, 3): `grid` between its points."""
    i = np.minimum(u.astype(int), grid.shape[0] - 2)
    j = np.minimum(v.astype(int), grid.shape[1] - 2)
    s, t = (u - i)[:, None, None], (v - j)[None, :, None]
    first = grid[i][:, j] * (1 - t) + grid[i][:, j + 1] * t
    second = grid[i + 1][:, j] * (1 - t) + grid[i + 1][:, j + 1] * t
    return first * (1 - s) + second * s


def _rings(line: Array, radii: Array, sides: int = 16) -> Array:
    """(N, sides + 1, 3) rings about a line, without twist."""
    tangent = unit(np.gradient(line, axis=0))
    side = cross(tangent[0], [0.31, 0.12, 0.94] if abs(tangent[0, 2]) < 0.8 else [0.12, 0.94, 0.31])
    sides_out = np.empty_like(line)
    for number, direction in enumerate(tangent):  # carried along: no twist
        side = unit(side - (side @ direction) * direction)
        sides_out[number] = side
    other = cross(tangent, sides_out)
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    out = np.cos(angle)[None, :, None] * sides_out[:, None] + np.sin(angle)[None, :, None] * other[:, None]
    return line[:, None] + radii[:, None, None] * out


def _stroke(line: Array, radii: Array, spacing: float) -> Surfels:
    """A thin bar or wire: long round surfels one after the other."""
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    count = max(round(float(steps.sum()) / (1.3 * spacing)), 1)
    corners = _evenly(steps, count)
    at = np.array([np.interp(corners, np.arange(len(line)), line[:, axis]) for axis in range(3)]).T
    radius = np.interp((corners[1:] + corners[:-1]) / 2, np.arange(len(line)), radii)
    along = np.diff(at, axis=0)
    length = np.linalg.norm(along, axis=1)
    normal = cross(cross(along, [0.0, 1.0, 0.0]), along)
    normal = np.where(np.linalg.norm(normal, axis=1, keepdims=True) < 1e-9, [0.0, 0.0, 1.0], normal)
    size = np.stack([OVERLAP * length, 0.75 * radius, 0.75 * radius], axis=1)
    return surfels((at[1:] + at[:-1]) / 2, normal, along, size)


def _disc(center: Array, normal: Array, radius: float, spacing: float) -> Surfels:
    """A round plate of sunflower order."""
    count = max(round(np.pi * radius**2 / spacing**2), 1)
    number = np.arange(count) + 0.5
    angle, distance = number * np.pi * (3 - np.sqrt(5)), radius * np.sqrt(number / count)
    side = unit(cross(normal, [0.31, 0.12, 0.94] if abs(normal[2]) < 0.8 else [0.12, 0.94, 0.31]))
    other = cross(normal, side)
    spoke = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * other
    wide = OVERLAP * radius * np.sqrt(np.pi / count)
    off = radius - distance
    size = np.stack([np.full(count, wide), np.minimum(wide, np.maximum(0.62 * off, 0.35 * wide))], axis=1)
    return surfels(center + distance[:, None] * spoke, normal, cross(normal, spoke), size)
