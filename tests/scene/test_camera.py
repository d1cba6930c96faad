from __future__ import annotations

import math

import pytest
import torch

from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError


def test_looking_at_follows_the_conventions() -> None:
    camera = Camera.looking_at(torch.tensor([0.0, 1, 5]), torch.tensor([0.0, 1, 0]), width=640, height=480)
    ahead, above, right = torch.tensor([[0.0, 1, 0, 1], [0, 2, 0, 1], [1, 1, 0, 1]]) @ camera.world_to_camera.T
    assert torch.allclose(ahead[:3], torch.tensor([0.0, 0, 5]), atol=1e-6)
    assert above[1] < 0, "camera y points down"
    assert right[0] > 0
    assert torch.allclose(camera.position, torch.tensor([0.0, 1, 5]), atol=1e-6)
    assert torch.allclose(camera.camera_to_world @ camera.world_to_camera, torch.eye(4), atol=1e-6)
    assert camera.fy == pytest.approx(240 / math.tan(math.radians(30)))


def test_looking_straight_down_works() -> None:
    camera = Camera.looking_at(torch.tensor([0.0, 5, 0]), torch.zeros(3), width=8, height=8)
    assert torch.allclose(
        camera.world_to_camera @ torch.tensor([0.0, 0, 0, 1]), torch.tensor([0.0, 0, 5, 1]), atol=1e-6
    )


def test_resizing_keeps_the_view() -> None:
    camera = Camera(640, 480, 500.0, 510.0, 320.0, 250.0, torch.eye(4)).resized(320, 120)
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (250.0, 127.5, 160.0, 62.5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("width", 0),
        ("height", 70_000),
        ("fx", 0.0),
        ("fy", float("nan")),
        ("cx", float("inf")),
        ("world_to_camera", torch.zeros(4, 4)),
        ("world_to_camera", torch.eye(3)),
        ("world_to_camera", torch.diag(torch.tensor([-1.0, 1, 1, 1]))),
        ("world_to_camera", torch.full((4, 4), float("nan"))),
    ],
)
def test_bad_values_name_the_field(field: str, value: object) -> None:
    good = {"width": 8, "height": 8, "fx": 4.0, "fy": 4.0, "cx": 4.0, "cy": 4.0, "world_to_camera": torch.eye(4)}
    Camera.checked(**good)
    with pytest.raises(InvalidDataError, match=f"'{field}'"):
        Camera.checked(**{**good, field: value})
