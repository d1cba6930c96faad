"""Videos: sharp frames, evenly spread, decoded as a stream."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from worldloom.reconstruct.inputs.sharpness import sharpness
from worldloom.reconstruct.records import Photo
from worldloom.scene.errors import FormatError
from worldloom.scene.files import replacing

_FRAMES_PER_SECOND = 3.0
"""Frames kept from each second of a video, at most."""


def read_video(
    path: Path, prefix: str, folder: Path, *, most_frames: int, tell: Callable[[float, str], None]
) -> list[Photo]:
    """Keep the sharpest frame of each of evenly long spans of time.

    One pass, one frame in memory at a time beside the best so far. A damaged end is left off.

    Args:
        prefix: of the photos' names.
        tell: called with the fraction done and a few words.

    Raises:
        FormatError: there is no video stream, or not one frame can be decoded.
    """
    import av
    import av.error

    try:
        with av.open(str(path)) as container:
            stream = next((stream for stream in container.streams.video), None)
            if stream is None:
                raise FormatError(f"{path} has no pictures in it. Give a video, or photos.")
            stream.thread_type = "AUTO"
            seconds = _duration(container, stream)
            spans = max(1, min(most_frames, round(seconds * _FRAMES_PER_SECOND)))
            keeper = _Keeper(path, prefix, folder)
            try:
                for frame in container.decode(stream):
                    time = float(frame.time or 0.0)
                    span = min(spans - 1, int(time / seconds * spans))
                    keeper.look(span, time, frame)
                    tell(min(1.0, time / seconds), f"{path.name}: {len(keeper.photos)} frames")
            except av.error.FFmpegError:
                if not keeper.photos and keeper.best is None:
                    raise
            keeper.finish()
    except (av.error.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FormatError(f"{path} can't be read as a video ({reason}). Save it again as MP4 (H.264).") from None
    if not keeper.photos:
        raise FormatError(f"{path} has no frame that can be decoded. Save it again as MP4 (H.264).")
    return keeper.photos


def _duration(container, stream) -> float:
    if stream.duration is not None and stream.time_base is not None:
        return max(float(stream.duration * stream.time_base), 1e-3)
    if container.duration is not None:
        return max(container.duration / 1e6, 1e-3)
    return 60.0


class _Keeper:
    """Holds the sharpest frame of the span that is being read."""

    def __init__(self, path: Path, prefix: str, folder: Path) -> None:
        self.photos: list[Photo] = []
        self.best: tuple[float, float, NDArray[np.uint8]] | None = None
        self._span = -1
        self._path, self._prefix, self._folder = path, prefix, folder

    def look(self, span: int, time: float, frame) -> None:
        if span != self._span:
            self.finish()
            self._span = span
        score = sharpness(frame.to_ndarray(format="gray"))
        if self.best is None or score > self.best[0]:
            pixels = frame.to_ndarray(format="rgb24")
            quarter_turns = round(getattr(frame, "rotation", 0) / 90) % 4
            self.best = score, time, np.ascontiguousarray(np.rot90(pixels, quarter_turns))

    def finish(self) -> None:
        if self.best is None:
            return
        import cv2

        score, time, pixels = self.best
        self.best = None
        name = f"{self._prefix}{len(self.photos):05d}.jpg"
        target = self._folder / name
        with replacing(target) as beside:
            cv2.imwrite(str(beside), pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        height, width, _ = pixels.shape
        self.photos.append(
            Photo(
                name=name,
                path=target.absolute(),
                source=f"{self._path} at {time:.2f} s",
                width=width,
                height=height,
                camera_group=f"video {self._path}",
                taken=time,
                sharpness=score,
            )
        )
