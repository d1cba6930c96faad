def far_ground(t, b):
    return None
