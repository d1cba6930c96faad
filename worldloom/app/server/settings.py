"""How a server was started."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from worldloom.scene.store.store import Place

GIGABYTE = 1 << 30


@dataclass(frozen=True)
class ServerSettings:
    """Everything that `worldloom serve` can be told."""

    place: Place
    host: str = "127.0.0.1"
    port: int = 7860
    token: str | None = None
    """Asked of everyone on every route; None only where nobody but this machine can connect."""
    upload_limit: int = 8 * GIGABYTE
    """Bytes of one request that brings files."""
    body_limit: int = 16 << 20
    """Bytes of any other request."""
    cpu_jobs: int = 1
    """Heavy operations at a time where there is no GPU."""
    light_jobs: int = 2
    """Imports and exports at a time."""
    memory_cap: int | None = None
    """Bytes that one operation may hold; None: three quarters of the machine's."""
    language_model: str | None = None
    """Reads orders in words, a litellm model id such as "ollama/qwen3:8b"; None: rules read them."""
    samples: bool = True
    """Put the sample worlds into a library that was never used."""
    segmenters: tuple[str, ...] = ()
    """Segmentation models that things are found by: "id" or "id=folder" of a backend."""
    temporary: Path = field(default=Path())
    """Where files lie while they are being sent; set from `place`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "temporary", self.place.data / "tmp")

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
