"""What all records are made of: frozen models of finite numbers."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Finite = Annotated[float, Field(allow_inf_nan=False)]
Vector = tuple[Finite, Finite, Finite]
Quaternion = tuple[Finite, Finite, Finite, Finite]


class Record(BaseModel):
    """Never changes, and holds nothing that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Pose(Record):
    """Where someone or something stands, world frame."""

    position: Vector = (0.0, 1.6, 0.0)
    """Metres; of the eyes."""
    rotation: Quaternion = (1.0, 0.0, 0.0, 0.0)
    """wxyz; identity looks along -Z with +Y up (glTF's camera)."""
