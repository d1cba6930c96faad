"""Where to walk from the panorama's middle, so that a view synthesizer shows what is hidden from there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldloom.generate.models.align import SphereDepth
from worldloom.generate.sphere import TangentView, even_directions, look_up

_SHARE = 0.5
"""Of the free way ahead that is walked."""


@dataclass(frozen=True, eq=False)
class PlannedPath:
    """A walk that starts in the middle."""

    view: TangentView
    """What is seen at its start."""
    camera_to_world: np.ndarray
    """(F, 4, 4) float64, OpenCV axes; the panorama's middle is the origin."""


def plan_paths(
    depth: SphereDepth, *, count: int, frames: int, width: int, height: int, fov: float = 75.0, longest: float = 4.0
) -> tuple[PlannedPath, ...]:
    """Walks along the freest headings, well apart: forward for half of the free way, swaying to one side and back.

    Args:
        width, height: of the pictures, pixels.
        longest: metres walked at most.

    Returns:
        At most `count`; fewer where there is less than 10 cm to walk.
    """
    reach = np.minimum(_SHARE * free_way(depth), longest)
    order = np.argsort(-reach, kind="stable")
    chosen: list[int] = []
    for heading in order:
        apart = [abs((heading - other + 180) % 360 - 180) for other in chosen]
        if len(chosen) < count and reach[heading] >= 0.1 and min(apart, default=360) >= 240 / max(count, 1) - 1e-9:
            chosen.append(int(heading))
    return tuple(_walk(float(heading), float(reach[heading]), frames, width, height, fov) for heading in sorted(chosen))


def free_way(depth: SphereDepth) -> np.ndarray:
    """(360,) metres that one can go in each direction (degrees right of -Z) before touching what lies ahead, keeping 40
    cm to the sides and not counting the ground below knee height."""
    directions = even_directions(8000)
    far = np.where(
        look_up(depth.valid, directions, nearest=True), look_up(depth.distance, directions, nearest=True), 1e3
    )
    points = directions * far[:, None]
    points = points[(points[:, 1] > -1.0) & (points[:, 1] < 0.5)]
    headings = np.radians(np.arange(360))
    forward = np.stack([np.sin(headings), -np.cos(headings)])  # x and z
    ahead = points[:, [0, 2]] @ forward
    aside = points[:, [0, 2]] @ np.stack([np.cos(headings), np.sin(headings)])
    blocking = (ahead > 0) & (np.abs(aside) < 0.4)
    return np.where(blocking, ahead, 1e3).min(axis=0) if len(points) else np.full(360, 1e3)


def _walk(heading: float, reach: float, frames: int, width: int, height: int, fov: float) -> PlannedPath:
    view = TangentView(heading, 0, fov, width, height)
    time = np.linspace(0, 1, frames)
    ahead = reach * time * time * (3 - 2 * time)
    sway = 0.2 * reach * np.sin(2 * np.pi * time)
    right, forward = view.rotation[:, 0], view.rotation[:, 2]
    poses = np.tile(np.eye(4), (frames, 1, 1))
    poses[:, :3, :3] = view.rotation
    poses[:, :3, 3] = ahead[:, None] * forward + sway[:, None] * right
    return PlannedPath(view, poses)
