"""Content from elsewhere as parts of a world: another world's layers, files of splats, meshes."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from worldloom.edit.change.rows import without_stale_collider
from worldloom.edit.compose.flat import flat_layer
from worldloom.edit.compose.insert import InsertFile, InsertWorld, with_layer
from worldloom.edit.compose.placing import placed
from worldloom.edit.operation import Applied, Applying
from worldloom.edit.state import EditState, Part
from worldloom.scene.errors import FormatError, InvalidDataError, WorldloomError
from worldloom.scene.gaussians import FIELD_NAMES, Gaussians
from worldloom.scene.geometry import Transform
from worldloom.scene.surface import Surface
from worldloom.scene.world import Layer

LAYER_SUFFIX = ".safetensors"
"""Of layers as worlds keep them: with what their surfaces are made of."""
_MESHES = (".glb", ".gltf", ".obj", ".stl", ".ply")
_UPRIGHT = {
    "y": Transform(),
    "-y": Transform(rotation=(0.0, 1.0, 0.0, 0.0)),
    "z": Transform(rotation=(0.5**0.5, -(0.5**0.5), 0.0, 0.0)),
}
"""From a frame with that way up to ours."""


def with_world(insert: InsertWorld, state: EditState, by: Applying) -> Applied:
    """See `InsertWorld`."""
    other = by.sources.other(insert.world, insert.version)
    if insert.layers:
        wanted = [other.layer(name) for name in dict.fromkeys(insert.layers)]
    else:
        under_sky = any(part.layer.kind == "sky" for part in state.parts)
        wanted = [layer for layer in other.layers if not (under_sky and layer.kind == "sky")]
    if not wanted:
        raise InvalidDataError(f"'{other.name}' has no layer to put here.")
    solid = [layer for layer in wanted if layer.kind not in ("sky", "effects")] or wanted
    points = torch.cat([layer.transform.apply_to_points(layer.gaussians.means) for layer in solid])
    where = placed(insert.place, state, points)
    selected = {}
    for number, layer in enumerate(wanted):
        part = Part.of(f"{by.origin}.{number}", replace(layer, transform=where @ layer.transform))
        named = replace(part, layer=replace(part.layer, name=state.free_name(layer.name)))
        state = without_stale_collider(state, [named]).with_parts([named])
        selected[part.key] = torch.ones(len(part), dtype=torch.bool)
    left = len(other.layers) - len(wanted) if not insert.layers else 0
    note = "Its sky is left out, since there is one." if left else ""
    return Applied(state.with_selection(by.person, selected), sum(len(layer.gaussians) for layer in wanted), note)


def with_file(insert: InsertFile, state: EditState, by: Applying) -> Applied:
    """See `InsertFile`."""
    name = Path(insert.name).name
    title = name.split(".")[0] or "file"
    path = by.sources.blob(insert.blob)
    try:
        if name.endswith(LAYER_SUFFIX):
            gaussians, surface = _layer_content(path, name)
            where = placed(insert.place, state, gaussians.means)
            return with_layer(state, by, Layer(title, gaussians, "object", where, surface=surface))
        if _is_mesh(path, name):
            return _with_mesh(insert, state, by, path, title)
        gaussians = read_splats(path, name, insert.up)
    except WorldloomError as error:  # a person knows the file by its name, not by its blob's
        raise type(error)(str(error).replace(str(path), name)) from None
    where = placed(insert.place, state, gaussians.means)
    return with_layer(state, by, Layer(title, gaussians, "object", where))


def _layer_content(path: Path, name: str) -> tuple[Gaussians, Surface | None]:
    """What a layer's own file holds.

    Raises:
        FormatError: it is none, or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
        fields = [tensors[field] for field in FIELD_NAMES]
    except (SafetensorError, KeyError, OSError) as error:
        raise FormatError(f"{name} is no layer of a world, or damaged ({error}).") from None
    gaussians = Gaussians.checked(*fields, origin=name)
    return gaussians, Surface.from_tensors(tensors, len(gaussians), name)


def _with_mesh(insert: InsertFile, state: EditState, by: Applying, path: Path, title: str) -> Applied:
    from worldloom.edit.compose.cover import cover
    from worldloom.edit.compose.mesh_file import read_mesh

    suffix = Path(insert.name).suffix.lower()
    mesh = read_mesh(path, insert.name, _UPRIGHT[insert.up or ("z" if suffix == ".stl" else "y")])
    pieces = cover(mesh, insert.budget)
    where = placed(insert.place, state, torch.from_numpy(pieces.position).float())
    shaded = not mesh.lit if insert.shaded is None else insert.shaded
    layer = flat_layer(title, pieces, state.world.environment, where, shaded=shaded)
    size = (pieces.position.max(axis=0) - pieces.position.min(axis=0)) * where.scale
    metres = " x ".join(f"{edge:.3g}" for edge in size)
    note = f"{mesh.triangles:,} triangles became {len(pieces):,} Gaussians; it is {metres} m wide, high and deep."
    if mesh.missing:
        names = ", ".join(f"'{missing[:60]}'" for missing in mesh.missing[:3])
        note += f" Not there, although it names them: {names}."
    return with_layer(state, by, layer, note)


def read_splats(path: Path, name: str, up: str | None) -> Gaussians:
    """The Gaussians in a blob that was a file of that name.

    Raises:
        WorldloomError: see `export.read`; `up` is not known to the format.
    """
    from worldloom import export

    if name.endswith(LAYER_SUFFIX):
        return _layer_content(path, name)[0]
    with tempfile.TemporaryDirectory() as folder:
        named = Path(folder) / ("content" + "".join(Path(name).suffixes[-2:]).lower())
        named.symlink_to(path.resolve())
        try:
            if up == "z":
                return _stood_up(export.read(named, **_options(named, "y")), _UPRIGHT["z"])
            return export.read(named, **_options(named, up))
        except WorldloomError as error:
            raise type(error)(str(error).replace(str(named), name)) from None


def _options(path: Path, up: str | None) -> dict[str, str]:
    """Of reading: glTF and USD say themselves which way is up."""
    from worldloom.export.registry import format_for_reading

    return {} if up is None or format_for_reading(path).name in ("gltf", "usd", "splat") else {"up": up}


def _stood_up(gaussians: Gaussians, by: Transform) -> Gaussians:
    from worldloom.scene.geometry import transform

    return transform(gaussians, by)


def _is_mesh(path: Path, name: str) -> bool:
    """Whether a file holds triangles and no Gaussians.

    Raises:
        FormatError: it is neither.
    """
    from worldloom.edit.compose.archive import holds_mesh
    from worldloom.export.ply_header import read_header

    with path.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        if head[:3] == b"ply":
            header = read_header(file, path)
            vertex, face = header.element("vertex"), header.element("face")
            if header.element("chunk") or (vertex is not None and "f_dc_0" in vertex.properties):
                return False
            if face is None or face.count == 0:
                raise FormatError(f"{name} is a cloud of points, neither mesh nor splats; reconstruct a world from it.")
            return True
        suffix = Path(name).suffix.lower()
        if suffix == ".zip":
            return holds_mesh(path)
        if head == b"glTF" or suffix == ".gltf":
            return b"KHR_gaussian_splatting" not in file.read(8 << 20)
    return suffix in _MESHES
