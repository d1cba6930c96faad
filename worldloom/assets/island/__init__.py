"""The procedural island: its shapes as small flat surfels (`surfels`), lit by `light` under `sky`, baked by `bake`."""
