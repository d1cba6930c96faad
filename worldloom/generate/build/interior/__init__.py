"""Rooms: floor plans, walls with openings, finishes, and furniture by what a room is for."""

from worldloom.generate.build.interior.draft import draft_interior
from worldloom.generate.build.interior.furnish import furnish
from worldloom.generate.build.interior.room import Opening, RoomShape

__all__ = ["Opening", "RoomShape", "draft_interior", "furnish"]
