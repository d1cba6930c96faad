"""Block-outs: dressed, and of the same shape as before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh

from worldloom.generate.blockout import from_blockout, kind_of, read_blockout
from worldloom.generate.spec import WorldSpec
from worldloom.render import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.errors import FormatError, InvalidDataError, WorldloomError
from worldloom.scene.semantics import label_index

SIZE = (160, 120)


def box(size: tuple[float, float, float], at: tuple[float, float, float]) -> trimesh.Trimesh:
    return trimesh.creation.box(size, transform=trimesh.transformations.translation_matrix(at))


def glb(scene: trimesh.Scene) -> bytes:
    data = scene.export(file_type="glb")
    assert isinstance(data, bytes)
    return data


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three walls, a floor, steps and a pond."""
    scene = trimesh.Scene()
    scene.add_geometry(box((8, 0.2, 8), (0, -0.1, 0)), node_name="floor")
    scene.add_geometry(box((8, 3, 0.2), (0, 1.5, -4)), node_name="wall_north")
    scene.add_geometry(box((0.2, 3, 8), (-4, 1.5, 0)), node_name="WallWest")
    scene.add_geometry(box((0.2, 3, 8), (4, 1.5, 0)), node_name="wall.east")
    scene.add_geometry(box((2, 0.5, 1), (1.5, 0.25, -2)), node_name="stairs")
    scene.add_geometry(box((2, 0.1, 2), (-2, 0.05, -1)), node_name="water")
    path = tmp_path_factory.mktemp("blockout") / "room.glb"
    scene.export(path)
    return path


def test_the_dressed_world_is_as_deep_as_its_boxes(room: Path) -> None:
    world = from_blockout(room, spec=WorldSpec(gaussians=150_000))
    parts = read_blockout(room)
    eye = np.array([0.5, 1.6, 3.5])
    camera = Camera.looking_at(
        torch.tensor(eye, dtype=torch.float32),
        torch.tensor([0.0, 1.0, -4.0]),
        width=SIZE[0],
        height=SIZE[1],
        vertical_fov=60,
    )
    pictures = rasterize(world.gaussians(), camera, outputs=("rgb", "median_depth"))
    assert pictures.median_depth is not None
    depth = pictures.median_depth[0, :, :, 0].numpy()
    rotation = camera.world_to_camera.reshape(-1, 4, 4)[0, :3, :3].numpy().astype(float)
    u, v = np.meshgrid(np.arange(SIZE[0]) + 0.5, np.arange(SIZE[1]) + 0.5)
    focal = SIZE[1] / 2 / np.tan(np.radians(30))
    local = np.stack([(u - SIZE[0] / 2) / focal, (v - SIZE[1] / 2) / focal, np.ones_like(u)], axis=-1).reshape(-1, 3)
    # Along rays whose z in the camera is one, the way to a box is the depth.
    rays = local @ rotation
    true = np.min([_way_to_box(eye, rays, *part.box) for part in parts], axis=0)
    true = true.reshape(depth.shape)
    seen = np.isfinite(true)
    assert seen.mean() > 0.5
    # Pixels beside an edge see either side of it.
    near = np.where(seen, true, 1e6)
    steady = seen.copy()
    for axis in (0, 1):
        for step in (-1, 1):
            steady &= np.abs(near - np.roll(near, step, axis)) < 0.04 * near
    wrong = np.abs(depth[steady] - true[steady]) / true[steady]
    assert (wrong < 0.05).mean() > 0.995


def _way_to_box(eye: np.ndarray, rays: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Multiples (N,) of the rays at which they enter a box; infinite where they miss it."""
    first, second = (low - eye) / rays, (high - eye) / rays
    enter, leave = np.minimum(first, second).max(axis=1), np.maximum(first, second).min(axis=1)
    return np.where((enter <= leave) & (enter > 0), enter, np.inf)


def test_parts_are_what_their_names_say(room: Path) -> None:
    world = from_blockout(room, spec=WorldSpec(gaussians=20_000))
    surface = world.layer("blockout").surface
    assert surface is not None
    labels = set(surface.labels.tolist())
    assert {label_index("room/wall"), label_index("room/floor"), label_index("building/stairs")} <= labels
    assert world.layer("water").surface is not None
    x, y, z = world.spawn.position
    assert abs(x) < 3.6 and abs(z) < 3.9 and y == pytest.approx(1.6, abs=0.2), "one stands on the floor, off the walls"


@pytest.mark.parametrize(
    ("name", "colour", "kind"),
    [
        ("Wall_03", None, "wall"),
        ("LakeSurface", None, "water"),
        ("oak.001", None, "oak"),
        ("couch", None, "sofa"),
        ("brick pile", None, "brick"),
        ("Cube.004", (0.1, 0.4, 0.9), "water"),
        ("Cube.005", (0.12, 0.5, 0.1), "tree"),
        ("Cube", None, "wall"),
    ],
)
def test_names_then_colours_say_what_a_part_is(name: str, colour: tuple[float, float, float] | None, kind: str) -> None:
    assert kind_of(name, colour) == kind


def test_the_same_boxes_and_seed_give_the_same_bytes(room: Path) -> None:
    first, again = (from_blockout(room, spec=WorldSpec(gaussians=8000), seed=4) for _ in range(2))
    other = from_blockout(room, spec=WorldSpec(gaussians=8000), seed=5)
    for name in ("blockout", "water"):
        assert torch.equal(first.layer(name).gaussians.means, again.layer(name).gaussians.means)
        assert torch.equal(first.layer(name).gaussians.sh, again.layer(name).gaussians.sh)
    assert not torch.equal(first.layer("blockout").gaussians.sh, other.layer("blockout").gaussians.sh)


def test_broken_files_are_told(tmp_path: Path) -> None:
    nan = box((1, 1, 1), (0, 0, 0))
    vertices = nan.vertices.copy()
    vertices[0, 0] = np.nan
    (tmp_path / "nan.glb").write_bytes(glb(trimesh.Scene(trimesh.Trimesh(vertices, nan.faces, process=False))))
    with pytest.raises(InvalidDataError, match="NaN"):
        read_blockout(tmp_path / "nan.glb")
    (tmp_path / "far.glb").write_bytes(glb(trimesh.Scene(box((1, 1, 1), (90_000, 0, 0)))))
    with pytest.raises(InvalidDataError, match="metres"):
        read_blockout(tmp_path / "far.glb")
    (tmp_path / "text.glb").write_text("not a GLB at all")
    with pytest.raises(FormatError, match=r"text\.glb"):
        read_blockout(tmp_path / "text.glb")
    points = trimesh.Scene(trimesh.PointCloud(np.eye(3)))
    (tmp_path / "points.glb").write_bytes(glb(points))
    with pytest.raises(FormatError, match="no triangles"):
        read_blockout(tmp_path / "points.glb")


def test_damaged_bytes_never_do_more_than_complain(room: Path, tmp_path: Path) -> None:
    data = bytearray(room.read_bytes())
    rng = np.random.default_rng(0)
    path = tmp_path / "damaged.glb"
    for _ in range(25):
        broken = data.copy()
        for place in rng.integers(0, len(broken), 6):
            broken[place] = int(rng.integers(256))
        path.write_bytes(broken[: int(rng.integers(20, len(broken) + 1))])
        try:
            read_blockout(path)
        except WorldloomError as error:
            assert "damaged.glb" in str(error)
