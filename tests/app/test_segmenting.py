"""Things by a segmentation model: a scripted one, which knows a thing by a colour that nothing else has."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from tests.edit.test_select_objects import LEAF, ball, box, floor, overlap, table
from tests.edit.worlds import NoSources, editing
from tests.generate.models import tiny
from worldloom.app.editing import segmenting
from worldloom.app.editing.segmenters import Segmenters
from worldloom.app.editing.segmenting import Segmented, at_place, by_words
from worldloom.app.editing.viewpoints import looking, ring_angles
from worldloom.edit.fields import Spot, View
from worldloom.edit.operation import Applying
from worldloom.edit.registry import parse
from worldloom.edit.state import EditState
from worldloom.generate.models.card import Question
from worldloom.generate.models.interfaces import Masks
from worldloom.scene.errors import ConflictError, InvalidDataError, NotFoundError
from worldloom.scene.geometry import merge
from worldloom.scene.world import Layer, World
from worldloom.scene.world_record import CapturedView

MAGENTA = (0.9, 0.1, 0.9)
EYE = (1.5, 1.6, 3.5)


class ByColour:
    """Finds what is magenta, exactly; asked at a point, also a disc around it and everything, as SAM does."""

    def __init__(self, surest: str = "thing") -> None:
        self.asked: list[Sequence[tuple[float, float]] | str] = []
        self.surest = surest

    def segment(
        self,
        image: np.ndarray,
        *,
        text: str | None = None,
        points: Sequence[tuple[float, float]] = (),
        boxes: Sequence[tuple[float, float, float, float]] = (),
    ) -> Masks:
        self.asked.append(text or points)
        red, green, blue = (image[..., channel].astype(int) for channel in range(3))
        magenta = (red > green + 60) & (blue > green + 60)
        count, spots = cv2.connectedComponents(magenta.astype(np.uint8))
        if text is not None:
            masks = [spots == spot for spot in range(1, count) if (spots == spot).sum() > 50]
            return Masks(np.array(masks, bool).reshape(-1, *magenta.shape), np.full(len(masks), 0.7, np.float32))
        x, y = points[0]
        rows, columns = np.mgrid[: magenta.shape[0], : magenta.shape[1]]
        disc = (rows - y) ** 2 + (columns - x) ** 2 < 8**2
        spot = spots == spots[int(y), int(x)]
        candidates = {"thing": spot, "part": disc, "all": np.ones_like(spot)}
        names = sorted(candidates, key=lambda name: name != self.surest)
        return Masks(np.stack([candidates[name] for name in names]), np.array([0.9, 0.85, 0.8], np.float32))


class Scripted(Segmenters):
    """Set up with that model."""

    def __init__(self, model: ByColour, *questions: Question) -> None:
        super().__init__()
        self.model, self.questions = model, questions

    def can(self, question: Question) -> bool:
        return question in self.questions

    def get(self, question: Question):  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.model if question in self.questions else super().get(question)


class Kept(NoSources):
    """A store of content in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        (self.folder / name).write_bytes(data)
        return name

    def blob(self, sha256: str) -> Path:
        return self.folder / sha256


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmenting, "_HEIGHT", 240)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


THINGS = {"table": table(MAGENTA), "crate": box((0, 0.4, 0), (0.9, 0.8, 1.5), MAGENTA)}


def room(thing: str) -> EditState:
    """A thing on a floor, and a ball that touches it."""
    touching = ball((0.85, 0.4, 0.3), 0.4, LEAF)
    return editing(World("Room", (Layer("floor", floor()), Layer(thing, THINGS[thing]), Layer("ball", touching))))


def rows_of(found: Segmented, state: EditState, kept: Kept) -> list[torch.Tensor]:
    """(N,) bool of each part, of the record as the log has it."""
    operation = parse({"op": "select", "where": found.where.model_dump(mode="json")})
    after = operation.apply(state, Applying("e", "ann", kept)).state.selection("ann")
    return [after.get(part.key, torch.zeros(len(part), dtype=torch.bool)) for part in state.parts]


