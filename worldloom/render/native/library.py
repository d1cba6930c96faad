"""The C++ engine through ctypes: the structs of types.h and the functions of api.cpp."""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, Structure, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_uint64, c_void_p
from functools import cache

from torch import Tensor

from worldloom.render.native.build import LIBRARY
from worldloom.scene.errors import WorldloomError


class View(Structure):
    _fields_ = [
        ("width", c_int32),
        ("height", c_int32),
        ("fx", c_float),
        ("fy", c_float),
        ("cx", c_float),
        ("cy", c_float),
        ("pose", c_float * 12),
    ]


class Model(Structure):
    _fields_ = [
        ("count", c_int64),
        ("coefficients", c_int32),
        ("sh_degree", c_int32),
        ("means", c_void_p),
        ("quats", c_void_p),
        ("log_scales", c_void_p),
        ("opacity_logits", c_void_p),
        ("sh", c_void_p),
    ]


class Picture(Structure):
    _fields_ = [
        ("rgb", c_void_p),
        ("transmittance", c_void_p),
        ("depth", c_void_p),
        ("normal", c_void_p),
        ("median_depth", c_void_p),
    ]


class PictureGradient(Structure):
    _fields_ = [("rgb", c_void_p), ("transmittance", c_void_p), ("depth", c_void_p), ("normal", c_void_p)]


class Arrays(Structure):
    """Five arrays of the shapes of a Gaussians' tensors (`Gradients` in types.h)."""

    _fields_ = [
        ("means", c_void_p),
        ("quats", c_void_p),
        ("log_scales", c_void_p),
        ("opacity_logits", c_void_p),
        ("sh", c_void_p),
    ]


class Adam(Structure):
    _fields_ = [
        ("first", Arrays),
        ("second", Arrays),
        ("rate_means", c_float),
        ("rate_quats", c_float),
        ("rate_log_scales", c_float),
        ("rate_opacity_logits", c_float),
        ("rate_sh0", c_float),
        ("rate_sh_rest", c_float),
        ("beta1", c_float),
        ("beta2", c_float),
        ("epsilon", c_float),
        ("step", c_int32),
        ("opacity_weight", c_float),
        ("scale_weight", c_float),
    ]


