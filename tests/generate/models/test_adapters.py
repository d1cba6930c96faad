"""The real loading and calling code on tiny random models: pictures, filling in, depth, masks, views, objects."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.generate.models import tiny
from worldloom.generate.models import registry
from worldloom.generate.models.adapters import images
from worldloom.generate.models.adapters.views import crop_intrinsics
from worldloom.scene.errors import InvalidDataError

PAINTERS: dict[str, tuple[Callable[[Path], Path], str, str]] = {
    "klein": (tiny.klein, "flux2-klein-4b", "flux2-klein-4b-fill"),
    "z-image": (tiny.z_image, "z-image-turbo", "z-image-turbo-fill"),
    "qwen": (tiny.qwen_image, "qwen-image", "qwen-image-fill"),
    "any": (tiny.stable_diffusion, "diffusers", "diffusers-fill"),
}


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (64, 72, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", PAINTERS)
def test_painting_and_filling_in(kind: str, models_folder: Path) -> None:
    build, text, fill = PAINTERS[kind]
    folder = models_folder / kind
    if not folder.exists():
        build(folder)
    accept = ("diffusers", "diffusers-fill")
    painter = registry.load(text, str(folder), device="cpu", steps=2, accept=accept)
    made = painter.image("a hill", width=72, height=64, seed=1)
    assert made.shape == (64, 72, 3)
    assert made.dtype == np.uint8
    assert made.std() > 1
    assert np.array_equal(made, painter.image("a hill", width=72, height=64, seed=1)), "the same seed, the same picture"
    assert not np.array_equal(made, painter.image("a hill", width=72, height=64, seed=2))

    filler = registry.load(fill, str(folder), device="cpu", steps=2, accept=accept)
    assert filler.weights is painter.weights, "weights are in memory once"
    assert next(filler.pipeline.components["vae"].parameters()).dtype == torch.float32
    mask = np.zeros((64, 72), bool)
    mask[:, 40:] = True
    filled = filler.fill(made, mask, "a hill", seed=1)
    assert filled.shape == made.shape
    assert np.array_equal(filled, filler.fill(made, mask, "a hill", seed=1))
    assert not np.array_equal(filled, filler.fill(made, mask, "a hill", seed=2))
    assert np.array_equal(filler.fill(made, ~mask & mask, "a hill", seed=1), made), "nothing to fill in"


def test_weights_go_when_their_last_user_goes(klein: Path) -> None:
    painter = registry.load("flux2-klein-4b", str(klein), device="cpu")
    assert painter.steps == 4, "as its makers advise for the distilled model"
    key = (str(klein.resolve()), "cpu")
    assert key in images._pools
    del painter
    import gc

    gc.collect()
    assert key not in images._pools


def test_pictures_of_wrong_kinds_are_refused(klein: Path, picture: np.ndarray) -> None:
    filler = registry.load("flux2-klein-4b-fill", str(klein), device="cpu")
    with pytest.raises(InvalidDataError, match="'mask' has shape"):
        filler.fill(picture, np.zeros((3, 3), bool), "", seed=0)
    with pytest.raises(InvalidDataError, match="expected uint8"):
        filler.fill(picture.astype(np.float32), np.zeros((64, 72), bool), "", seed=0)


def test_relative_depth(depth_anything: Path, picture: np.ndarray) -> None:
    model = registry.load("depth-anything-v2-small", str(depth_anything))
    found = model.depth(picture)
    assert found.depth.shape == found.valid.shape == (64, 72)
    assert found.depth.dtype == np.float32
    assert found.affine
    assert not found.metric
    assert (found.depth[found.valid] > 0).all()
    assert found.depth.std() > 0
    assert np.array_equal(found.depth, model.depth(picture).depth)


def test_relative_depth_is_the_inverse_of_what_the_network_says(depth_anything: Path, picture: np.ndarray) -> None:
    model = registry.load("depth-anything-v2-small", str(depth_anything))
    pixels = model.processor(images=picture, return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        said = model.network(pixels).predicted_depth
    said = torch.nn.functional.interpolate(said[:, None], (64, 72), mode="bicubic", align_corners=False)[0, 0].numpy()
    product = said * model.depth(picture).depth
    assert product == pytest.approx(np.full_like(product, product[0, 0]), rel=1e-4)


def test_metric_depth(models_folder: Path, picture: np.ndarray) -> None:
    model = registry.load("depth-anything-v2-small", str(tiny.depth_anything(models_folder / "metric-depth", "metric")))
    found = model.depth(picture)
    assert found.metric
    assert not found.affine
    assert 0 < found.depth.max() <= 20


def test_sky_is_what_has_next_to_no_inverse_depth(depth_anything: Path, picture: np.ndarray) -> None:
    model = registry.load("depth-anything-v2-small", str(depth_anything))
    with torch.no_grad():
        model.network.head.conv3.bias.fill_(-1e3)  # the last ReLU is zero everywhere
    assert not model.depth(picture).valid.any()


def test_masks_by_points_and_boxes(models_folder: Path, picture: np.ndarray) -> None:
    model = registry.load("sam2", str(tiny.sam2(models_folder / "sam2")))
    at_point = model.segment(picture, points=[(30, 20), (32, 21)])
    assert at_point.masks.shape[1:] == (64, 72)
    assert at_point.masks.dtype == bool
    assert len(at_point.masks) == len(at_point.scores) > 1
    assert (np.diff(at_point.scores) <= 0).all(), "best first"
    in_boxes = model.segment(picture, boxes=[(3, 4, 40, 50), (5, 5, 70, 60)])
    assert in_boxes.masks.shape == (2, 64, 72)
    for wrong in ({"text": "sky"}, {}, {"points": [(1, 1)], "boxes": [(1, 1, 2, 2)]}):
        with pytest.raises(InvalidDataError, match="SAM 2"):
            model.segment(picture, **wrong)


def test_masks_by_words_as_likely_as_pixels_are(models_folder: Path, picture: np.ndarray) -> None:
    folder = tiny.clipseg(models_folder / "clipseg")
    everywhere = registry.load("clipseg", str(folder), threshold=0.0).segment(picture, text="a hill")
    assert everywhere.masks.shape == (1, 64, 72) and everywhere.masks.all()
    middle = float(everywhere.scores[0])
    model = registry.load("clipseg", str(folder), threshold=middle)
    found, other = (model.segment(picture, text=words) for words in ("a hill", "the old oak"))
    assert found.masks.shape[1:] == (64, 72) and found.masks.dtype == bool and 0 < found.masks.sum() < 64 * 72
    assert (found.masks.sum(axis=0) <= 1).all(), "spots lie beside each other"
    assert (np.diff(found.scores) <= 0).all() and (found.scores > middle).all()
    assert not np.array_equal(found.masks.any(axis=0), other.masks.any(axis=0)), "the words count"
    nothing = registry.load("clipseg", str(folder), threshold=0.999).segment(picture, text="a hill")
    assert nothing.masks.shape == (0, 64, 72) and nothing.scores.shape == (0,)
    for wrong in ({"points": [(1, 1)]}, {}, {"text": "sky", "boxes": [(1, 1, 2, 2)]}):
        with pytest.raises(InvalidDataError, match="CLIPSeg needs words"):
            model.segment(picture, **wrong)


def test_masks_of_instances_by_words(models_folder: Path, picture: np.ndarray) -> None:
    try:
        importlib.import_module("torchvision.ops")
    except (ImportError, RuntimeError):
        pytest.skip("SAM 3 needs a torchvision built for the installed torch")
    folder = tiny.sam3(models_folder / "sam3")
    model = registry.load("sam3", str(folder), device="cpu", accept=["sam3"], threshold=0.0)
    assert model.segment(picture, text="sky").masks.shape[1:] == (64, 72)
    with pytest.raises(InvalidDataError, match="use SAM 2"):
        model.segment(picture, points=[(1, 1)])


def test_views_along_a_path(sana: Path, picture: np.ndarray) -> None:
    model = registry.load("sana-wm", str(sana), device="cpu", accept=["sana-wm"], width=128, height=64, steps=2)
    path = np.tile(np.eye(4), (12, 1, 1))
    path[:, 2, 3] = np.arange(12) * 0.1
    intrinsics = np.array([[40.0, 0, 36], [0, 40, 32], [0, 0, 1]])
    made = model.views([picture], path[:1], intrinsics, path, "a hill", seed=1)
    assert made.images.shape == (9, 64, 128, 3), "8 k + 1 frames"
    assert made.images.dtype == np.uint8
    assert np.array_equal(made.camera_to_world, path[:9])
    again = model.views([picture], path[:1], intrinsics, path, "a hill", seed=1)
    assert np.array_equal(made.images, again.images)
    with pytest.raises(InvalidDataError, match="first pose"):
        model.views([picture], path[3:4], intrinsics, path, "a hill", seed=1)


def test_the_first_frame_is_cropped_as_its_intrinsics_say(sana: Path, picture: np.ndarray) -> None:
    from diffusers.pipelines.sana_wm.cam_utils import resize_and_center_crop, transform_intrinsics_for_crop
    from PIL import Image

    intrinsics = np.array([[40.0, 0, 36], [0, 41, 32], [0, 0, 1]])
    for size in ((64, 128), (100, 60), (704, 1280)):
        _, *how = resize_and_center_crop(Image.fromarray(picture), *size)
        expected = transform_intrinsics_for_crop(np.array([40.0, 41, 36, 32]), *how)
        ours = crop_intrinsics(intrinsics, picture.shape[:2], size)
        assert [ours[0, 0], ours[1, 1], ours[0, 2], ours[1, 2]] == pytest.approx(expected)


MOGE = """
import torch

