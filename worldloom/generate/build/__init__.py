"""From a `WorldSpec` to surfels: terrain, plants, towns, interiors, objects."""
