"""A picture all around from one picture or from words: overlapping flat views of the sphere, each filled in by an
`Inpainter` where nothing is known yet and levelled to what is. The last views see known pixels on both sides, so that
the circle closes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from worldloom.generate.models.adapters.loaded import Loaded, checked_picture
from worldloom.generate.models.card import Card
from worldloom.generate.models.filling import push_pull
from worldloom.generate.models.interfaces import Inpainter, TextToImage
from worldloom.generate.sphere import TangentView, directions_of, look_at, look_up
from worldloom.scene.errors import InvalidDataError

Progress = Callable[[float, str], None]
"""Called with the share that is done, 0 to 1, and what was done."""

_BAND = 0.04
"""Share of a view's width, beside the new part, in which new and known pixels are compared."""
_REACH = 0.15
"""Share of a view's width over which a difference in colour at the seam dies away."""
_LARGEST_CAST = 48.0
"""Levels of 255 by which the whole of a new part is levelled at most; more is another picture, not a colour cast."""


def default_views(size: int, *, yaw: float = 0.0) -> tuple[TangentView, ...]:
    """Eight square views that cover the sphere: around, alternately to the right and the left, then up and down.

    The one at the back finds a gap of 70 degrees with known pixels on both sides, so that it can join them.
    """
    turns = (0, 50, -50, 100, -100, 180)
    around = [TangentView(yaw + turn, 0, 90, size, size) for turn in turns]
    poles = [TangentView(yaw, pitch, 120, size, size) for pitch in (90, -90)]
    return (*around, *poles)


def place_picture(image: np.ndarray, height: int, *, fov: float) -> tuple[np.ndarray, np.ndarray]:
    """A panorama with `image` (h, w, 3) in its middle, seen at `fov` degrees across, and a mask of what it covers.

    Returns:
        (height, 2 * height, 3) uint8 and (height, 2 * height) bool.
    """
    image = checked_picture(image)
    view = TangentView(0, 0, fov, image.shape[1], image.shape[0])
    rays = directions_of(height)
    covered = view.sees(rays)
    seen = look_at(_shrunk(image, view, height), view.project(rays)[0])
    return np.where(covered[..., None], seen, 0).astype(np.uint8), covered


