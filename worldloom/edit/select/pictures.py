"""Rows by what a picture shows of them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from worldloom.edit.criteria import BySegments, InView
from worldloom.edit.fields import Place, Spot, View
from worldloom.edit.operation import Applying
from worldloom.edit.select.drawn import Drawn, drawn, only
from worldloom.edit.state import EditState, Rows
from worldloom.render.cpu import NativeEngine
from worldloom.render.regions import inside
from worldloom.scene.camera import Camera
from worldloom.scene.colour import oklab_from_srgb
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians, sh0_to_rgb
from worldloom.scene.geometry import Transform
from worldloom.scene.world_record import CapturedView

_NEAREST = 0.01
"""Metres before the eye from which on things are seen."""
_SHOWN = 0.1
"""A Gaussian is seen where others leave this share of it, in the mean over the pixels that are not full before it."""
_OUTLINE_PIXELS = 480
"""The longer side of an outline, where it is looked at what hides what in it."""
_MASK_PIXELS = 480
_NEIGHBOURS = 8
"""Of what no picture shows clearly, so many decide;"""
_MARGIN = 0.1
"""of those within a thing's box, which is larger by so much;"""
_COLOUR = 1.0
"""where two colours as far apart as black and white count for as much as so many times the box's diagonal."""
_SPOT_PIXELS = 720
"""The height of the picture of which a few pixels are made to see what is at a spot."""


def camera_of(view: View | CapturedView, height: int) -> Camera:
    """The view as a camera with a picture of that height."""
    pose = Transform(view.position, view.rotation)
    turn = pose.rotation_matrix * torch.tensor([1.0, -1.0, -1.0], dtype=torch.float64)  # glTF's axes to OpenCV's
    matrix = torch.eye(4, dtype=torch.float64)
    matrix[:3, :3] = turn.T
    matrix[:3, 3] = -turn.T @ torch.tensor(view.position, dtype=torch.float64)
    focal = 0.5 * height / float(np.tan(np.radians(view.vertical_fov) / 2))
    width = max(round(height * view.aspect), 1)
    return Camera(width, height, focal, focal, width / 2, height / 2, matrix.float())


def projected(view: View | CapturedView, points: Tensor) -> tuple[Tensor, Tensor]:
    """Where points (N, 3) of the world are in a picture, (N, 2), 0 to 1 within it, and how far before the eye, (N,)
    metres. Of points that are not before it the places mean nothing."""
    pose = camera_of(view, 1).world_to_camera
    seen = points @ pose[:3, :3].T + pose[:3, 3]
    half = float(np.tan(np.radians(view.vertical_fov) / 2))
    spread = torch.tensor([half * view.aspect, half])
    return seen[:, :2] / (seen[:, 2:].clamp_min(_NEAREST) * 2 * spread) + 0.5, seen[:, 2]


def in_view(criterion: InView, state: EditState) -> Rows:
    """Rows whose centres lie in an outline, and of these, unless all are wanted, those that can be seen."""
    outline = torch.tensor(criterion.polygon)
    everything = drawn(state)
    places, depths = projected(criterion.view, everything.means)
    found = inside(places, outline) & (depths > _NEAREST)
    if not criterion.through and bool(found.any()):
        found &= _seen(everything, _cropped(criterion.view, outline))
    return everything.rows(found)


