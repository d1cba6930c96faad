"""Pieces of surface as a part of a world: flat Gaussians in plain daylight, which keep what they are made of."""

from __future__ import annotations

import numpy as np
import torch

from worldloom.render.flats import gaussians_of, zorder
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0
from worldloom.scene.geometry import Transform
from worldloom.scene.srgb import srgb
from worldloom.scene.surface import Surface
from worldloom.scene.surfels import Array, Surfels, unit
from worldloom.scene.world import Environment, Layer

_SUN = (0.45, 0.75, 0.5)
"""Towards the light where a world does not say where its sun is."""


def daylight_factor(normals: Array, environment: Environment) -> Array:
    """(N,) how bright surfaces with these normals (N, 3) are, 1 where they face the sun: only so that shapes show."""
    sun = unit(np.array(environment.sun_direction or _SUN))
    return 0.42 + 0.14 * normals[:, 1] + 0.5 * np.maximum(normals @ sun, 0)


def flat_layer(name: str, pieces: Surfels, environment: Environment, by: Transform, *, shaded: bool) -> Layer:
    """A layer of pieces in their own frame.

    Args:
        by: from their frame to the world's.
        shaded: lit by `environment`'s sun; else their albedo is shown as it is.
    """
    pieces = pieces[zorder(pieces.position)].single()
    turned = pieces.normal @ by.rotation_matrix.numpy().T
    light = daylight_factor(turned, environment)[:, None] if shaded else np.ones((len(pieces), 1))
    shown = srgb((pieces.albedo * light + pieces.glow).astype(np.float32))
    black = gaussians_of(pieces)
    colours = rgb_to_sh0(torch.from_numpy(shown))[:, None].contiguous()
    return Layer(name, Gaussians(*black.tensors[:4], colours), "object", by, surface=_surface(pieces))


def _surface(pieces: Surfels) -> Surface:
    """In the open: what stands around is not looked at."""
    normals = _signed(pieces.normal)
    return Surface(
        albedo=_bytes(srgb(pieces.albedo)),
        normals=normals,
        open_direction=normals.clone(),  # files of layers hold no tensor twice
        openness=torch.full((len(pieces),), 255, dtype=torch.uint8),
        glow=_bytes(srgb(pieces.glow / 2)),
        lamplight=torch.zeros(len(pieces), 3, dtype=torch.uint8),
        leaf=_bytes(pieces.leaf),
        gloss=_bytes(pieces.gloss),
        opacity=_bytes(pieces.opacity),
        labels=torch.from_numpy(np.ascontiguousarray(pieces.label)),
    )


def _bytes(values: Array) -> torch.Tensor:
    return torch.from_numpy((values.clip(0, 1) * 255 + 0.5).astype(np.uint8))


def _signed(vectors: Array) -> torch.Tensor:
    return torch.from_numpy(np.round(vectors.clip(-1, 1) * 127).astype(np.int8))
