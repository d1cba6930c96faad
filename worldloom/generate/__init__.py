"""From words, one image, a panorama or a block-out to a world, and past any world's edge."""
