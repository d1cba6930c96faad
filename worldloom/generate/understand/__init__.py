"""English text -> WorldSpec, offline; and back, and edits and events."""

from worldloom.generate.understand.result import Phrase, Understanding
from worldloom.generate.understand.understanding import understand

__all__ = ["Phrase", "Understanding", "understand"]
