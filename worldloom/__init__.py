"""Worldloom: photos, video or a point cloud in, a walkable 3D Gaussian-splat world out.

Rooms, lowest floor first; each knows only those before it:
`scene` (data), `render` (rasterizers), `export` (file formats), `reconstruct` (photos to world), `app` (commands).
"""

__version__ = "0.1.0"
