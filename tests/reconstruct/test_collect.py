from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from worldloom.reconstruct.collect import CollectOptions, collect
from worldloom.reconstruct.inputs.photos import read_photo
from worldloom.reconstruct.inputs.point_cloud import read_scan
from worldloom.reconstruct.inputs.transforms_json import read_transforms
from worldloom.reconstruct.progress import silent
from worldloom.reconstruct.records import Capture, Points
from worldloom.scene.errors import FormatError, WorldloomError


def gather(*inputs: Path, to: Path, **options: object) -> Capture:
    return collect(inputs, to, CollectOptions.model_validate(options), silent)


def picture(path: Path, width: int = 40, height: int = 30, **save: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (255, 0, 0)  # a red upper left corner tells how it is turned
    Image.fromarray(pixels).save(path, **save)
    return path


def test_a_folder_in_natural_order(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        picture(tmp_path / "in" / f"photo{number}.png")
    capture = gather(tmp_path / "in", to=tmp_path / "out")
    assert [photo.name for photo in capture.photos] == ["photo1.png", "photo2.png", "photo10.png"]
    assert capture.photos[0].path == tmp_path / "in" / "photo1.png", "good pictures are used where they are"
    assert len({photo.camera_group for photo in capture.photos}) == 1


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0))])
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int, corner: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = picture(tmp_path / "a.jpg", exif=exif, quality=95)
    photo = read_photo(path, "a.jpg", tmp_path / "out")
    pixels = np.asarray(Image.open(photo.path))
    assert (photo.width, photo.height) == pixels.shape[1::-1] == ((30, 40) if orientation in (6, 8) else (40, 30))
    row, column = corner
    inset = (2 if row == 0 else -3, 2 if column == 0 else -3)
    assert pixels[inset][0] > 200, "the red corner is where a viewer shows it"


def test_exif_focal_length_gps_and_camera(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Model 1"
    exif.get_ifd(0x8769)[0xA405] = 28
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 30.0, 0.0), 3: "W", 4: (2.0, 15.0, 0.0), 6: 35.0})
    photo = read_photo(picture(tmp_path / "a.jpg", 400, 300, exif=exif), "a.jpg", tmp_path)
    assert photo.focal == pytest.approx(28 / 36 * 400)
    assert photo.gps == pytest.approx((48.5, -2.25, 35.0))
    assert photo.camera_group == "Maker Model 1"
    assert photo.taken is not None


def test_heic_is_read(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="nothing here can write a HEIC to read")
    pillow_heif.register_heif_opener()
    assert read_photo(picture(tmp_path / "a.heic"), "a.heic", tmp_path / "out").width == 40


def test_the_heif_decoder_is_there() -> None:
    import pi_heif

    pi_heif.register_heif_opener()
    assert ".heic" in Image.registered_extensions()


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "RGBA", "I;16", "1"])
def test_every_kind_of_pixel_becomes_plain_rgb(tmp_path: Path, mode: str) -> None:
    suffix = ".tif" if mode in ("CMYK", "I;16") else ".png"
    path = tmp_path / f"a{suffix}"
    if mode == "I;16":
        Image.fromarray(np.full((30, 40), 40_000, np.uint16)).save(path)
    else:
        Image.new("RGB", (40, 30), (200, 100, 50)).convert(mode).save(path)
    photo = read_photo(path, path.name, tmp_path / "out")
    pixels = np.asarray(Image.open(photo.path).convert("RGB"))
    assert pixels.shape == (30, 40, 3)
    assert 90 < pixels.mean() < 180