SPOT = Spot(view=looking(torch.tensor(EYE), torch.tensor([0.0, 0.7, 0.0]), aspect=1.4), at=(0.5, 0.5))
"""On the thing."""


@pytest.mark.parametrize("thing", list(THINGS))
def test_a_thing_is_followed_around_from_one_click(thing: str, kept: Kept) -> None:
    state, model = room(thing), ByColour()
    found = at_place(Scripted(model, "points"), state, SPOT, kept.keep, eye=EYE)
    assert len(found.scores) == len(found.where.masks) == len(model.asked) == 8
    sides = np.sort(
        [np.degrees(np.arctan2(mask.view.position[0], mask.view.position[2])) for mask in found.where.masks]
    )
    assert np.diff([*sides, sides[0] + 360]).max() < 75, "from all sides"
    assert overlap(rows_of(found, state, kept), 1) >= 0.95


def test_more_pictures_know_more(kept: Kept) -> None:
    state = room("crate")
    one, eight = (
        at_place(Scripted(ByColour(), "points"), state, SPOT, kept.keep, eye=EYE, pictures=pictures)
        for pictures in (1, 8)
    )
    assert len(one.scores) == 1
    plain = replace(one, where=one.where.model_copy(update={"hidden": False}))
    seen, guessed, known = (overlap(rows_of(found, state, kept), 1) for found in (plain, one, eight))
    assert seen < 0.7 < guessed < known


def test_the_answer_that_agrees_with_what_is_known_is_taken(kept: Kept) -> None:
    class Moody(ByColour):
        """Surest of the thing first, later of a part of it or of all there is."""

        def segment(self, image: np.ndarray, **asked: Any) -> Masks:
            self.surest = ("part", "all")[len(self.asked) % 2] if self.asked else "thing"
            return super().segment(image, **asked)

    state = room("table")
    found = at_place(Scripted(Moody(), "points"), state, SPOT, kept.keep, eye=EYE)
    assert overlap(rows_of(found, state, kept), 1) >= 0.95


def test_answers_that_contradict_what_is_known_do_not_count(kept: Kept) -> None:
    class Lost(ByColour):
        """Sees all there is as one thing after the first picture."""

        def segment(self, image: np.ndarray, **asked: Any) -> Masks:
            masks = super().segment(image, **asked)
            whole = np.ones((1, *masks.masks.shape[1:]), bool)
            return Masks(whole, np.ones(1, np.float32)) if len(self.asked) > 1 else masks

    found = at_place(Scripted(Lost(), "points"), room("crate"), SPOT, kept.keep, eye=EYE)
    assert len(found.scores) == 1


def test_a_place_without_a_picture_is_looked_at_from_where_one_stands(kept: Kept) -> None:
    state = room("crate")
    behind = (-1.0, 1.2, -4.0)
    found = at_place(Scripted(ByColour(), "points"), state, (0.0, 0.5, -0.75), kept.keep, eye=behind)
    assert found.where.masks[0].view.position == pytest.approx(behind)
    assert overlap(rows_of(found, state, kept), 1) >= 0.95
    found = at_place(Scripted(ByColour(), "points"), state, (0.0, 0.5, -0.75), kept.keep, eye=EYE, pictures=1)
    assert found.where.masks[0].view.position[2] < -0.75, "gone around to where it is seen"
    with pytest.raises(InvalidDataError, match="can't be seen"):
        at_place(Scripted(ByColour(), "points"), state, (0.0, 3.0, 0.0), kept.keep, eye=EYE)


def test_photos_are_looked_at_where_there_are_any(kept: Kept) -> None:
    state = room("crate")
    photos = []
    for number in range(30):
        angle = number / 30 * 2 * np.pi
        eye = torch.tensor([3 * np.sin(angle), 1.4, 3 * np.cos(angle)])
        view = looking(eye, torch.tensor([0.0, 0.4, 0.0]), vertical_fov=60, aspect=1.5)
        photos.append(CapturedView(name=f"{number}.jpg", **view.model_dump()))
    photos.append(photos[0].model_copy(update={"rotation": (0.0, 0.0, 1.0, 0.0), "name": "away.jpg"}))
    photographed = replace(state, world=replace(state.world, captures=tuple(photos)))
    found = at_place(Scripted(ByColour(), "points"), photographed, SPOT, kept.keep, eye=EYE, pictures=6)
    assert len(found.scores) == 6
    assert {mask.view.position for mask in found.where.masks[1:]} <= {photo.position for photo in photos}
    assert overlap(rows_of(found, photographed, kept), 1) >= 0.95


