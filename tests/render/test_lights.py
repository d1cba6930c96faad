"""Native light against the same formulas in numpy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from worldloom.generate.daylight import irradiance, tone
from worldloom.render.cpu import set_threads
from worldloom.render.lights import TURNS, behind_haze, open_light, toned
from worldloom.scene.srgb import from_srgb, srgb_table
from worldloom.scene.surfels import unit

COUNT = 10_000


def kept(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Bytes of surfaces."""
    return {
        "normals": np.round(127 * unit(rng.normal(size=(COUNT, 3)))).astype(np.int8),
        "bent": np.round(127 * unit(rng.normal(size=(COUNT, 3)))).astype(np.int8),
        "openness": rng.integers(0, 256, COUNT, dtype=np.uint8),
        "leaf": rng.integers(0, 256, COUNT, dtype=np.uint8),
        "lamplight": rng.integers(0, 256, (COUNT, 3), dtype=np.uint8),
    }


def test_light_of_sun_sky_and_lamps() -> None:
    rng = np.random.default_rng(0)
    surface, lit, ambient = kept(rng), rng.random(COUNT), rng.normal(size=(9, 3)) * 0.1
    ambient[0] += 1
    sun, sunlight, linear = unit(np.array([0.3, 0.8, 0.2])), np.array([1.0, 0.9, 0.7]), from_srgb(np.arange(256) / 255)
    normals, leaf, open_ = unit(surface["normals"]), surface["leaf"] / 255, surface["openness"][:, None] / 255
    cosine = normals @ sun
    direct = lit * (cosine.clip(0) * (1 - 0.3 * leaf) + leaf * (0.45 * (-cosine).clip(0) + 0.22))
    sky = irradiance(ambient, unit(normals + surface["bent"] / 127))
    above = irradiance(ambient, np.array([[0.0, 1.0, 0.0]]))
    lamps = 0.5 * linear[surface["lamplight"]]
    expected = sky * open_ + 0.3 * above * (1 - open_) + lamps
    night = open_light(**surface, lit=None, toward=sun, sunlight=sunlight, ambient=ambient, linear=linear, lamps=0.5)
    day = open_light(**surface, lit=lit, toward=sun, sunlight=sunlight, ambient=ambient, linear=linear, lamps=0.5)
    np.testing.assert_allclose(night, expected, atol=2e-5)
    np.testing.assert_allclose(day, expected + direct[:, None] * sunlight, atol=2e-5)


def test_haze_has_its_colour_in_every_direction() -> None:
    turn = (np.arange(TURNS) + 0.5) / TURNS * 2 * np.pi
    ring = np.random.default_rng(1).random((TURNS, 3))
    eye = np.array([3.0, 2.0, -7.0])
    for shift in (-0.45, 0.0, 0.45):  # anywhere in its part of the horizon
        way = np.stack(
            [np.sin(turn + shift * 2 * np.pi / TURNS), 0 * turn, np.cos(turn + shift * 2 * np.pi / TURNS)], 1
        )
        far = behind_haze(np.ones((TURNS, 3)), eye + 1e5 * way, eye, 0.01, ring)
        np.testing.assert_allclose(far, ring, atol=1e-5)
        near = behind_haze(np.ones((TURNS, 3)), eye + 50 * way, eye, 0.01, ring)
        np.testing.assert_allclose(near, np.exp(-0.5) + ring * (1 - np.exp(-0.5)), atol=1e-5)


def test_tones_are_those_of_daylight() -> None:
    rng = np.random.default_rng(2)
    light, exposure = rng.exponential(1.0, (COUNT, 3)), rng.uniform(0.1, 3.0, COUNT)
    expected = tone((light * exposure[:, None]).astype(np.float32))
    np.testing.assert_allclose(toned(light, exposure, srgb_table()), expected, atol=2e-5)


def test_same_bytes_however_many_ask_at_once() -> None:
    light, exposure = np.random.default_rng(3).exponential(1.0, (200_000, 3)), np.ones(200_000)
    try:
        set_threads(1)
        alone = toned(light, exposure, srgb_table())
        set_threads(4)
        with ThreadPoolExecutor(4) as beside:
            found = list(beside.map(lambda _: toned(light, exposure, srgb_table()), range(16)))
    finally:
        set_threads(None)
    assert all((one == alone).all() for one in found)
