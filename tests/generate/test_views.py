"""Where people start outdoors: dry, level, and with what was asked for before them."""

from __future__ import annotations

import numpy as np
import pytest

from worldloom.generate.build.outdoors import _Kept
from worldloom.generate.build.site import Bounds
from worldloom.generate.build.terrain import Terrain
from worldloom.generate.build.things import put_things
from worldloom.generate.build.views import EYES, Mark, View, best_view, raised
from worldloom.generate.spec import BiomeShare, ObjectSpec, Relation, Relief, Water, WorldSpec

SHAPES = {"terraces": 30.0, "cliffs": 40.0, "volcano": 80.0, "hills": 40.0}


def land(shape: str, height: float, **more: object) -> Terrain:
    spec = WorldSpec(seed=3, biomes=(BiomeShare(name="meadow"),), relief=Relief(shape=shape, height=height), **more)  # type: ignore[arg-type]
    return Terrain(spec, Bounds.around(spec.extent))


def along(view: View, distance: float, aside: float = 0.0) -> np.ndarray:
    """The place (1, 2) so many metres ahead and to the right."""
    ahead = np.array([view.target[0] - view.eye[0], view.target[2] - view.eye[2]])
    ahead /= np.linalg.norm(ahead)
    place = np.array([view.eye[0], view.eye[2]]) + distance * ahead + aside * np.array([-ahead[1], ahead[0]])
    return place[None].astype(np.float32)


@pytest.mark.parametrize("shape", SHAPES)
def test_people_start_on_dry_level_ground(shape: str) -> None:
    site = land(shape, SHAPES[shape], water=Water(lakes=1))
    view = best_view(site.spec, site, site.bounds, None, ())
    place = np.array([[view.eye[0], view.eye[2]]], np.float32)
    assert site.bounds.grown(-2.0).inside(place).all() and site.free(place, 1.0).all()
    assert site.normal(place)[0, 1] > 0.8
    assert view.eye[1] - float(site.height(place)[0]) == pytest.approx(EYES, abs=1e-3)
    assert 8 < np.hypot(view.target[0] - view.eye[0], view.target[2] - view.eye[2]) < 11


def test_a_lake_that_was_asked_for_lies_before_the_eyes() -> None:
    site = land("hills", 40.0, water=Water(lakes=1))
    view = best_view(site.spec, site, site.bounds, None, ())
    fan = np.concatenate([along(view, d, a * d) for d in (10, 16, 24, 34, 46, 60) for a in (-0.4, -0.2, 0, 0.2, 0.4)])
    assert (site.water_level(fan) > site.height(fan)).mean() > 0.2


def test_a_tower_is_in_the_picture_and_eyes_are_raised_to_its_top() -> None:
    site = land("rolling", 14.0)
    place = np.array([[30.0, -25.0]], np.float32)
    tower = Mark((30.0, -25.0), float(site.height(place)[0]), 18.0)
    view = best_view(site.spec, site, site.bounds, None, [tower])
    way = place[0] - np.array([view.eye[0], view.eye[2]])
    far = float(np.linalg.norm(way))
    ahead = along(view, 1.0)[0] - np.array([view.eye[0], view.eye[2]])
    assert way @ ahead / far > np.cos(np.radians(30)) and 1.0 < far / tower.height < 9.0
    steps = np.linspace(0.05, 0.95, 40)[:, None]
    line = (np.array([[view.eye[0], view.eye[2]]]) + steps * way).astype(np.float32)
    sight = view.eye[1] + steps[:, 0] * (tower.base + 0.8 * tower.height - view.eye[1])
    assert (site.height(line) < sight).all()
    close = View((30.0, tower.base + EYES, -5.0), (30.0, tower.base + EYES, -15.0), 20.0)
    assert raised(close, [tower]).target[1] > close.target[1] + 1 and raised(close, ()) == close


def test_trees_leave_the_first_look_open_and_frame_it() -> None:
    site = land("flat", 2.0)
    view = best_view(site.spec, site, site.bounds, None, ())
    kept = _Kept(site, (), view.eye, view)
    assert not kept.free(along(view, 0.6 * view.clear), 1.5)[0] and not kept.free(along(view, 3.0, 2.0), 1.5)[0]
    assert kept.free(along(view, 12.0, 14.0), 1.5)[0] and kept.free(along(view, 0.6 * view.clear), 0.1)[0]


def test_a_lighthouse_on_a_cliff_above_the_village_stands_on_the_cliff() -> None:
    relations = (Relation(relation="on", target="cliff"), Relation(relation="above", target="village"))
    site = land("cliffs", 38.0, objects=(ObjectSpec(id="l", what="lighthouse", relations=relations),))
    things = put_things(site.spec, site, (0.0, 5.0, 0.0), (0.0, 5.0, -10.0))
    assert things.spots[0].base == 0.0 and len(things.placed) == 1
    edges = site.anchors("cliff")
    assert np.hypot(*(edges - [things.spots[0].x, things.spots[0].z]).T).min() < 16
