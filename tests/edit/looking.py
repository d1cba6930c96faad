"""Changes of looks, to be drawn at random."""

from __future__ import annotations

from hypothesis import strategies as some

from worldloom.edit.change.colour import MatchColours, Recolour
from worldloom.edit.change.decimate import Decimate
from worldloom.edit.change.fill import Fill
from worldloom.edit.change.floaters import FixFloaters
from worldloom.edit.change.opacity import SetOpacity, Sharpen, Soften
from worldloom.edit.change.relight import Relight
from worldloom.edit.change.transients import EraseTransients
from worldloom.edit.criteria import ByLayer, Criterion
from worldloom.edit.operation import Operation


def looks(where: some.SearchStrategy[Criterion | None]) -> some.SearchStrategy[Operation]:
    """Operations on how a garden looks."""
    factors, steps = some.floats(0.1, 2), some.floats(-1, 1)
    curves = some.sampled_from([None, ((0.0, 0.1), (0.4, 0.5), (1.0, 0.9))])
    return some.one_of(
        some.builds(Recolour, where=where, exposure=steps, temperature=steps, saturation=factors, red=curves),
        some.builds(MatchColours, where=where, to=some.just(ByLayer(names=("house",))), strength=some.floats(0, 1)),
        some.builds(SetOpacity, where=where, factor=factors),
        some.builds(Sharpen, where=where, amount=some.floats(0.1, 1)),
        some.builds(Soften, where=where, amount=some.floats(0.1, 1)),
        some.builds(Decimate, where=where, share=some.floats(0.1, 1)),
        some.builds(Fill, where=where),
        some.builds(FixFloaters, where=where, highest=some.floats(0, 3)),
        some.builds(Relight, where=where, azimuth=some.floats(0, 359), elevation=some.floats(5, 80)),
        some.builds(EraseTransients, where=where),
    )
