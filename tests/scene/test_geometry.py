from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scene.samples import random_gaussians, random_rotation
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.geometry import (
    Transform,
    bounds,
    crop,
    half_turn,
    merge,
    mirror,
    morton_order,
    sort_by_depth,
    sort_spatially,
    statistics,
    transform,
    with_sh_degree,
)
from worldloom.scene.rotations import matrix_to_quat, multiply_quats, quat_to_matrix
from worldloom.scene.sh import reflect_sh, reflection, rotate_sh, sh_basis

seeds = st.integers(0, 10_000)


def random_transform(seed: int) -> Transform:
    generator = torch.Generator().manual_seed(seed)
    x, y, z = (torch.randn(3, generator=generator) * 5).tolist()
    w, i, j, k = matrix_to_quat(random_rotation(seed)).tolist()
    return Transform((x, y, z), (w, i, j, k), math.exp(torch.randn((), generator=generator).item()))


@given(seeds, st.integers(0, 3))
def test_colour_turns_with_the_scene(seed: int, degree: int) -> None:
    rotation = random_rotation(seed)
    gaussians = random_gaussians(4, degree, seed=seed)
    directions = torch.nn.functional.normalize(torch.randn(30, 3, dtype=torch.float64), dim=-1)
    before = torch.einsum("dk,nkc->ndc", sh_basis(directions, degree), gaussians.sh.double())
    turned = rotate_sh(gaussians.sh.double(), rotation)
    after = torch.einsum("dk,nkc->ndc", sh_basis(directions @ rotation.T, degree), turned)
    assert torch.allclose(before, after, atol=1e-12)


def test_the_basis_is_orthonormal_and_has_the_published_signs() -> None:
    generator = torch.Generator().manual_seed(1)
    directions = torch.nn.functional.normalize(
        torch.randn(400_000, 3, generator=generator, dtype=torch.float64), dim=-1
    )
    basis = sh_basis(directions, 3)
    gram = 4 * math.pi * basis.T @ basis / len(directions)
    assert torch.allclose(gram, torch.eye(16, dtype=torch.float64), atol=0.02)
    at_x = sh_basis(torch.tensor([1.0, 0, 0], dtype=torch.float64), 3)
    assert at_x[3] == pytest.approx(-0.4886025119029199)
    assert at_x[8] == pytest.approx(0.5462742152960396)
    assert at_x[15] == pytest.approx(-0.5900435899266435)


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_half_turns_are_exact_and_agree_with_the_general_transform(axis: str) -> None:
    gaussians = random_gaussians(50, 3)
    turned = half_turn(gaussians, axis)
    quat = {"x": (0.0, 1, 0, 0), "y": (0.0, 0, 1, 0), "z": (0.0, 0, 0, 1)}[axis]
    general = transform(gaussians, Transform(rotation=quat))
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(turned.tensors, general.tensors))
    back = half_turn(turned, axis)
    assert torch.equal(back.means, gaussians.means)
    assert torch.equal(back.quats, -gaussians.quats)
    assert torch.equal(back.sh, gaussians.sh)


@given(seeds)
def test_a_transform_and_its_inverse_are_identity(seed: int) -> None:
    moving = random_transform(seed)
    gaussians = random_gaussians(20, 3, seed=seed)
    back = transform(transform(gaussians, moving), moving.inverse)
    for before, after in zip(gaussians.tensors, back.tensors):
        assert torch.allclose(before, after, atol=1e-4) or torch.allclose(before, -after, atol=1e-4)


@given(seeds)
def test_gaussians_move_as_their_covariances_do(seed: int) -> None:
    moving = random_transform(seed)
    gaussians = random_gaussians(10, 0, seed=seed)
    moved = transform(gaussians, moving)

    def covariances(of):
        axes = quat_to_matrix(of.quats.double()) * of.scales.double()[:, None]
        return axes @ axes.transpose(1, 2)

    linear = moving.matrix[:3, :3]
    expected = linear @ covariances(gaussians) @ linear.T
    assert torch.allclose(covariances(moved), expected, rtol=1e-4, atol=float(expected.abs().max()) * 1e-5)
    assert torch.allclose(moved.means.double(), gaussians.means.double() @ linear.T + moving.matrix[:3, 3], atol=1e-4)


