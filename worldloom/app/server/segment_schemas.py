"""What the API of segmentation models takes and gives."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from worldloom.app.server.edit_schemas import BranchName, Person
from worldloom.edit.fields import Place
from worldloom.edit.select.operations import Select, SelectionMode
from worldloom.scene.store.worlds import MAIN
from worldloom.scene.world_record import Pose

PICTURES = 8
"""Of a thing, unless others are asked for."""


class SegmentRequest(BaseModel):
    """Have a segmentation model find a thing: the one at a place, or what words name."""

    model_config = ConfigDict(extra="forbid")

    branch: BranchName = MAIN
    at: Place | None = None
    """A place in the world, or a spot of a picture."""
    words: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    every: bool = False
    """Of words: all such things, as far as they are seen from one place and in photos, instead of one."""
    view: Pose | None = None
    """Where someone looks from; None: where visitors begin."""
    pictures: Annotated[int, Field(ge=1, le=24)] = PICTURES
    """From around one thing, at most."""
    mode: SelectionMode = "set"
    person: Person = ""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.at is None) == (self.words is None):
            raise ValueError("say either 'at' where the thing is, or the 'words' that name it")
        return self


class SegmentAnswer(BaseModel):
    """What a model has found. Nothing is selected yet."""

    operation: Select
    """Selects it. It holds the model's masks, and needs no model."""
    count: int
    """Gaussians that it finds and that can be changed."""
    pictures: int
    """In which the model's answer counts."""
    scores: list[float]
    """Its own opinion of each, 0 to 1."""
