"""Features of all photos and their matches, in a COLMAP database (Schoenberger and Frahm 2016) that survives a kill."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from worldloom.reconstruct.progress import Event, Progress
from worldloom.reconstruct.records import Photo

FeatureKind = Literal["sift", "aliked"]


@dataclass(frozen=True)
class FeatureSettings:
    """How features are found and matched."""

    kind: FeatureKind = "sift"
    max_image_size: int = 1200
    """Photos are matched at this size, pixels of the longer side."""
    max_features: int = 4096
    thorough: bool = False
    """Find features in dark and flat places too, and look along epipolar lines for more matches. Slower."""
    own_lenses: bool = False
    """Every photo has a lens of its own, instead of one per camera group."""
    fisheye: bool = False
    seed: int = 0


def quiet_pycolmap() -> Any:
    """pycolmap, silenced: it would write its log over the progress display."""
    import pycolmap

    pycolmap.logging.minloglevel = pycolmap.logging.FATAL.value
    pycolmap.logging.stderrthreshold = pycolmap.logging.FATAL.value
    return pycolmap


def learned_features_available() -> bool:
    """Whether ALIKED and LightGlue can run: this pycolmap was built with them and their weights are in its cache."""
    import pycolmap

    if not hasattr(pycolmap.FeatureExtractionOptions(), "aliked"):  # built without ONNX
        return False
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "colmap"
    names = [path.name.lower() for path in cache.glob("*.onnx")] if cache.is_dir() else []
    return any("aliked" in name for name in names) and any("lightglue" in name for name in names)


class FeatureDatabase:
    """A database of one set of `FeatureSettings` for one list of photos."""

    def __init__(self, photos: Sequence[Photo], folder: Path, settings: FeatureSettings, progress: Progress) -> None:
        self.photos = tuple(photos)
        self.folder = folder
        self.settings = settings
        self.path = folder / "features.db"
        self.images = folder / "images"
        self.stored_names = {photo.name: _stored_name(photo) for photo in photos}
        """What the database calls each photo: without spaces, which COLMAP's lists of pairs can't hold, and differently
        when the file has changed, so that nothing stale is used."""
        self.photo_names = {stored: name for name, stored in self.stored_names.items()}
        self._progress = progress
        folder.mkdir(parents=True, exist_ok=True)
        self._colmap = quiet_pycolmap()

    def extract(self, share: tuple[float, float]) -> None:
        """Find features of photos that have none yet.

        Args:
            share: from and to which fraction of the stage this takes, for progress.
        """
        self._link_pictures()
        self._add_images()
        done = self.feature_counts()
        todo = [photo for photo in self.photos if photo.name not in done]
        for masked in (False, True):  # told of masks, COLMAP passes over pictures that have none
            reader = self._colmap.ImageReaderOptions()
            if masked:
                reader.mask_path = self.folder / "masks"
            for batch in _batches([photo for photo in todo if (photo.mask is not None) == masked], 8):
                names, auto = [self.stored_names[photo.name] for photo in batch], self._colmap.CameraMode.AUTO
                self._colmap.extract_features(self.path, self.images, names, auto, reader, self._extraction_options())
                self._tell(share, len(self.feature_counts()), len(self.photos), "finding features")

    def _add_images(self) -> None:
        """Enter photos and lenses one by one: COLMAP would number them by name, or as extraction's threads end, and its
        result depends on the numbers."""
        self._colmap.Database.open(self.path).close()  # makes it if there is none
        known = self.image_ids()
        for shared, photos in self._groups():
            mode = self._colmap.CameraMode.SINGLE if shared else self._colmap.CameraMode.PER_IMAGE
            camera = self._camera_of(known, [photo.name for photo in photos]) if shared else None
            for photo in photos:
                if photo.name in known:
                    continue
                reader = self._reader_options(photos if shared else [photo], shared)
                if camera is not None:
                    reader.existing_camera_id = camera
                self._colmap.import_images(self.path, self.images, mode, [self.stored_names[photo.name]], reader)
                if shared and camera is None:
                    camera = self._camera_of(self.image_ids(), [photo.name])

    def _camera_of(self, known: dict[str, int], names: Sequence[str]) -> int | None:
        """Database id of the lens of the first of these photos that is known."""
        image = next((known[name] for name in names if name in known), None)
        if image is None:
            return None
        with closing(self._colmap.Database.open(self.path)) as database:
            return int(database.read_image(image).camera_id)

    def match(self, pairs: Sequence[tuple[str, str]], share: tuple[float, float]) -> None:
        """Match pairs of photos, by name, and verify the matches geometrically. Pairs done before are kept."""
        listing = self.folder / "pairs.txt"
        pairing = self._colmap.ImportedPairingOptions()
        pairing.match_list_path = listing
        options = self._colmap.FeatureMatchingOptions()
        options.guided_matching = self.settings.thorough
        if self.settings.kind == "aliked":
            options.type = self._colmap.FeatureMatcherType.ALIKED_LIGHTGLUE
        verification = self._colmap.TwoViewGeometryOptions()
        verification.ransac.random_seed = self.settings.seed
        verification.min_num_inliers = 10 if self.settings.thorough else 15
        done = 0
        for batch in _batches(pairs, 100):
            lines = [f"{self.stored_names[first]} {self.stored_names[second]}\n" for first, second in batch]
            listing.write_text("".join(lines), encoding="utf-8")
            self._colmap.match_image_pairs(self.path, options, pairing, verification)
            done += len(batch)
            self._tell(share, done, len(pairs), "matching pairs")

    def image_ids(self) -> dict[str, int]:
        """Database id of each photo that is in it, by name."""
        with closing(self._colmap.Database.open(self.path)) as database:
            found = {image.name: int(image.image_id) for image in database.read_all_images()}
        return {name: found[stored] for name, stored in self.stored_names.items() if stored in found}

    def feature_counts(self) -> dict[str, int]:
        """Number of features of each photo that has been looked at, by name."""
        ids = self.image_ids()
        with closing(self._colmap.Database.open(self.path)) as database:
            return {
                name: int(database.num_keypoints_for_image(image))
                for name, image in ids.items()
                if database.exists_keypoints(image)
            }

    def verified_matches(self) -> dict[tuple[str, str], int]:
        """Number of geometrically verified matches of each pair of photos that has any, by names."""
        names = {image: name for name, image in self.image_ids().items()}
        with closing(self._colmap.Database.open(self.path)) as database:
            pair_ids, counts = database.read_two_view_geometry_num_inliers()
        pairs = (self._colmap.pair_id_to_image_pair(pair) for pair in pair_ids)
        return {
            (names[first], names[second]): int(count)
            for (first, second), count in zip(pairs, counts)
            if count > 0 and first in names and second in names
        }

    def descriptors(self, image_id: int) -> NDArray[np.uint8]:
        """(features, 128) SIFT descriptors of one photo."""
        with closing(self._colmap.Database.open(self.path)) as database:
            return np.asarray(database.read_descriptors(image_id).data)

    def _extraction_options(self) -> Any:
        options = self._colmap.FeatureExtractionOptions()
        options.max_image_size = self.settings.max_image_size
        options.sift.max_num_features = self.settings.max_features
        if self.settings.kind == "aliked":
            options.type = self._colmap.FeatureExtractorType.ALIKED_N16ROT
            options.aliked.max_num_features = self.settings.max_features
        if self.settings.thorough:
            options.sift.peak_threshold = 0.002
            options.sift.darkness_adaptivity = True
        return options

    def _reader_options(self, photos: Sequence[Photo], shared: bool) -> Any:
        reader = self._colmap.ImageReaderOptions()
        two_terms = shared and len(photos) > 2  # one photo alone can't tell a second distortion coefficient
        reader.camera_model = "OPENCV_FISHEYE" if self.settings.fisheye else "RADIAL" if two_terms else "SIMPLE_RADIAL"
        first = photos[0]
        if first.lens is not None and first.lens.model != "EQUIRECTANGULAR":  # came along, without a pose
            lens = first.lens
            reader.camera_model = "OPENCV_FISHEYE" if lens.model == "OPENCV_FISHEYE" else "OPENCV"
            numbers = [lens.fx, lens.fy, lens.cx, lens.cy, *(lens.distortion or (0.0,) * 4)]
            reader.camera_params = ",".join(map(str, numbers))
        elif first.focal is not None and not self.settings.fisheye:
            distortion = "0,0" if two_terms else "0"
            reader.camera_params = f"{first.focal},{first.width / 2},{first.height / 2},{distortion}"
        return reader

    def _groups(self) -> list[tuple[bool, list[Photo]]]:
        """Photos that share a lens (True) and those that don't (False), those with a known focal length one by one."""
        shared: dict[str, list[Photo]] = defaultdict(list)
        single: list[list[Photo]] = []
        unknown: list[Photo] = []
        for photo in self.photos:
            if photo.camera_group and not self.settings.own_lenses:
                shared[f"{photo.camera_group} {photo.width}x{photo.height}"].append(photo)
            elif photo.focal is not None or photo.lens is not None:
                single.append([photo])
            else:
                unknown.append(photo)
        alone = [photos for photos in shared.values() if len(photos) == 1]
        for (photo,) in alone:
            if photo.focal is not None or photo.lens is not None:
                single.append([photo])
            else:
                unknown.append(photo)
        groups = [(True, photos) for photos in shared.values() if len(photos) > 1]
        return groups + [(False, photos) for photos in [*single, unknown] if photos]

    def _tell(self, share: tuple[float, float], done: int, total: int, words: str) -> None:
        fraction = share[0] + (share[1] - share[0]) * min(1.0, done / max(total, 1))
        self._progress(Event("pose", fraction, f"{words}, {done} of {total}"))

    def _link_pictures(self) -> None:
        """Make all photos appear in one folder under their stored names, and their masks in another."""
        for photo in self.photos:
            stored = self.stored_names[photo.name]
            _link(photo.path, self.images / stored)
            if photo.mask is not None:
                _link(photo.mask, self.folder / "masks" / f"{stored}.png")


_Item = TypeVar("_Item")


def _batches(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    """Pieces of work between which progress is told and Ctrl-C is heard."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _stored_name(photo: Photo) -> str:
    files = [path.stat() for path in (photo.path, photo.mask) if path is not None]
    identity = f"{photo.name} {[(file.st_size, file.st_mtime_ns) for file in files]}"
    return hashlib.sha256(identity.encode()).hexdigest()[:24] + photo.path.suffix.lower()


def _link(source: Path, target: Path) -> None:
    if target.is_symlink() or target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.symlink_to(source.resolve())
    except OSError:  # a file system without links
        shutil.copyfile(source, target)
