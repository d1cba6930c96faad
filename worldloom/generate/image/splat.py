"""From pixels with directions and distances to Gaussians, and their colours fitted to the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import SH_C0, Gaussians, rgb_to_sh0
from worldloom.scene.rotations import matrix_to_quat

Array = NDArray[Any]
Mask = NDArray[np.bool_]

OVERLAP = 0.39
"""Standard deviation over the width of a pixel."""
_GOOD = 10**-3.17
"""Mean squared error at which fitting may stop: 31.7 dB."""
_SHRINK = 0.4
_BETAS = (0.8, 0.99)
_REACH = 1.0
"""Colours stay within reach of black and white, so that nothing glares from the side."""
_GRAZING = 0.14
"""Least cosine between a surface and the view that single points' Gaussians are stretched for."""
_STEEPEST = 40.0
"""How many pixels' widths deeper a neighbour on the same surface may lie."""
JUMP = 1.06
"""Neighbours whose distances differ by more than this factor do not belong to one surface."""


def splats(points: Array, eye: Array, normals: Array, width: Array, rgb: Array, opacity: float = 0.985) -> Gaussians:
    """One flat Gaussian for each point.

    Args:
        points: (N, 3) metres.
        eye: (3,) from where `width` is seen.
        normals: (N, 3) unit.
        width: (N,) distance between neighbours across the view, metres.
        rgb: (N, 3) sRGB, 0..1 or a little beyond.
    """
    view = points - eye
    view = view / np.linalg.norm(view, axis=1, keepdims=True).clip(1e-9)
    normals = np.where((normals * view).sum(axis=1, keepdims=True) > 0, -normals, normals)
    cosine = -(normals * view).sum(axis=1, keepdims=True)
    level = normals + cosine * view  # the part of the normal across the view
    level /= np.linalg.norm(level, axis=1, keepdims=True).clip(1e-9)
    tilted = -_GRAZING * view + np.sqrt(1 - _GRAZING**2) * level
    normals = np.where(cosine < _GRAZING, tilted, normals)  # seen edge on, they would leave gaps
    across = np.cross(normals, view)
    straight = np.linalg.norm(across, axis=1) < 1e-3
    across[straight] = np.cross(normals[straight], np.array([0.31, 0.87, 0.39]))
    across /= np.linalg.norm(across, axis=1, keepdims=True).clip(1e-9)
    along = np.cross(normals, across)
    cosine = np.abs((normals * view).sum(axis=1)).clip(_GRAZING, 1)
    size = OVERLAP * width[:, None] * np.stack([np.ones_like(cosine), 1 / cosine, np.full_like(cosine, 0.15)], axis=1)
    frame = torch.from_numpy(np.stack([across, along, normals], axis=-1).astype(np.float32))
    logit = float(np.log(opacity / (1 - opacity)))
    return Gaussians(
        torch.from_numpy(np.ascontiguousarray(points, np.float32)),
        matrix_to_quat(frame),
        torch.from_numpy(np.log(size.clip(1e-5)).astype(np.float32)),
        torch.full((len(points),), logit),
        rgb_to_sh0(torch.from_numpy(np.ascontiguousarray(rgb, np.float32)))[:, None],
    )


def footprints(
    points: Array,
    eye: Array,
    pixel: Array,
    joined_right: Mask,
    joined_down: Mask,
    rgb: Array,
    use: Mask,
    opacity: float = 0.985,
    wide: float = 1.0,
    apart: tuple[Any, Any] = (1, 1),
) -> Gaussians:
    """One flat Gaussian for each used pixel of a grid, that lies along the surface through its neighbours and looks
    one pixel wide from the eye, however steep the surface is: from the side there are no gaps, from the eye no blur.

    Args:
        points: (H, W, 3) metres, seen from `eye` at the middles of pixels.
        pixel: (H, W) how wide a pixel is across the view, metres.
        joined_right: (H, W) whether a pixel and its right neighbour are of one surface; the last column joins the
            first one.
        joined_down: (H, W) the same for the neighbour below; the last row is not looked at.
        rgb: (H, W, 3) sRGB, 0..1 or a little beyond.
        use: (H, W)
        wide: factor of the width.
        apart: how many columns and rows lie between used pixels, numbers or (H, W).
    """
    if not use.any():
        return Gaussians.empty()
    view = (points - eye).astype(np.float32)
    view = view / np.linalg.norm(view, axis=2, keepdims=True).clip(1e-9)
    right = np.stack([-view[..., 2], np.zeros_like(pixel, np.float32), view[..., 0]], axis=-1)  # view x up
    right = right / np.linalg.norm(right, axis=2, keepdims=True).clip(1e-9)
    down = np.cross(view, right)
    joined_down = joined_down.copy()
    joined_down[-1] = False
    across, along = (np.broadcast_to(np.asarray(one, np.float32), use.shape)[use][:, None] for one in apart)
    dx = across * _step(points, 1, joined_right, right * pixel[..., None], pixel)[use]
    dy = along * _step(points, 0, joined_down, down * pixel[..., None], pixel)[use]
    # The ellipse with these two as half diameters: its axes from the 2 x 2 matrix of their products.
    a, b, c = (dx * dx).sum(axis=1), (dx * dy).sum(axis=1), (dy * dy).sum(axis=1)
    turn = 0.5 * np.arctan2(2 * b, a - c)
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    first, second = dx * cos + dy * sin, dy * cos - dx * sin
    long, short = np.linalg.norm(first, axis=1), np.linalg.norm(second, axis=1).clip(1e-9)
    first = first / long[:, None].clip(1e-9)
    second = second / short[:, None]
    normal = np.cross(first, second)
    size = wide * OVERLAP * np.stack([long, short, 0.15 * np.minimum(np.minimum(long, short), pixel[use])], axis=1)
    frame = torch.from_numpy(np.stack([first, second, normal], axis=-1).astype(np.float32))
    logit = float(np.log(opacity / (1 - opacity)))
    return Gaussians(
        torch.from_numpy(np.ascontiguousarray(points[use], np.float32)),
        matrix_to_quat(frame),
        torch.from_numpy(np.log(size.clip(1e-5)).astype(np.float32)),
        torch.full((len(size),), logit),
        rgb_to_sh0(torch.from_numpy(np.ascontiguousarray(rgb[use], np.float32)))[:, None],
    )


