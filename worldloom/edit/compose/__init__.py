"""Operations that put something into a world."""
