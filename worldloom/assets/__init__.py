"""What ships as data: the sample capture (`sample/`) and the procedural scene that it was rendered from."""

from pathlib import Path

SAMPLE_CAPTURE = Path(__file__).parent / "sample"
"""Folder of the sample capture's photos: an orbit through a courtyard that this project made and rendered."""