def _step(points: Array, axis: int, connected: Mask, across: Array, pixel: Array) -> Array:
    """(H, W, 3) from one pixel to the next along an axis, on its surface; `across` where it has no neighbour."""
    ahead = np.roll(points, -1, axis) - points
    after, before = connected[..., None], np.roll(connected, 1, axis)[..., None]
    step = (ahead * after + np.roll(ahead, 1, axis) * before) / np.maximum(after.astype(int) + before, 1)
    step = np.where(after | before, step, across)
    # What goes deeper than this would stick out like a spike.
    extra = step - across
    long = np.linalg.norm(extra, axis=2) / pixel
    return across + extra * np.minimum(1, _STEEPEST / long.clip(1e-9))[..., None]


def connections(q: Array, ground: Mask, sky: Mask, *, wraps: bool) -> tuple[Mask, Mask]:
    """(H, W) twice: whether a pixel is of one surface with its right neighbour, and with the one below."""
    found = []
    for axis in (1, 0):
        other, flat, air = (np.roll(plane, -1, axis) for plane in (q, ground, sky))
        near = np.maximum(q, other) < JUMP * np.minimum(q, other)
        joined = (near & (sky == air)) | (ground & flat)
        if not (wraps and axis == 1):
            joined[(slice(None), slice(-1, None)) if axis == 1 else (slice(-1, None), slice(None))] = False
        found.append(joined)
    return found[0], found[1]


def fitted(
    gaussians: Gaussians,
    count: int,
    views: list[tuple[Camera, Array]],
    rounds: int,
    judged: int,
    held: Held | None = None,
    pace: float = 1.0,
) -> Gaussians:
    """The first `count` Gaussians with colours, opacities and sizes that make renderings the pictures: least squares by
    the renderer's own gradient (Adam; Kingma and Ba 2015). Sizes change little.

    Args:
        views: cameras and their pictures (h, w, 3) in 0..1; one is looked at in each round, in turn.
        judged: once as many of them, the first ones, are like enough, fitting stops.
        held: colours that may change but little.
        pace: factor of the steps.
    """
    from worldloom.render.cpu import NativeEngine

    engine = NativeEngine()
    shown = gaussians.map(lambda tensor: tensor.clone().contiguous())
    slopes = shown.map(torch.empty_like)
    sizes = shown.log_scales.numpy()[:count]
    lowest = np.full((count, 1, 3), -_REACH / SH_C0, np.float32)
    highest = -lowest
    if held is not None:
        wanted, most = ((held.rgb - 0.5) / SH_C0)[:, None], (held.most / SH_C0)[:, None, None]
        lowest[held.which] = wanted - most
        highest[held.which] = wanted + most
    fields = [
        _Field("sh", 0.14, lowest, highest),
        _Field("opacity_logits", 0.8, np.float32(-0.5), np.float32(5.0)),
        _Field("log_scales", 0.1, sizes - np.float32(_SHRINK), sizes + np.float32(0.25)),
    ]
    moments = [(np.zeros_like(getattr(slopes, one.name).numpy()[:count]),) * 2 for one in fields]
    moments = [(first.copy(), second.copy()) for first, second in moments]
    errors = [math.inf] * len(views)
    for step in range(rounds):
        camera, picture = views[step % len(views)]
        missing = engine.forward(shown, camera).rgb.clamp(max=1.0) - torch.from_numpy(picture)
        errors[step % len(views)] = float(missing.square().mean())
        if max(errors[:judged]) < _GOOD:
            break
        if judged == len(views) and errors[step % len(views)] < _GOOD:
            continue  # steps of Adam are as long for small errors as for great ones
        engine.backward(missing, out=slopes)
        slowing = (
            pace * 0.12 ** (step / rounds) * math.sqrt(1 - _BETAS[1] ** (step + 1)) / (1 - _BETAS[0] ** (step + 1))
        )
        for one, (first, second) in zip(fields, moments):
            slope = getattr(slopes, one.name).numpy()[:count]
            first += (1 - _BETAS[0]) * (slope - first)
            second += (1 - _BETAS[1]) * (slope * slope - second)
            values = getattr(shown, one.name).numpy()[:count]
            values -= one.pace * slowing * first / (np.sqrt(second) + 1e-9)
            np.clip(values, one.lowest, one.highest, out=values)
    return shown


@dataclass(frozen=True, eq=False)
class Held:
    """Colours that fitting may change but little, so that what lies behind an edge does not show it."""

    which: Mask
    """(N,)"""
    rgb: Array
    """(those, 3)"""
    most: Array
    """(those,)"""


@dataclass(frozen=True, eq=False)
class _Field:
    """Of Gaussians, what is fitted."""

    name: str
    pace: float
    lowest: Any
    highest: Any
