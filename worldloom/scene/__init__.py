"""What a world is made of: Gaussians, cameras, layers, provenance, and the geometry on them."""

from worldloom.scene.camera import Camera
from worldloom.scene.errors import FormatError, InvalidDataError, MissingDependencyError, WorldloomError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import Bounds, Transform

__all__ = [
    "Bounds",
    "Camera",
    "FormatError",
    "Gaussians",
    "InvalidDataError",
    "MissingDependencyError",
    "Transform",
    "WorldloomError",
]
