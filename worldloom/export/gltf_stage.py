"""What a glTF file tells of a world besides its splats: nodes that move, cameras, and notes as `extras`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.export.staging import Motion, Piece, Shot, Staging

_NEAR, _FAR = 0.03, 5000.0

Content = dict[str, Any]


class Stage:
    """Adds to a document whose meshes are those of the staging's pieces, in their order."""

    def __init__(self, content: Content, offset: int) -> None:
        """
        Args:
            offset: length of the binary part so far; a multiple of 4.
        """
        self._content = content
        self._start = self._offset = offset
        self._blocks: list[bytes] = []

    def add(self, staging: Staging) -> bytes:
        """What follows the binary part."""
        content = self._content
        content["nodes"] = []
        roots = [self._piece(number, piece) for number, piece in enumerate(staging.pieces)]
        roots += [self._shot(shot) for shot in staging.shots]
        content["scenes"] = [{"nodes": roots, "extras": {"worldloom": staging.notes}}]
        content["buffers"][0]["byteLength"] = self._offset
        return b"".join(self._blocks)

    def _piece(self, mesh: int, piece: Piece) -> int:
        """A node for each motion, within each other, and the mesh within them; its pivots cancel out."""
        before = np.zeros(3)
        root, parent = -1, -1
        for motion in piece.motions:
            pivot = before if motion.offsets is not None else np.asarray(motion.pivot, np.float64)
            node = self._node(
                {"name": f"{piece.name}: {motion.name}", "translation": (pivot - before).tolist()}, parent
            )
            self._moving(motion, node, pivot - before)
            root = node if root < 0 else root
            before, parent = pivot, node
        last: Content = {"mesh": mesh, "name": piece.name}
        if before.any():
            last["translation"] = (-before).tolist()
        node = self._node(last, parent)
        return node if root < 0 else root

    def _moving(self, motion: Motion, node: int, base: NDArray[np.float64]) -> None:
        if motion.offsets is not None:
            tracks = {"translation": motion.offsets + base}
        else:
            assert motion.turns is not None
            tracks = {"rotation": motion.turns[:, [1, 2, 3, 0]]}
        self._animation(motion.name, node, motion.seconds, tracks)

    def _shot(self, shot: Shot) -> int:
        lens = {"yfov": math.radians(shot.vertical_fov), "znear": _NEAR, "zfar": _FAR}
        cameras = self._content.setdefault("cameras", [])
        cameras.append({"type": "perspective", "perspective": lens, "name": shot.name})
        rotations = shot.rotations[:, [1, 2, 3, 0]]
        place = {"translation": shot.positions[0].tolist(), "rotation": rotations[0].tolist()}
        node = self._node({"camera": len(cameras) - 1, "name": shot.name, **place}, -1)
        if len(shot.seconds) > 1:
            self._animation(shot.name, node, shot.seconds, {"translation": shot.positions, "rotation": rotations})
        return node

    def _node(self, node: Content, parent: int) -> int:
        nodes = self._content["nodes"]
        nodes.append(node)
        if parent >= 0:
            nodes[parent].setdefault("children", []).append(len(nodes) - 1)
        return len(nodes) - 1

    def _animation(
        self, name: str, node: int, seconds: NDArray[np.float64], tracks: dict[str, NDArray[np.float64]]
    ) -> None:
        times = self._accessor(seconds[:, None], limits=True)
        samplers = [{"input": times, "output": self._accessor(values)} for values in tracks.values()]
        channels = [{"sampler": at, "target": {"node": node, "path": path}} for at, path in enumerate(tracks)]
        animations = self._content.setdefault("animations", [])
        animations.append({"name": name, "samplers": samplers, "channels": channels})

    def _accessor(self, values: NDArray[np.float64], *, limits: bool = False) -> int:
        block = np.ascontiguousarray(values, "<f4")
        views, accessors = self._content["bufferViews"], self._content["accessors"]
        accessor: Content = {
            "bufferView": len(views),
            "componentType": 5126,
            "count": len(block),
            "type": {1: "SCALAR", 3: "VEC3", 4: "VEC4"}[block.shape[1]],
        }
        if limits:
            accessor |= {"min": block.min(axis=0).tolist(), "max": block.max(axis=0).tolist()}
        views.append({"buffer": 0, "byteOffset": self._offset, "byteLength": block.nbytes})
        accessors.append(accessor)
        self._blocks.append(block.tobytes())
        self._offset += block.nbytes
        return len(accessors) - 1
