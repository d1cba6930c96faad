"""Compiling the engine: with each compiler, only when needed, and without one variant's code leaking into another."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from worldloom.render.native import build

ZIG = (sys.executable, "-m", "ziglang", "c++")
has_zig = pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="ziglang is not installed")
has_system = pytest.mark.skipif(build.system_compiler() is None, reason="no system C++ compiler")

RENDER_SCRIPT = """
import sys
from pathlib import Path
from worldloom.render.native import library
library.LIBRARY = Path(sys.argv[1])
from tests.render.scenes import random_gaussians, tilted_camera
from worldloom.render.cpu import NativeEngine
for isa in library.available_isas():
    print(isa, float(NativeEngine(isa=isa).forward(random_gaussians(200), tilted_camera()).rgb.double().mean()))
"""


def means_by_isa(library: Path) -> dict[str, float]:
    command = [sys.executable, "-c", RENDER_SCRIPT, str(library)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return {isa: float(mean) for isa, mean in (line.split() for line in lines)}


@pytest.mark.slow
@has_zig
def test_zig_builds_the_same_engine(tmp_path: Path) -> None:
    with_zig = means_by_isa(build.build(compiler=ZIG, library=tmp_path / "zig.so"))
    installed = means_by_isa(build.LIBRARY)
    assert with_zig.keys() == installed.keys()
    assert all(with_zig[isa] == pytest.approx(installed[isa], abs=1e-6) for isa in installed)


@pytest.mark.slow
@has_zig
def test_the_arm_variant_compiles(tmp_path: Path) -> None:
    flags = [*build.COMMON_FLAGS, "-fPIC", "-target", "aarch64-linux-gnu", "-c", str(build.FOLDER / "kernels.cpp")]
    subprocess.run([*ZIG, *flags, "-o", str(tmp_path / "kernels.o")], check=True)


@pytest.mark.slow
@has_system
def test_variants_share_no_code(tmp_path: Path) -> None:
    """The linker keeps one copy of a weak function: if that is AVX-512 code, it crashes older processors."""
    nm = shutil.which("nm")
    if nm is None:
        pytest.skip("no nm")
    system = build.system_compiler()
    assert system is not None
    for name, flags in build.VARIANT_FLAGS.items():
        options = ["-fPIC", *build.COMMON_FLAGS, *flags, "-c", str(build.FOLDER / "kernels.cpp")]
        subprocess.run([system, *options, "-o", str(tmp_path / name)], check=True)
        symbols = subprocess.run([nm, str(tmp_path / name)], capture_output=True, text=True, check=True).stdout
        weak = re.findall(r" [WVu] (\S+)", symbols)
        assert weak
        assert [s for s in weak if name not in s and not s.startswith("DW.ref.")] == []


@has_system
def test_an_unchanged_library_is_not_compiled_again() -> None:
    build.build()
    before, start = build.LIBRARY.stat().st_mtime_ns, time.perf_counter()
    build.build()
    assert build.LIBRARY.stat().st_mtime_ns == before and time.perf_counter() - start < 10


def test_a_failing_compiler_shows_its_output(tmp_path: Path) -> None:
    compiler = tmp_path / "compiler"
    compiler.write_text("#!/bin/sh\necho 'no such flag' >&2\nexit 1\n")
    compiler.chmod(0o755)
    with pytest.raises(RuntimeError, match="no such flag"):
        build.build(compiler=(str(compiler),), library=tmp_path / "out.so")
    assert not (tmp_path / "out.so").exists()


def test_no_compiler_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "find_compiler", lambda: None)
    with pytest.raises(RuntimeError, match="pip install ziglang"):
        build.build(library=tmp_path / "out.so")


@pytest.mark.parametrize("isa", ["avx2", "sse2", "neon"])
def test_the_environment_chooses_the_instruction_set(isa: str) -> None:
    from worldloom.render.native.library import available_isas

    if isa not in available_isas():
        pytest.skip(f"this processor has no {isa}")
    script = "from worldloom.render.cpu import NativeEngine; print(NativeEngine().isa)"
    environment = {**os.environ, "WORLDLOOM_ISA": isa}
    found = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == isa
