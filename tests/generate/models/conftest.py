"""Nothing here may reach the network, and big libraries stay quiet."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is first imported

from tests.generate.models import tiny


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Any connection fails the test, and the machine's own model cache isn't seen."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a model backend tried to reach the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "no-cache"))
    for name in ("WORLDLOOM_ACCEPT_LICENCES", "WORLDLOOM_MODELS_DEVICE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tiny-models")


@pytest.fixture(scope="session")
def klein(models_folder: Path) -> Path:
    return tiny.klein(models_folder / "klein")


@pytest.fixture(scope="session")
def depth_anything(models_folder: Path) -> Path:
    return tiny.depth_anything(models_folder / "depth-anything")


@pytest.fixture(scope="session")
def sana(models_folder: Path) -> Path:
    return tiny.sana(models_folder / "sana")
