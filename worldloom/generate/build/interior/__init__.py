"""Rooms: floor plans, walls with openings, finishes, and furniture by what a room is for."""
