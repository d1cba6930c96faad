from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.store.blobs import Blobs


@pytest.fixture(params=["local", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    url = str(tmp_path / "blobs") if request.param == "local" else f"memory://{tmp_path.name}/blobs"
    return Blobs(url, tmp_path / "cache")


def test_bytes_come_back_by_their_hash(blobs: Blobs) -> None:
    name = blobs.add(b"hello")
    assert name == hashlib.sha256(b"hello").hexdigest()
    assert blobs.read(name) == b"hello" and blobs.has(name)
    assert blobs.add(b"hello") == name and blobs.names() == {name}


def test_files_are_kept_and_laid_out(blobs: Blobs, tmp_path: Path) -> None:
    source = tmp_path / "photo.jpg"
    source.write_bytes(b"\xff\xd8" * 1000)
    name = blobs.add_file(source)
    blobs.link(name, tmp_path / "deep" / "copy.jpg")
    assert (tmp_path / "deep" / "copy.jpg").read_bytes() == source.read_bytes()
    source.unlink()
    assert blobs.path(name).read_bytes() == b"\xff\xd8" * 1000


def test_a_missing_blob_is_told_and_a_wrong_name_refused(blobs: Blobs) -> None:
    with pytest.raises(FormatError, match="is missing"):
        blobs.read("0" * 64)
    for name in ("", "../../etc/passwd", "0" * 63, "G" * 64, "0" * 64 + "/x"):
        with pytest.raises(InvalidDataError, match="no blob's name"):
            blobs.path(name)


def test_removed_blobs_are_gone(blobs: Blobs) -> None:
    name = blobs.add(b"x")
    blobs.remove(name)
    assert not blobs.has(name) and blobs.names() == set()


def test_unknown_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="no place"):
        Blobs("nowhere://x", tmp_path)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(max_size=2000), max_size=8))
def test_every_content_is_kept_once(tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]) -> None:
    blobs = Blobs(tmp_path_factory.mktemp("blobs"), Path("unused"))
    names = [blobs.add(content) for content in contents]
    assert [blobs.read(name) for name in names] == contents
    assert len(blobs.names()) == len(set(contents))
