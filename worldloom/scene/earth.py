"""Places on Earth some metres from one another, for distances at which the ground is flat."""

from __future__ import annotations

import math

EARTH_RADIUS = 6_378_137.0
"""Metres, at the equator (WGS 84)."""

LatLonAlt = tuple[float, float, float]
"""Latitude and longitude in degrees, altitude in metres."""


def offset(place: LatLonAlt, *, east: float, north: float, up: float) -> LatLonAlt:
    """The place so many metres from `place`."""
    latitude, longitude, altitude = place
    return (
        latitude + math.degrees(north / EARTH_RADIUS),
        longitude + math.degrees(east / EARTH_RADIUS / math.cos(math.radians(latitude))),
        altitude + up,
    )
