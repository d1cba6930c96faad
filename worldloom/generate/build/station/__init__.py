"""Space stations: modules round a hub, an observation deck, and space outside."""

from worldloom.generate.build.station.draft import draft_station

__all__ = ["draft_station"]
