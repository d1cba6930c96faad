def landmarks(t, f):
    return None
