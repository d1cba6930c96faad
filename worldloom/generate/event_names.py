"""`Event`: a change of time, weather, season or sun that a finished world can undergo."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from worldloom.generate.spec import Season, Weather


class Event(BaseModel):
    """What changes; None stays as it is. "make it night" is `Event(hour=23.0)`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hour: Annotated[float, Field(ge=0, lt=24)] | None = None
    """Local solar time."""
    hours_later: Annotated[float, Field(ge=-24, le=24)] | None = None
    """The time moves by so many hours."""
    weather: Weather | None = None
    season: Season | None = None
    sun_azimuth: Annotated[float, Field(ge=0, lt=360)] | None = None
    """Where the sun stands: degrees clockwise from north (-Z) seen from above; east (+X) is 90."""
    snow: bool | None = None
    """Whether snow lies on the ground."""

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return self == Event()
