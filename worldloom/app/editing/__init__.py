"""Worlds that are being edited on a server: a session for each branch, and what its pages need to keep up with it."""
