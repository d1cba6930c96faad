"""Worlds that show what moving them did, and how alike two of them or their pictures are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from hypothesis import strategies as some
from torch import Tensor

from tests.edit.worlds import editing, garden
from tests.scene.samples import random_gaussians
from worldloom.edit.change.crop import Crop
from worldloom.edit.change.duplicate import Array, Duplicate, Grid, Line, Ring
from worldloom.edit.change.layers import AlignLayer, DeleteLayer, MergeLayers, ReorderLayers, ResetLayer, Separate
from worldloom.edit.change.level import Reorient, SetScale
from worldloom.edit.change.transform import DropToFloor, Mirror, TransformRows, TransformWorld
from worldloom.edit.criteria import ByLayer, Criterion
from worldloom.edit.operation import Operation
from worldloom.edit.state import EditState, Part
from worldloom.reconstruct.metrics import psnr
from worldloom.render import rasterize
from worldloom.scene.authored import (
    Audio,
    Authored,
    BoxZone,
    LayerAnimation,
    ParticleWeather,
    Portal,
    SphereZone,
    Trigger,
    Video,
)
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import Transform, transform
from worldloom.scene.rotations import quat_to_matrix
from worldloom.scene.surface import Surface
from worldloom.scene.world import Layer, World
from worldloom.scene.world_record import (
    Annotation,
    CameraPath,
    CapturedView,
    Environment,
    GeoAnchor,
    Pose,
    Vector,
    View,
)

SIZE = 256
"""Pixels of a test picture's sides."""


def furnished(degree: int = 3) -> World:
    """A garden with surfaces on its house, and with everything in its record that lies somewhere."""
    plain = garden(degree=degree)
    house = plain.layer("house")
    look = Pose(position=(0.3, 0.4, 5.0), rotation=(0.99, 0.02, 0.1, -0.03))
    return replace(
        plain.with_layer(replace(house, surface=random_surface(len(house.gaussians)))),
        environment=Environment(sun_direction=(0.6, 0.8, 0.0), fog_density=0.02, sun_azimuth=90.0),
        spawn=look,
        camera_paths=(CameraPath(name="walk", seconds=(0.0, 1.0), poses=(look, Pose(position=(1, 1, 4)))),),
        annotations=(Annotation(text="door", position=(1.0, 2.0, 3.0), view=View(position=(1, 2, 4))),),
        captures=(
            CapturedView(name="1.jpg", position=(0, 1.5, 4), rotation=(1, 0, 0, 0), vertical_fov=50, aspect=1.5),
        ),
        collider=Path("collider.glb"),
        authored=Authored(
            portals=(Portal(name="gate", position=(2, 1, 0), world="abc", spawn=look),),
            media=(
                Audio(name="brook", blob="0" * 64, format="mp3", position=(0, 0, 3)),
                Video(name="film", blob="1" * 64, format="mp4", position=(1, 1, 1)),
            ),
            animations=(
                LayerAnimation(name="swing", layer="house", motion="sway", axis=(1, 0, 0), pivot=(1, 2, 3)),
                LayerAnimation(name="lift", layer="house", motion="translate"),
            ),
            triggers=(
                Trigger(name="in", zone=BoxZone(center=(1, 0, 0), size=(1, 2, 3))),
                Trigger(name="near", zone=SphereZone(center=(0, 0, 1), radius=2)),
            ),
            weather=ParticleWeather(kind="snow", wind=(1, 0, 0)),
        ),
        geo_anchor=GeoAnchor(latitude=48.0, longitude=11.0, altitude=500.0, heading=30.0),
    )


def random_surface(count: int, seed: int = 0) -> Surface:
    """Surfaces of nothing in particular, their directions of unit length."""
    generator = torch.Generator().manual_seed(seed)

    def numbers(*shape: int) -> Tensor:
        return torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)

    def directions() -> Tensor:
        unit = torch.nn.functional.normalize(torch.randn(count, 3, generator=generator), dim=1)
        return (unit * 127).round().to(torch.int8)

    return Surface(
        albedo=numbers(count, 3),
        normals=directions(),
        open_direction=directions(),
        openness=numbers(count),
        glow=numbers(count, 3),
        lamplight=numbers(count, 3),
        leaf=numbers(count),
        gloss=numbers(count),
        opacity=numbers(count),
        labels=torch.zeros(count, dtype=torch.uint8),
    )


