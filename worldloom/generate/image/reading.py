"""`read_picture`: any still picture in, upright 8-bit sRGB and what its file knows of the lens out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.provenance import InputFile, hash_file

Rgb = NDArray[np.uint8]
"""(H, W, 3) sRGB."""

LONG_SIDE = 768
"""Pixels of a picture that become Gaussians, on its longer side."""
MOST_PIXELS = 100_000_000
_LEAST_SIDE = 32
_MOST_ASPECT = 12.0
_SENSOR_WIDTH_35MM = 36.0
_CROP_FACTORS = {
    "APPLE IPHONE": 7.0,
    "GOOGLE PIXEL": 6.2,
    "SAMSUNG SM-": 6.2,
    "CANON POWERSHOT": 5.6,
    "CANON EOS-1D": 1.3,
    "CANON EOS 5D": 1.0,
    "CANON EOS 6D": 1.0,
    "CANON EOS": 1.6,
    "NIKON D3S": 1.0,
    "NIKON D4": 1.0,
    "NIKON D6": 1.0,
    "NIKON D7": 1.5,
    "NIKON D8": 1.0,
    "NIKON COOLPIX": 5.6,
    "NIKON": 1.5,
    "SONY ILCE-7": 1.0,
    "SONY ILCE": 1.5,
    "FUJIFILM X": 1.5,
    "OLYMPUS E": 2.0,
    "PANASONIC DMC-G": 2.0,
    "PENTAX K": 1.5,
}
"""How much smaller the sensor is than 36 mm, by the start of maker and model; the longest start that fits counts."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture as it is worked on."""

    rgb: Rgb
    name: str
    width: int
    """Of the file, pixels, upright; `rgb` may be smaller."""
    height: int
    focal_over_long_side: float | None = None
    """From EXIF: focal length in pixels over the longer side."""
    focal_source: str = ""
    """How that is known, in words."""
    notes: tuple[str, ...] = ()
    """What was done to the file to read it, in plain sentences."""
    inputs: tuple[InputFile, ...] = ()
    tags: dict[str, float] = field(default_factory=dict)
    """GPano tags of panoramas, by name."""
    fine: Rgb | None = None
    """The same at up to twice the size, to be shrunk from."""


def read_picture(source: Path | str | Rgb, longest: int) -> Picture:
    """Read a file, or take pixels as they are; shrink to `longest` pixels on the longer side.

    Raises:
        FormatError: the file is missing, no picture, damaged, or has more than 100 megapixels.
        InvalidDataError: it is too small, too long, animated, or black all over.
    """
    picture = _from_array(source, longest) if isinstance(source, np.ndarray) else _from_file(Path(source), longest)
    height, width = picture.rgb.shape[:2]
    if min(picture.width, picture.height) < _LEAST_SIDE:
        raise InvalidDataError(
            f"{picture.name} is {picture.width} x {picture.height} pixels; give a picture of at least "
            f"{_LEAST_SIDE} pixels on each side."
        )
    if max(width, height) > _MOST_ASPECT * min(width, height):
        raise InvalidDataError(f"{picture.name} is {picture.width} x {picture.height}: too narrow to be a view.")
    if int(picture.rgb.max()) - int(picture.rgb.min()) < 6:
        raise InvalidDataError(f"{picture.name} is of one colour all over; there is nothing in it to build from.")
    return picture


def _from_array(pixels: NDArray[Any], longest: int) -> Picture:
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise InvalidDataError(
            f"The picture is {pixels.dtype} of shape {tuple(pixels.shape)}, expected (H, W, 3) of uint8."
        )
    height, width = pixels.shape[:2]
    if width * height > MOST_PIXELS:
        raise FormatError(f"The picture has {width} x {height} pixels; shrink it to 100 megapixels or less.")
    return Picture(shrunk(pixels, longest), "The picture", width, height, fine=shrunk(pixels, 2 * longest))


