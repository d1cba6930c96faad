"""Whether a file is the sound or the video that it is said to be, by how it begins."""

from __future__ import annotations

from pathlib import Path

from worldloom.scene.authored import Audio, Video
from worldloom.scene.errors import FormatError

_LARGEST = 1 << 30


def check_file(path: Path, medium: Audio | Video) -> None:
    """
    Raises:
        FormatError: the file is of another format, or too large to be sent to visitors.
    """
    with path.open("rb") as file:
        head = file.read(12)
    if not _begins_as(medium.format, head):
        raise FormatError(
            f"'{medium.name}' is no .{medium.format} file; choose an MP3, Ogg, WAV, M4A, MP4 or WebM file."
        )
    if path.stat().st_size > _LARGEST:
        raise FormatError(f"'{medium.name}' is larger than 1 GiB; make it shorter, or smaller.")


def _begins_as(format: str, head: bytes) -> bool:
    match format:
        case "mp3":
            return head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2)
        case "ogg":
            return head.startswith(b"OggS")
        case "wav":
            return head.startswith(b"RIFF") and head[8:12] == b"WAVE"
        case "m4a" | "mp4":
            return head[4:8] == b"ftyp"
        case _:
            return head.startswith(b"\x1a\x45\xdf\xa3")