def test_alpha_becomes_a_mask_of_emptiness(tmp_path: Path) -> None:
    pixels = np.full((30, 40, 4), 255, np.uint8)
    pixels[:, 20:, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png")
    photo = read_photo(tmp_path / "a.png", "a.png", tmp_path / "out")
    assert photo.transparent and photo.mask is not None
    mask = np.asarray(Image.open(photo.mask))
    assert mask[:, :20].min() == 255 and mask[:, 20:].max() == 0


def test_masks_from_a_folder(tmp_path: Path) -> None:
    picture(tmp_path / "in" / "a.png")
    picture(tmp_path / "in" / "b.png")
    picture(tmp_path / "masks" / "a.png.png")
    capture = gather(tmp_path / "in", to=tmp_path / "out", masks=tmp_path / "masks")
    assert capture.photos[0].mask == tmp_path / "masks" / "a.png.png"
    assert capture.photos[1].mask is None
    with pytest.raises(FormatError, match="masks"):
        gather(tmp_path / "in", to=tmp_path / "out", masks=tmp_path / "nowhere")


def test_bad_pictures_among_good_ones_are_named_not_fatal(tmp_path: Path) -> None:
    good = picture(tmp_path / "in" / "good.jpg", 200, 150)
    (tmp_path / "in" / "words.jpg").write_text("not a picture")
    (tmp_path / "in" / "cut.jpg").write_bytes(good.read_bytes()[:400])
    (tmp_path / "in" / "empty.jpg").touch()
    capture = gather(tmp_path / "in", to=tmp_path / "out")
    assert [photo.name for photo in capture.photos] == ["good.jpg"]
    assert {bad.name for bad in capture.rejected} == {"words.jpg", "cut.jpg", "empty.jpg"}
    assert all(bad.name in bad.reason for bad in capture.rejected)


def test_nothing_to_use_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError, match="empty"):
        gather(tmp_path / "empty", to=tmp_path / "out")
    with pytest.raises(FormatError, match="does not exist"):
        gather(tmp_path / "missing", to=tmp_path / "out")
    (tmp_path / "notes.docx").touch()
    with pytest.raises(FormatError, match=r"notes\.docx"):
        gather(tmp_path / "notes.docx", to=tmp_path / "out")
    (tmp_path / "clip.mp4").write_bytes(b"\0" * 100)
    with pytest.raises(FormatError, match=r"clip\.mp4"):
        gather(tmp_path / "clip.mp4", to=tmp_path / "out")


def test_a_gigantic_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    data = bytearray(path.read_bytes())
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    import zlib

    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    path.write_bytes(bytes(data))
    with pytest.raises(FormatError, match="60000 x 60000"):
        read_photo(path, "a.png", tmp_path)


def make_zip(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_zip_with_one_folder_inside(tmp_path: Path) -> None:
    data = picture(tmp_path / "a.png").read_bytes()
    archive = make_zip(tmp_path / "c.zip", **{"trip/a.png": data, "trip/b.png": data, "__MACOSX/._a.png": b"x"})
    capture = gather(archive, to=tmp_path / "out")
    assert [photo.name for photo in capture.photos] == ["a.png", "b.png"]


@pytest.mark.parametrize("name", ["../evil.png", "/evil.png", "a/../../evil.png", "C:\\evil.png"])
def test_a_zip_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FormatError, match="leads out"):
        gather(make_zip(tmp_path / "c.zip", **{name: b"x"}), to=tmp_path / "out")
    assert not (tmp_path / "evil.png").exists()


def test_a_zip_bomb_and_a_damaged_zip_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="times its size"):
        gather(make_zip(tmp_path / "bomb.zip", big=b"\0" * (120 << 20)), to=tmp_path / "out")
    whole = make_zip(tmp_path / "c.zip", a=b"x" * 1000).read_bytes()
    (tmp_path / "c.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match="can't be unpacked"):
        gather(tmp_path / "c.zip", to=tmp_path / "out")


def transforms(tmp_path: Path, **changes: object) -> Path:
    matrix = [[1, 0, 0, 5], [0, 1, 0, 6], [0, 0, 1, 7], [0, 0, 0, 1]]
    frame = {"file_path": "images/a", "transform_matrix": matrix}
    content = {"camera_angle_x": 1.0, "w": 40, "h": 30, "frames": [frame], **changes}
    picture(tmp_path / "images" / "a.png")
    path = tmp_path / "transforms.json"
    path.write_text(json.dumps(content))
    return path


def test_transforms_json_turns_opengl_cameras(tmp_path: Path) -> None:
    (photo,), rejected, _ = read_transforms(transforms(tmp_path), tmp_path / "out")
    assert not rejected
    assert photo.lens is not None and photo.world_to_camera is not None
    assert photo.lens.fx == pytest.approx(20 / np.tan(0.5))
    ahead = np.array(photo.world_to_camera) @ [5, 6, 6, 1]
    assert ahead[:3] == pytest.approx([0, 0, 1]), "OpenGL looks along -z"
    above = np.array(photo.world_to_camera) @ [5, 7, 7, 1]
    assert above[1] == pytest.approx(-1), "y points down"


def test_fox_has_fifty_photos_and_says_what_is_missing(data_dir: Path, tmp_path: Path) -> None:
    capture = gather(data_dir / "photos" / "fox", to=tmp_path)
    assert len(capture.photos) == 50 and len(capture.rejected) == 17
    assert capture.posed and capture.sequence
    assert not gather(data_dir / "photos" / "fox", to=tmp_path, use_given_poses=False).posed


@pytest.mark.parametrize(
    "changes",
    [
        {"frames": []},
        {"frames": None},
        {"camera_angle_x": None},
        {"camera_model": "MAGIC"},
        {"w": 400},
        {"frames": [{"file_path": "../../etc/passwd", "transform_matrix": []}]},
        {"frames": [{"file_path": "images/a", "transform_matrix": [[float("nan")] * 4] * 4}]},
        {"frames": [{"file_path": "images/a", "transform_matrix": [[0] * 4] * 4}]},
        {"frames": [{"file_path": "images/a", "transform_matrix": "identity"}]},
    ],
)
def test_a_damaged_transforms_json_is_one_sentence(tmp_path: Path, changes: dict) -> None:
    with pytest.raises(FormatError, match=r"transforms\.json"):
        read_transforms(transforms(tmp_path, **changes), tmp_path / "out")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    key=st.sampled_from(["frames", "camera_angle_x", "w", "h", "fl_x", "cx", "k1", "camera_model", "ply_file_path"]),
    value=json_values,
)
def test_any_value_anywhere_in_a_transforms_json_is_survived(tmp_path: Path, key: str, value: object) -> None:
    path = transforms(tmp_path, **{key: value})
    try:
        photos, _, _ = read_transforms(path, tmp_path / "out")
    except WorldloomError as error:
        assert "transforms.json" in str(error)
    else:
        assert all(photo.lens is not None for photo in photos)


