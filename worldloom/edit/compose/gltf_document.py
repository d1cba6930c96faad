"""Looking at what a glTF asks for before it is loaded: a few bytes can ask for gigabytes of zeros, or hold pictures of
gigabytes."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from worldloom.edit.compose.archive import Beside
from worldloom.edit.compose.texture import check_picture
from worldloom.scene.errors import FormatError

_COLOURS = ("baseColorTexture", "emissiveTexture")
_STRENGTH = "KHR_materials_emissive_strength"


@dataclass(frozen=True)
class Document:
    """A glTF's JSON, and a GLB's binary part."""

    json: dict[str, Any]
    data: bytes
    """The whole file."""
    rest: int | None
    """Where in a GLB what follows the JSON begins."""

    @staticmethod
    def of(data: bytes, name: str, beside: Beside) -> Document:
        """
        Raises:
            FormatError: it is damaged.
            InvalidDataError: a picture in it, or beside it, unpacks to too much.
        """
        try:
            text, rest = data, None
            if data[:4] == b"glTF":
                rest = 20 + struct.unpack("<I", data[12:16])[0]
                text = data[20:rest]
            document = Document(json.loads(text), data, rest)
            _ = document.triangles
            pictures = list(document._pictures(beside))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, struct.error):
            raise FormatError(f"{name} is damaged: its JSON can't be read. Export it again.") from None
        for picture in pictures:
            check_picture(picture, name)
        return document

    @property
    def triangles(self) -> int:
        """About how many it may be of."""
        counts = [int(accessor["count"]) for accessor in self.json.get("accessors", [])]
        return max(sum(counts) // 12, len(self.json.get("nodes", ())) * 30)

    def brightened(self) -> bytes:
        """The file with the strength of its lights, for which trimesh has no word, multiplied into their colours."""
        strengths = [_strength(material) for material in self.json.get("materials", [])]
        if all(strength == 1 for strength in strengths):
            return self.data
        materials = [
            {**one, "emissiveFactor": [strength * float(value) for value in one.get("emissiveFactor", (0, 0, 0))]}
            for one, strength in zip(self.json["materials"], strengths)
        ]
        text = json.dumps({**self.json, "materials": materials}).encode()
        if self.rest is None:
            return text
        text += b" " * (-len(text) % 4)
        rest = self.data[self.rest :]
        head = struct.pack("<4sIIII", b"glTF", 2, 20 + len(text) + len(rest), len(text), 0x4E4F534A)
        return head + text + rest

    def _pictures(self, beside: Beside) -> Iterator[bytes]:
        """The files of the pictures that are used as colours."""
        for material in self.json.get("materials", []):
            slots = {**material, **material.get("pbrMetallicRoughness", {})}
            for texture in (slots[slot] for slot in _COLOURS if slots.get(slot)):
                source = self.json["textures"][texture["index"]].get("source")
                if source is None:
                    continue
                image = self.json["images"][source]
                if "bufferView" in image:
                    view = self.json["bufferViews"][image["bufferView"]]
                    start = int(view.get("byteOffset", 0))
                    yield self._buffer(int(view.get("buffer", 0)), beside)[start : start + int(view["byteLength"])]
                elif "uri" in image:
                    yield from _fetched(str(image["uri"]), beside)

    def _buffer(self, number: int, beside: Beside) -> bytes:
        uri = str(self.json["buffers"][number].get("uri", ""))
        if not uri:
            return b"" if self.rest is None else self.data[self.rest + 8 :]
        return b"".join(_fetched(uri, beside))


def _fetched(uri: str, beside: Beside) -> Iterator[bytes]:
    """The bytes of a `data:` address or of a file beside; nothing if it is not there."""
    if uri.startswith("data:"):
        yield base64.b64decode(uri.partition(",")[2])
        return
    try:
        yield beside.get(uri)
    except FileNotFoundError:
        return


def _strength(material: dict[str, Any]) -> float:
    strength = float(material.get("extensions", {}).get(_STRENGTH, {}).get("emissiveStrength", 1.0))
    return strength if 0 <= strength < 1e6 else 1.0
