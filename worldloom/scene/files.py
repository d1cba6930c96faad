"""Writing files so that a crash, a kill or a full disk never leaves half of one: write beside, then rename."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worldloom.scene.errors import WorldloomError


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it takes `path`'s place in one step, on failure it is removed.

    The temporary name keeps `path`'s suffix, since some libraries choose a format by it.

    Raises:
        WorldloomError: `path`'s folder is missing or the disk is full or read-only.
    """
    target = Path(path)
    beside = target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        with open(beside, "rb") as written:
            os.fsync(written.fileno())
        os.replace(beside, target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise WorldloomError(f"Could not write {target}: {reason}. Free some space or choose another place.") from error
    finally:
        beside.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to `path` in one step (see `replacing`)."""
    with replacing(path) as beside:
        beside.write_bytes(data)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write UTF-8 `text` to `path` in one step (see `replacing`)."""
    write_bytes(path, text.encode("utf-8"))