_SIGNATURES = {
    "worldloom_kernels": (c_void_p, [c_char_p]),
    "worldloom_name": (c_char_p, [c_void_p]),
    "worldloom_processors": (c_int, []),
    "worldloom_create": (c_void_p, [c_void_p]),
    "worldloom_destroy": (None, [c_void_p, c_void_p]),
    "worldloom_forward": (
        c_int,
        [c_void_p, c_void_p, c_int, POINTER(View), POINTER(Model), POINTER(c_float * 3), c_int, POINTER(Picture)],
    ),
    "worldloom_backward": (
        c_int,
        [
            c_void_p,
            c_void_p,
            POINTER(Model),
            POINTER(Picture),
            POINTER(PictureGradient),
            c_int,
            POINTER(Arrays),
            POINTER(Adam),
            c_void_p,
            POINTER(c_double * 12),
        ],
    ),
    "worldloom_weights": (c_int, [c_void_p, c_void_p, c_int64, *[c_void_p] * 2]),
    "worldloom_scratch_bytes": (c_int64, [c_void_p, c_void_p]),
    "worldloom_stage_times": (None, [c_void_p, c_void_p, POINTER(c_double * 7)]),
    "worldloom_counts": (None, [c_void_p, c_void_p, POINTER(c_int64 * 2)]),
    "worldloom_l1_dssim": (
        c_int,
        [c_void_p, c_int, c_void_p, c_void_p, c_void_p, c_int, c_int, c_float, c_void_p, POINTER(c_double)],
    ),
    "worldloom_mcmc_noise": (None, [c_void_p, c_int, POINTER(Model), c_float, c_uint64, c_uint64]),
    "worldloom_sunlit": (
        None,
        [c_int, c_int64, *[c_void_p] * 2, c_int64, *[c_void_p] * 3, c_void_p, c_float, c_int64, c_int, c_void_p],
    ),
    "worldloom_mirrored": (
        None,
        [c_int, c_int64, *[c_void_p] * 4, c_int, c_void_p, c_int, *[c_void_p] * 2, c_float, c_void_p],
    ),
    "worldloom_near": (None, [c_int, c_int64, c_void_p, c_int64, c_void_p, c_float, c_void_p]),
    "worldloom_flood": (None, [c_int, c_int64, c_void_p, c_float, c_void_p]),
    "worldloom_inside": (None, [c_int, c_int64, c_void_p, c_int64, *[c_void_p] * 2]),
    "worldloom_sightings": (None, [c_int, c_int64, *[c_void_p] * 3, *[c_int64] * 2, *[c_void_p] * 2]),
    "worldloom_open_light": (None, [c_int, c_int64, *[c_void_p] * 10, c_float, c_void_p]),
    "worldloom_hazed": (None, [c_int, c_int64, *[c_void_p] * 2, c_float, *[c_void_p] * 2]),
    "worldloom_toned": (None, [c_int, c_int64, *[c_void_p] * 3]),
    "worldloom_object": (None, [c_int64, *[c_void_p] * 8, *[c_float] * 2, c_void_p, POINTER(c_double)]),
    "worldloom_zorder": (None, [c_int64, *[c_void_p] * 2]),
    "worldloom_frames": (None, [c_int64, *[c_void_p] * 3]),
    "worldloom_openness": (
        None,
        [
            *(c_int, c_int64, *[c_void_p] * 3, c_int64, *[c_void_p] * 3),
            *(c_int, c_void_p, c_float, c_int64, c_void_p, c_void_p),
        ],
    ),
    "worldloom_faces": (None, [c_int64, *[c_void_p] * 5, c_float, c_void_p]),
    "worldloom_away": (None, [c_void_p] * 3),
    "worldloom_room_light": (
        None,
        [
            *(c_int, c_int64, *[c_void_p] * 9, c_float),
            *(c_int, *[c_void_p] * 3, c_int, c_int, c_int, c_int, c_float, c_void_p, c_void_p),
        ],
    ),
    "worldloom_merge": (
        None,
        [c_int, c_int64, c_int64, c_int, c_int, c_void_p, c_float, *[c_void_p] * 6],
    ),
    "worldloom_lamplight": (
        None,
        [c_int, c_int64, *[c_void_p] * 6, c_float, c_int, *[c_void_p] * 4],
    ),
}

STAGES = ("cull", "project", "sort", "bin", "blend", "blend_backward", "project_backward")
"""What `worldloom_stage_times` measures, in order."""


@cache
def library() -> ctypes.CDLL:
    """The loaded library.

    Raises:
        WorldloomError: it was not compiled, or this machine cannot load it.
    """
    try:
        loaded = ctypes.CDLL(str(LIBRARY))
    except OSError as error:
        raise WorldloomError(
            f"The CPU renderer {LIBRARY.name} could not be loaded ({error}). Build it with `pip install .` or "
            "`python -m worldloom.render.native.build`."
        ) from error
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


@cache
def kernels(isa: str | None = None) -> c_void_p:
    """The engine for an instruction set: "avx512", "avx2", "sse2" or "neon"; by default the best of this processor,
    or what the environment variable WORLDLOOM_ISA names.

    Raises:
        WorldloomError: this processor does not have it.
    """
    wanted = isa or os.environ.get("WORLDLOOM_ISA") or None
    found = library().worldloom_kernels(wanted.encode() if wanted else None)
    if not found:
        raise WorldloomError(f"This processor has no '{wanted}' engine. Unset WORLDLOOM_ISA to let it choose.")
    return c_void_p(found)


def available_isas() -> list[str]:
    """Instruction sets that this processor can run, best first."""
    names = ("avx512", "avx2", "sse2", "neon")
    return [name for name in names if library().worldloom_kernels(name.encode())]


def pointer(tensor: Tensor | None) -> int | None:
    """Address of a float32 tensor's contiguous data."""
    return None if tensor is None else tensor.data_ptr()
