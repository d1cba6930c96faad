"""Blobs in S3, as moto plays it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.samples import keep_world
from worldloom.scene import world as worlds
from worldloom.scene.errors import FormatError
from worldloom.scene.store.store import Place, Store

s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")
server = pytest.importorskip("moto.server", reason="moto is not installed")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty bucket."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    running.start()
    host, port = running.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().mkdir("worldloom-test")
    yield "s3://worldloom-test/worlds"
    s3fs.S3FileSystem.clear_instance_cache()
    running.stop()


def test_worlds_are_kept_in_a_bucket(bucket: str, tmp_path: Path) -> None:
    store = Store.open(Place.at(tmp_path / "data", blobs_url=bucket))
    version = keep_world(store, tmp_path / "a")
    assert store.blobs.names() == {file.sha256 for file in version.files.values()}
    again = Store.open(Place.at(tmp_path / "data", blobs_url=bucket))
    folder = again.worlds.checkout(again.worlds.version(version.world), tmp_path / "b")
    assert len(worlds.load(folder).gaussians()) == 50
    with pytest.raises(FormatError, match="is missing"):
        again.blobs.read("0" * 64)
    again.blobs.remove(version.files["world.json"].sha256)
    assert not store.blobs.has(version.files["world.json"].sha256)
    store.close()
    again.close()
