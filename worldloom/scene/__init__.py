"""What a world is made of: `gaussians`, `camera`, `lens`, `geometry`, `world`, `provenance`, `errors`, `files`.

Import from the modules; this package itself imports nothing, so that the command line can answer before torch loads.
"""
