"""Operations that change Gaussians that are there."""
