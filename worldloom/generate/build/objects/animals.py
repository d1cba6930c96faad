"""People and animals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldloom.generate.build.objects.kit import Kit, Paint, shade
from worldloom.generate.build.objects.recipes import recipe
from worldloom.generate.build.objects.sculpture import Blob

Point = tuple[float, float, float]
EYE = Paint("screen", (0.01, 0.01, 0.01))


@dataclass(frozen=True)
class Build:
    """The build of a four-legged animal, metres at its usual size."""

    back: float
    """Height of its back."""
    length: float
    """From chest to rump."""
    girth: float
    """Radius of the barrel."""
    neck: Point
    """Where the head begins, seen from the chest."""
    muzzle: Point
    """From there to the nose."""
    skull: float
    leg: float
    """Radius of a shin."""
    tail: tuple[Point, ...]
    """From the rump."""
    tail_radius: float
    ears: Point
    """Tip of the right one from its foot."""
    thigh: float = 2.0
    """Radius of a thigh over that of a shin."""


def body(
    k: Kit, b: Build, hide: Paint, hoof: Paint, muzzle: Paint | None = None, blend: float = 0.2
) -> tuple[Point, Point]:
    """Trunk, legs, neck, head, ears and tail; where the skull and the nose are."""
    mid = b.back - b.girth
    front, rear = b.length / 2, -b.length / 2
    skull = (0.0, mid + b.neck[1], front + b.neck[2])
    nose = (0.0, skull[1] + b.muzzle[1], skull[2] + b.muzzle[2])
    blobs = [
        (
            Blob((0, mid, front - 0.5 * b.girth), (0, mid - 0.02, rear + 0.6 * b.girth), 1.04 * b.girth, b.girth, 0.9),
            hide,
        ),
        (
            Blob(
                (0, mid + 0.12 * b.girth, rear + 0.7 * b.girth),
                (0, mid, rear + 0.75 * b.girth),
                0.95 * b.girth,
                wide=0.95,
            ),
            hide,
        ),
        (Blob((0, mid + 0.2 * b.girth, front - 0.3 * b.girth), skull, 0.72 * b.girth, 0.8 * b.skull), hide),
        (Blob(skull, skull, b.skull), hide),
        (Blob(skull, nose, 0.85 * b.skull, 0.52 * b.skull), muzzle or hide),
    ]
    for x in (-0.5 * b.girth, 0.5 * b.girth):
        for z, bend in ((front - 0.45 * b.girth, 0.0), (rear + 0.5 * b.girth, -0.1)):
            step = k.between(-0.05, 0.05) * mid
            knee = (x, 0.46 * mid, z + bend * mid + 0.3 * step)
            foot = (x, 0.06 * mid, z + 0.5 * bend * mid + step)
            top = (x, mid - 0.2 * b.girth, z)
            blobs.append((Blob(top, knee, b.thigh * b.leg * (1.25 if bend else 1.0), 1.05 * b.leg), hide))
            blobs.append((Blob(knee, foot, b.leg, 0.85 * b.leg), hide))
            blobs.append((Blob((x, 1.0 * b.leg, foot[2]), (x, 0.95 * b.leg, foot[2] + 0.8 * b.leg), 1.0 * b.leg), hoof))
    k.sculpt(blobs, blend * b.girth)
    for side in (-1, 1):
        ear = np.array([side * 0.62 * b.skull, skull[1] + 0.6 * b.skull, skull[2] - 0.1 * b.skull])
        tip = ear + np.array([side * b.ears[0], b.ears[1], b.ears[2]])
        k.tube(np.array([ear, 0.5 * (ear + tip), tip]), (0.32 * b.skull, 0.3 * b.skull, 0.05 * b.skull), hide)
        at = np.array(skull) + 0.3 * np.array(b.muzzle)
        k.ball(0.15 * b.skull, (side * 0.74 * b.skull, at[1] + 0.3 * b.skull, at[2]), EYE)
    start = np.array([0, mid + 0.5 * b.girth, rear - 0.1 * b.girth])
    k.tube(np.array([start, *(start + np.array(point) for point in b.tail)]), b.tail_radius, hide, smooth=True)
    return skull, nose


@recipe("horse", 1.92, 0.034, "animal")
def horse(k: Kit) -> None:
    tone = k.pick((0.13, 0.055, 0.025), (0.05, 0.028, 0.018), (0.3, 0.19, 0.1), (0.55, 0.52, 0.48))
    hide, dark = k.main("fur", tone), Paint("hair")
    b = Build(
        1.5,
        1.5,
        0.3,
        (0, 0.52, 0.42),
        (0, -0.26, 0.36),
        0.125,
        0.052,
        ((0, -0.05, -0.05),),
        0.02,
        (0.02, 0.15, 0.02),
        2.5,
    )
    skull, nose = body(k, b, hide, Paint("leather", (0.04, 0.03, 0.025)))
    k.ball((0.066, 0.06, 0.07), (0, nose[1], nose[2] + 0.02), Paint("fur", (0.06, 0.04, 0.035)))
    for share in np.linspace(0, 1, 14):
        root = np.array([0, 1.46, 0.5]) * (1 - share) + np.array([0, skull[1] + 0.12, skull[2] - 0.05]) * share
        for side in (-1, 1):
            end = root + np.array([side * 0.11, -0.22, -0.04])
            k.tube(
                [root + np.array([0, 0.02, -0.03]), root + np.array([side * 0.07, -0.04, -0.04]), end],
                (0.035, 0.04, 0.012),
                dark,
                smooth=True,
            )
    for x in (-0.04, 0, 0.04):
        k.tube(
            [(x, 1.38, -0.74), (x, 1.28, -0.9), (1.5 * x, 0.9, -0.96), (x, 0.5, -0.93)],
            (0.04, 0.06, 0.06, 0.015),
            dark,
            smooth=True,
        )


@recipe("cow", 1.5, 0.034, "animal")
def cow(k: Kit) -> None:
    from worldloom.generate.noise import fbm

    patches = k.pick((0.025, 0.02, 0.018), (0.16, 0.065, 0.03))
    hide = k.main("fur", (0.66, 0.63, 0.57))
    shift = float(k.seed % 50)
    b = Build(
        1.4,
        1.6,
        0.38,
        (0, 0.24, 0.42),
        (0, -0.16, 0.32),
        0.15,
        0.06,
        ((0, -0.02, -0.1), (0, -0.4, -0.14), (0, -0.8, -0.1)),
        (0.02),
        (0.2, -0.02, 0),
        2.1,
    )
    with k.marked((lambda p: fbm(p.position / 0.75 + shift, 4, 2) > 0.06, Paint("fur", patches))):
        skull, nose = body(k, b, hide, Paint("leather", (0.05, 0.04, 0.035)))
    k.ball((0.1, 0.08, 0.07), (0, nose[1], nose[2] + 0.02), Paint("skin", (0.5, 0.3, 0.25)))
    k.ball((0.15, 0.12, 0.17), (0, 0.62, -0.4), Paint("skin", (0.55, 0.33, 0.28)))
    for side in (-1, 1):
        x, y, z = side * 0.09, skull[1] + 0.11, skull[2] - 0.03
        k.tube(
            [(x, y, z), (x + side * 0.12, y + 0.05, z), (x + side * 0.16, y + 0.17, z + 0.03)],
            (0.032, 0.026, 0.006),
            Paint("lime", (0.6, 0.55, 0.42)),
            smooth=True,
        )
    k.ball((0.04, 0.1, 0.04), (0, 0.46, -0.96), Paint("hair"))


@recipe("sheep", 0.95, 0.022, "animal")
def sheep(k: Kit) -> None:
    wool, face = k.main("wool"), Paint("fur", k.pick((0.03, 0.027, 0.025), (0.5, 0.44, 0.36)))
    b = Build(
        0.72,
        0.85,
        0.17,
        (0, 0.24, 0.22),
        (0, -0.1, 0.16),
        0.085,
        0.028,
        ((0, -0.06, -0.04), (0, -0.16, -0.05)),
        0.025,
        (0.1, -0.02, 0),
        1.6,
    )
    body(k, b, face, Paint("leather", (0.03, 0.025, 0.02)))
    lumps = [(Blob((0, 0.58, 0.22), (0, 0.58, -0.22), 0.26, 0.27, 0.95), wool)]
    for number in range(46):
        angle, run = 2.4 * number, -0.36 + 0.72 * number / 46
        if np.cos(angle) < -0.75:
            continue
        at = (0.22 * np.sin(angle), 0.59 + 0.23 * np.cos(angle), run)
        lumps.append((Blob(at, at, k.between(0.06, 0.085)), wool))
    lumps.append((Blob((0, 0.74, 0.36), (0, 0.84, 0.46), 0.12, 0.09), wool))
    k.sculpt(lumps, 0.02)
    k.ball((0.07, 0.05, 0.07), (0, 0.905, 0.58), wool)


@recipe("dog", 0.72, 0.015, "animal")
def dog(k: Kit) -> None:
    hide = k.main("fur", (0.32, 0.19, 0.08), (0.03, 0.025, 0.022), (0.5, 0.42, 0.32))
    b = Build(
        0.55,
        0.62,
        0.125,
        (0, 0.2, 0.12),
        (0, -0.04, 0.16),
        0.08,
        0.026,
        ((0, 0.05, -0.1), (0, 0.17, -0.2), (0, 0.24, -0.2)),
        0.02,
        (0.06, -0.09, 0.0),
        1.9,
    )
    _, nose = body(k, b, hide, hide)
    k.ball((0.024, 0.02, 0.02), (0, nose[1] + 0.02, nose[2] + 0.035), EYE)
    collar = [
        (0.088 * np.sin(a), 0.545 + 0.03 * np.cos(a), 0.325 + 0.07 * np.cos(a)) for a in np.linspace(0, 2 * np.pi, 17)
    ]
    k.tube(collar, 0.012, Paint("leather", (0.4, 0.03, 0.03)), closed=True)


@recipe("cat", 0.42, 0.009, "animal")
def cat(k: Kit) -> None:
    hide = k.main("fur", (0.34, 0.15, 0.045), (0.025, 0.022, 0.02), (0.22, 0.2, 0.18))
    stripes = Paint("fur", shade((hide.colour or (0.2, 0.12, 0.06)), 0.5))
    b = Build(
        0.26,
        0.3,
        0.062,
        (0, 0.08, 0.05),
        (0, -0.012, 0.04),
        0.048,
        0.014,
        ((0, 0.03, -0.07), (0, 0.07, -0.14), (0, 0.15, -0.15), (0, 0.2, -0.12)),
        0.013,
        (0.012, 0.045, 0.0),
        1.8,
    )
    with k.marked(
        (lambda p: (np.sin(75 * p.position[:, 2] + 9 * p.position[:, 1]) > 0.5) & (p.position[:, 1] > 0.17), stripes)
    ):
        _, nose = body(k, b, hide, Paint("fur", (0.6, 0.55, 0.48)))
    k.ball(0.007, (0, nose[1] + 0.008, nose[2] + 0.024), Paint("skin", (0.4, 0.12, 0.1)))


@recipe("bird", 0.3, 0.009, "animal")
def bird(k: Kit) -> None:
    plumage = k.main("feathers", (0.5, 0.5, 0.5), (0.1, 0.16, 0.3), (0.3, 0.06, 0.04), (0.05, 0.05, 0.055))
    belly, beak = Paint("feathers", (0.6, 0.5, 0.38)), Paint("leather", (0.5, 0.25, 0.03))
    k.sculpt(
        [
            (Blob((0, 0.15, 0.05), (0, 0.13, -0.07), 0.062, 0.045), plumage),
            (Blob((0, 0.125, 0.06), (0, 0.115, 0.0), 0.05, 0.045), belly),
            (Blob((0, 0.25, 0.1), (0, 0.25, 0.1), 0.042), plumage),
            (Blob((0, 0.17, 0.07), (0, 0.24, 0.095), 0.045, 0.035), plumage),
        ],
        0.016,
    )
    k.tube([(0, 0.25, 0.13), (0, 0.243, 0.185)], (0.016, 0.003), beak)
    for x in (-1, 1):
        k.ball(0.008, (0.036 * x, 0.262, 0.118), EYE)
        k.ball((0.016, 0.035, 0.1), (0.058 * x, 0.145, -0.04), plumage)
        k.tube([(0.025 * x, 0.09, 0.01), (0.028 * x, 0.005, 0.02)], 0.006, beak)
        for toe in (-0.03, 0.0, 0.03):
            k.tube([(0.028 * x, 0.006, 0.02), (0.028 * x + toe, 0.004, 0.06)], 0.004, beak)
    tail = np.array([[(-0.02, 0.14, -0.1), (0.02, 0.14, -0.1)], [(-0.04, 0.09, -0.26), (0.04, 0.09, -0.26)]])
    k.sheet(tail[:, ::-1], plumage, both=True)


def figure(
    k: Kit,
    skin: Paint,
    hair: Paint,
    coat: Paint,
    trousers: Paint,
    shoes: Paint,
    arms: tuple[Point, Point, Point, Point],
) -> None:
    """A person 1.75 m tall; `arms` are elbow and hand of the right (+X), then of the left arm."""
    blobs = [
        (Blob((0, 1.63, 0.015), (0, 1.6, 0.02), 0.098, 0.088, 0.86), skin),
        (Blob((0, 1.53, 0.04), (0, 1.545, 0.035), 0.06, 0.06), skin),
        (Blob((0, 1.585, 0.108), (0, 1.56, 0.125), 0.014, 0.018), skin),
        (Blob((0, 1.42, -0.01), (0, 1.54, 0.0), 0.06, 0.055), skin),
        (Blob((-0.14, 1.36, -0.01), (0.14, 1.36, -0.01), 0.085), coat),
        (Blob((0, 1.3, 0), (0, 1.05, 0), 0.125, 0.115, 1.28), coat),
        (Blob((0, 0.98, 0), (0, 0.93, -0.01), 0.122, 0.128, 1.25), coat),
    ]
    for side in (-1, 1):
        elbow, hand = arms[:2] if side > 0 else arms[2:]
        ankle = (side * 0.115, 0.1, -0.02 + 0.06 * side)
        knee = (side * 0.105, 0.5, 0.03 + 0.03 * side)
        blobs += [
            (Blob((side * 0.2, 1.37, -0.01), elbow, 0.062, 0.048), coat),
            (Blob(elbow, hand, 0.047, 0.036), coat),
            (Blob(hand, _beyond(elbow, hand, 0.09), 0.04, 0.032, 0.8), skin),
            (Blob((side * 0.09, 0.9, 0), knee, 0.095, 0.066), trousers),
            (Blob(knee, ankle, 0.064, 0.046), trousers),
            (Blob((side * 0.115, 0.045, ankle[2] - 0.03), (side * 0.125, 0.038, ankle[2] + 0.15), 0.045, 0.038), shoes),
        ]
    k.sculpt(blobs, 0.022)
    k.sculpt(
        [
            (Blob((0, 1.665, -0.015), (0, 1.655, -0.02), 0.104, 0.102, 0.88), hair),
            (Blob((0, 1.61, -0.04), (0, 1.54, -0.05), 0.09, 0.07), hair),
        ],
        0.02,
    )


def _beyond(start: Point, end: Point, by: float) -> Point:
    a, b = np.array(start), np.array(end)
    x, y, z = b + by * (b - a) / np.linalg.norm(b - a)
    return float(x), float(y), float(z)


ARMS = ((0.27, 1.08, -0.05), (0.26, 0.86, 0.06), (-0.27, 1.08, -0.02), (-0.25, 0.87, 0.13))


@recipe("person", 1.76, 0.022, "person")
def person(k: Kit) -> None:
    skin = Paint("skin", k.pick((0.5, 0.29, 0.2), (0.3, 0.15, 0.09), (0.12, 0.055, 0.035), (0.58, 0.36, 0.27)))
    hair = Paint("hair", k.pick((0.03, 0.02, 0.015), (0.12, 0.06, 0.025), (0.35, 0.22, 0.08), (0.3, 0.3, 0.3)))
    coat = k.main("fabric", (0.3, 0.05, 0.04), (0.05, 0.11, 0.25), (0.1, 0.2, 0.1), (0.5, 0.4, 0.15), (0.4, 0.4, 0.4))
    trousers = Paint("fabric", k.pick((0.03, 0.04, 0.08), (0.12, 0.1, 0.08), (0.04, 0.04, 0.04)))
    figure(k, skin, hair, coat, trousers, Paint("leather", (0.04, 0.025, 0.015)), ARMS)
    for x in (-0.034, 0.034):
        k.ball((0.014, 0.009, 0.008), (x, 1.615, 0.108), Paint("enamel"))
        k.ball(0.0075, (x, 1.615, 0.113), EYE)
        k.box((0.035, 0.007, 0.012), (x, 1.637, 0.106), hair)
    k.box((0.045, 0.008, 0.01), (0, 1.525, 0.097), Paint("skin", (0.35, 0.1, 0.09)))


@recipe("statue", 2.9, 0.036, "object/statue")
def statue(k: Kit) -> None:
    stone = k.main("marble", (0.6, 0.58, 0.54), (0.42, 0.41, 0.38))
    plinth = Paint("stone") if k.material is None else stone
    k.box((1.0, 0.16, 1.0), (0, 0, 0), plinth)
    k.box((0.76, 0.72, 0.76), (0, 0.16, 0), plinth)
    k.box((0.9, 0.12, 0.9), (0, 0.88, 0), plinth)
    with k.at((0, 1.0, 0)):
        figure(k, stone, stone, stone, stone, stone, ((0.34, 1.42, 0.12), (0.36, 1.72, 0.22), *ARMS[2:]))
        k.sculpt(
            [
                (Blob((0, 1.0, -0.04), (0, 0.12, -0.1), 0.15, 0.24, 1.2), stone),
                (Blob((-0.15, 1.36, -0.06), (0.05, 0.4, -0.18), 0.12, 0.18), stone),
            ],
            0.05,
        )


@recipe("robot", 1.9, 0.026, "object")
def robot(k: Kit) -> None:
    shell, dark = k.main("hull", (0.6, 0.61, 0.62), (0.5, 0.3, 0.05)), Paint("metal", (0.08, 0.085, 0.1))
    light = Paint("light", (0.1, 0.7, 0.95))
    k.cushion((0.42, 0.32, 0.36), (0, 1.54, 0), shell, 0.35)
    k.box((0.32, 0.12, 0.02), (0, 1.66, 0.17), Paint("screen"))
    for x in (-0.08, 0.08):
        k.ball((0.035, 0.04, 0.015), (x, 1.72, 0.185), light)
        k.tube([(2.75 * x, 1.7, 0), (3.1 * x, 1.7, 0)], 0.06, dark)
    k.tube([(0.1, 1.84, 0), (0.1, 1.9, 0)], 0.01, dark)
    k.tube([(0, 1.44, 0), (0, 1.56, 0)], 0.07, dark)
    k.cushion((0.58, 0.56, 0.36), (0, 0.9, 0), shell, 0.3)
    k.box((0.24, 0.14, 0.02), (0, 1.2, 0.18), dark)
    k.ball((0.05, 0.05, 0.02), (0, 1.07, 0.18), light)
    k.cushion((0.42, 0.16, 0.28), (0, 0.76, 0), dark, 0.3)
    for side in (-1, 1):
        k.ball(0.11, (side * 0.37, 1.36, 0), shell)
        k.tube([(side * 0.4, 1.34, 0), (side * 0.44, 1.08, 0)], 0.05, dark)
        k.tube([(side * 0.44, 1.1, 0), (side * 0.43, 0.82, 0.1)], (0.075, 0.09), shell)
        for x in (-0.035, 0.035):
            k.tube(
                [(side * 0.43 + x, 0.8, 0.1), (side * 0.43 + 1.5 * x, 0.73, 0.15), (side * 0.43 + x, 0.67, 0.15)],
                0.022,
                dark,
            )
        k.tube([(side * 0.14, 0.8, 0), (side * 0.15, 0.5, 0.02)], 0.06, dark)
        k.ball(0.08, (side * 0.15, 0.48, 0.03), shell)
        k.tube([(side * 0.15, 0.44, 0.02), (side * 0.15, 0.12, 0)], (0.085, 0.1), shell)
        k.cushion((0.22, 0.13, 0.38), (side * 0.15, 0, 0.05), dark, 0.35)
    k.lamp((0, 1.7, 0.3), (0.05, 0.3, 0.4), 2.0)
