"""Light by hour, season and weather: where sun and moon stand, and the radiance of the sky in every direction.

The clear sky is single scattering by air, haze and ozone (Nishita et al. 1993), computed once into a table of
directions; clouds mix it with an overcast sky (CIE S 011). Linear RGB; a white surface in the noon sun has a radiance
of about 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from worldloom.generate.noise import smoothstep
from worldloom.generate.spec import Season, Weather
from worldloom.scene.srgb import from_srgb, srgb
from worldloom.scene.surfels import Array, unit

_RAYLEIGH = np.array([5.8e-6, 13.6e-6, 33.1e-6])
"""Scattering at sea level, per metre."""
_MIE = 5.0e-6
_OZONE = np.array([0.65e-6, 1.88e-6, 0.085e-6])
_AIR_HEIGHT, _HAZE_HEIGHT = 8000.0, 1200.0
_FORWARD = 0.76
_EARTH, _TOP = 6_371_000.0, 6_431_000.0
_SUN = 20.0
_LATITUDE = np.radians(46.0)
_DECLINATION: dict[str, float] = {"spring": 6.0, "summer": 20.0, "autumn": -4.0, "winter": -19.0}
_HALF_DAY = 7.2
"""Hours from noon to sunset that people have in mind when they say "dawn" or "dusk", whatever the season."""
_AZIMUTHS, _HEIGHTS = 48, 40
MOONLIGHT = np.array([0.0115, 0.0150, 0.0225])
_NIGHT_SKY = np.array([0.0006, 0.0010, 0.0022])


@dataclass(frozen=True)
class _Cover:
    """What weather does to the light."""

    clouds: float
    """Share of the sky that they hide, 0 to 1."""
    sun: float
    """Share of sunlight that comes through."""
    brightness: float
    """Of the overcast part, over a plain one."""
    haze: float
    """Per metre: how quickly far things fade."""
    mood: float = 1.0
    """Factor of the exposure: eyes do not make a thunderstorm as bright as a sunny day."""


WEATHERS: dict[Weather, _Cover] = {
    "clear": _Cover(0.12, 1.0, 1.0, 1 / 9000),
    "cloudy": _Cover(0.5, 0.85, 1.0, 1 / 7000),
    "overcast": _Cover(1.0, 0.07, 0.95, 1 / 3000, 0.9),
    "fog": _Cover(1.0, 0.05, 0.9, 1 / 75),
    "rain": _Cover(1.0, 0.03, 0.62, 1 / 900, 0.72),
    "storm": _Cover(1.0, 0.015, 0.38, 1 / 700, 0.48),
    "snow": _Cover(1.0, 0.05, 0.9, 1 / 420),
}


@dataclass(frozen=True, eq=False)
class Daylight:
    """The light of one moment."""

    sun: Array
    """(3,) unit, towards the sun, or at night the moon."""
    sunlight: Array
    """(3,) irradiance of a surface that faces it, divided by pi."""
    cover: _Cover
    overcast: Array
    """(3,) radiance of clouds overhead."""
    dark: float
    """0 by day, 1 at night: how far lamps are turned up."""
    exposure: float
    """Factor of radiance before the film curve."""
    night: bool
    _table: Array
    """(azimuths, heights, 3): the clear sky's radiance, azimuth from the sun's, height as the square root of sine."""

    def sky(self, directions: Array) -> Array:
        """Radiance (N, 3) without clouds' shapes in directions (N, 3); below the horizon that of the haze there."""
        clear = self.clear_sky(directions)
        share = 0.9 * self.cover.clouds**1.5
        return clear * (1 - share) + share * self.cloud_layer(directions)

    def clear_sky(self, directions: Array) -> Array:
        """Radiance (N, 3) of the blue sky."""
        up = directions[:, 1].clip(0, 1)
        turn = np.arctan2(directions[:, 0], directions[:, 2]) - np.arctan2(self.sun[0], self.sun[2])
        x = (turn / (2 * np.pi) * _AZIMUTHS) % _AZIMUTHS
        y = np.sqrt(up) * (_HEIGHTS - 1)
        x0, y0 = x.astype(int) % _AZIMUTHS, y.astype(int).clip(0, _HEIGHTS - 2)
        fx, fy = (x - np.floor(x))[:, None], (y - y0)[:, None]
        x1 = (x0 + 1) % _AZIMUTHS
        low = self._table[x0, y0] * (1 - fx) + self._table[x1, y0] * fx
        high = self._table[x0, y0 + 1] * (1 - fx) + self._table[x1, y0 + 1] * fx
        return low * (1 - fy) + high * fy

    def cloud_layer(self, directions: Array) -> Array:
        """Radiance (N, 3) of a closed cover of clouds: thrice as bright overhead as at the horizon."""
        up = directions[:, 1:2].clip(0, 1)
        return self.overcast * (1 + 2 * up) / 3 * 1.25

    def haze(self, directions: Array) -> Array:
        """Colour (N, 3) into which far things fade in directions (N, 3)."""
        level = directions * np.array([1.0, 0.0, 1.0])
        level[:, 1] = 0.035
        return self.sky(unit(level))

    def ambient(self) -> Array:
        """Coefficients (9, 3) of the sky's irradiance divided by pi as a function of a surface's direction: spherical
        harmonics (Ramamoorthi & Hanrahan 2001) of the sky above and of sunny ground below."""
        count = 512
        number = np.arange(count) + 0.5
        height = 1 - 2 * number / count
        turn = number * np.pi * (3 - np.sqrt(5))
        flat = np.sqrt(1 - height**2)
        directions = np.stack([flat * np.cos(turn), height, flat * np.sin(turn)], axis=1)
        radiance = self.sky(directions)
        above = radiance[height > 0]
        ground = 0.22 * (self.sunlight * max(self.sun[1], 0.0) + above.mean(axis=0)) * np.array([1.0, 0.92, 0.72])
        radiance[height <= 0] = ground
        basis = _harmonics(directions)
        coefficients = basis.T @ radiance * (4 * np.pi / count)
        cosine = np.array([np.pi, *[2 * np.pi / 3] * 3, *[np.pi / 4] * 5]) / np.pi
        return coefficients * cosine[:, None]


