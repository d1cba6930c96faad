"""Things by a segmentation model. Pictures of a thing are rendered from around it, the model is asked in each which
pixels it is, and its masks are kept as content: what selects the thing is a record that needs no model when the log is
done again. After the first picture the model is asked at what is known of the thing by then, so that it is followed
around to its far side; an answer that contradicts what is known does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worldloom.app.editing.now import Keep
from worldloom.app.editing.segmenters import Segmenters
from worldloom.app.editing.viewpoints import Extent, around, on_ring, photographed, ring_angles, spread, turns
from worldloom.app.server.segment_schemas import PICTURES
from worldloom.edit.criteria import BySegments, Segment
from worldloom.edit.fields import Place, Spot, View
from worldloom.edit.select.drawn import drawn
from worldloom.edit.select.pictures import camera_of, clear, point_at, projected
from worldloom.edit.state import EditState
from worldloom.generate.models.interfaces import Masks
from worldloom.render.cpu import NativeEngine
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Ask = Callable[[Picture, Sequence[tuple[float, float]]], Masks]
"""What there is at some points (x, y), pixels, of a picture."""

_HEIGHT = 720
_KNOWN_HEIGHT = 240
"""Of pictures of what is known already."""
_LEAST = 0.002
"""Of a picture: where less of a thing is seen, it is not asked for."""
_AGREE = 0.7
"""Least overlap of an answer with what is known of the thing (intersection over union, of what is known only)."""
_CUT = 0.4
"""Most of a picture's border that an answer may take."""
_NEARER = (1.0, 0.6)
"""Where something is in the way, it is gone nearer."""
_SAME_DEPTH = 0.03
"""A place is seen where nothing is nearer by more than this share."""
_SURFACE = 0.05
"""Metres that a place may be off a surface."""
_SIGHTS = 8
"""Directions from which it is tried to see a place."""
_ALL_AROUND = 6
_PHOTOS = 12
"""Pictures in which words are looked for."""


@dataclass(frozen=True)
class Segmented:
    """What a model has found."""

    where: BySegments
    scores: tuple[float, ...]
    """The model's own, 0 to 1, of each picture's mask."""


def at_place(
    segmenters: Segmenters,
    state: EditState,
    place: Place,
    keep: Keep,
    *,
    eye: Sequence[float],
    pictures: int = PICTURES,
) -> Segmented:
    """The thing at a place.

    Args:
        eye: where someone stands who sees the place, unless it is said by a spot of a picture.
        pictures: at most so many.

    Raises:
        ConflictError: no model that is asked by points is set up.
        InvalidDataError: nothing is there, the place can't be seen, or the model sees no thing there.
    """
    ask = _by_points(segmenters)
    target = point_at(place, state)
    following = _Following(state, ask, keep, target)
    if isinstance(place, Spot):
        following.begin(place.view, place.at)
    else:
        following.begin(_sight(following, torch.tensor(eye), target), (0.5, 0.5))
    following.around(pictures - 1)
    return following.found()


def by_words(
    segmenters: Segmenters,
    words: str,
    state: EditState,
    view: View,
    keep: Keep,
    *,
    every: bool = False,
    pictures: int = PICTURES,
) -> Segmented | None:
    """What some words name, looked for in a view, all around, and in photos; None: it is seen nowhere.

    Args:
        every: all such things, as far as these pictures show them. Otherwise the one that the model is surest of in the
            first picture that has any, from all sides.
        pictures: of one thing, at most so many.

    Raises:
        ConflictError: no model that is asked by words is set up.
    """
    reader = segmenters.get("words")
    following = _Following(state, _by_words(segmenters, words), keep)
    found: list[tuple[View, Masks]] = []
    for one in (*turns(view, _ALL_AROUND), *spread(state.world.captures, _PHOTOS)):
        masks = reader.segment(following.picture(camera_of(one, _HEIGHT)), text=words)
        found.append((one, masks))
        if masks.masks.any() and not every:
            break
    if not any(masks.masks.any() for _, masks in found):
        return None
    if every:
        for one, masks in found:
            following.add(one, np.any(masks.masks, axis=0), float(masks.scores[0]) if len(masks.scores) else 0.0)
        return following.found()
    first, masks = found[-1]
    surest = next(mask for mask in masks.masks if mask.any())
    x, y = _innermost(surest)
    height, width = surest.shape
    following.target = point_at(Spot(view=first, at=(x / width, y / height)), state)
    following.begin(first, (x / width, y / height))
    following.around(pictures - 1)
    return following.found()


