"""Where was each photo taken, and with what lens: structure from motion with COLMAP, or the poses that came along.

A ladder of settings is climbed until all photos have a pose: first the quick and strict, then ever more patient ones.
The best rung counts. If even that is too little, everything computed stays in the stage's folder and the error says
what to try.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np
from pydantic import Field

from worldloom.reconstruct.pose_features import (
    FeatureDatabase,
    FeatureKind,
    FeatureSettings,
    learned_features_available,
    quiet_pycolmap,
)
from worldloom.reconstruct.pose_pairs import all_pairs, neighbouring_pairs, retrieved_pairs, sequential_pairs
from worldloom.reconstruct.progress import Event, Progress
from worldloom.reconstruct.records import (
    Capture,
    Points,
    PosedPhoto,
    Reconstruction,
    Record,
    Rejected,
    matrix_rows,
)
from worldloom.scene.errors import InvalidDataError, WorldloomError
from worldloom.scene.files import write_text
from worldloom.scene.lens import Lens


class PoseOptions(Record):
    """How poses are found."""

    use_given: bool = Field(default=True, description="use poses that came with the photos")
    refine_given: bool = Field(default=False, description="adjust given poses and lenses to the features found")
    features: FeatureKind = Field(default="sift", description="sift, or aliked where pycolmap has its weights")
    max_image_size: int = Field(default=1200, ge=64, description="photos are matched at this size, pixels")
    max_features: int = Field(default=4096, ge=64, description="features per photo")
    pairs: Literal["auto", "all", "sequential", "retrieval"] = Field(
        default="auto", description="which pairs are matched"
    )
    mapper: Literal["auto", "incremental", "global"] = Field(default="auto", description="COLMAP's mapper")
    fisheye: bool = Field(default=False, description="the lens is a fisheye")
    enough: float = Field(default=0.6, gt=0, le=1, description="share of photos that must get a pose")
    seed: int = Field(default=0, ge=0, description="of everything random")


class PoseError(WorldloomError):
    """Too few photos could be placed. The message ends with the three most useful things to try."""


def pose(capture: Capture, folder: Path, options: PoseOptions, progress: Progress) -> Reconstruction:
    """Find poses, lenses and a sparse point cloud.

    Returns:
        The largest connected model, in an arbitrary frame and scale (that of the given poses, if they are used).

    Raises:
        PoseError: fewer than `options.enough` of the photos, or fewer than three, could be placed.
    """
    if len(capture.photos) < 2:
        raise PoseError(f"{len(capture.photos)} photo is not enough to see depth. Take at least 10, walking around.")
    if capture.posed and options.use_given:
        return _triangulate_given(capture, folder, options, progress)
    best: _Model | None = None
    rungs = list(_ladder(options))
    for number, rung in enumerate(rungs):
        if best is not None and best.registered > 0.9 * len(capture.photos) and rung.features != rungs[0].features:
            break  # the few that are missing are not worth finding all features anew
        share = (number / len(rungs), (number + 1) / len(rungs))
        database = _matched_database(capture, folder, options, rung.features, progress, share)
        if best is not None and not _promising(database, len(capture.photos)):
            continue
        model = _map(database, folder, rung, options, progress, share)
        if model is not None and (best is None or model.registered > best.registered):
            best = replace(model, database=database)
        if best is not None and best.registered == len(capture.photos):
            break
    needed = max(3, round(options.enough * len(capture.photos)))
    if best is None or best.registered < needed:
        raise _give_up(capture, folder, database, best)
    return _result(capture, folder, best)


@dataclass(frozen=True)
class _Rung:
    """One try."""

    name: str
    features: FeatureSettings
    relaxed: bool = False
    """Begin from small angles and few inliers, accept weakly connected photos."""
    mapper: Literal["incremental", "global"] = "incremental"


@dataclass(frozen=True, eq=False)
class _Model:
    """The outcome of a rung."""

    rung: _Rung
    largest: Any
    """pycolmap.Reconstruction."""
    others: tuple[Any, ...]
    database: FeatureDatabase

    @property
    def registered(self) -> int:
        return self.largest.num_reg_images()


def _ladder(options: PoseOptions) -> Iterator[_Rung]:
    quick = FeatureSettings(
        kind=options.features if options.features == "sift" or learned_features_available() else "sift",
        max_image_size=options.max_image_size,
        max_features=options.max_features,
        fisheye=options.fisheye,
        seed=options.seed,
    )
    patient = replace(quick, max_features=2 * options.max_features, thorough=True)
    first: Literal["incremental", "global"] = "global" if options.mapper == "global" else "incremental"
    yield _Rung("first try", quick, mapper=first)
    yield _Rung("relaxed start", quick, relaxed=True, mapper=first)
    yield _Rung("more features", patient, relaxed=True, mapper=first)
    if quick.kind == "sift" and learned_features_available():
        yield _Rung("learned features", replace(quick, kind="aliked"), relaxed=True, mapper=first)
    if options.mapper == "auto":
        yield _Rung("global mapper", patient, relaxed=True, mapper="global")
    yield _Rung("a lens per photo", replace(patient, own_lenses=True), relaxed=True, mapper=first)


def _matched_database(
    capture: Capture,
    folder: Path,
    options: PoseOptions,
    settings: FeatureSettings,
    progress: Progress,
    share: tuple[float, float],
) -> FeatureDatabase:
    """The database of a rung, its features found and matched, taken from disk as far as it is there."""
    name = "-".join(
        [
            settings.kind,
            str(settings.max_image_size),
            str(settings.max_features),
            *(["thorough"] if settings.thorough else []),
            *(["own-lenses"] if settings.own_lenses else []),
            *(["fisheye"] if settings.fisheye else []),
        ]
    )
    database = FeatureDatabase(capture.photos, folder / name, settings, progress)
    start, end = share
    middle = start + 0.3 * (end - start)
    database.extract((start, middle))
    database.match(_pairs(capture, options, database), (middle, start + 0.7 * (end - start)))
    return database


_FEW = 60
"""Up to so many photos all pairs are matched."""


def _pairs(capture: Capture, options: PoseOptions, database: FeatureDatabase) -> list[tuple[str, str]]:
    names = [photo.name for photo in capture.photos]
    chosen = options.pairs
    if chosen == "auto" and capture.posed and options.use_given:
        return neighbouring_pairs(names, np.array([photo.world_to_camera for photo in capture.photos]))
    if chosen == "auto":
        chosen = "all" if len(names) <= _FEW else "sequential" if capture.sequence else "retrieval"
    if chosen == "all":
        return all_pairs(names)
    if chosen == "sequential":  # and look-alikes, to close loops
        return list(dict.fromkeys(sequential_pairs(names) + retrieved_pairs(database, neighbours=5)))
    return retrieved_pairs(database)


def _promising(database: FeatureDatabase, photos: int) -> bool:
    """Whether mapping could place more than a few photos: enough of them have a verified partner."""
    matched = {name for pair in database.verified_matches() for name in pair}
    return len(matched) >= max(3, photos // 3)


def _map(
    database: FeatureDatabase,
    folder: Path,
    rung: _Rung,
    options: PoseOptions,
    progress: Progress,
    share: tuple[float, float],
) -> _Model | None:
    """Run a mapper; None if it finds nothing."""
    colmap = quiet_pycolmap()
    colmap.set_random_seed(options.seed)
    output = folder / "models" / rung.name.replace(" ", "-")
    output.mkdir(parents=True, exist_ok=True)
    if rung.mapper == "global":
        progress(Event("pose", share[1], "placing all photos at once"))
        settings = colmap.GlobalPipelineOptions()
        settings.random_seed = settings.mapper.random_seed = options.seed
        settings.num_threads = settings.mapper.num_threads = 1
        settings.min_num_matches = 10 if rung.relaxed else 15
        settings.image_names = list(database.photo_names)
        models = colmap.global_mapping(database.path, database.images, output, settings)
    else:
        placed = Counter[str]()

        def next_image() -> None:
            placed["photos"] += 1
            done = placed["photos"] / len(database.photos)
            fraction = share[0] + (0.7 + 0.3 * min(1.0, done)) * (share[1] - share[0])
            progress(Event("pose", fraction, f"placing photos ({rung.name}), {placed['photos'] + 2} placed"))

        settings = _incremental_settings(colmap, rung, options, len(database.photos))
        settings.image_names = list(database.photo_names)
        models = colmap.incremental_mapping(
            database.path, database.images, output, settings, next_image_callback=next_image
        )
    ordered = sorted(models.values(), key=lambda model: (-model.num_reg_images(), -model.num_points3D()))
    if not ordered:
        return None
    return _Model(rung, ordered[0], tuple(ordered[1:]), database)


def _incremental_settings(colmap: Any, rung: _Rung, options: PoseOptions, photos: int) -> Any:
    settings = colmap.IncrementalPipelineOptions()
    settings.random_seed = options.seed
    settings.mapper.random_seed = options.seed
    settings.triangulation.random_seed = options.seed
    settings.num_threads = settings.mapper.num_threads = 1  # threads share out RANSAC's draws as they please
    settings.min_model_size = 3
    settings.max_num_models = 5
    settings.ba_global_frames_ratio = 1.2 if photos > 100 else 1.1
    if rung.relaxed:
        settings.min_num_matches = 10
        settings.mapper.init_min_num_inliers = 40
        settings.mapper.init_min_tri_angle = 4.0
        settings.mapper.init_max_error = 6.0
        settings.mapper.abs_pose_min_num_inliers = 15
        settings.mapper.abs_pose_min_inlier_ratio = 0.12
        settings.mapper.filter_min_tri_angle = 1.0
        settings.triangulation.min_angle = 1.0
        settings.triangulation.ignore_two_view_tracks = False
    return settings


def _result(capture: Capture, folder: Path, model: _Model) -> Reconstruction:
    found = model.largest
    names = model.database.photo_names
    by_name = {names[image.name]: image for image in found.images.values() if image.has_pose}
    posed = [photo for photo in capture.photos if photo.name in by_name]
    photos = tuple(
        PosedPhoto(
            photo=photo,
            lens=colmap_lens(found.cameras[by_name[photo.name].camera_id]),
            world_to_camera=matrix_rows(_square(by_name[photo.name].cam_from_world().matrix())),
        )
        for photo in posed
    )
    points = folder / "points.npz"
    colmap_points(found, [by_name[photo.name].image_id for photo in posed]).save(points)
    return Reconstruction(
        photos=photos,
        points=points,
        rejected=capture.rejected + tuple(_why_missing(capture, model, by_name)),
        method=f"COLMAP, {model.rung.mapper} mapper, {model.rung.features.kind.upper()} features ({model.rung.name})",
        reprojection_error=float(found.compute_mean_reprojection_error()),
    )


def _square(matrix: np.ndarray) -> np.ndarray:
    return np.vstack([matrix, [0, 0, 0, 1]])


def colmap_points(found: Any, image_ids: Sequence[int]) -> Points:
    """The sparse points of a pycolmap.Reconstruction in order of their ids, with tracks that count photos as
    `image_ids` lists them."""
    place = {image: at for at, image in enumerate(image_ids)}
    ordered = [found.points3D[point] for point in sorted(found.points3D)]
    tracks = [sorted({place[e.image_id] for e in point.track.elements if e.image_id in place}) for point in ordered]
    offsets = np.zeros(len(ordered) + 1, np.int64)
    np.cumsum([len(track) for track in tracks], out=offsets[1:])
    return Points(
        np.array([point.xyz for point in ordered], np.float32).reshape(-1, 3),
        np.array([point.color for point in ordered], np.uint8).reshape(-1, 3),
        offsets,
        np.array([photo for track in tracks for photo in track], np.int32),
    )


def colmap_lens(camera: Any) -> Lens:
    """A COLMAP camera as one of our lenses.

    Raises:
        InvalidDataError: its model is none of ours.
    """
    model, values = camera.model_name, [float(value) for value in camera.params]
    if model in ("SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL"):
        focal, cx, cy, *radial = values
        fx = fy = focal
        distortion = (*radial, *[0.0] * (2 - len(radial)), 0.0, 0.0) if radial else ()
    elif model in ("PINHOLE", "OPENCV", "OPENCV_FISHEYE"):
        fx, fy, cx, cy, *rest = values
        distortion = tuple(rest)
    else:
        raise InvalidDataError(f"COLMAP's camera model {model} is not supported; undistort the photos in COLMAP first.")
    kind = "OPENCV_FISHEYE" if model == "OPENCV_FISHEYE" else "OPENCV" if distortion else "PINHOLE"
    return Lens(kind, camera.width, camera.height, fx, fy, cx, cy, distortion)


def _why_missing(capture: Capture, model: _Model, placed: dict[str, Any]) -> Iterator[Rejected]:
    features = model.database.feature_counts()
    partners = Counter(name for pair in model.database.verified_matches() for name in pair)
    names = model.database.photo_names
    elsewhere = {names[image.name] for other in model.others for image in other.images.values() if image.has_pose}
    if capture.points is not None:
        yield Rejected(name="given points", reason="they are in another frame than that of the poses found here")
    for photo in capture.photos:
        if photo.name in placed:
            continue
        if features.get(photo.name, 0) < 100:
            reason = f"too little detail: only {features.get(photo.name, 0)} features found"
        elif partners[photo.name] == 0:
            reason = "matches no other photo: it shows something else, or overlaps too little"
        elif photo.name in elsewhere:
            reason = "belongs to a separate, smaller group of photos that is not connected with the others"
        else:
            reason = f"matches {partners[photo.name]} photos, but not consistently enough to place it"
        yield Rejected(name=photo.name, reason=reason)


def _give_up(capture: Capture, folder: Path, database: FeatureDatabase, best: _Model | None) -> PoseError:
    """The error that says what was seen and what to try; a report of the matching is left in the folder."""
    features = database.feature_counts()
    matches = database.verified_matches()
    partners = Counter(name for pair in matches for name in pair)
    placed = best.registered if best else 0
    lines = ["photo\tfeatures\tphotos it matches"]
    lines += [f"{photo.name}\t{features.get(photo.name, 0)}\t{partners[photo.name]}" for photo in capture.photos]
    write_text(folder / "matching.tsv", "\n".join(lines) + "\n")
    alone = sum(partners[photo.name] == 0 for photo in capture.photos)
    typical = median(features.get(photo.name, 0) for photo in capture.photos)
    tips = []
    if alone:
        tips.append(
            f"add photos between the ones you have, so that neighbours show at least two thirds of the same "
            f"({alone} of {len(capture.photos)} match no other photo)"
        )
    if typical < 1000:
        tips.append(
            f"use sharper, brighter photos of surfaces with more detail (typically {typical:.0f} features found)"
        )
    tips += [
        "walk sideways around the place instead of turning on the spot or zooming",
        "take a slow video and give that instead",
        "remove photos of other places, and mask what moves or reflects",
    ]
    listed = "; ".join(f"({number}) {tip}" for number, tip in enumerate(tips[:3], start=1))
    return PoseError(
        f"Only {placed} of {len(capture.photos)} photos could be placed, too few for a world. Try: {listed}. "
        f"What was computed is kept in {folder}; matching.tsv there says how each photo did."
    )


def _triangulate_given(capture: Capture, folder: Path, options: PoseOptions, progress: Progress) -> Reconstruction:
    """Keep given poses and lenses; find the points that the photos see. Optionally adjust all by bundle adjustment."""
    if any(photo.lens is not None and photo.lens.model == "EQUIRECTANGULAR" for photo in capture.photos):
        return _given(capture, folder, {}, None)
    settings = FeatureSettings(
        max_image_size=options.max_image_size, max_features=options.max_features, seed=options.seed
    )
    database = _matched_database(capture, folder, options, settings, progress, (0.0, 0.9))
    colmap = quiet_pycolmap()
    model = colmap.Reconstruction()
    with closing(colmap.Database.open(database.path)) as stored:
        for photo in capture.photos:
            assert photo.lens is not None
            name = database.stored_names[photo.name]
            image = stored.read_image_with_name(name)
            camera = _colmap_camera(colmap, photo.lens, image.camera_id)
            stored.update_camera(camera)  # triangulation checks that the two agree
            model.add_camera_with_trivial_rig(camera)
            given = colmap.Image(image_id=image.image_id, name=name, camera_id=camera.camera_id)
            model.add_image_with_trivial_frame(given, colmap.Rigid3d(np.array(photo.world_to_camera)[:3]))
    progress(Event("pose", 0.9, "triangulating"))
    output = folder / "models" / "given"
    output.mkdir(parents=True, exist_ok=True)
    settings = colmap.IncrementalPipelineOptions()
    settings.random_seed = options.seed
    settings.mapper.random_seed = settings.triangulation.random_seed = options.seed
    settings.num_threads = settings.mapper.num_threads = 1
    found = colmap.triangulate_points(model, database.path, database.images, output, True, settings)
    if options.refine_given:
        adjustment = colmap.BundleAdjustmentOptions()
        adjustment.ceres.loss_function_type = colmap.LossFunctionType.SOFT_L1
        adjustment.print_summary = False
        adjustment.ceres.solver_options.num_threads = 1
        colmap.bundle_adjustment(found, adjustment)
    return _given(capture, folder, database.stored_names, found)


def _colmap_camera(colmap: Any, lens: Lens, camera_id: int) -> Any:
    model = lens.model if lens.distortion or lens.model == "OPENCV_FISHEYE" else "PINHOLE"
    params = [lens.fx, lens.fy, lens.cx, lens.cy, *lens.distortion]
    return colmap.Camera(camera_id=camera_id, model=model, width=lens.width, height=lens.height, params=params)


def _given(capture: Capture, folder: Path, stored_names: dict[str, str], found: Any | None) -> Reconstruction:
    stored = {image.name: image for image in found.images.values()} if found is not None else {}
    names = {name: stored[place] for name, place in stored_names.items() if place in stored}
    photos = []
    for photo in capture.photos:
        assert photo.lens is not None
        assert photo.world_to_camera is not None
        image = names.get(photo.name)
        lens = photo.lens if image is None else colmap_lens(found.cameras[image.camera_id])  # pyright: ignore
        pose_ = photo.world_to_camera if image is None else matrix_rows(_square(image.cam_from_world().matrix()))
        photos.append(PosedPhoto(photo=photo, lens=lens, world_to_camera=pose_))
    path = folder / "points.npz"
    parts = [] if capture.points is None else [Points.load(capture.points)]
    if found is not None and found.num_points3D():
        parts.append(colmap_points(found, [names[photo.name].image_id for photo in capture.photos]))
    Points.joined(parts).save(path)
    return Reconstruction(
        photos=tuple(photos),
        points=path,
        rejected=capture.rejected,
        method="given with the photos",
        reprojection_error=None if found is None else float(found.compute_mean_reprojection_error()),
        scale="given" if capture.metric else "arbitrary",
        up="given" if capture.metric else "unknown",
    )
