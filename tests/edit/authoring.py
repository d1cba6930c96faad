"""Operations on what people put into a world, for sequences of random ones."""

from __future__ import annotations

from hypothesis import strategies as some

from worldloom.edit.author.things import RemoveThing, RenameThing, SetAnimation, SetPortal
from worldloom.scene.authored import LayerAnimation, Portal

_names = some.sampled_from(["one", "two"])
_kinds = some.sampled_from(["portal", "animation"])
_places = some.tuples(*[some.floats(-2, 2)] * 3)
_axes = some.sampled_from([(0.0, 1.0, 0.0), (1.0, 0.0, 2.0)])
authorings = some.one_of(
    some.builds(SetPortal, portal=some.builds(Portal, name=_names, position=_places, world=some.just("abc"))),
    some.builds(
        SetAnimation, animation=some.builds(LayerAnimation, name=_names, layer=some.just("ground"), axis=_axes)
    ),
    some.builds(RenameThing, kind=_kinds, name=_names, new_name=_names),
    some.builds(RemoveThing, kind=_kinds, name=_names),
)
