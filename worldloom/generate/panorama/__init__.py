"""From one panorama to a world."""
