"""Features of all photos and their matches, in a COLMAP database (Schoenberger and Frahm 2016) that survives a kill."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

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
    """Whether ALIKED and LightGlue can run: this pycolmap has them and their weights are in its cache."""
    import pycolmap

    if not hasattr(pycolmap.FeatureExtractorType, "ALIKED_N16ROT"):
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
        self._progress = progress
        folder.mkdir(parents=True, exist_ok=True)
        self._colmap = quiet_pycolmap()

    def extract(self, share: tuple[float, float]) -> None:
        """Find features of photos that have none yet.

        Args:
            share: from and to which fraction of the stage this takes, for progress.
        """
        masks = self._link_pictures()
        done = self.feature_counts()
        for group, photos in self._groups().items():
            names = [photo.name for photo in photos if photo.name not in done]
            if not names:
                continue
            reader = self._colmap.ImageReaderOptions()
            shared = len(photos) > 2 and group  # one photo alone can't tell a second distortion coefficient
            reader.camera_model = "OPENCV_FISHEYE" if self.settings.fisheye else "RADIAL" if shared else "SIMPLE_RADIAL"
            if masks is not None:
                reader.mask_path = masks
            first = photos[0]
            if first.focal is not None and not self.settings.fisheye:
                distortion = "0,0" if shared else "0"
                reader.camera_params = f"{first.focal},{first.width / 2},{first.height / 2},{distortion}"
            mode = self._colmap.CameraMode.SINGLE if group else self._colmap.CameraMode.PER_IMAGE
            self._run(
                lambda cancel, names=names, reader=reader, mode=mode: self._colmap.extract_features(
                    self.path,
                    self.images,
                    names,
                    mode,
                    reader,
                    self._extraction_options(),
                    cancellation_token=cancel,
                ),
                lambda: (len(self.feature_counts()), len(self.photos)),
                "finding features",
                share,
            )

    def match(self, pairs: Sequence[tuple[str, str]], share: tuple[float, float]) -> None:
        """Match pairs of photos, by name, and verify the matches geometrically. Pairs done before are kept."""
        listing = self.folder / "pairs.txt"
        listing.write_text("".join(f"{first} {second}\n" for first, second in pairs), encoding="utf-8")
        pairing = self._colmap.ImportedPairingOptions()
        pairing.match_list_path = listing
        options = self._colmap.FeatureMatchingOptions()
        options.guided_matching = self.settings.thorough
        if self.settings.kind == "aliked":
            options.type = self._colmap.FeatureMatcherType.ALIKED_LIGHTGLUE
        verification = self._colmap.TwoViewGeometryOptions()
        verification.ransac.random_seed = self.settings.seed
        verification.min_num_inliers = 10 if self.settings.thorough else 15
        self._run(
            lambda cancel: self._colmap.match_image_pairs(
                self.path, options, pairing, verification, cancellation_token=cancel
            ),
            lambda: (self._count("two_view_geometries"), len(pairs)),
            "matching pairs",
            share,
        )

    def image_ids(self) -> dict[str, int]:
        """Database id of each photo, by name."""
        with closing(sqlite3.connect(self.path)) as connection:
            return dict(connection.execute("SELECT name, image_id FROM images").fetchall())

    def feature_counts(self) -> dict[str, int]:
        """Number of features of each photo that has been looked at, by name."""
        if not self.path.exists():
            return {}
        query = "SELECT name, rows FROM images JOIN keypoints ON images.image_id = keypoints.image_id"
        try:
            with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)) as connection:
                return dict(connection.execute(query).fetchall())
        except sqlite3.OperationalError:  # the tables are being made
            return {}

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
        if self.settings.thorough:
            options.sift.peak_threshold = 0.002
            options.sift.darkness_adaptivity = True
        return options

    def _groups(self) -> dict[str, list[Photo]]:
        """Photos by shared lens; those under "" have one each."""
        groups: dict[str, list[Photo]] = defaultdict(list)
        for photo in self.photos:
            size = f"{photo.width}x{photo.height}"
            shared = photo.camera_group and not self.settings.own_lenses
            groups[f"{photo.camera_group} {size}" if shared else ""].append(photo)
        singles = groups.pop("", [])
        alone = {f"{photo.name} alone": [photo] for photo in singles if photo.focal is not None}
        rest = [photo for photo in singles if photo.focal is None]
        return {**groups, **alone, **({"": rest} if rest else {})}

    def _link_pictures(self) -> Path | None:
        """Make all photos appear in one folder under their names, and their masks in another (returned)."""
        masks = self.folder / "masks"
        for photo in self.photos:
            _link(photo.path, self.images / photo.name)
            if photo.mask is not None:
                _link(photo.mask, masks / f"{photo.name}.png")
        return masks if masks.is_dir() else None

    def _run(
        self,
        work: Callable[[Any], None],
        count: Callable[[], tuple[int, int]],
        words: str,
        share: tuple[float, float],
    ) -> None:
        """Do `work(cancellation token)` in a thread, telling how far it is; Ctrl-C cancels it."""
        cancel = self._colmap.CancellationToken()
        failure: list[BaseException] = []

        def guarded() -> None:
            try:
                work(cancel)
            except BaseException as error:
                failure.append(error)

        thread = threading.Thread(target=guarded, daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(0.5)
                done, total = count()
                fraction = share[0] + (share[1] - share[0]) * min(1.0, done / max(total, 1))
                self._progress(Event("pose", fraction, f"{words}, {done} of {total}"))
        except BaseException:
            cancel.cancel()
            thread.join()
            raise
        if failure:
            raise failure[0]

    def _count(self, table: str) -> int:
        try:
            with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)) as connection:
                return int(connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def _link(source: Path, target: Path) -> None:
    if target.is_symlink() or target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.symlink_to(source.resolve())
    except OSError:  # a file system without links
        shutil.copyfile(source, target)
