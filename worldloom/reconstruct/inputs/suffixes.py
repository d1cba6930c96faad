"""Which files are of which kind, by the end of their names. Apart from the readers: asking loads none of them."""

from __future__ import annotations

PHOTOS = frozenset(
    [".jpg", ".jpeg", ".png", ".heic", ".heif", ".webp", ".tif", ".tiff", ".bmp", ".avif", ".jp2", ".ppm", ".pgm"]
)
VIDEOS = frozenset([".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mts", ".m2ts", ".3gp", ".insv"])
POINT_CLOUDS = frozenset([".e57", ".las", ".laz", ".ply"])
