"""Long work in real workers: done, cancelled, killed, resumed."""

from __future__ import annotations

import os
import signal
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import httpx
import psutil
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.server.serving import ServerProcess, serving, wait_for
from tests.server.worlds import small_world
from tests.store.databases import database_url
from worldloom import export
from worldloom.app.cli import app
from worldloom.app.jobs import devices
from worldloom.app.server.schemas import OperationModel
from worldloom.assets import SAMPLE_CAPTURE
from worldloom.client import Client
from worldloom.scene import world as worlds
from worldloom.scene.errors import ConflictError, InvalidDataError, WorldloomError
from worldloom.scene.store.operations import Process
from worldloom.scene.store.store import Place, Store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    with serving(tmp_path_factory.mktemp("jobs") / "data", "--no-samples") as started:
        yield started


def sample_photos() -> list[Path]:
    return sorted(SAMPLE_CAPTURE.glob("*.jpg"))[:14]


def begin(client: Client, name: str = "Court", photos: Sequence[Path] = (), **options: object) -> OperationModel:
    """Start making a world of photos, by default the sample capture's, and wait until a worker is at it."""
    photos = photos or sample_photos()
    operation = client.reconstruct(photos, name=name, **options)  # pyright: ignore[reportArgumentType]
    wait_for(lambda: client.operation(operation).stage, "the first stage")
    return client.operation(operation)


def worker(data: Path, operation: OperationModel) -> Process:
    """The process that does it."""
    store = Store.open(Place.at(data))
    process = store.operations.get(operation.id).process
    store.close()
    assert process is not None
    return process


def alive(process: Process) -> bool:
    """Whether it is there, and more than a dead process that nobody has looked at yet."""
    try:
        return psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def data_of(server: ServerProcess) -> Path:
    return Path(server.process.args[server.process.args.index("--data") + 1])  # pyright: ignore


def test_without_pages_there_are_the_api_and_the_viewer(server: ServerProcess) -> None:
    assert httpx.get(f"{server.address}/").status_code == 404
    assert httpx.get(f"{server.address}/api/v1/docs").status_code == 200
    assert httpx.get(f"{server.address}/viewer/").status_code == 200


def test_a_splat_file_goes_in_and_comes_out(server: ServerProcess, tmp_path: Path) -> None:
    client = server.client
    gaussians = small_world().gaussians()
    export.write(gaussians, tmp_path / "room.ply")
    done = client.wait(client.import_file(tmp_path / "room.ply", name="Room"))
    world = client.world(str(done.world))
    assert world.name == "Room" and world.gaussians == len(gaussians) and world.thumbnail
    made = client.wait(client.export(world.id, "ply"))
    target = client.download(made, tmp_path / "out.ply")
    assert export.read(target).means.allclose(gaussians.means, atol=1e-5)
    (tmp_path / "broken.ply").write_bytes(b"ply\nnonsense")
    with pytest.raises(WorldloomError, match=r"broken\.ply"):
        client.wait(client.import_file(tmp_path / "broken.ply", name="Broken"))


def test_a_zipped_world_comes_back_to_the_byte(server: ServerProcess, tmp_path: Path) -> None:
    client = server.client
    worlds.save(small_world("Zipped"), tmp_path / "world")
    with zipfile.ZipFile(tmp_path / "world.zip", "w") as archive:
        for path in (tmp_path / "world").rglob("*"):
            archive.write(path, f"inner/{path.relative_to(tmp_path / 'world')}")
    first = client.wait(client.import_file(tmp_path / "world.zip", name="Zipped"))
    made = client.wait(client.export(str(first.world), "zip"))
    client.download(made, tmp_path / "again.zip")
    with zipfile.ZipFile(tmp_path / "again.zip") as archive:
        kept = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    for path in (path for path in (tmp_path / "world").rglob("*") if path.is_file()):
        assert kept[path.relative_to(tmp_path / "world").as_posix()] == path.read_bytes()


