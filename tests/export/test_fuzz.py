"""Damaged files: whatever the bytes, a reader returns Gaussians or raises one clear `FormatError`, in bounded memory.

`fuzz_readers.py` beside this file does the same with coverage guidance, for as long as one likes.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.export.samples import KINDS, Kind, plain_gaussians
from worldloom import export
from worldloom.export import blocks
from worldloom.scene.errors import FormatError
from worldloom.scene.gaussians import Gaussians

MOST_BYTES = 64 << 20  # of packed data that a small file may claim

Edit = tuple[float, int, bytes]
edits = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True).map(lambda share: share**3),  # headers come first
        st.integers(0, 3),
        st.binary(min_size=0, max_size=4) | st.sampled_from([b"\xff" * 4, bytes(4), b"\x00\x00\xc0\x7f", b"9" * 12]),
    ),
    max_size=4,
)
"""Where (as a share of the file), how many bytes to remove there, and what to put in their place."""


def edited(data: bytes, changes: list[Edit], keep: float) -> bytes:
    for share, removed, added in changes:
        at = int(share * len(data))
        data = data[:at] + added + data[at + removed :]
    return data[: round(keep * len(data))]


@pytest.fixture
def bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def allocate(count: int, sh_degree: int) -> Gaussians:
        assert count * 20 <= MOST_BYTES
        return original(count, sh_degree)

    original = blocks.allocate
    for name in ("ply", "compressed_ply", "splat", "spz"):
        monkeypatch.setattr(f"worldloom.export.{name}.allocate", allocate)


def check(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    try:
        gaussians = export.read(path)
    except FormatError as error:
        assert path.name in str(error) and str(error).endswith(".") and "\n" not in str(error)
    else:
        assert all(bool(torch.isfinite(field).all()) for field in gaussians.tensors)


many = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.filterwarnings("error")
@pytest.mark.usefixtures("bounded_memory")
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_mutated_files(tmp_path: Path, kind: Kind) -> None:
    path = kind.path(tmp_path)
    export.write(plain_gaussians(40, 1), path, **kind.options)
    valid = path.read_bytes()

    @many
    @given(edits, st.just(1.0) | st.floats(0, 1))
    @example([], 1.0)
    def run(changes: list[Edit], keep: float) -> None:
        check(path, edited(valid, changes, keep))

    run()


@pytest.mark.filterwarnings("error")
@pytest.mark.usefixtures("bounded_memory")
@pytest.mark.parametrize("version", [2, 3])
def test_mutated_spz_within_intact_gzip(tmp_path: Path, version: int) -> None:
    path = tmp_path / "scene.spz"
    export.write(plain_gaussians(40, 1), path, version=version)
    valid = gzip.decompress(path.read_bytes())

    @many
    @given(edits, st.just(1.0) | st.floats(0, 1))
    def run(changes: list[Edit], keep: float) -> None:
        check(path, gzip.compress(edited(valid, changes, keep), 1))

    run()


@pytest.mark.filterwarnings("error")
@pytest.mark.usefixtures("bounded_memory")
def test_mutated_ascii_ply(tmp_path: Path) -> None:
    names = [*"xyz", "f_dc_0", "f_dc_1", "f_dc_2", "opacity", *(f"scale_{i}" for i in range(3))]
    names += [f"rot_{i}" for i in range(4)]
    head = "ply\nformat ascii 1.0\nelement vertex 3\n" + "".join(f"property float {name}\n" for name in names)
    valid = (head + "end_header\n" + (" ".join(["0.25"] * len(names)) + "\n") * 3).encode()

    @many
    @given(edits, st.just(1.0) | st.floats(0, 1))
    @example([], 1.0)
    def run(changes: list[Edit], keep: float) -> None:
        check(tmp_path / "scene.ply", edited(valid, changes, keep))

    run()


@pytest.mark.usefixtures("bounded_memory")
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_any_bytes(tmp_path: Path, kind: Kind) -> None:
    @many
    @given(
        st.sampled_from([b"", b"ply\n", b"NGSP\x03\0\0\0", b"NGSP\x04\0\0\0", b"\x1f\x8b\x08"]), st.binary(max_size=300)
    )
    def run(start: bytes, data: bytes) -> None:
        check(kind.path(tmp_path), start + data + b" ")

    run()
