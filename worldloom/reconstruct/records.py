"""What the stages hand to one another. Small, typed, saved as JSON; pixels and points stay in files of their own.

Until `align`, poses are in the frame and scale of whoever found them; from `align` on, in the world's (Y up, metres).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from worldloom.scene.camera import Camera
from worldloom.scene.files import replacing, write_text
from worldloom.scene.lens import Lens
from worldloom.scene.world import GeoAnchor


class Record(BaseModel):
    """A value that is saved between stages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def save(self, path: Path) -> None:
        """Write as JSON, in one step."""
        write_text(path, self.model_dump_json())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            OSError: the file is not there.
            pydantic.ValidationError: it is damaged or of another version.
        """
        return cls.model_validate_json(path.read_bytes())


Matrix = tuple[tuple[float, float, float, float], ...]
"""A (4, 4) matrix as nested tuples, row by row."""


def matrix_rows(matrix: NDArray[np.float64]) -> Matrix:
    """A (4, 4) array as nested tuples."""
    return tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in matrix)


class Photo(Record):
    """One picture that came in, or one frame of a video, upright and readable by any image library."""

    name: str
    """Unique; the file's path below the capture's image folder, with forward slashes."""
    path: Path
    """The pixels: upright (EXIF orientation already applied), 8-bit JPEG or PNG."""
    source: str
    """What the user gave: a file, or a video and a time in it. For messages."""
    width: int
    height: int
    focal: float | None = None
    """Focal length from EXIF, pixels of the longer side's grid; None if unknown."""
    lens: Lens | None = None
    """A lens that came with given poses."""
    world_to_camera: Matrix | None = None
    """A pose that came with the input (COLMAP model, transforms.json)."""
    mask: Path | None = None
    """8-bit grey picture of the same size; 0 is ignored, 255 is used."""
    transparent: bool = False
    """The mask is the picture's own alpha: where it is 0 there is nothing, rather than something unknown."""
    camera_group: str = ""
    """Photos of one camera and zoom share a group, and so a lens."""
    gps: tuple[float, float, float] | None = None
    """Latitude, longitude (degrees), altitude (metres)."""
    taken: float | None = None
    """Seconds: EXIF time, or time in the video."""
    sharpness: float = 0.0
    """Variance of the Laplacian at a common small size; higher is sharper."""


class Rejected(Record):
    """A picture that is left out, and why, in words for the report."""

    name: str
    reason: str


class Capture(Record):
    """What `collect` found and `select` kept."""

    photos: tuple[Photo, ...]
    sequence: bool
    """Neighbours in the list are neighbours in time (video, numbered burst)."""
    points: Path | None = None
    """An npz of given points (see `Points`), in the frame of the given poses, or of the world if there are none."""
    metric: bool = False
    """Given poses and points are in metres (laser scans)."""
    rejected: tuple[Rejected, ...] = ()

    @property
    def posed(self) -> bool:
        """All photos came with poses and lenses."""
        return bool(self.photos) and all(photo.world_to_camera and photo.lens for photo in self.photos)


class PosedPhoto(Record):
    """A photo whose lens and pose are known."""

    photo: Photo
    lens: Lens
    world_to_camera: Matrix


class Reconstruction(Record):
    """What `pose` found; `align` returns the same in the world's frame."""

    photos: tuple[PosedPhoto, ...]
    points: Path
    """An npz (see `Points`)."""
    rejected: tuple[Rejected, ...] = ()
    """Photos without a pose, and why; those dropped earlier as well."""
    method: str = ""
    """How the poses were found, for the report: "given", or the rung of the ladder that held."""
    reprojection_error: float | None = None
    """Mean, pixels of the pictures that were matched."""
    scale: Literal["arbitrary", "gps", "known distance", "given", "guess"] = "arbitrary"
    """Where metres come from. "guess" is stated as such in the report."""
    up: Literal["unknown", "cameras", "plane", "given"] = "unknown"
    """Where the vertical comes from."""
    floor_found: bool = False
    spawn: Matrix | None = None
    """Camera-to-world pose (OpenCV axes) to start walking from; set by `align`."""
    geo_anchor: GeoAnchor | None = None
    """Where the world lies on Earth, if photos carry GPS positions; set by `align`."""


class Points:
    """Coloured 3D points with the photos that saw them. Saved as an npz."""

    def __init__(
        self,
        xyz: NDArray[np.float32],
        rgb: NDArray[np.uint8],
        track_offsets: NDArray[np.int64] | None = None,
        track_photos: NDArray[np.int32] | None = None,
    ) -> None:
        """
        Args:
            xyz: (P, 3).
            rgb: (P, 3), sRGB.
            track_offsets: (P + 1,) where each point's part of `track_photos` begins; None: visibility is unknown.
            track_photos: indices into `Reconstruction.photos`.
        """
        self.xyz = xyz
        self.rgb = rgb
        self.track_offsets = np.zeros(len(xyz) + 1, np.int64) if track_offsets is None else track_offsets
        self.track_photos = np.zeros(0, np.int32) if track_photos is None else track_photos

    def save(self, path: Path) -> None:
        with replacing(path) as beside:
            np.savez(
                beside,
                xyz=self.xyz.astype(np.float32),
                rgb=self.rgb.astype(np.uint8),
                track_offsets=self.track_offsets.astype(np.int64),
                track_photos=self.track_photos.astype(np.int32),
            )

    @staticmethod
    def joined(parts: Sequence[Points]) -> Points:
        """All points of `parts`; their tracks must count the same photos."""
        if not parts:
            return Points(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8))
        starts = np.cumsum([0, *(len(part.track_photos) for part in parts)])
        offsets = [part.track_offsets[1:] + start for part, start in zip(parts, starts)]
        return Points(
            np.concatenate([part.xyz for part in parts]),
            np.concatenate([part.rgb for part in parts]),
            np.concatenate([np.zeros(1, np.int64), *offsets]),
            np.concatenate([part.track_photos for part in parts]),
        )

    @staticmethod
    def load(path: Path) -> Points:
        with np.load(path, allow_pickle=False) as arrays:
            return Points(arrays["xyz"], arrays["rgb"], arrays["track_offsets"], arrays["track_photos"])


class View(Record):
    """One undistorted pinhole picture at training size, what `train` and `evaluate` look at."""

    name: str
    image: Path
    """8-bit PNG or JPEG, RGB, of the camera's size."""
    mask: Path | None
    """8-bit grey PNG of the same size, 0 ignored; None if every pixel counts."""
    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    world_to_camera: Matrix
    transparent: bool = False
    """The mask is the picture's own alpha (see `Photo.transparent`)."""
    held_out: bool = False
    """Kept from training to measure quality."""

    @property
    def camera_matrix(self) -> NDArray[np.float64]:
        """(3, 3) intrinsics, pixels."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1]])

    @property
    def camera(self) -> Camera:
        matrix = torch.tensor(self.world_to_camera, dtype=torch.float32)
        return Camera(self.width, self.height, self.fx, self.fy, self.cx, self.cy, matrix)


class ViewSet(Record):
    """All views of a capture, in the order of its photos."""

    views: tuple[View, ...]

    @property
    def training(self) -> tuple[View, ...]:
        return tuple(view for view in self.views if not view.held_out)

    @property
    def held_out(self) -> tuple[View, ...]:
        return tuple(view for view in self.views if view.held_out)
