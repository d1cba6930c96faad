from __future__ import annotations

import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.scene.samples import random_gaussians
from worldloom import export
from worldloom.export import usd
from worldloom.scene.errors import FormatError, WorldloomError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import Transform, transform

pxr = SimpleNamespace(  # usd-core has no type stubs: names are looked up when the tests run
    **{
        name: pytest.importorskip(f"pxr.{name}", reason="usd-core is not installed")
        for name in ("Gf", "Usd", "UsdGeom", "UsdValidation", "UsdVol", "Vt")
    }
)
Gf, Usd, UsdGeom = pxr.Gf, pxr.Usd, pxr.UsdGeom
UsdValidation, UsdVol, Vt = pxr.UsdValidation, pxr.UsdVol, pxr.Vt


def close(first: Gaussians, second: Gaussians, tolerance: float = 1e-5) -> bool:
    return all(torch.allclose(a, b, atol=tolerance) for a, b in zip(first.tensors, second.tensors))


@pytest.mark.parametrize("suffix", [".usdc", ".usda", ".usdz", ".usd"])
@pytest.mark.parametrize("degree", [0, 3])
@pytest.mark.parametrize("count", [1, 60])
def test_round_trip(tmp_path: Path, suffix: str, degree: int, count: int) -> None:
    gaussians = random_gaussians(count, degree)
    export.write(gaussians, tmp_path / f"a{suffix}")
    back = export.read(tmp_path / f"a{suffix}")
    assert torch.equal(back.means, gaussians.means)
    assert torch.equal(back.quats, gaussians.quats)
    assert torch.equal(back.sh, gaussians.sh)
    assert close(back, gaussians)
    assert [path.name for path in tmp_path.iterdir()] == [f"a{suffix}"], "no temporary files are left"