@lru_cache(maxsize=32)
def daylight(hour: float, season: Season, weather: Weather, azimuth: float | None = None) -> Daylight:
    """The light of an hour (0 to 24, solar time).

    Args:
        azimuth: radians clockwise from north (-Z) at which the sun is held; None: where it is at that hour.
    """
    sun = sun_direction(hour, season, azimuth)
    cover = WEATHERS[weather]
    elevation = float(sun[1])
    night = elevation < -0.12
    table = _clear_table(round(float(np.clip(elevation, -0.3, 1)), 4)) + _NIGHT_SKY
    through = _transmittance(np.array([max(elevation, -0.02)]))[0]
    sunlight = through * _SUN / 20 * float(smoothstep(-0.045, 0.01, np.array(elevation)))
    shown = sun
    if night:
        shown = moon_direction(sun)
        sunlight = MOONLIGHT
    zenith_light = table.mean(axis=(0, 1))
    overcast = (0.34 * sunlight * max(shown[1], 0.05) + 1.15 * zenith_light) @ np.full((3, 3), 1 / 3)
    overcast = cover.brightness * overcast * np.array([0.97, 1.0, 1.05])
    dark = float(smoothstep(0.14, -0.1, np.array(elevation)))
    if weather in ("storm", "rain", "fog"):
        dark = max(dark, 0.45)
    moment = Daylight(shown, sunlight * cover.sun, cover, overcast, dark, 1.0, night, table)
    # Brighter by a fixed share of how bright a grey card in this light is, so that dusk stays duskier than noon.
    card = moment.ambient()[0] @ np.full(3, 1 / 3) * 0.282 + float(moment.sunlight.mean()) * max(shown[1], 0.2)
    exposure = 0.86 * cover.mood * max(card, 1e-5) ** -0.80
    return Daylight(shown, sunlight * cover.sun, cover, overcast, dark, float(exposure), night, table)


