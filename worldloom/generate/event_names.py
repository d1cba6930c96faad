"""`Event`: a change of light, weather or season that someone asks of a world that is there."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from worldloom.generate.spec import Season, Weather


class Event(BaseModel):
    """What is None stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hour: Annotated[float, Field(ge=0, lt=24, allow_inf_nan=False)] | None = None
    """Local solar time."""
    weather: Weather | None = None
    season: Season | None = None
    sun_azimuth: Annotated[float, Field(ge=0, lt=360, allow_inf_nan=False)] | None = None
    """Degrees clockwise from north (-Z)."""
    snow: bool | None = None
    """Whether snow lies."""
