"""What colours of a mesh a material gives: factors, pictures, colours by vertex, masks and light of its own."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.edit.compose.archive import Beside
from worldloom.edit.compose.texture import Placing, Texture, check_picture
from worldloom.scene.errors import FormatError, InvalidDataError, WorldloomError
from worldloom.scene.srgb import from_srgb
from worldloom.scene.surfels import Array

Placings = Mapping[str, Mapping[str, Placing]]
"""By a material's name and the slot of its picture."""
_GREY = 0.6
_VERTEX_COLOURS = ("vertex", "face")
_MASKED = 0.5
"""Opacity from which on something is shown, where it is not said."""


@dataclass(frozen=True, eq=False)
class Emission:
    """Light that a surface gives off."""

    strength: Array
    """(3,) linear; 1 is as bright as can be shown."""
    texture: Texture | None
    """Multiplies it."""


@dataclass(frozen=True, eq=False)
class Look:
    """See `MeshPart`."""

    colours: Array
    texture: Texture | None
    uv: Array | None
    cutoff: float | None
    emission: Emission | None = None


class Looks:
    """Materials of one file; what they share is read once."""

    def __init__(self, name: str, *, linear: bool, beside: Beside, placings: Placings) -> None:
        """
        Args:
            name: of the file.
            linear: colours are linear, and materials say whether their opacity counts, as glTF's are and do.
            beside: where an OBJ's further pictures lie.
            placings: where a glTF's pictures lie on its meshes.
        """
        self._name = name
        self._linear = linear
        self._beside = beside
        self._placings = placings
        self._pictures: dict[str, Any] = {}
        self._textures: dict[object, tuple[Any, Texture]] = {}
        """With the pictures that they are of, which are told apart by where they lie in memory."""

    def of(self, mesh: Any, faces: NDArray[np.int64]) -> Look:
        """The look of a trimesh mesh with these faces (F, 3).

        Raises:
            WorldloomError: a picture can't be read.
        """
        visual = mesh.visual
        if has_vertex_colours(mesh):
            return Look(self._by_vertex(visual, faces), None, None, None)
        material = getattr(visual, "material", None)
        uv = _uv_of(visual, faces, len(mesh.vertices), self._name)
        colours = np.ones((len(faces), 3, 4)) * self._factor(material)
        emission = self._emission(material, uv is not None)
        cutoff, texture = self._cutoff(material), None
        if uv is not None:
            mask = None if self._linear else self._named_picture(_extra(material).get("map_d"))
            texture = self._placed(self._texture(_picture(material), mask), material, "baseColorTexture")
        if cutoff == 0.0:
            colours[..., 3] = 1.0
        used = texture is not None or (emission is not None and emission.texture is not None)
        return Look(colours, texture, uv if used else None, cutoff, emission)

    def _by_vertex(self, visual: Any, faces: NDArray[np.int64]) -> Array:
        if visual.kind == "vertex":
            colours = (np.asarray(visual.vertex_colors, float) / 255)[faces]
        else:
            colours = np.repeat(np.asarray(visual.face_colors, float)[:, None] / 255, 3, axis=1)
        if not self._linear:
            colours[..., :3] = from_srgb(colours[..., :3])
        return colours

    def _factor(self, material: Any) -> Array:
        """(4,) linear and opacity, what pictures are multiplied with."""
        given = getattr(material, "baseColorFactor", None)
        if given is None:
            given = getattr(material, "diffuse", None)
        pictured = _picture(material) is not None
        opacity = 1.0 if self._linear else _number(_extra(material).get("d"), 1.0)
        if given is None or (pictured and not self._linear):  # OBJ's pictures stand in for its colour
            return np.array([1.0 if pictured else _GREY] * 3 + [opacity])
        values = np.append(np.asarray(given, float).reshape(-1)[:4], 255.0)[:4] / 255
        return values if self._linear else np.append(from_srgb(values[:3]), opacity)

    def _cutoff(self, material: Any) -> float | None:
        """See `MeshPart.cutoff`; 0 where everything is shown whole."""
        if self._linear:
            mode = getattr(material, "alphaMode", None)
            if mode == "MASK":
                given = getattr(material, "alphaCutoff", None)
                return _MASKED if given is None else float(given)
            return None if mode == "BLEND" else 0.0
        extra = _extra(material)
        if "map_d" in extra:
            return _MASKED
        return None if _number(extra.get("d"), 1.0) < 1 else 0.0

    def _emission(self, material: Any, mapped: bool) -> Emission | None:
        if self._linear:
            picture = getattr(material, "emissiveTexture", None)
            given = getattr(material, "emissiveFactor", None)
            strength = np.zeros(3) if given is None else np.asarray(given, float).reshape(-1)[:3]
        else:
            extra = _extra(material)
            picture = self._named_picture(extra.get("map_ke"))
            given = [_number([value], 0.0) for value in extra.get("ke", ())][:3]
            strength = np.array(given if len(given) == 3 else [float(picture is not None)] * 3)
            strength = np.where(strength <= 1, from_srgb(strength.clip(0, 1)), strength)
        if not np.isfinite(strength).all() or strength.max() <= 0:
            return None
        texture = self._placed(self._texture(picture, None), material, "emissiveTexture") if mapped else None
        return Emission(strength.clip(0, None), texture)

    def _named_picture(self, words: list[str] | None) -> Any:
        from PIL import Image

        if not words:
            return None
        file = " ".join(words)
        if file not in self._pictures:
            try:
                data = self._beside.get(file)
            except FileNotFoundError:
                return None
            check_picture(data, self._name)
            self._pictures[file] = Image.open(io.BytesIO(data))
        return self._pictures[file]

    def _placed(self, texture: Texture | None, material: Any, slot: str) -> Texture | None:
        placing = self._placings.get(str(getattr(material, "name", "")), {}).get(slot)
        return texture if texture is None or placing is None else replace(texture, placing=placing)

    def _texture(self, picture: Any, mask: Any) -> Texture | None:
        """Of a picture, or of white, and an OBJ's mask beside it."""
        from PIL import Image

        if picture is None and mask is None:
            return None
        key = (id(picture), id(mask))
        if key not in self._textures:
            try:
                shown = Image.new("RGB", mask.size, "white") if picture is None else picture
                self._textures[key] = ((picture, mask), Texture.of(shown, self._name, mask))
            except WorldloomError:
                raise
            except Exception as error:  # Pillow raises whatever its decoders meet
                raise FormatError(f"{self._name} has a damaged texture ({str(error)[:80]}). Export it again.") from None
        return self._textures[key][1]


def has_vertex_colours(mesh: Any) -> bool:
    """Whether a trimesh mesh has colours by vertex or face."""
    return mesh.visual.kind in _VERTEX_COLOURS and mesh.visual.defined


def _picture(material: Any) -> Any:
    return getattr(material, "baseColorTexture", None) or getattr(material, "image", None)


def _extra(material: Any) -> dict[str, list[str]]:
    """What an MTL says that trimesh has no words for."""
    given = getattr(material, "kwargs", None)
    return given if isinstance(given, dict) else {}


def _number(words: list[str] | None, other: float) -> float:
    try:
        return float(words[0]) if words else other
    except (ValueError, TypeError):
        return other


def _uv_of(visual: Any, faces: NDArray[np.int64], vertices: int, name: str) -> Array | None:
    """(F, 3, 2), if the mesh has them."""
    uv = getattr(visual, "uv", None)
    if uv is None or len(uv) != vertices:
        return None
    uv = np.asarray(uv, float)[faces]
    if not np.isfinite(uv).all():
        raise InvalidDataError(f"{name} has a NaN or infinite texture coordinate; repair it and export it again.")
    return uv