def sun_direction(hour: float, season: Season, azimuth: float | None = None) -> Array:
    """Unit vector (3,) towards the sun: rises in the east (+X), stands in the south (+Z) at noon.

    Days are as long as seasons make them by a quarter only, so that it is light at eight on a winter's morning.
    """
    tilt = np.radians(_DECLINATION[season])
    true = float(np.degrees(np.arccos(-np.tan(_LATITUDE) * np.tan(tilt)))) / 15
    half, from_noon = 0.25 * true + 0.75 * _HALF_DAY, (hour - 12 + 12) % 24 - 12
    early = min(abs(from_noon), half) / half * true
    late = max(abs(from_noon) - half, 0.0) / (12 - half) * (12 - true)
    turn = np.sign(from_noon) * np.radians(15 * (early + late))
    up = np.sin(_LATITUDE) * np.sin(tilt) + np.cos(_LATITUDE) * np.cos(tilt) * np.cos(turn)
    west = np.cos(tilt) * np.sin(turn)
    south = np.sin(_LATITUDE) * np.cos(tilt) * np.cos(turn) - np.cos(_LATITUDE) * np.sin(tilt)
    direction = unit(np.array([-west, up, south]))
    if azimuth is None:
        return direction
    flat = np.hypot(direction[0], direction[2])
    return np.array([flat * np.sin(azimuth), direction[1], -flat * np.cos(azimuth)])


def moon_direction(sun: Array) -> Array:
    """Opposite the sun, and never too low to light anything."""
    return unit(np.array([-sun[0], max(-sun[1], 0.45), -sun[2]]))


def irradiance(coefficients: Array, directions: Array) -> Array:
    """Irradiance divided by pi (N, 3) of surfaces that face directions (N, 3), by `Daylight.ambient`."""
    basis = _harmonics(directions)
    return np.maximum(basis @ coefficients.astype(basis.dtype), 0)


def tone(light: Array) -> Array:
    """Exposed radiance to sRGB 0..1 (..., 3): Narkowicz's (2016) fit of the ACES film curve, a bit more colourful."""
    kind = light.dtype.type
    light = np.maximum(light, 0) * kind(0.62)
    film = (light * (kind(2.51) * light + kind(0.03)) / (light * (kind(2.43) * light + kind(0.59)) + kind(0.14))).clip(
        0, 1
    )
    grey = film @ np.array([0.2126, 0.7152, 0.0722], light.dtype)
    film = (grey[..., None] + kind(1.10) * (film - grey[..., None])).clip(0, 1)
    return srgb(film)


def untone(colour: Array) -> Array:
    """Exposed radiance (..., 3) that `tone` shows as an sRGB colour (..., 3): its inverse, for greys exactly."""
    film = from_srgb(colour.clip(0, 1))
    grey = film @ np.array([0.2126, 0.7152, 0.0722], film.dtype)
    film = (grey[..., None] + (film - grey[..., None]) / 1.10).clip(0, 0.97)
    # 2.51 x^2 + 0.03 x = film (2.43 x^2 + 0.59 x + 0.14), solved for x.
    a, b, c = 2.51 - 2.43 * film, 0.03 - 0.59 * film, -0.14 * film
    light = (-b + np.sqrt(b * b - 4 * a * c)) / (2 * a)
    return (light / 0.62).astype(colour.dtype)


def _harmonics(d: Array) -> Array:
    """Real spherical harmonics (N, 9) of degree 0 to 2."""
    x, y, z = d.T
    columns = (
        np.full_like(x, 0.282095),
        0.488603 * y,
        0.488603 * z,
        0.488603 * x,
        1.092548 * x * y,
        1.092548 * y * z,
        0.315392 * (3 * z * z - 1),
        1.092548 * x * z,
        0.546274 * (x * x - y * y),
    )
    return np.stack(columns, axis=1).astype(d.dtype)


