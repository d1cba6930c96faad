"""What the chain is given: loaded models, sizes and counts, and something to start from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np

from worldloom.generate.models import registry
from worldloom.generate.models.card import ROLES, Card, Role
from worldloom.generate.models.interfaces import (
    DepthEstimator,
    Inpainter,
    Model,
    PanoramaGenerator,
    Segmenter,
    TextToImage,
    ViewSynthesizer,
)
from worldloom.generate.models.layers import STEP_ASIDE
from worldloom.scene.errors import InvalidDataError

_ROLES: tuple[Role, ...] = ("text_to_image", "panorama", "inpainter", "depth", "segmenter", "views")
_OUTPAINTING = registry.get("outpainting").loader

LONGEST_PROMPT = 2000
"""Characters; text encoders read a few hundred words at most."""


@dataclass(frozen=True, eq=False)
class ChainModels:
    """Loaded models (see `registry.load`). None for those that are not to take part."""

    inpainter: Inpainter
    depth: DepthEstimator
    text_to_image: TextToImage | None = None
    """Not needed where a picture or a panorama is given."""
    panorama: PanoramaGenerator | None = None
    """Instead of outpainting by `inpainter`."""
    segmenter: Segmenter | None = None
    """One that reads words; finds the sky."""
    views: ViewSynthesizer | None = None
    """None: no walks; the world is what is seen from one place."""

    def taking_part(self) -> Iterator[Model]:
        """Those that are not None."""
        for name in ("text_to_image", "panorama", "inpainter", "depth", "segmenter", "views"):
            if (model := getattr(self, name)) is not None:
                yield model


def load_models(
    chosen: Mapping[str, str] | None = None,
    *,
    from_words: bool = True,
    device: str | None = None,
    accept: Iterable[str] = (),
) -> ChainModels:
    """Load the chain's models. All are checked before the first is loaded, which may take minutes.

    Args:
        chosen: role to "id" of a backend or "id=folder" (or "id=owner/name" of another model on the hub). Roles that
            are needed and not named get their default; "segmenter" and "views" take part only where they are named.
        from_words: whether a model for pictures from words is needed.
        device, accept: see `registry.load`.

    Raises:
        InvalidDataError: one can't be used here, or is for another role; the sentences of all that can't.
        NotFoundError: there is no backend of that id.
    """
    chosen, accept = dict(chosen or {}), tuple(accept)
    needed: list[Role] = ["text_to_image", "inpainter", "depth"] if from_words else ["inpainter", "depth"]
    for role in needed:
        chosen.setdefault(role, registry.default(role).id)
    wanted: dict[str, tuple[Card, str | None]] = {}
    reasons = []
    for role, named in chosen.items():
        name, _, source = named.partition("=")
        card = registry.get(name)
        if role not in _ROLES:
            reasons.append(f"The chain has no part for '{role}'; it has {', '.join(_ROLES)}.")
        elif card.role != role:
            reasons.append(f"'{card.id}' is for {ROLES[card.role]}, not for {ROLES[role]}.")
        else:
            ok, reason = card.available(source or None, device=device, accept=accept)
            reasons += [] if ok else [reason]
        wanted[role] = card, source or None
    if reasons:
        raise InvalidDataError(" ".join(dict.fromkeys(reasons)))
    loaded = {
        role: registry.load(card, source, device=device, accept=accept)
        for role, (card, source) in wanted.items()
        if card.loader != _OUTPAINTING  # that is what the chain does without a panorama model
    }
    return ChainModels(**loaded)


@dataclass(frozen=True)
class ChainSettings:
    """Sizes and counts. The defaults suit full-size models; tests and drafts take smaller ones."""

    panorama_height: int = 2048
    """Pixels; the panorama is twice as wide."""
    rows: int = 1280
    """Rows of Gaussians from pole to pole, at most as many as the panorama has; 1280 make up to two million."""
    fov: float = 80.0
    """Of the first picture, degrees across."""
    depth_size: int = 768
    """Sides of the views for depth, pixels."""
    step_aside: float = STEP_ASIDE
    """Metres from the middle for which hidden surfaces are made up."""
    walks: int = 3
    frames: int = 49
    """Per walk."""
    frame_width: int = 1280
    frame_height: int = 704
    judged: int = 12
    """Frames per walk that are looked at and, if they agree, learned from."""
    refine_steps: int = 1500
    """0 leaves refining out."""

    @staticmethod
    def of_size(gaussians: int | None) -> ChainSettings:
        """Settings for about that many Gaussians; None for the defaults."""
        if gaussians is None:
            return ChainSettings()
        rows = max(32, round((gaussians * np.pi / 4) ** 0.5))
        scale = rows / ChainSettings.rows
        return ChainSettings(
            panorama_height=2 * round(min(max(ChainSettings.panorama_height * scale, 64), 4096) / 2),
            rows=rows,
            depth_size=14 * round(min(max(ChainSettings.depth_size * scale, 56), 1036) / 14),
            refine_steps=round(min(max(ChainSettings.refine_steps * scale, 100), 6000)),
        )


@dataclass(frozen=True, eq=False)
class Start:
    """What a world grows from. At least one of the first three says something."""

    prompt: str = ""
    image: np.ndarray | None = None
    """(h, w, 3) uint8."""
    panorama: np.ndarray | None = None
    """(H, 2H, 3) uint8."""
    known: np.ndarray | None = None
    """(H, 2H) bool: which pixels of the panorama are known; None for all."""

    def checked(self, models: ChainModels, settings: ChainSettings) -> Start:
        """The same with white space of the prompt tidied and pictures no larger than can be shown.

        Raises:
            InvalidDataError: there is nothing to start from, or a picture or setting is of a wrong size.
        """
        words = " ".join(self.prompt.split())
        if len(words) > LONGEST_PROMPT:
            raise InvalidDataError(
                f"The text has {len(words)} characters; {LONGEST_PROMPT} are the most a model reads."
            )
        height = settings.panorama_height
        if not 32 <= height <= 8192 or height % 2:
            raise InvalidDataError(f"'panorama_height' is {height}, expected an even number from 32 to 8192.")
        if self.panorama is not None:
            panorama, known = _checked_panorama(self.panorama, self.known, height)
            return replace(self, prompt=words, panorama=panorama, known=known)
        if self.image is not None:
            return replace(self, prompt=words, image=_checked_image(self.image, height))
        if not words:
            raise InvalidDataError("There is nothing to start from: give a text, a picture or a panorama.")
        if models.text_to_image is None and models.panorama is None:
            raise InvalidDataError("No model for pictures from words was given; give one, or a picture to start from.")
        return replace(self, prompt=words)


def _checked_panorama(
    panorama: np.ndarray, known: np.ndarray | None, height: int
) -> tuple[np.ndarray, np.ndarray | None]:
    if panorama.ndim != 3 or panorama.shape[1:] != (2 * panorama.shape[0], 3) or panorama.dtype != np.uint8:
        raise InvalidDataError(
            f"The panorama is {panorama.dtype} of shape {panorama.shape}, expected uint8 (H, 2H, 3), all around."
        )
    if known is not None and (known.shape != panorama.shape[:2] or not known.any()):
        raise InvalidDataError("The mask of what is known must be (H, 2H) like the panorama, and not empty.")
    if known is not None and known.all():
        known = None
    if len(panorama) <= height:
        return panorama, known
    size = (2 * height, height)
    if known is None:
        return cv2.resize(panorama, size, interpolation=cv2.INTER_AREA), None
    # A pixel that is known only in part is not known.
    share = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return cv2.resize(panorama, size, interpolation=cv2.INTER_AREA), share > 0.999


def _checked_image(image: np.ndarray, height: int) -> np.ndarray:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or min(image.shape[:2]) < 16:
        raise InvalidDataError(
            f"The picture is {image.dtype} of shape {image.shape}, expected uint8 (h, w, 3) of at least 16 x 16 pixels."
        )
    scale = 2 * height / max(image.shape[:2])
    if scale >= 1:
        return image
    size = (max(16, round(image.shape[1] * scale)), max(16, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