@given(seeds)
def test_a_camera_sees_the_moved_scene_as_before(seed: int) -> None:
    moving = random_transform(seed)
    camera = Camera.looking_at(torch.tensor([1.0, 2.0, 3.0]), torch.zeros(3), width=64, height=48)
    moved = moving.apply_to_world_to_camera(camera.world_to_camera)
    points = random_gaussians(10, seed=seed).means
    before = points @ camera.world_to_camera[:3, :3].T + camera.world_to_camera[:3, 3]
    after = moving.apply_to_points(points) @ moved[:3, :3].T + moved[:3, 3]
    assert torch.allclose(after, before * moving.scale, rtol=1e-3, atol=1e-3 * moving.scale)


@given(seeds)
def test_composition_follows_matrices(seed: int) -> None:
    first, second = random_transform(seed), random_transform(seed + 1)
    assert torch.allclose((second @ first).matrix, second.matrix @ first.matrix, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize(
    "matrix",
    [
        torch.diag(torch.tensor([1.0, 2, 1, 1])),
        torch.diag(torch.tensor([-1.0, 1, 1, 1])),
        torch.full((4, 4), float("nan")),
    ],
)
def test_a_matrix_that_gaussians_can_not_follow_is_refused(matrix: torch.Tensor) -> None:
    with pytest.raises(InvalidDataError):
        Transform.from_matrix(matrix)


@given(seeds)
def test_quaternions_and_matrices_agree(seed: int) -> None:
    a, b = random_rotation(seed), random_rotation(seed + 1)
    assert torch.allclose(quat_to_matrix(matrix_to_quat(a)), a, atol=1e-12)
    product = multiply_quats(matrix_to_quat(a), matrix_to_quat(b))
    assert torch.allclose(quat_to_matrix(product), a @ b, atol=1e-12)


def test_quaternions_of_half_turns() -> None:
    for axis in range(3):
        signs = -torch.ones(3, dtype=torch.float64)
        signs[axis] = 1
        quat = matrix_to_quat(torch.diag(signs))
        assert quat[1 + axis].abs() == pytest.approx(1)


@settings(deadline=None, max_examples=25)
@given(seeds, st.integers(0, 3))
def test_colour_is_mirrored_with_the_scene(seed: int, degree: int) -> None:
    """What is seen in the mirror is what the basis says of the direction before the mirror."""
    sh = random_gaussians(5, degree, seed=seed).sh.double()
    generator = torch.Generator().manual_seed(seed)
    normal = torch.randn(3, generator=generator, dtype=torch.float64)
    directions = torch.nn.functional.normalize(torch.randn(20, 3, generator=generator, dtype=torch.float64), dim=1)
    mirrored = directions - 2 * (directions @ normal)[:, None] * normal / (normal @ normal)
    seen = torch.einsum("dk,nkc->ndc", sh_basis(mirrored, degree), reflect_sh(sh, normal))
    assert torch.allclose(seen, torch.einsum("dk,nkc->ndc", sh_basis(directions, degree), sh), atol=1e-12)


@pytest.mark.parametrize(("axis", "normal"), list(enumerate(torch.eye(3).tolist())))
def test_mirrors_square_to_an_axis_flip_signs_only(axis: int, normal: list[float]) -> None:
    gaussians = random_gaussians(50, degree=3)
    seen = mirror(gaussians, (0, 0, 0), normal)
    assert torch.equal(seen.sh.abs(), gaussians.sh.abs())
    assert torch.equal(seen.means[:, axis], -gaussians.means[:, axis])
    twice = mirror(seen, (0, 0, 0), normal)
    assert torch.equal(twice.means, gaussians.means)
    assert torch.equal(twice.quats, -gaussians.quats)
    assert torch.equal(twice.sh, gaussians.sh)


@settings(deadline=None, max_examples=25)
@given(seeds)
def test_a_mirrored_ellipsoid_is_the_mirror_image_of_the_ellipsoid(seed: int) -> None:
    gaussians = random_gaussians(20, degree=1, seed=seed).map(torch.Tensor.double)
    generator = torch.Generator().manual_seed(seed)
    point, normal = torch.randn(2, 3, generator=generator, dtype=torch.float64)
    seen = mirror(gaussians, point.tolist(), normal.tolist())
    matrix = reflection(normal)
    assert torch.allclose(seen.means, (gaussians.means - point) @ matrix.T + point, atol=1e-9)
    axes, mirrored = (quat_to_matrix(g.quats) * g.scales[:, None] for g in (gaussians, seen))
    expected = matrix @ (axes @ axes.transpose(1, 2)) @ matrix.T
    assert torch.allclose(mirrored @ mirrored.transpose(1, 2), expected, atol=1e-9)


@pytest.mark.parametrize("normal", [(0, 0, 0), (math.nan, 0, 1), (math.inf, 0, 0)])
def test_a_mirror_without_a_direction_is_refused(normal: tuple[float, ...]) -> None:
    with pytest.raises(InvalidDataError, match="normal"):
        mirror(random_gaussians(3), (0, 0, 0), normal)


def test_crop_keeps_the_closed_box() -> None:
    gaussians = random_gaussians(500)
    kept = crop(gaussians, (-1, -2, 0), (1, 2, 0.5))
    assert 0 < len(kept) < 500
    assert bool(((kept.means >= torch.tensor([-1.0, -2, 0])) & (kept.means <= torch.tensor([1.0, 2, 0.5]))).all())
    with pytest.raises(InvalidDataError, match="empty"):
        crop(gaussians, (1, 0, 0), (0, 1, 1))


def test_merge_pads_spherical_harmonics() -> None:
    low, high = random_gaussians(3, 0), random_gaussians(4, 2, seed=1)
    merged = merge([low, high])
    assert len(merged) == 7
    assert merged.sh_degree == 2
    assert torch.equal(merged.sh[:3, :1], low.sh)
    assert not merged.sh[:3, 1:].any()
    assert len(merge([])) == 0


def test_degrees_up_and_down() -> None:
    gaussians = random_gaussians(3, 1)
    assert torch.equal(with_sh_degree(with_sh_degree(gaussians, 3), 1).sh, gaussians.sh)


def test_sorting() -> None:
    gaussians = random_gaussians(300)
    spatial = sort_spatially(gaussians)
    step = (spatial.means[1:] - spatial.means[:-1]).norm(dim=1).mean()
    assert step < 0.5 * (gaussians.means[1:] - gaussians.means[:-1]).norm(dim=1).mean()
    assert torch.equal(spatial.means.sort(dim=0).values, gaussians.means.sort(dim=0).values)
    camera = Camera.looking_at(torch.tensor([5.0, 1, 0]), torch.zeros(3), width=8, height=8)
    ordered = sort_by_depth(gaussians, camera.world_to_camera)
    depths = ordered.means @ camera.world_to_camera[2, :3]
    assert bool((depths[1:] >= depths[:-1]).all())
    assert morton_order(torch.zeros(4, 3)).tolist() == [0, 1, 2, 3]


@settings(max_examples=20)
@given(st.integers(1, 200), st.floats(0, 0.4))
def test_bounds_hold_what_they_should(count: int, quantile: float) -> None:
    gaussians = random_gaussians(count, seed=count)
    full, inner = bounds(gaussians), bounds(gaussians, quantile=quantile)
    assert all(a <= b <= c <= d for a, b, c, d in zip(full.lower, inner.lower, inner.upper, full.upper))


def test_statistics_count_what_is_there() -> None:
    gaussians = random_gaussians(10, 1)
    gaussians.opacity_logits[:5] = -10
    described = statistics(gaussians)
    assert described.count == 10
    assert described.transparent_share >= 0.5
    assert described.bytes == 10 * (3 + 4 + 3 + 1 + 12) * 4
    assert statistics(gaussians[:0]).bounds is None