def _from_file(path: Path, longest: int) -> Picture:
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # checked here, with a message of our own
    try:
        with Image.open(path) as image:
            if image.width * image.height > MOST_PIXELS:
                raise FormatError(
                    f"{path.name} has {image.width} x {image.height} pixels; shrink it to 100 megapixels or less."
                )
            if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
                raise InvalidDataError(f"{path.name} is animated; give one still picture of it.")
            exif = image.getexif()
            tags = _panorama_tags(image)
            width, height = image.size
            if exif.get(0x0112, 1) in (5, 6, 7, 8):
                width, height = height, width
            if image.format == "JPEG":
                image.draft("RGB", (2 * longest, 2 * longest))  # decodes big files at a half, a quarter or an eighth
            upright = ImageOps.exif_transpose(image)
            rgb, notes = _to_rgb(upright)
    except (FormatError, InvalidDataError):
        raise
    except FileNotFoundError:
        raise FormatError(f"{path} is missing.") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, MemoryError, EOFError) as error:
        raise FormatError(f"{path.name} can't be read as a picture ({error}). Save it again as JPEG or PNG.") from None
    if exif.get(0x0112, 1) not in (0, 1, None):
        notes = (*notes, "It was turned upright as its EXIF says.")
    focal, focal_source = _focal(exif, width, height)
    return Picture(
        shrunk(rgb, longest),
        path.name,
        width,
        height,
        focal,
        focal_source,
        notes,
        (hash_file(path),),
        tags,
        shrunk(rgb, 2 * longest),
    )


def _to_rgb(image: Any) -> tuple[Rgb, tuple[str, ...]]:
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        values = np.nan_to_num(np.asarray(image, np.float32))
        top = 65535.0 if values.max(initial=0) > 255 else 255.0
        grey = (np.clip(values / top, 0, 1) * 255 + 0.5).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2), ("It has 16 bits a pixel; 8 were kept.",)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        from PIL import Image

        over = image.convert("RGBA")
        white = Image.new("RGBA", over.size, (255, 255, 255, 255))
        flat = np.array(Image.alpha_composite(white, over).convert("RGB"))
        return flat, ("Its transparent parts were put on white.",)
    notes = {"L": ("It is grey.",), "CMYK": ("Its printing colours (CMYK) were converted.",)}
    return np.array(image.convert("RGB")), notes.get(image.mode, ())


def shrunk(rgb: Rgb, longest: int) -> Rgb:
    """With a longer side of at most `longest` pixels."""
    import cv2

    height, width = rgb.shape[:2]
    scale = longest / max(width, height)
    if scale >= 1:
        return np.ascontiguousarray(rgb)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _focal(exif: Any, width: int, height: int) -> tuple[float | None, str]:
    details, longer = exif.get_ifd(0x8769), max(width, height)
    equivalent = _number(details.get(0xA405))
    if equivalent is not None and 5 <= equivalent <= 2000:
        return equivalent / _SENSOR_WIDTH_35MM, f"EXIF says {equivalent:g} mm on 35 mm film"
    millimetres, per_unit = _number(details.get(0x920A)), _number(details.get(0xA20E))
    if millimetres is None:
        return None, ""
    if per_unit is not None:
        unit = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}.get(details.get(0xA210, 2), 25.4)
        recorded = max(_number(details.get(0xA002)) or longer, _number(details.get(0xA003)) or 0)
        share = millimetres * per_unit / unit / recorded
        if 0.2 < share < 50:
            return share, f"EXIF says {millimetres:g} mm and how fine the sensor is"
    model = f"{exif.get(0x010F, '')} {exif.get(0x0110, '')}".upper().replace("CORPORATION ", "")
    for start in sorted(_CROP_FACTORS, key=len, reverse=True):
        if model.startswith(start) or start in model:
            share = millimetres * _CROP_FACTORS[start] / _SENSOR_WIDTH_35MM
            return share, f"EXIF says {millimetres:g} mm, the sensor's size is known by its name"
    return None, ""


def _panorama_tags(image: Any) -> dict[str, float]:
    """Numbers of Google's Photo Sphere XMP, where there are some."""
    import re

    xmp = image.info.get("xmp", b"")
    text = xmp.decode("utf-8", "replace") if isinstance(xmp, bytes) else str(xmp)
    found = re.findall(r"GPano:(\w+)(?:=\"|>)\s*(-?\d+(?:\.\d+)?)", text[:200_000])
    return {name: float(value) for name, value in found}