@pytest.mark.parametrize("suffix", [".usdc", ".usdz"])
def test_pixars_validators_find_nothing(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    usd.write(random_gaussians(30, 2), path)
    context = UsdValidation.ValidationContext(UsdValidation.ValidationRegistry().GetOrLoadAllValidators())
    stage = Usd.Stage.Open(str(path))
    assert [error.GetMessage() for error in context.Validate(stage)] == []


def test_the_stage_is_what_the_schema_says(tmp_path: Path) -> None:
    gaussians = random_gaussians(30, 2)
    usd.write(gaussians, tmp_path / "a.usdc")
    stage = Usd.Stage.Open(str(tmp_path / "a.usdc"))
    assert UsdGeom.GetStageUpAxis(stage) == "Y" and UsdGeom.GetStageMetersPerUnit(stage) == 1
    assert stage.GetDefaultPrim().GetPath() == "/World"
    prim = stage.GetPrimAtPath("/World/Splats")
    assert prim.IsA(UsdVol.ParticleField3DGaussianSplat)
    first = prim.GetAttribute("orientations").Get()[0]
    assert [first.GetReal(), *first.GetImaginary()] == pytest.approx(gaussians.quats[0].tolist())
    assert np.allclose(prim.GetAttribute("scales").Get(), gaussians.scales.numpy())
    assert np.allclose(prim.GetAttribute("opacities").Get(), gaussians.opacities.numpy())
    coefficients = prim.GetAttribute("radiance:sphericalHarmonicsCoefficients")
    assert np.array_equal(np.array(coefficients.Get()).reshape(30, 9, 3), gaussians.sh.numpy())
    assert UsdGeom.Primvar(coefficients).GetElementSize() == 9
    low, high = np.array(prim.GetAttribute("extent").Get())
    reach = 3 * gaussians.scales.amax(dim=1, keepdim=True)
    assert np.allclose(low, (gaussians.means - reach).amin(dim=0)) and np.allclose(
        high, (gaussians.means + reach).amax(dim=0)
    )


def test_the_package_is_stored_and_aligned(tmp_path: Path) -> None:
    usd.write(random_gaussians(30, 1), tmp_path / "a.usdz")
    with zipfile.ZipFile(tmp_path / "a.usdz") as package:
        (entry,) = package.infolist()
        assert entry.compress_type == zipfile.ZIP_STORED and entry.filename.endswith(".usdc")
        data = (tmp_path / "a.usdz").read_bytes()
        assert data.index(b"PXR-USDC") % 64 == 0


def test_axis_unit_and_transforms_are_honoured(tmp_path: Path) -> None:
    gaussians = random_gaussians(20, 3)
    path = tmp_path / "a.usda"
    usd.write(gaussians, path)
    stage = Usd.Stage.Open(str(path))
    UsdGeom.SetStageUpAxis(stage, "Z")
    UsdGeom.SetStageMetersPerUnit(stage, 0.01)
    root = UsdGeom.Xformable(stage.GetPrimAtPath("/World"))
    root.AddTranslateOp().Set(Gf.Vec3d(100, 200, 300))
    root.AddOrientOp().Set(Gf.Quatf(0.5, 0.5, 0.5, 0.5))
    root.AddScaleOp().Set(Gf.Vec3f(2, 2, 2))
    stage.GetRootLayer().Save()
    placed = Transform((100, 200, 300), (0.5, 0.5, 0.5, 0.5), 2.0)
    back = export.read(path)
    x, y, z = (placed.apply_to_points(gaussians.means) * 0.01).unbind(-1)
    assert torch.allclose(back.means, torch.stack([x, z, -y], dim=1), atol=1e-4)
    half = 0.5**0.5
    assert close(
        back, transform(transform(gaussians, placed), Transform(rotation=(half, -half, 0, 0), scale=0.01)), 1e-4
    )


def test_half_precision_attributes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.usda"
    usd.write(random_gaussians(10, 1), path)
    stage = Usd.Stage.Open(str(path))
    prim = stage.GetPrimAtPath("/World/Splats")
    expected = export.read(path)
    for name in ("positions", "scales"):
        values = np.array(prim.GetAttribute(name).Get(), np.float16)
        prim.GetAttribute(f"{name}h").Set(Vt.Vec3hArray.FromNumpy(values))
        prim.RemoveProperty(name)
    stage.GetRootLayer().Save()
    back = export.read(path)
    assert torch.allclose(back.means, expected.means, atol=2e-3)
    assert torch.allclose(back.log_scales, expected.log_scales, atol=2e-3)


def test_damage_is_one_sentence(tmp_path: Path) -> None:
    for suffix in (".usdc", ".usdz", ".usda"):
        path = tmp_path / f"a{suffix}"
        usd.write(random_gaussians(50, 1), path)
        whole = path.read_bytes()
        for length in (1, 20, 100, len(whole) // 2, len(whole) - 30):
            path.write_bytes(whole[:length])
            with pytest.raises(FormatError, match=r"a\.usd"):
                export.read(path)


def test_arrays_that_do_not_fit_together_are_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.usda"
    for name, value in (
        ("scales", Vt.Vec3fArray([(1, 1, 1)])),
        ("opacities", Vt.FloatArray([0.5] * 3)),
        ("radiance:sphericalHarmonicsDegree", 7),
        ("positions", Vt.Vec3fArray([(float("nan"), 0, 0)] * 9)),
    ):
        usd.write(random_gaussians(9, 1), path)
        stage = Usd.Stage.Open(str(path))
        stage.GetPrimAtPath("/World/Splats").GetAttribute(name).Set(value)
        stage.GetRootLayer().Save()
        with pytest.raises(FormatError, match=r"a\.usda"):
            export.read(path)


def test_a_package_that_is_packed_or_leads_out_is_refused(tmp_path: Path) -> None:
    usd.write(random_gaussians(9, 1), tmp_path / "a.usdc")
    data = (tmp_path / "a.usdc").read_bytes()
    for name, packing in (("a.usdc", zipfile.ZIP_DEFLATED), ("../a.usdc", zipfile.ZIP_STORED)):
        with zipfile.ZipFile(tmp_path / "a.usdz", "w", packing) as package:
            package.writestr(name, data)
        with pytest.raises(FormatError, match="USDZ"):
            export.read(tmp_path / "a.usdz")


def test_a_stage_without_gaussians_is_told(tmp_path: Path) -> None:
    stage = Usd.Stage.CreateNew(str(tmp_path / "a.usda"))
    UsdGeom.Xform.Define(stage, "/World")
    stage.GetRootLayer().Save()
    with pytest.raises(FormatError, match="no Gaussians"):
        export.read(tmp_path / "a.usda")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_text_is_one_sentence_or_gaussians(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "a.usda"
    usd.write(random_gaussians(3, 0), path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    try:
        export.read(path)
    except WorldloomError as error:
        assert "a.usda" in str(error)