def in_segments(criterion: BySegments, state: EditState, by: Applying) -> Rows:
    """Rows of which the wanted share of all that the pictures show lies in their masks.

    Each picture votes with the blending weights of its pixels, so that what it sees near and whole counts for more,
    and what is hidden from it does not count.

    Raises:
        InvalidDataError: a blob is no picture, or not of its view's aspect.
    """
    everything = drawn(state)
    gaussians = everything.gaussians()
    votes, plain = torch.zeros(len(gaussians), 2), torch.zeros(len(gaussians), dtype=torch.bool)
    engine = NativeEngine()
    outlines: list[tuple[View, Tensor]] = []
    for segment in criterion.masks:
        mask = cv2.imread(str(by.sources.blob(segment.png)), cv2.IMREAD_GRAYSCALE)
        if mask is None:
            raise InvalidDataError("A mask is no picture; give PNG files.")
        height, width = mask.shape
        if abs(width / height / segment.view.aspect - 1) > 0.02:
            raise InvalidDataError(
                f"A mask has {width} x {height} pixels, but the aspect of its view is {segment.view.aspect:.3g}."
            )
        camera = camera_of(segment.view, min(height, _MASK_PIXELS))
        small = cv2.resize(mask, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
        engine.forward(gaussians, camera)
        share = torch.from_numpy(small).float() / 255
        weights = engine.weights(share)
        votes += weights[:, :2]
        plain |= clear(weights)
        outlines.append((segment.view, share))
    found = (votes[:, 1] > 0) & (votes[:, 0] >= criterion.share * votes[:, 1])
    return everything.rows(_like_neighbours(gaussians, found, plain, outlines) if criterion.hidden else found)


def point_at(place: Place, state: EditState) -> Tensor:
    """(3,) the place in the world: itself, or what is first met at a spot of a picture.

    Raises:
        InvalidDataError: there is nothing at that spot.
    """
    if not isinstance(place, Spot):
        return torch.tensor(place)
    whole = camera_of(place.view, _SPOT_PIXELS)
    side = 9
    x, y = place.at[0] * whole.width - side / 2, place.at[1] * whole.height - side / 2
    few = Camera(side, side, whole.fx, whole.fy, whole.cx - x, whole.cy - y, whole.world_to_camera)
    everything = drawn(state)
    places, depths = projected(place.view, everything.means)
    # What is far from the spot in the picture reaches it only if it is large or near.
    sizes = everything.column(lambda part: part.gaussians.log_scales.amax(dim=1).exp() * part.layer.transform.scale)
    reach = 4 * sizes / depths.clamp_min(_NEAREST) + 0.02
    close = ((places - torch.tensor(place.at)).abs() <= reach[:, None]).all(dim=1) & (depths > 0)
    nothing = InvalidDataError("There is nothing at that place of the picture; choose one where something is.")
    if not bool(close.any()):
        raise nothing
    planes = NativeEngine().forward(only(everything, close).gaussians(), few, outputs=("median_depth",))
    assert planes.median_depth is not None
    depth = float(planes.median_depth[side // 2, side // 2])
    if depth <= 0:
        raise nothing
    at = torch.tensor([(side / 2 - few.cx) / few.fx * depth, (side / 2 - few.cy) / few.fy * depth, depth])
    pose = few.camera_to_world
    return pose[:3, :3] @ at + pose[:3, 3]


def _seen(everything: Drawn, camera: Camera) -> Tensor:
    """(M,) bool: what a camera sees of what is drawn."""
    engine = NativeEngine()
    engine.forward(everything.gaussians(), camera)
    return clear(engine.weights())


def clear(weights: Tensor) -> Tensor:
    """(M,) bool of `NativeEngine.weights`: what is seen by more than a shine through others."""
    return (weights[:, 1] > 0) & (weights[:, 1] >= _SHOWN * weights[:, 2])


def _like_neighbours(
    gaussians: Gaussians, found: Tensor, plain: Tensor, outlines: Sequence[tuple[View, Tensor]]
) -> Tensor:
    """(M,) bool: of what is plain to see, what is found; of the rest what lies within the outline of a picture, or
    behind it, and has mostly such around it, in space and in OKLab, so that the underside of a thing is told from what
    it stands on."""
    from scipy.spatial import KDTree

    known = found & plain
    if not bool(known.any()):
        return known
    low, high = gaussians.means[known].amin(dim=0), gaussians.means[known].amax(dim=0)
    margin = _MARGIN * (high - low)
    within = ((gaussians.means >= low - margin) & (gaussians.means <= high + margin)).all(dim=1).nonzero()[:, 0]
    told, asked = within[plain[within]], within[~plain[within]]
    asked = asked[_in_outlines(gaussians.means[asked], outlines)]
    if len(asked):
        near = torch.cat([told, asked])
        colours = oklab_from_srgb(sh0_to_rgb(gaussians.sh[near, 0]).clamp(0, 1))
        places = torch.cat([gaussians.means[near] / (high - low).norm(), _COLOUR * colours], dim=1).numpy()
        # Sliding midpoints suit what lies on surfaces, which most of the six dimensions are empty around.
        tree = KDTree(places[: len(told)], leafsize=32, balanced_tree=False, compact_nodes=False)
        nearest = tree.query(places[len(told) :], k=min(_NEIGHBOURS, len(told)), workers=-1)[1]
        alike = known[told][torch.from_numpy(nearest).reshape(len(asked), -1)].float().mean(dim=1)
        known[asked] = alike > 0.5
    return known


def _in_outlines(points: Tensor, outlines: Sequence[tuple[View, Tensor]]) -> Tensor:
    """(K,) bool: which points (K, 3) lie, seen or hidden, where one of the masks (H, W) of views is more than half."""
    found = torch.zeros(len(points), dtype=torch.bool)
    for view, mask in outlines:
        places, depths = projected(view, points)
        height, width = mask.shape
        pixels = (places * torch.tensor([width, height])).floor()
        on = (depths > _NEAREST) & (pixels >= 0).all(dim=1) & (pixels < torch.tensor([width, height])).all(dim=1)
        column, row = pixels[on].long().unbind(dim=1)
        found[on] |= mask[row, column] > 0.5
    return found


def _cropped(view: View, outline: Tensor) -> Camera:
    """A camera for the part of a picture that an outline takes, with some pixels around."""
    low, high = outline.amin(dim=0).clamp(0, 1), outline.amax(dim=0).clamp(0, 1)
    extent = (high - low).clamp_min(1e-3) * torch.tensor([view.aspect, 1.0])  # in heights of the picture
    whole = camera_of(view, max(round(_OUTLINE_PIXELS / float(extent.max())), 1))
    border = 8
    left, top = float(low[0]) * whole.width - border, float(low[1]) * whole.height - border
    width, height = (int(float(side) * whole.height) + 2 * border + 1 for side in extent)
    return Camera(width, height, whole.fx, whole.fy, whole.cx - left, whole.cy - top, whole.world_to_camera)
