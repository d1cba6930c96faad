"""Helpers of tests that edit over the API."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from tests.server.conftest import Server
from worldloom.edit import masks
from worldloom.edit.state import EditState
from worldloom.export import spz
from worldloom.scene.gaussians import Gaussians

ANN = {"id": "ann", "name": "Ann", "colour": "#ff0000"}
BEN = {"id": "ben", "name": "Ben", "colour": "#00ff00"}
BALL = {"by": "sphere", "center": [0, 0, -2], "radius": 1.5}

Mask = dict[str, Any]


def joined(server: Server, place: str | None = None) -> Any:
    """A websocket to the server; to the main branch of its world, unless told otherwise."""
    address = place or f"worlds/{server.world}/edit"
    return server.client.websocket_connect(f"/api/v1/{address}", headers={"host": "127.0.0.1:7860"})


def hello(socket: Any, person: dict[str, str] = ANN) -> dict[str, Any]:
    """Say who one is; returns the welcome."""
    socket.send_json({"type": "hello", "person": person})
    return until(socket, "welcome")


def until(socket: Any, *kinds: str, where: Callable[[dict[str, Any]], bool] = lambda message: True) -> dict[str, Any]:
    """The next message of some kinds."""
    while True:
        message = socket.receive_json()
        if message["type"] in kinds and where(message):
            return message


def do(socket: Any, id: str, **operation: Any) -> dict[str, Any]:
    """Do an operation; returns what is said of it."""
    socket.send_json({"type": "do", "id": id, "operation": operation})
    return until(socket, "done", "refused", where=lambda message: message["id"] == id)


@dataclass
class Replica:
    """What a page knows: made of a welcome and patches only."""

    fetch: Callable[[str], bytes]
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    selections: dict[str, dict[str, torch.Tensor]] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)

    def welcome(self, message: dict[str, Any]) -> None:
        """Begin."""
        scene = message["scene"]
        self.parts = {}
        for layer in scene["layers"]:
            self._part({**layer})
        self.selections = {person: _masks(found) for person, found in message["selections"].items()}
        self.record = {name: value for name, value in scene.items() if name != "layers"}

    def patch(self, patch: dict[str, Any]) -> None:
        """Follow."""
        for key in patch["removed"]:
            del self.parts[key]
        for part in patch["parts"]:
            self._part(part)
        for person, found in patch["selections"].items():
            self.selections[person] = _masks(found)
        if "order" in patch:
            self.parts = {key: self.parts[key] for key in patch["order"]}
        self.record |= patch.get("record", {})

    def _part(self, sent: dict[str, Any]) -> None:
        part = self.parts.setdefault(sent["key"], {})
        part |= {name: value for name, value in sent.items() if name not in MASKS and name not in ("url", "changed")}
        for name in MASKS:
            if sent.get(name) is not None:
                part[name] = unpacked(sent[name])
            part.setdefault(name, torch.zeros(sent["rows"], dtype=torch.bool))
        if sent.get("url"):
            part["gaussians"] = self._read(sent["url"])
        if sent.get("changed"):
            rows = unpacked(sent["changed"]["rows"])
            new = self._read(sent["changed"]["url"])
            old = part["gaussians"].map(torch.clone)
            for into, values in zip(old.tensors, new.tensors):
                into[rows] = values
            part["gaussians"] = old

    def _read(self, url: str) -> Gaussians:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.spz"
            path.write_bytes(io.BytesIO(self.fetch(url)).getvalue())
            return spz.read(path)


MASKS = ("dead", "hidden", "locked_rows")


def unpacked(mask: Mask) -> torch.Tensor:
    """(N,) bool."""
    return torch.from_numpy(masks.unpack(mask["bits"], mask["rows"]))


def _masks(found: dict[str, Mask]) -> dict[str, torch.Tensor]:
    return {key: unpacked(mask) for key, mask in found.items()}


def check_same(replica: Replica, state: EditState) -> None:
    """A replica is what a state is, as exactly as SPZ holds it."""
    assert list(replica.parts) == [part.key for part in state.parts]
    for part in state.parts:
        known = replica.parts[part.key]
        for name, mask in zip(MASKS, (part.dead, part.hidden, part.locked)):
            assert torch.equal(known[name], mask), f"{name} of {part.key}"
        assert (known["name"], known["visible"], known["locked"]) == (
            part.layer.name,
            part.layer.visible,
            part.layer.locked,
        )
        assert tuple(known["translation"]) == tuple(part.layer.transform.translation)
        check_close(known["gaussians"], part.gaussians)
    for person in {*state.selections, *replica.selections}:
        found, wanted = replica.selections.get(person, {}), state.selection(person)
        assert found.keys() == wanted.keys()
        assert all(torch.equal(found[key], wanted[key]) for key in wanted)
    assert replica.record["spawn"]["position"] == list(state.world.spawn.position)
    assert replica.record["environment"] == state.world.environment.model_dump(mode="json")
    assert [note["text"] for note in replica.record["annotations"]] == [note.text for note in state.world.annotations]


def check_close(one: Gaussians, other: Gaussians) -> None:
    """As exactly as SPZ holds it: positions to half a step of the 24 bits that its reach leaves."""
    reach = float(other.means.abs().max()) if len(other) else 0.0
    assert torch.allclose(one.means, other.means, atol=max(2.0**-12, reach * 2.0**-22))
    assert torch.allclose(one.log_scales, other.log_scales, atol=1 / 32 + 1e-3)
    assert one.sh.shape == other.sh.shape
