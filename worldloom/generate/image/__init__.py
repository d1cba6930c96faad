"""From one picture to a world."""
