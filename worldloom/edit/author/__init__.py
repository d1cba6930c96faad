"""Operations on what surrounds the Gaussians: paths, notes, portals, media, animations."""