def plate(y: float, *, half: float = 1.0, at: tuple[float, float] = (0.0, 0.0), count: int = 6000) -> Gaussians:
    """A level square of flat, opaque Gaussians at height `y`, metres."""
    square = random_gaussians(count, 0, seed=5, extent=half)
    means = square.means * torch.tensor([1.0, 0.0, 1.0]) + torch.tensor([at[0], y, at[1]])
    level = torch.tensor([1.0, 0.0, 0.0, 0.0]).expand(count, 4)
    sizes = torch.tensor([0.04, 0.001, 0.04]).log().expand(count, 3)
    return replace(square, means=means, quats=level, log_scales=sizes, opacity_logits=torch.full((count,), 4.0))


def world_gaussians(state: EditState) -> Gaussians:
    """Everything alive in the world's frame."""
    return state.baked().gaussians()


def part_in_world(part: Part) -> Gaussians:
    """All rows of a part in the world's frame."""
    return transform(part.gaussians, part.layer.transform)


def assert_alike(got: Gaussians, wanted: Gaussians, tolerance: float = 1e-5) -> None:
    """The same but for rounding: relative to the scene's size, orientations as such (a quaternion has two signs)."""
    size = float((wanted.means.amax(dim=0) - wanted.means.amin(dim=0)).norm())
    assert float((got.means - wanted.means).abs().max()) <= tolerance * size
    turns = (quat_to_matrix(got.quats) - quat_to_matrix(wanted.quats)).abs().max()
    assert float(turns) <= tolerance
    assert float((got.log_scales - wanted.log_scales).abs().max()) <= tolerance
    assert torch.equal(got.opacity_logits, wanted.opacity_logits)
    assert float((got.sh - wanted.sh).abs().max()) <= tolerance * float(wanted.sh.abs().max())


def camera(pose: Pose, vertical_fov: float = 60.0) -> Camera:
    """The view from a pose."""
    to_world = Transform(pose.position, pose.rotation).matrix
    to_world[:3, 1:3] *= -1  # glTF's camera looks along -Z with +Y up, ours along +Z with +Y down
    shape = Camera.looking_at(torch.zeros(3), torch.ones(3), width=SIZE, height=SIZE, vertical_fov=vertical_fov)
    return replace(shape, world_to_camera=torch.linalg.inv(to_world).float())


def picture(gaussians: Gaussians, view: Camera) -> Tensor:
    """(H, W, 3) sRGB, 0 to 1."""
    rgb = rasterize(gaussians, view, engine="cpu", outputs=("rgb",)).rgb
    assert rgb is not None
    return rgb[0].clamp(0, 1)


def likeness(image: Tensor, target: Tensor) -> float:
    """PSNR in dB; the target must show something."""
    assert float(target.std()) > 0.05
    return psnr(image, target)


def one_layer(gaussians: Gaussians, **others: Gaussians) -> EditState:
    """A world of a "thing" and other layers."""
    layers = [Layer("thing", gaussians), *(Layer(name, others[name]) for name in others)]
    return editing(World("World", tuple(layers)))


def arrangements(
    where: some.SearchStrategy[Criterion | None], places: some.SearchStrategy[Vector]
) -> some.SearchStrategy[Operation]:
    """Operations on the geometry of a garden. Only its house is copied, so that it doesn't grow without end."""
    turns = some.tuples(*[some.floats(-2, 2)] * 4).filter(any)
    factors = some.floats(0.5, 2)
    layers = some.sampled_from(["ground", "house", "sky"])
    house = some.just(ByLayer(names=("house",)))
    few = some.integers(2, 3)
    shapes = some.one_of(
        some.builds(Line, count=few, step=places),
        some.builds(Grid, counts=some.tuples(few, few, few), step=places),
        some.builds(Ring, count=few, center=places, turn=some.booleans()),
    )
    several = some.permutations(["ground", "house", "house copy", "sky"]).map(lambda names: tuple(names[:2]))
    return some.one_of(
        some.builds(TransformRows, where=where, rotation=turns, translation=places, scale=factors),
        some.builds(TransformWorld, rotation=turns, translation=places, scale=factors),
        some.builds(Mirror, where=where, pivot=places),
        some.builds(DropToFloor, where=where),
        some.builds(Duplicate, where=house, translation=places),
        some.builds(Array, where=house, shape=shapes),
        some.builds(Crop, where=where),
        some.builds(Separate, where=where),
        some.builds(MergeLayers, layers=several),
        some.builds(ReorderLayers, layers=several),
        some.builds(DeleteLayer, layer=some.sampled_from(["house copy", "house array"])),
        some.builds(AlignLayer, layer=layers, to=layers, turn=some.booleans()),
        some.builds(ResetLayer, layer=layers, keep_place=some.booleans()),
        some.builds(Reorient, points=some.tuples(places, places, places)),
        some.builds(SetScale, start=places, end=places, metres=factors),
    )
