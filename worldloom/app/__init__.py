"""What people run: the command line, and the page to look at a world."""