def _path_density(start_height: Array, up: Array, steps: int = 12) -> tuple[Array, Array, Array]:
    """Air, haze and ozone (each (...)) along rays from a height (...) to the top of the air, in metres at sea level."""
    radius = _EARTH + start_height
    half = radius * up
    length = -half + np.sqrt(np.maximum(half**2 + _TOP**2 - radius**2, 0))
    air, haze, ozone = (np.zeros(np.broadcast(start_height, up).shape) for _ in range(3))
    for step in range(steps):
        share = ((step + 0.5) / steps) ** 2
        width = ((step + 1) / steps) ** 2 - (step / steps) ** 2
        way = length * share
        height = np.sqrt(radius**2 + way**2 + 2 * half * way) - _EARTH
        buried = np.where(height < -2000, 50.0, 1.0)
        height = np.maximum(height, -2000)
        air += np.exp(-height / _AIR_HEIGHT) * length * width * buried
        haze += np.exp(-height / _HAZE_HEIGHT) * length * width * buried
        ozone += np.maximum(1 - np.abs(height - 25_000) / 15_000, 0) * length * width
    return air, haze, ozone


def _transmittance(up: Array, height: Array | float = 0.0) -> Array:
    """Share (..., 3) of the sun's light that comes down to a height from a sun at sine `up` (...)."""
    air, haze, ozone = _path_density(np.asarray(height, float), up)
    depth = air[..., None] * _RAYLEIGH + haze[..., None] * _MIE * 1.1 + ozone[..., None] * _OZONE
    return np.exp(-depth)


@lru_cache(maxsize=64)
def _clear_table(elevation: float) -> Array:
    """(azimuths, heights, 3) radiance of the clear sky for a sun at that sine of elevation."""
    turn = np.arange(_AZIMUTHS) / _AZIMUTHS * 2 * np.pi
    up = (np.arange(_HEIGHTS) / (_HEIGHTS - 1)) ** 2
    turn, up = np.meshgrid(turn, up.clip(1e-4), indexing="ij")
    flat = np.sqrt((1 - up**2).clip(0))
    toward = up * elevation + flat * np.cos(turn) * np.sqrt(max(1 - elevation**2, 0.0))
    half = _EARTH * up
    length = -half + np.sqrt(half**2 + _TOP**2 - _EARTH**2)
    steps = 16
    air = haze = ozone = np.zeros_like(up)
    rayleigh, mie = np.zeros((*up.shape, 3)), np.zeros((*up.shape, 3))
    for step in range(steps):
        way = length * ((step + 0.5) / steps) ** 2
        width = length * (((step + 1) / steps) ** 2 - (step / steps) ** 2)
        height = np.sqrt(_EARTH**2 + way**2 + 2 * half * way) - _EARTH
        here_air, here_haze = np.exp(-height / _AIR_HEIGHT) * width, np.exp(-height / _HAZE_HEIGHT) * width
        air, haze = air + here_air, haze + here_haze
        ozone = ozone + np.maximum(1 - np.abs(height - 25_000) / 15_000, 0) * width
        # The sun as high as it is over the place that the ray has reached.
        local = (elevation * (_EARTH + way * up) + way * flat * np.cos(turn) * np.sqrt(max(1 - elevation**2, 0.0))) / (
            _EARTH + height
        )
        depth = air[..., None] * _RAYLEIGH + haze[..., None] * _MIE * 1.1 + ozone[..., None] * _OZONE
        light = _transmittance(local.clip(-0.2, 1), height) * np.exp(-depth)
        rayleigh += light * here_air[..., None]
        mie += light * here_haze[..., None]
    phase_air = 3 / (16 * np.pi) * (1 + toward**2)
    bend = _FORWARD**2
    phase_haze = (
        3 / (8 * np.pi) * (1 - bend) * (1 + toward**2) / ((2 + bend) * (1 + bend - 2 * _FORWARD * toward) ** 1.5)
    )
    single = _SUN / np.pi * (rayleigh * _RAYLEIGH * phase_air[..., None] + mie * _MIE * phase_haze[..., None])
    # What is scattered more than once evens the colours out along the horizon, where the air is thick.
    thick = 1 - np.exp(-1.2 * (air[..., None] * _RAYLEIGH + haze[..., None] * _MIE))
    high_sun = _transmittance(np.array(max(elevation, -0.06)), np.array(11_000.0))
    return single + 0.25 * thick * high_sun * np.clip((elevation + 0.10) / 0.25, 0.0, 1.0) ** 1.5