def test_words_are_looked_for_all_around(kept: Kept) -> None:
    state = room("crate")
    away = View(position=EYE, rotation=(1, 0, 0, 0)).model_copy(update={"rotation": (0.0, 0.0, 1.0, 0.0)})
    model = ByColour()
    found = by_words(Scripted(model, "words"), "the crate", state, away, kept.keep)
    assert found is not None and set(model.asked) == {"the crate"}
    assert overlap(rows_of(found, state, kept), 1) >= 0.95
    model = ByColour()
    found = by_words(Scripted(model, "words", "points"), "the crate", state, away, kept.keep)
    assert found is not None and sum(isinstance(asked, list) for asked in model.asked) == 8, "outlined by points"
    assert overlap(rows_of(found, state, kept), 1) >= 0.95
    nothing = editing(World("Bare", (Layer("floor", floor()),)))
    assert by_words(Scripted(ByColour(), "words"), "the crate", nothing, away, kept.keep) is None


def test_every_thing_that_words_name(kept: Kept) -> None:
    parts = (floor(), merge([box((x, 0.3, -1), (0.6, 0.6, 0.6), MAGENTA) for x in (-1.5, 0, 1.5)]))
    state = editing(World("Three", tuple(Layer(str(number), part) for number, part in enumerate(parts))))
    view = looking(torch.tensor([0.0, 2.5, 3.0]), torch.tensor([0.0, 0.3, -1.0]), vertical_fov=70)
    found = by_words(Scripted(ByColour(), "words"), "crates", state, view, kept.keep, every=True)
    assert found is not None
    rows = rows_of(found, state, kept)
    assert int(rows[0].sum()) < 0.03 * len(rows[0]) and overlap(rows, 1) > 0.5, "what is seen from one place"
    assert all(int(rows[1][piece].sum()) for piece in torch.arange(len(rows[1])).chunk(3))


def test_what_is_said_where_it_can_not_be_done(kept: Kept) -> None:
    with pytest.raises(ConflictError, match="--segmenter sam2"):
        at_place(Segmenters(), room("crate"), SPOT, kept.keep, eye=EYE)
    with pytest.raises(ConflictError, match="--segmenter clipseg"):
        by_words(Segmenters(), "crate", room("crate"), SPOT.view, kept.keep)
    with pytest.raises(InvalidDataError, match="not for which pixels"):
        Segmenters(["depth-anything-v2-small"])
    with pytest.raises(NotFoundError, match="no model backend 'sam9'"):
        Segmenters(["sam9"])
    with pytest.raises(InvalidDataError, match="no folder"):
        Segmenters(["sam2=/nowhere"])


def test_the_ring_goes_from_near_to_far() -> None:
    assert ring_angles(7) == [45, -45, 90, -90, 135, -135, 180]
    assert ring_angles(0) == []


def test_a_real_network_is_loaded_once_and_asked(tmp_path: Path, kept: Kept) -> None:
    folder = tiny.sam2(tmp_path / "sam2")
    segmenters = Segmenters([f"sam2={folder}"])
    assert segmenters.can("points") and not segmenters.can("words")
    model = segmenters.get("points")
    assert model is segmenters.get("points")
    picture = np.random.default_rng(0).integers(0, 255, (64, 72, 3), dtype=np.uint8)
    where = np.argwhere(model.segment(picture, points=[(30, 20)]).masks[0])
    assert where.ndim == 2  # random weights outline something, or nothing; that it is asked is what counts
    with contextlib.suppress(InvalidDataError):
        at_place(segmenters, room("crate"), SPOT, kept.keep, eye=EYE, pictures=2)
