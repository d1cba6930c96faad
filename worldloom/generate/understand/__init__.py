"""English text -> WorldSpec, offline; edits, events, and a spec back in English."""

from worldloom.generate.understand.describe import describe
from worldloom.generate.understand.events import EventReading, events
from worldloom.generate.understand.result import Phrase, Understanding
from worldloom.generate.understand.understanding import changed, understand

__all__ = ["EventReading", "Phrase", "Understanding", "changed", "describe", "events", "understand"]