def outpaint(
    panorama: np.ndarray,
    known: np.ndarray,
    inpainter: Inpainter,
    prompt: str,
    *,
    seed: int,
    views: Sequence[TangentView] | None = None,
    progress: Progress | None = None,
) -> np.ndarray:
    """The whole of a panorama of which a part is known.

    Args:
        panorama: (H, 2H, 3) uint8.
        known: (H, 2H) bool; its pixels come back unchanged.
        views: what to fill in, in that order; by default eight of H/2 pixels that start in the middle of what is known.

    Returns:
        (H, 2H, 3) uint8.

    Raises:
        InvalidDataError: nothing is known, or the sizes don't fit, or `views` leave a gap.
    """
    height, width = known.shape
    if panorama.shape != (height, width, 3) or width != 2 * height or panorama.dtype != np.uint8:
        raise InvalidDataError(
            f"'panorama' is {panorama.dtype} {panorama.shape}, expected uint8 (H, 2H, 3), and a mask (H, 2H)."
        )
    if not known.any():
        raise InvalidDataError("No pixel of the panorama is known, so there is nothing to continue.")
    views = views or default_views(max(8, height // 2), yaw=_middle(known))
    rays = directions_of(height)
    canvas, done = panorama.astype(np.float32), known.copy()
    for number, view in enumerate(views):
        missing = look_up(done.astype(np.float32), view.rays()) < 0.999
        if missing.any():
            flat = _fill_view(
                look_up(canvas, view.rays()), missing, inpainter, _worded(prompt, view), seed * 1009 + number
            )
            fresh = view.sees(rays) & ~done
            canvas[fresh] = look_at(flat, view.project(rays[fresh])[0])
            done |= fresh
        if progress:
            progress((number + 1) / len(views), f"view {number + 1} of {len(views)}")
    if not done.all():
        raise InvalidDataError(f"The views leave {(~done).mean():.1%} of the panorama unpainted; add views there.")
    canvas[known] = panorama[known]
    return np.clip(canvas + 0.5, 0, 255).astype(np.uint8)


def level(new: np.ndarray, old: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """A new picture made to meet the old one: what is known stays, and the difference at the seam fades into the rest.

    Args:
        new, old: (H, W, 3) float32, 0 to 255.
        missing: (H, W) bool: where `old` means nothing.

    Returns:
        (H, W, 3) float32.
    """
    if missing.all():
        return new
    width = missing.shape[1]
    into = cv2.distanceTransform(missing.astype(np.uint8), cv2.DIST_L2, 5)
    beside = cv2.distanceTransform((~missing).astype(np.uint8), cv2.DIST_L2, 5)
    band = ~missing & (beside <= max(2.0, _BAND * width))
    difference = old - new
    cast = np.clip(np.median(difference[band], axis=0), -_LARGEST_CAST, _LARGEST_CAST)
    rest = cv2.GaussianBlur((difference - cast) * band[..., None], (0, 0), 1.0)
    mass = cv2.GaussianBlur(band.astype(np.float32), (0, 0), 1.0)
    smooth = push_pull(rest / np.maximum(mass, 1e-3)[..., None], band)
    fade = np.exp(-into / max(1.0, _REACH * width))[..., None]
    return np.where(missing[..., None], new + cast + smooth * fade, old)


@dataclass(frozen=True, eq=False)
class Outpainting(Loaded):
    """`interfaces.PanoramaGenerator` made of a text-to-image model and an inpainter."""

    painter: TextToImage | None = field(kw_only=True)
    inpainter: Inpainter = field(kw_only=True)
    fov: float = field(default=80.0, kw_only=True)

    def panorama(self, prompt: str, *, height: int, seed: int, image: np.ndarray | None = None) -> np.ndarray:
        """See `interfaces.PanoramaGenerator`.

        Raises:
            InvalidDataError: no picture is given and there is no model for pictures from words.
        """
        if image is None:
            if self.painter is None:
                raise InvalidDataError("Give a picture to start from, or a model that makes pictures from words.")
            image = self.painter.image(prompt, width=height // 2, height=height // 2, seed=seed)
        return outpaint(*place_picture(image, height, fov=self.fov), self.inpainter, prompt, seed=seed)


def load_panorama(
    card: Card, *, inpainter: Inpainter, text_to_image: TextToImage | None = None, fov: float = 80.0
) -> Outpainting:
    """Our algorithm around two loaded models; `fov` is that of the first picture, degrees."""
    return Outpainting(card, "", card.licence, painter=text_to_image, inpainter=inpainter, fov=fov)


def _fill_view(seen: np.ndarray, missing: np.ndarray, inpainter: Inpainter, prompt: str, seed: int) -> np.ndarray:
    start = push_pull(seen, ~missing)  # a soft continuation helps models that look under the mask
    given = np.clip(start + 0.5, 0, 255).astype(np.uint8)
    made = inpainter.fill(given, missing, prompt, seed=seed)
    if made.shape != given.shape:
        raise InvalidDataError(f"{inpainter.card.title} gave a picture of {made.shape}, expected {given.shape}.")
    return level(made.astype(np.float32), seen, missing)


def _worded(prompt: str, view: TangentView) -> str:
    """What is wanted, said for views that don't show the horizon."""
    if view.pitch > 60:
        return f"{prompt}, what is overhead, seen looking straight up"
    if view.pitch < -60:
        return f"{prompt}, the ground, seen looking straight down"
    return prompt


def _middle(known: np.ndarray) -> float:
    """Azimuth of the middle of what is known, degrees, on a pixel's edge, so that turning the input by whole pixels
    turns the result by as many."""
    columns = known.mean(axis=0)
    width = len(columns)
    around = 2 * np.pi * (np.arange(width) + 0.5) / width
    mean = np.arctan2((columns * np.sin(around)).sum(), (columns * np.cos(around)).sum())
    place = np.round(mean / (2 * np.pi) * width)
    return float(place / width * 360 - 180)


def _shrunk(image: np.ndarray, view: TangentView, height: int) -> np.ndarray:
    """Blurred to what the panorama can show, so that a large picture doesn't alias; same size."""
    pixels_each = view.focal * np.pi / height  # of the picture per pixel of the panorama, in its middle
    return cv2.GaussianBlur(image, (0, 0), 0.4 * pixels_each) if pixels_each > 1.2 else image