def test_bombs_and_escapes_in_zips_are_refused(server: ServerProcess, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("world.json", b"0" * 200_000_000)
    with zipfile.ZipFile(tmp_path / "escape.zip", "w") as archive:
        archive.writestr("../../world.json", b"{}")
    for name, words in (("bomb", "times its size"), ("escape", "leads out")):
        operation = server.client.import_file(tmp_path / f"{name}.zip", name=name)
        with pytest.raises(WorldloomError, match=words):
            server.client.wait(operation)


def test_cancelling_takes_less_than_two_seconds(server: ServerProcess) -> None:
    operation = begin(server.client)
    process = worker(data_of(server), operation)
    start = time.monotonic()
    server.client.cancel(operation)
    wait_for(lambda: server.client.operation(operation).status == "cancelled" and not alive(process), "the end")
    assert time.monotonic() - start < 2
    assert "collect" in server.client.log(operation)


def test_a_killed_worker_fails_with_its_last_words_and_others_go_on(server: ServerProcess, tmp_path: Path) -> None:
    operation = begin(server.client)
    os.killpg(worker(data_of(server), operation).pid, signal.SIGKILL)
    wait_for(lambda: server.client.operation(operation).done, "the failure")
    failed = server.client.operation(operation)
    assert failed.status == "failed" and failed.error is not None
    assert "stopped from outside" in failed.error and "collect" in failed.error
    with pytest.raises(ConflictError):
        server.client.cancel(operation)
    export.write(small_world().gaussians(), tmp_path / "room.spz")
    assert server.client.wait(server.client.import_file(tmp_path / "room.spz", name="Next")).world
    server.client.retry(operation)
    wait_for(lambda: server.client.operation(operation).stage not in ("", "collect"), "its going on")
    server.client.cancel(operation)


def test_work_that_needs_too_much_memory_is_stopped(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--no-samples", "--job-memory", "0.15") as server:
        operation = server.client.reconstruct([SAMPLE_CAPTURE], name="Large")
        wait_for(lambda: server.client.operation(operation).done, "the end")
        error = server.client.operation(operation).error
        assert error is not None and "more than 0.1 GB" in error.replace("0.2", "0.1") and "draft" in error


def test_work_survives_the_server(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data, "--no-samples") as server:
        operation = begin(server.client)
        before = worker(data, operation)
        server.kill()
    assert alive(before), "the worker goes on without its server"
    with serving(data, "--no-samples") as server:
        found = server.client.operation(operation)
        assert found.status == "running" and worker(data, operation) == before, "the new server takes it up"
        server.kill()
        os.killpg(before.pid, signal.SIGKILL)
    with serving(data, "--no-samples") as server:
        wait_for(lambda: server.client.operation(operation).attempts == 2, "another worker")
        wait_for(lambda: server.client.operation(operation).status == "running", "its start")
        after = worker(data, operation)
        assert after.pid != before.pid
        assert len(list(server.client.operations())) == 1
    wait_for(lambda: not alive(after), "the worker's end: a server that is stopped in peace stops its workers")
    store = Store.open(Place.at(data))
    assert store.operations.get(operation.id).status == "queued"
    store.close()


def test_photos_become_a_world_and_finish_when_asked(server: ServerProcess, tmp_path: Path) -> None:
    client = server.client
    photos = [tmp_path / path.name for path in sample_photos()]
    for small, path in zip(photos, sample_photos()):
        Image.open(path).resize((400, 300)).save(small, quality=92)
    settings = ["pose.max_features=1500", "initialise.sweep.max_size=96"]
    operation = begin(client, "Courtyard", photos, iterations=500_000, gaussians=20_000, settings=settings)
    wait_for(lambda: client.operation(operation).stage == "train", "training")
    wait_for(lambda: client.operation(operation).preview, "a preview")
    client.finish(operation)
    done = client.wait(operation)
    scene = client.scene(str(done.world))
    assert done.result is not None and "Training was ended early." in done.result["summary"]
    assert len(scene.captures) > 8 and scene.collider_url and scene.layers[0].count > 1000
    record = client.record(str(done.world))
    assert record["provenance"]["inputs"] and record["name"] == "Courtyard"


def test_two_servers_do_not_share_a_folder(server: ServerProcess) -> None:
    with pytest.raises(AssertionError, match="Another Worldloom server uses"), serving(data_of(server)):
        pass


def test_each_gpu_does_one_thing_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA H200'\necho 'NVIDIA L4'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    devices.gpus.cache_clear()
    try:
        assert devices.gpus() == ("NVIDIA H200", "NVIDIA L4")
        heavy = [slot for slot in devices.slots(cpu_jobs=4) if slot.heavy]
        assert [slot.environment for slot in heavy] == [{"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "1"}]
        assert len({slot.name for slot in devices.slots()}) == 3
    finally:
        devices.gpus.cache_clear()


def test_the_command_line_asks_a_server(server: ServerProcess, tmp_path: Path) -> None:
    def told(*words: str) -> str:
        found = CliRunner().invoke(app, [*words, "--server", server.address])
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return found.stdout

    export.write(small_world().gaussians(), tmp_path / "hall.spz")
    world = told("import", str(tmp_path / "hall.spz"), "--name", "Hall").split("World")[1].split()[0]
    assert world in told("worlds", "hall") and world not in told("worlds", "barn")
    assert "Version 2" in told("edit", world, '[{"op": "update_layer", "layer": "imported", "locked": true}]')
    assert len(told("versions", world).splitlines()) == 2
    told("export", world, str(tmp_path / "out.compressed.ply"))
    assert len(export.read(tmp_path / "out.compressed.ply")) == len(small_world().gaussians())
    assert "World" in told("generate", "a heath", "--gaussians", "6000", "--name", "Heath")
    assert "Heath" in told("worlds", "heath")
    with pytest.raises(InvalidDataError, match="no JSON"):
        told("edit", world, "nonsense")
    (tmp_path / "photos").mkdir()
    for number in range(2):
        Image.new("RGB", (64, 48), (number * 90, 50, 90)).save(tmp_path / "photos" / f"{number}.png")
    with pytest.raises(WorldloomError) as refused:
        told("reconstruct", str(tmp_path / "photos"), "--name", "Two colours")
    assert "operations/" not in str(refused.value), "people know their files, not the server's folders"
    failed = next(one for one in server.client.operations() if one.kind == "reconstruct")
    assert failed.title == "Two colours" and failed.status == "failed"
    assert f"{failed.id}  reconstruct  failed" in told("operations")
    assert "collect" in told("log", failed.id)


def test_without_a_server_the_client_says_how_to_start_one() -> None:
    with pytest.raises(WorldloomError, match="worldloom serve"), Client("http://127.0.0.1:9") as client:
        client.system()


def test_folders_keep_their_shape(server: ServerProcess, tmp_path: Path) -> None:
    """A transforms.json refers to the images beside it."""
    (tmp_path / "capture" / "images").mkdir(parents=True)
    (tmp_path / "capture" / "transforms.json").write_text("{}")
    (tmp_path / "capture" / "images" / "a.jpg").write_bytes(b"1")
    sent = server.client.upload([tmp_path / "capture"])
    assert {file.name for file in sent.files} == {"transforms.json", "images/a.jpg"}
    assert {file.name for file in server.client.upload([tmp_path / "capture" / "images" / "a.jpg"]).files} == {"a.jpg"}


def test_a_server_on_postgresql_and_one_more_on_the_same(tmp_path: Path) -> None:
    """Two servers share index and blobs; what one makes the other shows, also after a kill."""
    export.write(small_world().gaussians(), tmp_path / "room.spz")
    with database_url("postgresql", tmp_path) as url:
        options = ("--no-samples", "--database", url, "--blobs", str(tmp_path / "blobs"))
        with serving(tmp_path / "one", *options) as first, serving(tmp_path / "two", *options) as second:
            done = first.client.wait(first.client.import_file(tmp_path / "room.spz", name="Shared"))
            assert second.client.world(str(done.world)).name == "Shared"
            first.kill()
            made = second.client.wait(second.client.export(str(done.world), "ply"))
            second.client.download(made, tmp_path / "out.ply")
            assert len(export.read(tmp_path / "out.ply")) == len(small_world().gaussians())
