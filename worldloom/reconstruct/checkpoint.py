"""The state of a training on disk: one safetensors file, replaced in one step, so that the last one is always whole."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor

from worldloom.reconstruct.exposure import Exposure
from worldloom.reconstruct.pose_refinement import PoseRefinement
from worldloom.reconstruct.records import Record
from worldloom.reconstruct.strategies import Splats
from worldloom.scene.errors import FormatError
from worldloom.scene.files import replacing
from worldloom.scene.gaussians import FIELD_NAMES, Gaussians


class Clock(Record):
    """Where a training stands. Everything random is drawn from (seed, step), so this is all there is to remember."""

    step: int = 0
    """Steps done."""
    seconds: float = 0.0
    """Wall-clock time spent training, over all runs."""
    options_hash: str = ""
    """Of the options and inputs; a checkpoint is only continued with the same."""


def save_checkpoint(path: Path, clock: Clock, splats: Splats, exposure: Exposure, poses: PoseRefinement) -> None:
    """Write everything that the next step needs.

    Raises:
        WorldloomError: the disk is full or read-only; the checkpoint before stays as it was.
    """
    from safetensors.torch import save_file

    tensors: dict[str, Tensor] = {"statistics": splats.statistics}
    groups = {"gaussians": splats.gaussians, "first": splats.first_moments, "second": splats.second_moments}
    for group, gaussians in groups.items():
        tensors |= {f"{group}.{field}": tensor for field, tensor in zip(FIELD_NAMES, gaussians.tensors)}
    tensors |= {"exposure": exposure.parameters}
    tensors |= {"poses.world_to_camera": poses.world_to_camera}
    tensors |= {"poses.first": poses.first_moments, "poses.second": poses.second_moments}
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    metadata = {"clock": clock.model_dump_json(), "exposure_kind": json.dumps(exposure.kind)}
    with replacing(path) as beside:
        save_file(contiguous, beside, metadata)


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> tuple[Clock, Splats, Exposure, PoseRefinement]:
    """Read what `save_checkpoint` wrote.

    Raises:
        FormatError: the file is damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        clock = Clock.model_validate_json(metadata["clock"])
        groups = [
            Gaussians(*(tensors[f"{group}.{field}"] for field in FIELD_NAMES)).to(device)
            for group in ("gaussians", "first", "second")
        ]
        gaussians, first, second = groups
        splats = Splats(gaussians, first, second, tensors["statistics"].to(device))
        exposure = Exposure(json.loads(metadata["exposure_kind"]), tensors["exposure"])
        poses = PoseRefinement(*(tensors[f"poses.{name}"] for name in ("world_to_camera", "first", "second")))
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise FormatError(f"The checkpoint {path} is damaged ({error}). Delete it to train from the start.") from None
    return clock, splats, exposure, poses