def test_video_frames_are_sharp_spread_and_upright(data_dir: Path, tmp_path: Path) -> None:
    capture = gather(data_dir / "video" / "apartment" / "llff_horns.mp4", to=tmp_path, most_frames=12)
    assert 6 <= len(capture.photos) <= 12
    assert capture.sequence
    times = [photo.taken for photo in capture.photos]
    assert all(time is not None for time in times)
    gaps = np.diff(np.array(times, float))
    assert gaps.min() > 0 and gaps.max() < 4 * np.median(gaps)
    assert all(Image.open(photo.path).size == (photo.width, photo.height) for photo in capture.photos)


def test_a_video_cut_short_still_gives_frames(data_dir: Path, tmp_path: Path) -> None:
    import av

    whole = tmp_path / "whole.mkv"  # Matroska can be read without its end; MP4 can't
    with av.open(str(whole), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height = 64, 48
        for number in range(40):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number * 6, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    data = whole.read_bytes()
    (tmp_path / "cut.mkv").write_bytes(data[: len(data) * 2 // 3])
    assert gather(tmp_path / "cut.mkv", to=tmp_path / "out").photos


def write_ply(path: Path, xyz: np.ndarray, rgb: np.ndarray, form: str) -> Path:
    header = f"ply\nformat {form} 1.0\ncomment made here\nelement vertex {len(xyz)}\n"
    header += "".join(f"property float {axis}\n" for axis in "xyz")
    header += "".join(f"property uchar {color}\n" for color in ("red", "green", "blue")) + "end_header\n"
    if form == "ascii":
        body = "".join(f"{x} {y} {z} {r} {g} {b}\n" for (x, y, z), (r, g, b) in zip(xyz, rgb)).encode()
    else:
        order = ">" if "big" in form else "<"
        rows = np.empty(len(xyz), [("p", f"{order}f4", 3), ("c", "u1", 3)])
        rows["p"], rows["c"] = xyz, rgb
        body = rows.tobytes()
    path.write_bytes(header.encode() + body)
    return path


@pytest.mark.parametrize("form", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_point_clouds_as_ply(tmp_path: Path, form: str) -> None:
    generator = np.random.default_rng(0)
    xyz, rgb = generator.random((300, 3)).astype(np.float32), generator.integers(0, 255, (300, 3), dtype=np.uint8)
    scan = read_scan(write_ply(tmp_path / "a.ply", xyz, rgb, form), tmp_path, most_points=1000)
    assert np.allclose(scan.points.xyz, xyz, atol=1e-5)
    assert np.array_equal(scan.points.rgb, rgb)


def test_large_clouds_are_thinned_evenly(tmp_path: Path) -> None:
    xyz = np.random.default_rng(0).random((20_000, 3)).astype(np.float32)
    path = write_ply(tmp_path / "a.ply", xyz, np.zeros((20_000, 3), np.uint8), "binary_little_endian")
    thinned = read_scan(path, tmp_path, most_points=2000).points.xyz
    assert 300 < len(thinned) <= 2000
    counts, _ = np.histogramdd(thinned, bins=(2, 2, 2))
    assert counts.min() > 0.5 * counts.mean()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_mangled_ply_is_one_sentence_or_points(tmp_path: Path, data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(["ascii", "binary_little_endian"]))
    path = write_ply(tmp_path / "a.ply", np.ones((5, 3)), np.ones((5, 3), np.uint8), form)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
    try:
        read_scan(path, tmp_path, most_points=100)
    except FormatError as error:
        assert "a.ply" in str(error)


def test_a_ply_that_claims_a_trillion_points_is_refused(tmp_path: Path) -> None:
    path = write_ply(tmp_path / "a.ply", np.ones((5, 3)), np.ones((5, 3), np.uint8), "binary_little_endian")
    path.write_bytes(path.read_bytes().replace(b"vertex 5", b"vertex 1000000000000"))
    with pytest.raises(FormatError, match="too short"):
        read_scan(path, tmp_path, most_points=100)


def test_las_is_turned_upright(tmp_path: Path) -> None:
    laspy = pytest.importorskip("laspy", reason="laspy is not installed")
    file = laspy.create(point_format=2)
    file.header.scales = np.full(3, 0.001)
    file.x, file.y, file.z = [1.0, 2.0], [3.0, 4.0], [5.0, 6.0]
    file.red, file.green, file.blue = [65535, 0], [0, 65535], [0, 0]
    file.write(tmp_path / "a.las")
    points = read_scan(tmp_path / "a.las", tmp_path, most_points=10).points
    assert np.allclose(points.xyz, [[1, 5, -3], [2, 6, -4]], atol=1e-3)
    assert np.array_equal(points.rgb, [[255, 0, 0], [0, 255, 0]])


def test_e57_scans_and_their_pictures(data_dir: Path, tmp_path: Path) -> None:
    pytest.importorskip("pye57", reason="pye57 is not installed")
    folder = data_dir / "pointclouds" / "test_data"
    for path in sorted(folder.glob("*.e57")):
        scan = read_scan(path, tmp_path, most_points=50_000)
        assert 0 < len(scan.points.xyz) <= 50_000
        assert np.isfinite(scan.points.xyz).all()
    capture = gather(folder / "testWithNormals.e57", to=tmp_path / "out")
    assert capture.points is not None and capture.metric
    assert len(Points.load(capture.points).xyz) > 0


def test_a_truncated_e57_is_one_sentence(data_dir: Path, tmp_path: Path) -> None:
    pytest.importorskip("pye57", reason="pye57 is not installed")
    whole = (data_dir / "pointclouds" / "test_data" / "testWithNormals.e57").read_bytes()
    (tmp_path / "a.e57").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match=r"a\.e57"):
        read_scan(tmp_path / "a.e57", tmp_path, most_points=100)


def test_a_colmap_model_with_its_pictures(tmp_path: Path) -> None:
    import pycolmap

    model = pycolmap.Reconstruction()
    camera = pycolmap.Camera(camera_id=1, model="PINHOLE", width=40, height=30, params=[35.0, 36.0, 20.0, 15.0])
    model.add_camera_with_trivial_rig(camera)
    for number in (1, 2):
        picture(tmp_path / "images" / f"{number}.png")
        image = pycolmap.Image(image_id=number, name=f"{number}.png", camera_id=1)
        pose = pycolmap.Rigid3d(np.array([[1.0, 0, 0, number], [0, 1, 0, 0], [0, 0, 1, 0]]))
        model.add_image_with_trivial_frame(image, pose)
    (tmp_path / "images" / "2.png").unlink()
    (tmp_path / "sparse" / "0").mkdir(parents=True)
    model.write(tmp_path / "sparse" / "0")
    capture = gather(tmp_path, to=tmp_path / "out")
    assert [photo.name for photo in capture.photos] == ["1.png"]
    assert capture.photos[0].lens is not None and capture.photos[0].lens.fy == 36
    assert np.array(capture.photos[0].world_to_camera)[0, 3] == 1
    assert capture.rejected[0].name == "2.png"
    (tmp_path / "sparse" / "0" / "cameras.bin").write_bytes(b"\xff" * 10)
    with pytest.raises(FormatError, match="COLMAP"):
        gather(tmp_path, to=tmp_path / "out")
