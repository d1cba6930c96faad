"""Light by hour and weather, and worlds in another light."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from worldloom.generate.assemble import AIR, SKY, assemble
from worldloom.generate.build.site import Draft, Lamp
from worldloom.generate.daylight import WEATHERS, daylight, sun_direction, tone, untone
from worldloom.generate.event_names import Event
from worldloom.generate.events import happen, happen_in_words
from worldloom.generate.shapes import box, patch
from worldloom.generate.spec import WorldSpec
from worldloom.scene import world as worlds
from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.gaussians import SH_C0
from worldloom.scene.semantics import LABELS, label_index, labels_under
from worldloom.scene.surface import PREFIX
from worldloom.scene.surfels import Surfels, join
from worldloom.scene.world import Layer, World


@pytest.fixture(scope="module")
def yard() -> World:
    """Grass, a wall, leaves, a pond and a lamp."""
    rng = np.random.default_rng(0)
    ground = (
        patch((-12, 0, 12), (24, 0, 0), (0, 0, -24), 0.25, rng).painted((0.09, 0.14, 0.04)).labelled("ground/grass")
    )
    wall = box((3, 1, -3), (4, 2, 0.4), 0.12, rng).painted((0.5, 0.4, 0.3)).labelled("building/wall")
    leaves = box((-3, 2.5, -3), (1.5, 1.5, 1.5), 0.15, rng).painted((0.08, 0.14, 0.03))
    leaves = leaves.labelled("tree/leaves/deciduous").with_values(leaf=0.5)
    pond = patch((-2, 0.03, 6), (4, 0, 0), (0, 0, -3), 0.2, rng).painted((0.02, 0.05, 0.06))
    layers: dict[str, Surfels] = {
        "terrain": ground.single(),
        "things": join([wall, leaves]).single(),
        "water": pond.with_values(gloss=0.9).labelled("water/lake").single(),
    }
    lamp = Lamp((0.0, 2.0, -1.0), (3.0, 2.4, 1.2), 8.0)
    draft = Draft(layers, (0.0, 1.6, 9.0), (0.0, 1.2, 0.0), lamps=(lamp,))
    return assemble(draft, WorldSpec(seed=5, hour=14.0), "Yard")


def colours(layer: Layer) -> np.ndarray:
    return layer.gaussians.sh[:, 0].numpy() * SH_C0 + 0.5


def brightness(world: World, name: str) -> float:
    return float(colours(world.layer(name)).mean())


@given(
    st.floats(0, 23.99), st.sampled_from(["spring", "summer", "autumn", "winter"]), st.sampled_from(sorted(WEATHERS))
)
@settings(max_examples=40, deadline=None)
def test_light_is_finite_and_never_negative(hour: float, season: str, weather: str) -> None:
    light = daylight(hour, season, weather)  # pyright: ignore[reportArgumentType]
    directions = np.random.default_rng(1).normal(size=(50, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    for values in (light.sky(directions), light.haze(directions), light.sunlight, light.ambient()):
        assert np.isfinite(values).all()
    assert light.sky(directions).min() >= 0 and light.sunlight.min() >= 0 and 0 < light.exposure < 500


def test_the_sun_keeps_its_hours() -> None:
    assert sun_direction(12, "summer")[2] > 0 and abs(sun_direction(12, "summer")[0]) < 1e-6, "noon is in the south, +Z"
    assert sun_direction(8, "summer")[0] > 0.3, "it rises in the east, +X"
    assert sun_direction(17, "summer")[0] < -0.3
    assert sun_direction(12, "summer")[1] > sun_direction(12, "winter")[1] > 0 > sun_direction(0, "summer")[1]
    west = sun_direction(12, "summer", np.radians(270))
    assert west[0] < -0.3 and west[1] == pytest.approx(sun_direction(12, "summer")[1])


def test_sunsets_are_redder_than_noon_and_overcast_is_grey() -> None:
    noon, late = daylight(12.0, "summer", "clear").sunlight, daylight(19.2, "summer", "clear").sunlight
    assert late[0] / max(late[2], 1e-9) > 3 * noon[0] / noon[2]
    up = np.array([[0.0, 1.0, 0.0]])
    blue, grey = daylight(12.0, "summer", "clear").sky(up)[0], daylight(12.0, "summer", "overcast").sky(up)[0]
    assert blue[2] / blue[0] > 1.8 and grey[2] / grey[0] < 1.3


def test_the_film_curve_can_be_undone() -> None:
    light = np.linspace(0.01, 1.5, 200)[:, None] * np.array([1.0, 1.0, 1.0])
    assert untone(tone(light)) == pytest.approx(light, rel=0.02, abs=0.003)


def test_the_same_draft_gives_the_same_bytes(yard: World) -> None:
    again = happen(yard, Event(hour=14.0)).world
    for old, new in zip(yard.layers, again.layers):
        assert old.name == new.name
        assert torch.allclose(old.gaussians.sh, new.gaussians.sh, atol=2e-3), f"{old.name} is lit as when it was made"
    twice = happen(yard, Event(hour=14.0)).world
    assert all(torch.equal(one.gaussians.sh, two.gaussians.sh) for one, two in zip(again.layers, twice.layers))


def test_night_is_dark_blue_and_lamps_burn(yard: World) -> None:
    night = happen(yard, Event(hour=23.5)).world
    assert brightness(night, "terrain") < 0.5 * brightness(yard, "terrain")
    assert brightness(night, SKY) < 0.5 * brightness(yard, SKY)
    ground = night.layer("terrain")
    near = np.linalg.norm(ground.gaussians.means.numpy()[:, [0, 2]] - [0, -1], axis=1) < 1.5
    far = np.linalg.norm(ground.gaussians.means.numpy()[:, [0, 2]] - [0, -1], axis=1) > 9
    assert colours(ground)[near].mean() > 2 * colours(ground)[far].mean()
    assert night.environment.hour == 23.5


def test_the_wall_throws_a_shadow(yard: World) -> None:
    ground = happen(yard, Event(hour=12.0)).world.layer("terrain")
    means = ground.gaussians.means.numpy()
    behind = (np.abs(means[:, 0] - 3) < 1.5) & (means[:, 2] < -3.3) & (means[:, 2] > -3.8)
    before = (np.abs(means[:, 0] - 3) < 1.5) & (means[:, 2] > -2.0) & (means[:, 2] < 0)
    assert colours(ground)[behind].mean() < 0.75 * colours(ground)[before].mean()


def test_snow_lies_on_the_ground_and_not_on_walls_or_water(yard: World) -> None:
    snowy = happen(yard, Event(snow=True)).world
    assert colours(snowy.layer("terrain")).mean(axis=1).mean() > colours(yard.layer("terrain")).mean() + 0.2
    things = snowy.layer("things")
    assert things.surface is not None
    upright = (things.surface.labels.numpy() == label_index("building/wall")) & (
        np.abs(things.surface.normals.numpy()[:, 1]) < 20
    )
    assert colours(things)[upright].mean() == pytest.approx(colours(yard.layer("things"))[upright].mean(), abs=0.03)
    assert snowy.environment.snow
    thawed = happen(snowy, Event(snow=False)).world
    assert torch.allclose(thawed.layer("terrain").gaussians.sh, yard.layer("terrain").gaussians.sh, atol=2e-3)


def test_autumn_turns_leaves_and_winter_takes_them_and_summer_brings_them_back(yard: World) -> None:
    surface = yard.layer("things").surface
    assert surface is not None
    leaves = np.isin(surface.labels.numpy(), labels_under("tree/leaves"))
    autumn = happen(yard, Event(season="autumn")).world
    red, green = colours(autumn.layer("things"))[leaves].mean(axis=0)[:2]
    assert red > green, "no longer green"
    winter = happen(autumn, Event(season="winter")).world
    shown = winter.layer("things").gaussians.opacities.numpy()[leaves]
    assert (shown < 0.02).mean() > 0.9
    summer = happen(winter, Event(season="summer")).world
    assert summer.layer("things").gaussians.opacities.numpy()[leaves].min() > 0.5
    assert torch.allclose(summer.layer("things").gaussians.sh, yard.layer("things").gaussians.sh, atol=2e-3)


def test_rain_and_fog_hang_in_the_air_and_go_again(yard: World) -> None:
    foggy = happen(yard, Event(weather="fog")).world
    assert foggy.layer(AIR).kind == "effects" and foggy.environment.fog_density > 0.005
    rainy = happen(foggy, Event(weather="rain")).world
    assert sum(layer.name == AIR for layer in rainy.layers) == 1
    assert all(layer.name != AIR for layer in happen(rainy, Event(weather="clear")).world.layers)


def test_the_sun_stays_where_it_was_put(yard: World) -> None:
    west = happen(yard, Event(sun_azimuth=270.0)).world
    direction = happen(west, Event(season="autumn")).world.environment.sun_direction
    assert direction is not None and direction[0] < -0.3
    moved = happen(west, Event(hour=12.0)).world.environment.sun_direction
    assert moved is not None and abs(moved[0]) < 0.01, "a new hour moves it on"


def test_words_make_events(yard: World) -> None:
    assert happen_in_words(yard, "make it night").world.environment.hour not in (None, 14.0)
    with pytest.raises(InvalidDataError, match="night"):
        happen_in_words(yard, "a purple elephant")


def test_captured_worlds_are_relit_as_an_estimate_and_not_moved(yard: World) -> None:
    captured = replace(
        yard,
        layers=tuple(replace(layer, kind="captured", surface=None) for layer in yard.layers if layer.kind != "sky"),
        environment=worlds.Environment(),
    )
    night = happen(captured, Event(hour=23.0))
    assert brightness(night.world, "terrain") < 0.7 * brightness(captured, "terrain")
    assert any("estimate" in note for note in night.notes)
    for old in captured.layers:
        assert torch.equal(old.gaussians.means, night.world.layer(old.name).gaussians.means)
    same = happen(captured, Event(hour=13.0, weather="overcast")).world
    difference = np.abs(colours(same.layer("terrain")) - colours(captured.layer("terrain")))
    assert np.median(difference) < 0.1, "in the light it was seen in it looks as it did"


def test_an_event_needs_to_say_something(yard: World) -> None:
    with pytest.raises(InvalidDataError, match="say what"):
        happen(yard, Event())
    with pytest.raises(InvalidDataError, match="empty"):
        happen(World("Nothing"), Event(hour=3.0))


def test_surfaces_are_kept_with_their_layers(yard: World, tmp_path: Path) -> None:
    worlds.save(yard, tmp_path)
    kept = worlds.load(tmp_path)
    for old, new in zip(yard.layers, kept.layers):
        assert (old.surface is None) == (new.surface is None)
        if old.surface is not None and new.surface is not None:
            assert all(torch.equal(value, new.surface.tensors()[name]) for name, value in old.surface.tensors().items())
    first = kept.layers[0]
    assert first.surface is not None
    with pytest.raises(InvalidDataError, match="surfaces of"):
        replace(first, surface=first.surface[:5])


def test_a_damaged_surface_is_told(yard: World, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    worlds.save(yard, tmp_path)
    record = worlds.load_record(tmp_path)
    (blob,) = [layer.blob for layer in record.layers if layer.name == "terrain"]
    file = tmp_path / "layers" / f"{blob}.safetensors"
    tensors = load_file(file)
    for change in (
        {PREFIX + "labels": torch.full_like(tensors[PREFIX + "labels"], 255)},
        {PREFIX + "albedo": torch.zeros(3)},
    ):
        save_file({**tensors, **change}, file)
        with pytest.raises(FormatError, match="surface"):
            worlds.load(tmp_path)


def test_classes_are_paths() -> None:
    assert len(set(LABELS)) == len(LABELS) < 256
    assert label_index("tree/trunk") in labels_under("tree") and label_index("road") not in labels_under("tree")
    for label in LABELS:
        parent = label.rpartition("/")[0]
        assert not parent or parent in LABELS
    with pytest.raises(InvalidDataError, match="zebra"):
        label_index("zebra")
