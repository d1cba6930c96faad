"""What a USD stage tells of a world besides its splats: layers that move, cameras, sounds, and notes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from worldloom.export.staging import Motion, Shot, Staging
from worldloom.scene.authored import Audio, media_files
from worldloom.scene.gaussians import Gaussians

PACKED = ("mp3", "wav", "m4a")
"""Sounds that a .usdz may hold."""
_RATE = 24.0
"""Time codes in a second."""
_APERTURE = 24.0
"""Height of the cameras' film, in tenths of a scene unit as USD has it."""

DefineSplats = Callable[[Any, Any, str, Gaussians], None]


def fill_stage(pxr: Any, stage: Any, staging: Staging, sounds: Sequence[Audio], define_splats: DefineSplats) -> None:
    """Put all of a staging into a stage whose root is /World.

    Args:
        pxr: usd-core's modules by name.
        sounds: which of the staging's sounds.
        define_splats: makes a particle field at a path.
    """
    periods = [motion.seconds[-1] for piece in staging.pieces for motion in piece.motions]
    end = max([*periods, *(shot.seconds[-1] for shot in staging.shots)], default=0.0)
    if end > 0:
        stage.SetTimeCodesPerSecond(_RATE)
        stage.SetStartTimeCode(0)
        stage.SetEndTimeCode(end * _RATE)
    names = _Names(pxr)
    for piece in staging.pieces:
        if not piece.motions:
            define_splats(pxr, stage, f"/World/{names.free('Splats')}", piece.gaussians)
            continue
        place = f"/World/{names.free(piece.name)}"
        xform = pxr.UsdGeom.Xform.Define(stage, place)
        for number, motion in enumerate(piece.motions):
            _add_motion(pxr, xform, motion, number, end)
        define_splats(pxr, stage, f"{place}/Splats", piece.gaussians)
    for shot in staging.shots:
        _add_camera(pxr, stage, f"/World/{names.free(shot.name)}", shot)
    for sound, (file, _) in zip(sounds, media_files(sounds)):
        _add_sound(pxr, stage, f"/World/{names.free(sound.name)}", sound, file)
    stage.GetPrimAtPath("/World").SetCustomDataByKey("worldloom", json.dumps(staging.notes))


class _Names:
    """Names that prims can have, each once."""

    def __init__(self, pxr: Any) -> None:
        self._pxr = pxr
        self._taken: set[str] = set()

    def free(self, wish: str) -> str:
        valid = self._pxr.Sdf.Path.IsValidIdentifier
        base = wish if valid(wish) else re.sub(r"[^A-Za-z0-9_]", "_", wish)
        base = base if valid(base) else f"_{base}"
        name, number = base, 1
        while name in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name)
        return name


def _add_motion(pxr: Any, xform: Any, motion: Motion, number: int, end: float) -> None:
    """Transform operations with samples to the stage's end: USD has no motion without one."""
    label = f"motion{number}"
    seconds, at = _repeated(motion, end)
    if motion.offsets is not None:
        move = xform.AddTranslateOp(opSuffix=label)
        move.Set(pxr.Gf.Vec3d(0, 0, 0))
        for time, offset in zip(seconds, motion.offsets[at]):
            move.Set(pxr.Gf.Vec3d(*offset.tolist()), time * _RATE)
        return
    assert motion.turns is not None
    about = xform.AddTranslateOp(opSuffix=f"{label}Pivot")
    about.Set(pxr.Gf.Vec3d(*motion.pivot))
    turn = xform.AddOrientOp(opSuffix=label)
    turn.Set(pxr.Gf.Quatf(1, 0, 0, 0))
    for time, quat in zip(seconds, motion.turns[at]):
        turn.Set(pxr.Gf.Quatf(*quat.tolist()), time * _RATE)
    xform.AddTranslateOp(opSuffix=f"{label}Pivot", isInverseOp=True)


def _repeated(motion: Motion, end: float) -> tuple[Iterable[float], np.ndarray]:
    """Times (n,) to the end, and the period's sample at each."""
    steps = len(motion.seconds) - 1
    period = float(motion.seconds[-1])
    count = math.ceil(end / period * steps - 1e-9) + 1
    index = np.arange(count)
    return (index * (period / steps)).tolist(), index % steps


def _add_camera(pxr: Any, stage: Any, place: str, shot: Shot) -> None:
    camera = pxr.UsdGeom.Camera.Define(stage, place)
    camera.CreateVerticalApertureAttr(_APERTURE)
    camera.CreateHorizontalApertureAttr(_APERTURE * 16 / 9)
    camera.CreateFocalLengthAttr(_APERTURE / 2 / math.tan(math.radians(shot.vertical_fov) / 2))
    camera.CreateClippingRangeAttr(pxr.Gf.Vec2f(0.03, 5000))
    move, turn = camera.AddTranslateOp(), camera.AddOrientOp()
    for number, (time, place_then, quat) in enumerate(zip(shot.seconds, shot.positions, shot.rotations)):
        values = pxr.Gf.Vec3d(*place_then.tolist()), pxr.Gf.Quatf(*quat.tolist())
        for op, value in zip((move, turn), values):
            if number == 0:
                op.Set(value)
            if len(shot.seconds) > 1:
                op.Set(value, float(time) * _RATE)


def _add_sound(pxr: Any, stage: Any, place: str, sound: Audio, file: str) -> None:
    audio = pxr.UsdMedia.SpatialAudio.Define(stage, place)
    tokens = pxr.UsdMedia.Tokens
    audio.CreateFilePathAttr(pxr.Sdf.AssetPath(f"./{file}"))
    audio.CreateAuralModeAttr(tokens.spatial)
    audio.CreatePlaybackModeAttr(tokens.loopFromStage if sound.loop else tokens.onceFromStart)
    audio.CreateGainAttr(sound.gain)
    audio.AddTranslateOp().Set(pxr.Gf.Vec3d(*sound.position))
