from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scene.samples import random_gaussians
from worldloom import export
from worldloom.export import usd
from worldloom.scene.errors import FormatError, MissingDependencyError
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
    for name, array in (
        ("positions", Vt.Vec3hArray),
        ("orientations", Vt.QuathArray),
        ("scales", Vt.Vec3hArray),
        ("opacities", Vt.HalfArray),
        ("radiance:sphericalHarmonicsCoefficients", Vt.Vec3hArray),
    ):
        values = np.array(prim.GetAttribute(name).Get(), np.float16)
        prim.GetAttribute(f"{name}h").Set(array.FromNumpy(values))
        prim.RemoveProperty(name)
    stage.GetRootLayer().Save()
    back = export.read(path)
    assert torch.allclose(back.means, expected.means, atol=2e-3)
    assert torch.allclose(back.quats, expected.quats, atol=2e-3)
    assert torch.allclose(back.log_scales, expected.log_scales, atol=2e-3)
    assert torch.allclose(back.opacities, expected.opacities, atol=2e-3)
    assert torch.allclose(back.sh, expected.sh, atol=2e-3)


def test_no_gaussians_round_trip(tmp_path: Path) -> None:
    usd.write(Gaussians.empty(2), tmp_path / "a.usdc")
    assert len(export.read(tmp_path / "a.usdc")) == 0


def test_what_logarithms_cannot_hold_stays_finite(tmp_path: Path) -> None:
    path = tmp_path / "a.usda"
    usd.write(random_gaussians(2, 0), path)
    stage = Usd.Stage.Open(str(path))
    prim = stage.GetPrimAtPath("/World/Splats")
    prim.GetAttribute("opacities").Set(Vt.FloatArray([0.0, 1.0]))
    prim.GetAttribute("scales").Set(Vt.Vec3fArray([(0, 1, 2), (0, 0, 0)]))
    stage.GetRootLayer().Save()
    back = export.read(path)
    assert back.opacities.tolist() == pytest.approx([0, 1], abs=1e-6)
    assert back.scales.flatten().tolist() == pytest.approx([0, 1, 2, 0, 0, 0], abs=1e-6)


def test_fields_of_other_layers_payloads_and_instances_are_read(tmp_path: Path) -> None:
    gaussians = random_gaussians(3, 1)
    usd.write(gaussians, tmp_path / "parts.usdc")
    (tmp_path / "a.usda").write_text(
        """#usda 1.0
        (
            metersPerUnit = 1
            upAxis = "Y"
        )
        def "First" (
            instanceable = true
            references = @./parts.usdc@
        )
        {
        }
        def "Second" (
            payload = @parts.usdc@
        )
        {
            double3 xformOp:translate = (1, 2, 3)
            uniform token[] xformOpOrder = ["xformOp:translate"]
        }
        """
    )
    back = export.read(tmp_path / "a.usda")
    assert torch.equal(back.means, torch.cat([gaussians.means, gaussians.means + torch.tensor([1.0, 2, 3])]))


def test_other_folders_are_not_read(tmp_path: Path) -> None:
    usd.write(random_gaussians(3, 0), tmp_path / "secret.usdc")
    inner = tmp_path / "inner"
    inner.mkdir()
    for asset in ("../secret.usdc", str(tmp_path / "secret.usdc")):  # long names are shown shortened
        (inner / "a.usda").write_text(f'#usda 1.0\ndef "A" (references = @{asset}@) {{}}\n')
        with pytest.raises(FormatError, match=rf"a\.usda refers to '{re.escape(asset[:80])}' outside its folder"):
            export.read(inner / "a.usda")


def laughs() -> str:
    """Ten billion prims in a few lines: each refers ten times to the next."""
    names = [f'def "A{i}" {{\n' + "".join(f'def "c{j}" (references = </A{i + 1}>) {{}}\n' for j in range(10)) + "}\n"
             for i in range(10)]  # fmt: skip
    return "#usda 1.0\n" + "".join(names) + 'def "A10" {}\n'


@pytest.mark.slow
def test_prims_without_end_do_not_fill_the_memory(tmp_path: Path) -> None:
    (tmp_path / "a.usda").write_text(laughs())
    with pytest.raises(FormatError, match=r"a\.usda"):
        export.read(tmp_path / "a.usda")


def test_what_crashes_usd_core_does_not_crash_us(tmp_path: Path) -> None:
    (tmp_path / "a.usda").write_text("#usda 1.0\n" + 'def "a" {' * 200_000)
    with pytest.raises(FormatError, match=r"a\.usda .*usd-core broke down"):
        export.read(tmp_path / "a.usda")


def test_gaussians_repeated_too_often_are_refused(tmp_path: Path) -> None:
    usd.write(random_gaussians(2, 0), tmp_path / "parts.usdc")
    prims = "".join(f'def "A{i}" (references = @parts.usdc@) {{}}\n' for i in range(4200))
    (tmp_path / "a.usda").write_text("#usda 1.0\n" + prims)
    with pytest.raises(FormatError, match="too many times"):
        export.read(tmp_path / "a.usda")


def test_without_usd_core_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usd.write(random_gaussians(2, 0), tmp_path / "a.usdc")
    (tmp_path / "absent" / "pxr").mkdir(parents=True)
    (tmp_path / "absent" / "pxr" / "__init__.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "absent"))
    monkeypatch.setitem(sys.modules, "pxr", None)
    for job in (lambda: export.read(tmp_path / "a.usdc"), lambda: usd.write(Gaussians.empty(), tmp_path / "b.usdc")):
        with pytest.raises(MissingDependencyError, match=r"pip install 'worldloom\[usd\]'"):
            job()
    assert not (tmp_path / "b.usdc").exists()


def test_nvidias_rule_for_splats_finds_nothing(tmp_path: Path) -> None:
    nvidia = pytest.importorskip("usd_validation_nvidia", reason="usd-validation-nvidia is not installed")
    rules = pytest.importorskip("usd_validation_nvidia.rules", reason="usd-validation-nvidia is not installed")
    engine = nvidia.ValidationEngine(init_rules=False)
    engine.enable_rule(rules.GaussianSplatSchemaChecker)
    usd.write(random_gaussians(30, 2), tmp_path / "a.usdc")
    assert [issue.message for issue in engine.validate(str(tmp_path / "a.usdc")).issues()] == []


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


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".usda", ".usdc", ".usdz"])
def test_mangled_files_are_one_sentence_or_gaussians(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    usd.write(random_gaussians(3, 0), path)
    whole = path.read_bytes()

    @settings(max_examples=10, deadline=None, derandomize=True)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        content = bytearray(whole)
        for _ in range(data.draw(st.integers(1, 6))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(bytes(content))
        try:
            gaussians = export.read(path)
        except FormatError as error:
            assert path.name in str(error) and "\n" not in str(error)
        else:
            assert all(bool(torch.isfinite(field).all()) for field in gaussians.tensors)

    run()
