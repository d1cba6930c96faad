"""Metres, north and height above sea from the GPS positions that photos carry."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldloom.scene.earth import EARTH_RADIUS, offset
from worldloom.scene.world import GeoAnchor

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_COARSE = 5.0
"""Metres: phones err by about so much, so that positions closer together say nothing."""


@dataclass(frozen=True, eq=False)
class GpsTrack:
    """Where photos were taken, in metres east, north and up of a reference."""

    reference: tuple[float, float, float]
    """Latitude and longitude in degrees, altitude in metres."""
    positions: Array
    """(n, 3) east, north, up."""
    cameras: Array
    """(n, 3) the same places in the frame of the poses."""

    @staticmethod
    def of(gps: Sequence[tuple[float, float, float] | None], cameras: Array) -> GpsTrack | None:
        """The track of photos that have a position; None if they are too few or too close together to tell metres."""
        located = [number for number, place in enumerate(gps) if place is not None]
        if len(located) < 3:
            return None
        degrees = np.array([gps[number] for number in located], np.float64)
        middle = np.median(degrees, axis=0)
        east = np.radians(degrees[:, 1] - middle[1]) * EARTH_RADIUS * math.cos(math.radians(middle[0]))
        north = np.radians(degrees[:, 0] - middle[0]) * EARTH_RADIUS
        positions = np.stack([east, north, degrees[:, 2] - middle[2]], axis=1)
        if float(np.median(np.hypot(east, north))) < _COARSE:
            return None
        latitude, longitude, altitude = middle.tolist()
        return GpsTrack((latitude, longitude, altitude), positions, cameras[located])

    def up(self) -> Array | None:
        """(3,) roughly upwards in the frame of the poses; None if the track is too straight or too noisy to tell."""
        weights = np.ones(len(self.positions))
        scale, rotation = 1.0, np.eye(3)
        for _ in range(10):
            scale, rotation, residuals = _similarity(self.cameras, self.positions, weights)
            weights = _robust_weights(residuals)
        middle = np.average(self.positions, axis=0, weights=weights)
        centred = (self.positions - middle) * np.sqrt(weights)[:, None]
        width = np.linalg.svd(centred, compute_uv=False)[1] / math.sqrt(weights.sum())
        noise = math.sqrt(float(np.average(residuals**2, weights=weights)))
        return rotation[2] if scale > 0 and width > _COARSE and noise < 0.15 * width else None

    def north(self, up: Array) -> NorthFit | None:
        """Fit the track in the plane square to `up`; None if it doesn't fit."""
        right = np.cross(up, [1.0, 0.0, 0.0] if abs(up[0]) < 0.9 else [0.0, 1.0, 0.0])
        right /= np.linalg.norm(right)
        ahead = np.cross(up, right)
        places = self.cameras @ right + 1j * (self.cameras @ ahead)
        ground = self.positions[:, 0] + 1j * self.positions[:, 1]
        weights = np.ones(len(ground))
        turn, shift, residuals = 0j, 0j, weights
        for _ in range(20):
            turn, shift = _planar(places, ground, weights)
            residuals = np.abs(turn * places + shift - ground)
            weights = _robust_weights(residuals)
        extent = float(np.average(np.abs(ground - np.average(ground, weights=weights)), weights=weights))
        if abs(turn) < 1e-12 or float(np.average(residuals, weights=weights)) > 0.3 * extent:
            return None
        to_north = np.conj(turn) / abs(turn) * 1j
        north = to_north.real * right + to_north.imag * ahead
        height = float(np.median(self.positions[:, 2] - abs(turn) * (self.cameras @ up)))
        return NorthFit(self.reference, float(abs(turn)), north, up, complex(shift), height)


@dataclass(frozen=True, eq=False)
class NorthFit:
    """How the frame of the poses lies on Earth."""

    reference: tuple[float, float, float]
    metres_per_unit: float
    north: Array
    """(3,) unit vector in the frame of the poses."""
    up: Array
    """(3,) unit vector in the frame of the poses."""
    shift: complex
    """Metres east and, imaginary, north of the reference where the poses' origin lies."""
    height: float
    """Metres above the reference where the poses' origin lies."""

    def anchor(self, origin: Array, ahead: Array) -> GeoAnchor:
        """Of a world whose origin and level -Z direction are at `origin` and `ahead` in the frame of the poses."""
        east = np.cross(self.north, self.up)
        metres_east = self.shift.real + self.metres_per_unit * float(origin @ east)
        metres_north = self.shift.imag + self.metres_per_unit * float(origin @ self.north)
        metres_up = self.height + self.metres_per_unit * float(origin @ self.up)
        latitude, longitude, altitude = offset(self.reference, east=metres_east, north=metres_north, up=metres_up)
        return GeoAnchor(
            latitude=latitude,
            longitude=longitude,
            altitude=altitude,
            heading=math.degrees(math.atan2(float(ahead @ east), float(ahead @ self.north))) % 360,
        )


def _similarity(source: Array, target: Array, weights: Array) -> tuple[float, Array, Array]:
    """Scale and rotation of the best similarity between matched points (Umeyama 1991), and the points' residuals."""
    source = source - np.average(source, axis=0, weights=weights)
    target = target - np.average(target, axis=0, weights=weights)
    u, values, vt = np.linalg.svd((weights[:, None] * target).T @ source)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt)) or 1.0])
    rotation = (u * signs) @ vt
    scale = float((values * signs).sum() / max(float((weights[:, None] * source**2).sum()), 1e-12))
    return scale, rotation, np.linalg.norm(target - scale * source @ rotation.T, axis=1)


def _planar(places: Complex, ground: Complex, weights: Array) -> tuple[complex, complex]:
    """Turn-and-scale and shift that best take points of a plane to others."""
    place, target = np.average(places, weights=weights), np.average(ground, weights=weights)
    power = float((weights * np.abs(places - place) ** 2).sum())
    turn = complex((weights * np.conj(places - place) * (ground - target)).sum() / max(power, 1e-30))
    return turn, complex(target - turn * place)


def _robust_weights(residuals: Array) -> Array:
    """Outliers lose their vote (Geman-McClure at the residuals' own scale, but no finer than GPS is)."""
    scale = max(3 * float(np.median(residuals)), _COARSE / 2)
    return 1 / (1 + (residuals / scale) ** 2) ** 2
