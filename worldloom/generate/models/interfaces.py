"""What the chain asks of models. Pictures are (H, W, 3) uint8 sRGB arrays; cameras have OpenCV axes (x right, y down,
z forward); every random draw comes from `seed`, so the same call gives the same pixels on the same machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from worldloom.generate.models.card import Card

if TYPE_CHECKING:
    from worldloom.scene.gaussians import Gaussians


@dataclass(frozen=True, eq=False)
class DepthMap:
    """How far away each pixel is."""

    depth: np.ndarray
    """(H, W) float32 along the camera's z, more than zero where valid; metres if `metric`."""
    valid: np.ndarray
    """(H, W) bool: False for sky and wherever the model doesn't know."""
    metric: bool
    """Whether it is in metres, rather than in a unit of its own."""
    affine: bool = False
    """True: 1/depth is known only up to a factor and an added constant (models of relative inverse depth)."""
    intrinsics: np.ndarray | None = None
    """(3, 3) float64 focal lengths and principal point as the model sees them, pixels; None where it doesn't tell."""
    normals: np.ndarray | None = None
    """(H, W, 3) float32 unit, camera frame, towards the camera; None where it doesn't tell."""


@dataclass(frozen=True, eq=False)
class Masks:
    """What a segmenter found, best first."""

    masks: np.ndarray
    """(M, H, W) bool."""
    scores: np.ndarray
    """(M,) float32, 0 to 1."""


@dataclass(frozen=True, eq=False)
class Frames:
    """Pictures along a path, with where they were taken from; models choose their own number and size of frames."""

    images: np.ndarray
    """(F, H, W, 3) uint8 sRGB."""
    camera_to_world: np.ndarray
    """(F, 4, 4) float64."""
    intrinsics: np.ndarray
    """(3, 3) float64, of these images, pixels."""


@runtime_checkable
class Model(Protocol):
    """A loaded backend."""

    @property
    def card(self) -> Card: ...

    @property
    def source(self) -> str:
        """The hub id or folder that it was loaded from; empty for our own algorithms."""
        ...

    @property
    def licence(self) -> str:
        """Of the very files that were loaded."""
        ...


class TextToImage(Model, Protocol):
    def image(self, prompt: str, *, width: int, height: int, seed: int) -> np.ndarray:
        """A picture (height, width, 3) of what `prompt` says."""
        ...


class Inpainter(Model, Protocol):
    def fill(self, image: np.ndarray, mask: np.ndarray, prompt: str, *, seed: int) -> np.ndarray:
        """`image` (H, W, 3) with new content where `mask` (H, W) bool is True.

        Pixels outside the mask may come back slightly changed; callers put the old ones back.
        """
        ...


class PanoramaGenerator(Model, Protocol):
    def panorama(self, prompt: str, *, height: int, seed: int, image: np.ndarray | None = None) -> np.ndarray:
        """An equirectangular picture (height, 2 * height, 3), -Z in the middle, around `image` where one is given."""
        ...


class DepthEstimator(Model, Protocol):
    def depth(self, image: np.ndarray, *, intrinsics: np.ndarray | None = None) -> DepthMap:
        """Depth of `image` (H, W, 3).

        Args:
            intrinsics: (3, 3) of the camera in pixels, where they are known.
        """
        ...


class Segmenter(Model, Protocol):
    def segment(
        self,
        image: np.ndarray,
        *,
        text: str | None = None,
        points: Sequence[tuple[float, float]] = (),
        boxes: Sequence[tuple[float, float, float, float]] = (),
    ) -> Masks:
        """Pixels of `image` (H, W, 3) that are what `text` names, or that belong to the thing at `points` (x, y) or
        to those in `boxes` (left, top, right, bottom), pixels.

        Raises:
            InvalidDataError: this segmenter doesn't take that kind of question.
        """
        ...


class ViewSynthesizer(Model, Protocol):
    def views(
        self,
        images: Sequence[np.ndarray],
        camera_to_world: np.ndarray,
        intrinsics: np.ndarray,
        path: np.ndarray,
        prompt: str,
        *,
        seed: int,
    ) -> Frames:
        """What is seen along a path.

        Args:
            images: what is known: pictures (H, W, 3) of one size.
            camera_to_world: (len(images), 4, 4) where those were taken from.
            intrinsics: (3, 3) of all of them, pixels.
            path: (F, 4, 4) camera-to-world poses wanted, the first one at the first picture's.
        """
        ...


class SceneLifter(Model, Protocol):
    def lift(self, panorama: np.ndarray, prompt: str, *, seed: int) -> Gaussians:
        """Gaussians around the origin, metres, Y up, that look like `panorama` (H, 2H, 3) from there."""
        ...


class ObjectGenerator(Model, Protocol):
    def generate(self, image: np.ndarray, *, seed: int) -> Gaussians:
        """The object that `image` (H, W, 3) shows, upright (Y up), its largest side one metre long, standing on y = 0
        at the origin."""
        ...
