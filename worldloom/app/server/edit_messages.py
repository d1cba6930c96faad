"""What pages that edit together send over their websocket."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from worldloom.app.server.edit_schemas import EntryId, Message
from worldloom.edit.registry import AnyOperation


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PersonModel(BaseModel):
    """Someone who edits, as others see them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.@\-]+$")]
    name: Annotated[str, Field(max_length=80)] = ""
    colour: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#5aa9e6"


class Hello(_Message):
    """The first message of a page."""

    type: Literal["hello"]
    person: PersonModel


class Do(_Message):
    """Do an operation."""

    type: Literal["do"]
    id: EntryId
    operation: AnyOperation  # pyright: ignore[reportInvalidTypeForm]


class Turn(_Message):
    """Undo or redo."""

    type: Literal["undo", "redo"]
    id: EntryId
    target: EntryId | None = None


class Save(_Message):
    """Keep a version."""

    type: Literal["save"]
    message: Message = ""


class CameraMessage(_Message):
    """Where someone looks from."""

    type: Literal["camera"]
    position: tuple[float, float, float]
    rotation: tuple[float, float, float, float]
    vertical_fov: Annotated[float, Field(gt=0, lt=180)] = 60.0


class Ping(_Message):
    """Is anyone there?"""

    type: Literal["ping"]


FromPage = Annotated[Hello | Do | Turn | Save | CameraMessage | Ping, Field(discriminator="type")]
"""All messages that a page may send."""
