"""Looking at what a glTF asks for before it is loaded: a few bytes can ask for gigabytes of zeros, or hold pictures of
gigabytes."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from worldloom.edit.compose.archive import Beside
from worldloom.edit.compose.texture import Placing, check_picture
from worldloom.scene.errors import FormatError

_COLOURS = ("baseColorTexture", "emissiveTexture")
_PLACING = "KHR_texture_transform"
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
            _ = document.triangles, document.placings, document._in_known_words()
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

    @property
    def placings(self) -> dict[str, dict[str, Placing]]:
        """Where a material's pictures lie on meshes: by its name in `rewritten`, then by the picture's slot."""
        return {
            str(number): {slot: _placing(texture) for slot, texture in _pictured(material).items()}
            for number, material in enumerate(self.json.get("materials", []))
        }

    def rewritten(self) -> bytes:
        """The file in the words that trimesh knows."""
        if not self.json.get("materials"):
            return self.data
        text = json.dumps(self._in_known_words()).encode()
        if self.rest is None:
            return text
        text += b" " * (-len(text) % 4)
        rest = self.data[self.rest :]
        head = struct.pack("<4sIIII", b"glTF", 2, 20 + len(text) + len(rest), len(text), 0x4E4F534A)
        return head + text + rest

    def _in_known_words(self) -> dict[str, Any]:
        """The strength of lights multiplied into their colours, materials named by their numbers, and those texture
        coordinates first that are used."""
        old = enumerate(self.json.get("materials", []))
        materials = [{**one, **_emission(one), "name": str(number)} for number, one in old]
        meshes = [
            {**mesh, "primitives": [self._with_coordinates(one) for one in mesh.get("primitives", [])]}
            for mesh in self.json.get("meshes", [])
        ]
        return {**self.json, "materials": materials, "meshes": meshes}

    def _with_coordinates(self, primitive: dict[str, Any]) -> dict[str, Any]:
        """A part of a mesh whose first texture coordinates are those of its colour, else of its light."""
        used = _pictured(self.json["materials"][primitive["material"]]) if "material" in primitive else {}
        chosen = next((f"TEXCOORD_{_coordinates(used[slot])}" for slot in _COLOURS if slot in used), "TEXCOORD_0")
        attributes = primitive.get("attributes", {})
        if chosen not in attributes:
            return primitive
        return {**primitive, "attributes": {**attributes, "TEXCOORD_0": attributes[chosen]}}

    def _pictures(self, beside: Beside) -> Iterator[bytes]:
        """The files of the pictures that are used as colours."""
        for material in self.json.get("materials", []):
            for texture in _pictured(material).values():
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


def _pictured(material: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a material says of the pictures that are used as colours, by their slots."""
    slots = {**material, **material.get("pbrMetallicRoughness", {})}
    return {slot: slots[slot] for slot in _COLOURS if slots.get(slot)}


def _emission(material: dict[str, Any]) -> dict[str, Any]:
    strength = float(material.get("extensions", {}).get(_STRENGTH, {}).get("emissiveStrength", 1.0))
    if strength == 1 or not 0 <= strength < 1e6:
        return {}
    return {"emissiveFactor": [strength * float(value) for value in material.get("emissiveFactor", (0, 0, 0))]}


def _placing(texture: dict[str, Any]) -> Placing:
    given = texture.get("extensions", {}).get(_PLACING, {})
    x, y = map(float, given.get("offset", (0, 0)))
    across, down = map(float, given.get("scale", (1, 1)))
    rotation = float(given.get("rotation", 0))
    if not all(map(math.isfinite, (x, y, across, down, rotation))):
        raise ValueError("a texture lies nowhere")
    return Placing((x, y), rotation, (across, down))


def _coordinates(texture: dict[str, Any]) -> int:
    """The number of the texture coordinates that it is laid on by."""
    given = texture.get("extensions", {}).get(_PLACING, {})
    return int(given.get("texCoord", texture.get("texCoord", 0)))
