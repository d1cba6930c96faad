"""Gathering what the user gave: photos, videos, archives, posed captures and scans become one list of photos."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import Field

from worldloom.reconstruct.inputs import archive, colmap, photos, point_cloud, suffixes, transforms_json, video
from worldloom.reconstruct.progress import Event, Progress
from worldloom.reconstruct.records import Capture, Photo, Points, Record, Rejected
from worldloom.scene.errors import FormatError, WorldloomError


class CollectOptions(Record):
    """What is taken in."""

    use_given_poses: bool = Field(default=True, description="read COLMAP models and transforms.json, if there are any")
    masks: Path | None = Field(default=None, description="folder of masks named like the photos; black is ignored")
    most_frames: int = Field(default=150, ge=2, description="frames kept of each video")
    most_points: int = Field(default=2_000_000, ge=100, description="points kept of given point clouds")


@dataclass(eq=False)
class _Found:
    """What has been gathered so far."""

    photos: list[Photo] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    points: list[Points] = field(default_factory=list)
    videos: int = 0
    metric: bool = False


def collect(inputs: Sequence[Path], folder: Path, options: CollectOptions, progress: Progress) -> Capture:
    """Read all inputs. Pictures that need turning or another format, and video frames, are written into `folder`.

    Raises:
        FormatError: an input is missing or none of it can be used; single bad pictures among good ones are rejected
            with a reason instead.
    """
    found = _Found()
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    for number, given in enumerate(inputs):
        prefix = "" if len(inputs) == 1 else f"{number:02d}-{given.stem}/"
        _take(given, prefix, pictures, options, found, progress)
    if not found.photos and not found.points:
        listed = ", ".join(str(given) for given in inputs) or "nothing"
        reasons = "; ".join(f"{bad.name}: {bad.reason}" for bad in found.rejected[:3])
        raise FormatError(
            f"{listed}: there is no photo, video or point cloud in it that can be used"
            + (f" ({reasons})." if reasons else ". Give a folder of photos or a video.")
        )
    kept = _with_masks(found.photos, options.masks)
    return Capture(
        photos=tuple(kept),
        sequence=_is_sequence(kept, found.videos),
        points=_save_points(found.points, folder),
        metric=found.metric,
        rejected=tuple(found.rejected),
    )


def _take(given: Path, prefix: str, pictures: Path, options: CollectOptions, found: _Found, progress: Progress) -> None:
    """Add one input, whatever it is."""
    if not given.exists():
        raise FormatError(f"{given} does not exist. Check the path.")
    suffix = given.suffix.lower()
    if given.is_dir():
        _take_folder(given, prefix, pictures, options, found, progress)
    elif suffix == ".zip":
        progress(Event("collect", 0.0, f"unpacking {given.name}"))
        unpacked = archive.unpack(given, pictures.parent / "unpacked" / given.stem)
        _take_folder(unpacked, prefix, pictures, options, found, progress)
    elif suffix == ".json":
        _add_posed(transforms_json.read_transforms(given, pictures), given, options, pictures, found)
    elif suffix in suffixes.VIDEOS:
        _add_video(given, prefix, pictures, options, found, progress)
    elif suffix in suffixes.POINT_CLOUDS:
        _add_scan(given, pictures, options, found)
    elif suffix in suffixes.PHOTOS:
        found.photos.append(_photo(given, f"{prefix}{given.name}", pictures))
    else:
        raise FormatError(f"{given} is of no kind that can be read. Give photos, a video, a zip, or a point cloud.")


def _take_folder(
    folder: Path, prefix: str, pictures: Path, options: CollectOptions, found: _Found, progress: Progress
) -> None:
    inner = _only_folder(folder)
    if options.use_given_poses:
        if (inner / "transforms.json").is_file():
            posed = transforms_json.read_transforms(inner / "transforms.json", pictures)
            _add_posed(posed, inner / "transforms.json", options, pictures, found)
            return
        if colmap.is_colmap_folder(inner):
            posed_photos, rejected, points = colmap.read_colmap(inner, pictures)
            found.photos += posed_photos
            found.rejected += rejected
            found.points.append(points)
            return
    masks = options.masks.absolute() if options.masks is not None else None
    files = sorted(
        (path for path in inner.rglob("*") if path.is_file() and not path.name.startswith(".")), key=_natural
    )
    files = [path for path in files if masks is None or masks not in path.absolute().parents]
    for number, path in enumerate(files):
        suffix = path.suffix.lower()
        name = f"{prefix}{path.relative_to(inner).as_posix()}"
        try:
            if suffix in suffixes.PHOTOS:
                progress(Event("collect", number / len(files), f"reading {path.name}"))
                found.photos.append(_photo(path, name, pictures))
            elif suffix in suffixes.VIDEOS:
                _add_video(path, f"{name}/", pictures, options, found, progress)
            elif suffix in suffixes.POINT_CLOUDS:
                _add_scan(path, pictures, options, found)
        except FormatError as error:
            found.rejected.append(Rejected(name=name, reason=str(error)))


def _only_folder(folder: Path) -> Path:
    """A zip often holds one folder that holds everything."""
    entries = [path for path in folder.iterdir() if not path.name.startswith((".", "__"))]
    return _only_folder(entries[0]) if len(entries) == 1 and entries[0].is_dir() else folder


def _natural(path: Path) -> list[str | int]:
    """So that photo2 comes before photo10."""
    return [int(part) if part.isdecimal() else part.lower() for part in re.split(r"(\d+)", path.as_posix())]


def _photo(path: Path, name: str, pictures: Path) -> Photo:
    return photos.read_photo(path, name, pictures)


def _add_video(
    path: Path, prefix: str, pictures: Path, options: CollectOptions, found: _Found, progress: Progress
) -> None:
    frames = video.read_video(
        path,
        prefix,
        pictures,
        most_frames=options.most_frames,
        tell=lambda fraction, words: progress(Event("collect", fraction, words)),
    )
    found.photos += frames
    found.videos += 1


def _add_scan(path: Path, pictures: Path, options: CollectOptions, found: _Found) -> None:
    scan = point_cloud.read_scan(path, pictures, most_points=options.most_points)
    found.points.append(scan.points)
    found.photos += scan.photos
    found.rejected += scan.rejected
    found.metric = found.metric or scan.up_known


def _add_posed(
    posed: tuple[list[Photo], list[Rejected], Path | None],
    given: Path,
    options: CollectOptions,
    pictures: Path,
    found: _Found,
) -> None:
    some, rejected, cloud = posed
    if not options.use_given_poses:
        some = [photo.model_copy(update={"world_to_camera": None}) for photo in some]
    found.photos += some
    found.rejected += rejected
    if cloud is not None and options.use_given_poses:
        try:
            found.points.append(point_cloud.read_scan(cloud, pictures, most_points=options.most_points).points)
        except WorldloomError as error:
            found.rejected.append(Rejected(name=cloud.name, reason=str(error)))


def _with_masks(some: list[Photo], masks: Path | None) -> list[Photo]:
    if masks is None:
        return some
    if not masks.is_dir():
        raise FormatError(f"The folder of masks {masks} does not exist. Check the path.")
    by_stem = {path.name.lower(): path for path in sorted(masks.rglob("*")) if path.suffix.lower() in suffixes.PHOTOS}
    masked = []
    for photo in some:
        path = Path(photo.name)
        names = [f"{path.name}.png", f"{path.stem}.png", f"{path.stem}_mask.png", path.name, f"{path.stem}.jpg"]
        mask = next((by_stem[name.lower()] for name in names if name.lower() in by_stem), None)
        masked.append(
            photo if mask is None else photo.model_copy(update={"mask": mask.absolute(), "transparent": False})
        )
    return masked


def _is_sequence(some: list[Photo], videos: int) -> bool:
    """One video, or photos numbered or timed in a row."""
    if videos:
        return videos == 1 and all(photo.camera_group.startswith("video") for photo in some)
    times = [photo.taken for photo in some if photo.taken is not None]
    if len(times) == len(some) > 2:
        gaps = np.diff(times)
        return bool((gaps >= 0).all() and np.median(gaps) < 20)
    numbers = [re.findall(r"\d+", Path(photo.name).stem) for photo in some]
    if len(some) > 2 and all(numbers):
        steps = np.diff([int(found[-1]) for found in numbers])
        return bool((steps > 0).all() and np.median(steps) <= 3)
    return False


def _save_points(parts: Iterable[Points], folder: Path) -> Path | None:
    joined = Points.joined(list(parts))
    if len(joined.xyz) == 0:
        return None
    joined.save(folder / "points.npz")
    return folder / "points.npz"
