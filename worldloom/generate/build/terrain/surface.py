def water_surfels(t, b, n, e):
    return None
