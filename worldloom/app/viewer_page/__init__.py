"""The page that shows a world, and the buffer of splats that it draws."""

from pathlib import Path

PAGE_FOLDER = Path(__file__).parent
"""Where the page's own files lie."""
