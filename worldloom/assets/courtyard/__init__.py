"""A courtyard in evening light, made of signed distance functions and procedural textures in plain numpy.

`shapes` (geometry) and `textures` (colour) are the materials, `scene` puts them together, `tracer` photographs them.
"""