class MoGeModel(torch.nn.Module):
    @classmethod
    def from_pretrained(cls, path):
        model = cls()
        model.far = torch.load(path, weights_only=True)["far"]
        return model

    def infer(self, image, fov_x=None, use_fp16=True):
        assert image.shape[0] == 3 and 0 <= float(image.min()) and float(image.max()) <= 1
        depth = torch.full(image.shape[1:], self.far)
        mask = torch.ones_like(depth, dtype=bool)
        depth[:5], mask[:5] = float("inf"), False
        normal = torch.zeros(*depth.shape, 3)
        normal[..., 2] = 1.0
        self.fov = fov_x
        seen = torch.tensor([[0.5, 0, 0.5], [0, 0.6, 0.5], [0, 0, 1]])
        return {"depth": depth, "mask": mask, "normal": normal, "intrinsics": seen}
"""

TRELLIS = """
import torch

class _Gaussian:
    get_xyz = torch.tensor([[0.0, 0, -0.5], [0, 0, 0.5], [0.1, 0.2, 0]])
    get_rotation = torch.tensor([[1.0, 0, 0, 0]] * 3)
    get_scaling = torch.full((3, 3), 0.01)
    get_opacity = torch.full((3, 1), 0.9)
    get_features = torch.zeros(3, 1, 3)

