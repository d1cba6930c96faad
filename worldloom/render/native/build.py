"""Compiles the C++ engine into one shared library beside the sources. Standard library only: the wheel build runs it.

`python -m worldloom.render.native.build` compiles in place. The compiler is $CXX, else c++, g++ or clang++ on the path,
else the PyPI package ziglang, so that no machine needs a compiler installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
LIBRARY = FOLDER / {"darwin": "_native.dylib", "win32": "_native.dll"}.get(sys.platform, "_native.so")
STAMP = FOLDER / "_native.stamp"

COMMON_FLAGS = ("-std=c++17", "-O3", "-fno-math-errno", "-fno-trapping-math", "-fvisibility=hidden", "-DNDEBUG")
VARIANT_FLAGS = {
    "avx512": ("-march=x86-64-v4", "-mprefer-vector-width=512"),
    "avx2": ("-march=x86-64-v3",),
    "baseline": ("-march=x86-64",),
}
EXACT_FLAGS = ("-ffp-contract=off",)
"""For what must give the same bits on every instruction set."""


def build(*, compiler: tuple[str, ...] | None = None, library: Path = LIBRARY, force: bool = False) -> Path:
    """Compile the library, unless sources, flags and compiler are those of the last time.

    Args:
        compiler: command to run, default `find_compiler()`.
        library: where to write it; the stamp that says what it was built from goes beside it.

    Raises:
        RuntimeError: there is no compiler, or it failed; the message holds its output.
    """
    compiler = compiler or find_compiler()
    if compiler is None:
        raise RuntimeError("No C++ compiler found. Install one (apt install g++) or run: pip install ziglang")
    stamp = library.with_suffix(".stamp")
    fingerprint = _fingerprint(compiler)
    if not force and library.exists() and stamp.exists() and stamp.read_text() == fingerprint:
        return library
    with tempfile.TemporaryDirectory() as folder:
        units = _units()
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            objects = list(pool.map(lambda unit: _compile(compiler, Path(folder), *unit), units))
        linked = Path(folder) / library.name
        _run([*compiler, "-shared", *map(str, objects), "-o", str(linked), *_link_flags(compiler)])
        beside = library.with_suffix(".partial")
        shutil.copyfile(linked, beside)
        beside.replace(library)
    stamp.write_text(fingerprint)
    return library


def find_compiler() -> tuple[str, ...] | None:
    """The C++ compiler's command, or None."""
    system = system_compiler()
    if system is not None:
        return (system,)
    if importlib.util.find_spec("ziglang") is not None:
        return (sys.executable, "-m", "ziglang", "c++")
    return None


def system_compiler() -> str | None:
    """$CXX, or the first C++ compiler on the path, or None."""
    return os.environ.get("CXX") or next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)


def _units() -> list[tuple[str, tuple[str, ...]]]:
    """(source, flags) of each compilation; the engine proper once per instruction set."""
    names = (
        "ground_api",
        "api",
        "shadow",
        "light",
        "mirror",
        "room_light",
        "surfels",
        "merge",
        "object",
        "regions",
        "threads",
    )
    plain = [(f"{name}.cpp", ()) for name in names]
    if platform.machine().lower() in ("x86_64", "amd64"):
        variants = VARIANT_FLAGS.values()
        exact = [("ground.cpp", (*EXACT_FLAGS, *flags)) for flags in variants]
        return [("kernels.cpp", flags) for flags in variants] + exact + plain
    return [("kernels.cpp", ()), ("ground.cpp", EXACT_FLAGS), *plain]


def _compile(compiler: tuple[str, ...], folder: Path, source: str, flags: tuple[str, ...]) -> Path:
    target = folder / f"{source}{''.join(flags)}.o"
    position = () if sys.platform == "win32" else ("-fPIC",)
    options = [*COMMON_FLAGS, *position, *_spelled(compiler, flags)]
    _run([*compiler, *options, "-c", str(FOLDER / source), "-o", str(target)])
    return target


def _spelled(compiler: tuple[str, ...], flags: tuple[str, ...]) -> list[str]:
    """Zig writes the names of processors with underscores, and must be told not to add its debug checks."""
    if "ziglang" not in compiler:
        return list(flags)
    return [flag.replace("x86-64", "x86_64").replace("64-v", "64_v") for flag in flags] + ["-fno-sanitize=undefined"]


def _link_flags(compiler: tuple[str, ...]) -> list[str]:
    """The C++ runtime goes inside where it can, so that the library runs on machines without it."""
    if "ziglang" in compiler:
        return ["-s"]
    if sys.platform.startswith("linux"):
        return ["-s", "-static-libstdc++", "-static-libgcc", "-pthread"]
    return []


def _fingerprint(compiler: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for source in sorted([*FOLDER.glob("*.cpp"), *FOLDER.glob("*.h"), Path(__file__)]):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    version = subprocess.run([*compiler, "--version"], capture_output=True, text=True, check=False).stdout
    digest.update("\0".join([*compiler[-1:], version, platform.machine()]).encode())
    return digest.hexdigest()


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}")


if __name__ == "__main__":
    print(build(force="--force" in sys.argv))
