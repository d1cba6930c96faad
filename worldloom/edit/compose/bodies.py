"""Primitive solids, standing on the origin; metres, Y up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from worldloom.scene.errors import InvalidDataError
from worldloom.scene.solids import block, cone, covered, covered_mesh, cylinder, united
from worldloom.scene.surfels import Surfels

if TYPE_CHECKING:
    from manifold3d import Manifold

Shape = Literal["box", "sphere", "cylinder", "cone", "torus", "plane", "stairs"]
_PIECES = 16_000
"""About how many a solid is covered with, ..."""
_COARSEST, _FINEST = 0.06, 0.001
"""... and their distance, metres, at most and at least: from a metre away no single one shall be seen."""
TIGHT = 0.84
"""Standard deviation of the pieces over their distance: nothing shines through them from near by."""
MOST_PIECES = 400_000
_TUBE = 0.25
"""Of a torus: thickness of the ring over its width."""
_RISER = 0.17
"""Metres that a step of stairs is high where nothing is said."""


def solid(shape: Shape, size: tuple[float, float, float], steps: int | None, seed: int) -> Surfels:
    """The surface of a primitive as wide (x), high (y) and deep (z) as `size`; the height of a plane is ignored.

    Args:
        steps: of stairs; None: as many as are comfortable. They rise towards -Z.

    Raises:
        InvalidDataError: it is so large that it would take too many Gaussians.
    """
    if shape == "plane":
        x, z = size[0] / 2, size[2] / 2
        corners = np.array([[-x, 0, -z], [-x, 0, z], [x, 0, z], [x, 0, -z]])
        faces = np.array([[0, 1, 2], [0, 2, 3]])
        return covered_mesh(corners, faces, spacing_for(size[0] * size[2]), seed, overlap=TIGHT)
    body = _unit_body(shape, size, steps).scale([float(edge) for edge in size])
    return covered(body, spacing_for(body.surface_area()), seed, overlap=TIGHT)


def _unit_body(shape: Shape, size: tuple[float, float, float], steps: int | None) -> Manifold:
    """In the box from (-0.5, 0, -0.5) to (0.5, 1, 0.5)."""
    from manifold3d import CrossSection, Manifold

    match shape:
        case "box":
            return block((1, 1, 1), (0, 0.5, 0))
        case "sphere":
            return Manifold.sphere(0.5, 96).translate([0.0, 0.5, 0.0])
        case "cylinder":
            return cylinder(0.5, 1.0, sides=96)
        case "cone":
            return cone(0.5, 1.0, sides=96)
        case "torus":
            ring = CrossSection.circle(_TUBE / 2, 48).translate([0.5 - _TUBE / 2, 0.0])
            flat = Manifold.revolve(ring, 96).rotate([-90.0, 0.0, 0.0])
            return flat.scale([1.0, 1 / _TUBE, 1.0]).translate([0.0, 0.5, 0.0])
        case _:
            count = steps or min(max(round(size[1] / _RISER), 1), 200)
            return united(
                *(
                    block((1, (n + 1) / count, 1 / count), (0, (n + 1) / count / 2, 0.5 - (n + 0.5) / count))
                    for n in range(count)
                )
            )


def spacing_for(area: float) -> float:
    """Metres between pieces on so many m^2.

    Raises:
        InvalidDataError: there would be too many.
    """
    spacing = float(np.clip((area / _PIECES) ** 0.5, _FINEST, _COARSEST))
    if not area / spacing**2 <= MOST_PIECES:
        raise InvalidDataError(
            f"A thing of {area:.0f} m^2 would take more than {MOST_PIECES:,} Gaussians; make it smaller."
        )
    return spacing