class TrellisImageTo3DPipeline:
    @classmethod
    def from_pretrained(cls, path):
        return cls()

    def to(self, device):
        self.device = device

    def run(self, image, seed, formats):
        assert formats == ["gaussian"] and image.mode == "RGB"
        return {"gaussian": [_Gaussian()]}
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a package on the path that has the interface of one we can't install."""

    def put(module: str, source: str) -> None:
        place = tmp_path / "packages"
        parts = module.split(".")
        for depth in range(1, len(parts)):
            folder = place.joinpath(*parts[:depth])
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "__init__.py").touch()
        (place.joinpath(*parts[:-1]) / f"{parts[-1]}.py").write_text(textwrap.dedent(source))
        monkeypatch.syspath_prepend(str(place))
        for name in [name for name in sys.modules if name.split(".")[0] == parts[0]]:
            monkeypatch.delitem(sys.modules, name)

    return put


def test_moge_through_its_own_package(tmp_path: Path, picture: np.ndarray, package: Callable[[str, str], None]) -> None:
    assert "github.com/microsoft/MoGe" in registry.get("moge-2").available()[1]
    package("moge.model.v2", MOGE)
    torch.save({"far": 3.0}, tmp_path / "model.pt")
    model = registry.load("moge-2", str(tmp_path), device="cpu")
    found = model.depth(picture, intrinsics=np.array([[36.0, 0, 36], [0, 36, 32], [0, 0, 1]]))
    assert found.metric
    assert found.valid.sum() == (64 - 5) * 72
    assert (found.depth[found.valid] == 3).all()
    assert (found.depth[~found.valid] == 0).all()
    assert model.network.fov == pytest.approx(90)
    assert found.intrinsics is not None
    assert found.intrinsics[0, 0] == pytest.approx(36)
    assert found.intrinsics[1, 2] == pytest.approx(32)
    assert found.normals is not None
    assert (found.normals[..., 2] < 0).all(), "normals face the camera"


def test_trellis_through_its_own_package(
    tmp_path: Path, picture: np.ndarray, package: Callable[[str, str], None]
) -> None:
    package("trellis.other", "")
    (tmp_path / "pipeline.json").write_text("{}")
    (tmp_path / "weights.safetensors").write_bytes(b"x")
    ok, reason = registry.get("trellis").available(str(tmp_path), device="cpu", accept=["trellis"])
    assert not ok
    assert "trellis.pipelines is not installed" in reason, "another project's package of that name is not it"
    package("trellis.pipelines", TRELLIS)
    with pytest.raises(InvalidDataError, match="research only"):
        registry.load("trellis", str(tmp_path), device="cpu")
    model = registry.load("trellis", str(tmp_path), device="cpu", accept=["trellis"])
    made = model.generate(picture, seed=1)
    low, high = made.means.amin(dim=0), made.means.amax(dim=0)
    assert float(low[1]) == pytest.approx(0, abs=1e-6), "it stands on the ground"
    assert float((high - low).max()) == pytest.approx(1)
    assert int((high - low).argmax()) == 1, "its up was +Z and is +Y"
    assert made.means[1, 1] > made.means[0, 1]