def _by_points(segmenters: Segmenters) -> Ask:
    model = segmenters.get("points")
    return lambda picture, points: model.segment(picture, points=points)


def _by_words(segmenters: Segmenters, words: str) -> Ask:
    """What words name is outlined by a model that is asked by points, where there is one: such are more exact."""
    if segmenters.can("points"):
        return _by_points(segmenters)
    model = segmenters.get("words")
    return lambda picture, points: model.segment(picture, text=words)


class _Following:
    """What is known of a thing, picture by picture."""

    def __init__(self, state: EditState, ask: Ask, keep: Keep, target: Tensor | None = None) -> None:
        self.target = target
        """(3,) a place on the thing."""
        self._state = state
        self._ask = ask
        self._keep = keep
        everything = drawn(state)
        if not len(everything):
            raise InvalidDataError("There is nothing to be seen in this world.")
        self._gaussians = everything.gaussians()
        self._engine = NativeEngine()
        self._votes = torch.zeros(len(self._gaussians), 2)
        self._clear = torch.zeros(len(self._gaussians), dtype=torch.bool)
        self._segments: list[Segment] = []
        self._scores: list[float] = []

    def picture(self, camera: Camera) -> Picture:
        """What a camera sees."""
        self._last = self._engine.forward(self._gaussians, camera, outputs=("median_depth",))
        return (self._last.rgb.clamp(0, 1) * 255).round().to(torch.uint8).numpy()

    def begin(self, view: View, at: tuple[float, float]) -> None:
        """Ask what there is at a place of the first picture, 0 to 1."""
        camera = camera_of(view, _HEIGHT)
        point = at[0] * camera.width, at[1] * camera.height
        masks = self._ask(self.picture(camera), [point])
        for mask, score in zip(masks.masks, masks.scores):
            if _holds(mask, point):
                self._take(view, mask, float(score))
                return
        raise InvalidDataError("The model sees no thing there; click on another place of it, or come nearer.")

    def around(self, count: int) -> None:
        """Ask in up to so many further pictures: those that photos were taken from, else some from a circle around."""
        first = self._segments[0].view
        photos = photographed(self._state.world.captures, first, self._extent(), count)
        for view in photos:
            self._go_on(view)
        if photos:
            return
        for number, angle in enumerate(ring_angles(count)):
            for nearer in _NEARER:
                if self._go_on(on_ring(first, self._extent(), number, angle, nearer)):
                    break

    def add(self, view: View, mask: Mask, score: float) -> None:
        """Keep a mask without asking."""
        done, png = cv2.imencode(".png", mask.astype(np.uint8) * 255)
        assert done
        self._segments.append(Segment(view=view, png=self._keep(png.tobytes())))
        self._scores.append(score)

    def found(self) -> Segmented:
        """All masks so far."""
        return Segmented(BySegments(masks=tuple(self._segments), hidden=True), tuple(self._scores))

    def depth_at(self, x: float, y: float) -> float:
        """Metres before the camera of the last picture, 0 where nothing is seen."""
        assert self._last.median_depth is not None
        height, width = self._last.median_depth.shape
        return float(self._last.median_depth[min(int(y), height - 1), min(int(x), width - 1)])

    def _go_on(self, view: View) -> bool:
        """Ask in another picture; whether its answer counts."""
        camera = camera_of(view, _HEIGHT)
        thing, other = self._known(view, camera)
        if thing.mean() < _LEAST:
            return False
        points = [_innermost(thing)]
        picture = self.picture(camera)
        if (clicked := self._clicked(view, camera)) is not None:
            points.append(clicked)
        masks = self._ask(picture, points)
        agreement = [_agreement(mask, thing, other) for mask in masks.masks]
        best = max(range(len(agreement)), key=lambda one: agreement[one] * float(masks.scores[one]), default=0)
        if not agreement or agreement[best] < _AGREE:
            return False
        self._take(view, masks.masks[best], float(masks.scores[best]))
        return True

    def _take(self, view: View, mask: Mask, score: float) -> None:
        """Keep the mask of the picture that was rendered last."""
        weights = self._engine.weights(torch.from_numpy(mask).float())
        self._votes += weights[:, :2]
        self._clear |= clear(weights)
        self.add(view, mask, score)

    def _clicked(self, view: View, camera: Camera) -> tuple[float, float] | None:
        """Where the place is in the last picture; None: it is out of sight."""
        assert self.target is not None
        place, depth = projected(view, self.target[None])
        x, y, away = float(place[0, 0]), float(place[0, 1]), float(depth[0])
        if not (0 <= x < 1 and 0 <= y < 1 and away > 0):
            return None
        x, y = x * camera.width, y * camera.height
        return (x, y) if 0 < away <= self.depth_at(x, y) * (1 + _SAME_DEPTH) else None

    def _inside(self) -> Tensor:
        """(M,) bool: what has been seen to be of the thing."""
        return self._clear & (self._votes[:, 0] >= 0.5 * self._votes[:, 1])

    def _known(self, view: View, camera: Camera) -> tuple[Mask, Mask]:
        """Where a picture will show what is of the thing, and what is known not to be."""
        inside = self._inside()
        colours = torch.stack([inside, self._clear & ~inside, torch.zeros_like(inside)], dim=1).float()
        painted = Gaussians(*self._gaussians.tensors[:4], rgb_to_sh0(colours)[:, None].contiguous())
        shares = NativeEngine().forward(painted, camera_of(view, _KNOWN_HEIGHT)).rgb.numpy()
        large = cv2.resize(shares, (camera.width, camera.height), interpolation=cv2.INTER_LINEAR)
        return large[..., 0] > 0.5, large[..., 1] > 0.5

    def _extent(self) -> Extent:
        inside = self._inside()
        if not bool(inside.any()):
            raise InvalidDataError("What the model sees there is too small; come nearer.")
        points = self._gaussians.means[inside]
        points = points[:: max(len(points) // 100_000, 1)]
        low, high = points.quantile(0.02, dim=0), points.quantile(0.98, dim=0)
        size = self._gaussians.log_scales[inside].amax(dim=1).median().exp()
        return Extent((low + high) / 2, max(float((high - low).norm()) / 2, float(size)))


def _sight(following: _Following, eye: Tensor, target: Tensor) -> View:
    """A view in which a place is seen in the middle: from an eye, else from around the place, else from nearer."""
    distance = float((eye - target).norm())
    if distance < 1e-3:
        raise InvalidDataError("The place is where one stands; say another from which it is seen.")
    for nearer in (1.0, 0.5, 0.2):
        for angle in (0.0, *ring_angles(_SIGHTS - 1)):
            view = around(eye, target, angle, nearer)
            camera = camera_of(view, _KNOWN_HEIGHT)
            following.picture(camera)
            off = abs(following.depth_at(camera.width / 2, camera.height / 2) - nearer * distance)
            if off <= max(2 * _SAME_DEPTH * nearer * distance, _SURFACE):
                return view
    raise InvalidDataError("That place can't be seen; give one on a surface that is not covered.")


def _agreement(mask: Mask, thing: Mask, other: Mask) -> float:
    """How well an answer fits what is known: intersection over union, of what is known only; 0 for what the picture
    has no room for, since that may be anything."""
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    if border.mean() > _CUT:
        return 0.0
    return float((mask & thing).sum() / (mask & other | thing).sum())


def _innermost(mask: Mask) -> tuple[float, float]:
    """(x, y) of the pixel that is farthest from all that is not in the mask."""
    distances = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = np.unravel_index(int(distances.argmax()), mask.shape)
    return float(x) + 0.5, float(y) + 0.5


def _holds(mask: Mask, point: tuple[float, float]) -> bool:
    height, width = mask.shape
    return bool(mask[min(int(point[1]), height - 1), min(int(point[0]), width - 1)])
