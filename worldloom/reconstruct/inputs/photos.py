"""Photo files: any common kind in, upright 8-bit pictures with what EXIF knows out."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from worldloom.reconstruct.records import Photo
from worldloom.scene.errors import FormatError
from worldloom.scene.files import replacing

_MOST_PIXELS = 200_000_000
"""Larger pictures are refused: most likely made to fill the memory."""

_SENSOR_WIDTH_35MM = 36.0
_DIRECT_FORMATS = {"JPEG", "PNG"}


def read_photo(path: Path, name: str, folder: Path, *, mask: Path | None = None) -> Photo:
    """Look at a photo; where it is not upright 8-bit JPEG or PNG already, write such a copy into `folder`.

    Args:
        name: the photo's unique name.
        mask: its mask, if one came with it; a picture's own alpha is taken otherwise.

    Raises:
        FormatError: it is no picture, damaged, or absurdly large.
    """
    accept_heif()
    try:
        Image.MAX_IMAGE_PIXELS = None  # checked here, with a message of our own
        with Image.open(path) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise FormatError(
                    f"{path} has {image.width} x {image.height} pixels; shrink it to 200 megapixels or less."
                )
            exif = image.getexif()
            turned = exif.get(ExifTags.Base.Orientation, 1) not in (0, 1, None)
            direct = image.format in _DIRECT_FORMATS and image.mode in ("RGB", "L") and not turned
            if direct:
                image.load()  # a truncated file fails here rather than hours later
                width, height = image.size
                pixels, alpha = path, None
            else:
                upright = ImageOps.exif_transpose(image)
                width, height = upright.size
                pixels, alpha = _rewrite(upright, folder / f"{name}.png"), _alpha(upright)
    except FormatError:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, MemoryError) as error:
        raise FormatError(
            f"{path} can't be read as a picture ({error}). Remove it, or save it again as JPEG."
        ) from None
    own_mask = None
    if mask is None and alpha is not None:
        own_mask = folder / f"{name}.alpha.png"
        with replacing(own_mask) as beside:
            alpha.save(beside)
    return Photo(
        name=name,
        path=pixels.absolute(),
        source=str(path),
        width=width,
        height=height,
        focal=_focal(exif, width, height),
        mask=mask or own_mask,
        transparent=own_mask is not None,
        camera_group=_camera_group(exif, path),
        gps=_gps(exif),
        taken=_taken(exif),
    )


def accept_heif() -> None:
    """Have Pillow open HEIC files, which it can't by itself."""
    import pi_heif

    pi_heif.register_heif_opener()


def _rewrite(image: Image.Image, target: Path) -> Path:
    with replacing(target) as beside:
        _to_rgb(image).save(beside, compress_level=1)
    return target


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        values = np.asarray(image, np.float32)
        top = 65535.0 if values.max(initial=0) > 255 else 255.0
        return Image.fromarray((np.clip(values / top, 0, 1) * 255).astype(np.uint8)).convert("RGB")
    return image.convert("RGB")


def _alpha(image: Image.Image) -> Image.Image | None:
    """The alpha channel, if it hides anything."""
    if not (image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info):
        return None
    alpha = image.convert("RGBA").getchannel("A")
    low, _ = alpha.getextrema()
    return alpha if isinstance(low, int | float) and low < 255 else None


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _focal(exif: Image.Exif, width: int, height: int) -> float | None:
    """Focal length in pixels: from its 35 mm equivalent, else from the sensor's pixel pitch."""
    details = exif.get_ifd(ExifTags.IFD.Exif)
    longer = max(width, height)
    equivalent = _number(details.get(ExifTags.Base.FocalLengthIn35mmFilm))
    if equivalent is not None and 5 <= equivalent <= 2000:
        return equivalent / _SENSOR_WIDTH_35MM * longer
    millimetres = _number(details.get(ExifTags.Base.FocalLength))
    per_unit = _number(details.get(ExifTags.Base.FocalPlaneXResolution))
    original = _number(details.get(ExifTags.Base.ExifImageWidth))
    if millimetres is None or per_unit is None:
        return None
    unit = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}.get(details.get(ExifTags.Base.FocalPlaneResolutionUnit, 2), 25.4)
    focal = millimetres * per_unit / unit
    if original is not None:  # the picture may have been shrunk since
        recorded = max(original, _number(details.get(ExifTags.Base.ExifImageHeight)) or 0)
        focal *= longer / recorded
    return focal if 0.2 * longer < focal < 50 * longer else None


def _camera_group(exif: Image.Exif, path: Path) -> str:
    """Photos of one camera at one zoom; without EXIF, those that lie in one folder."""
    details = exif.get_ifd(ExifTags.IFD.Exif)
    model = f"{exif.get(ExifTags.Base.Make, '')} {exif.get(ExifTags.Base.Model, '')}".strip()
    if not model:
        return f"folder {path.parent}"
    zoom = _number(details.get(ExifTags.Base.FocalLength))
    return f"{model} {zoom:.2f} mm" if zoom is not None else model


def _gps(exif: Image.Exif) -> tuple[float, float, float] | None:
    entries = exif.get_ifd(ExifTags.IFD.GPSInfo)
    try:
        latitude = _degrees(entries[ExifTags.GPS.GPSLatitude])
        longitude = _degrees(entries[ExifTags.GPS.GPSLongitude])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    latitude *= -1 if entries.get(ExifTags.GPS.GPSLatitudeRef) == "S" else 1
    longitude *= -1 if entries.get(ExifTags.GPS.GPSLongitudeRef) == "W" else 1
    altitude = _number(entries.get(ExifTags.GPS.GPSAltitude)) or 0.0
    below = entries.get(ExifTags.GPS.GPSAltitudeRef) in (1, b"\x01")
    if not (math.isfinite(latitude) and math.isfinite(longitude)) or (latitude == 0 and longitude == 0):
        return None
    return latitude, longitude, -altitude if below else altitude


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600


def _taken(exif: Image.Exif) -> float | None:
    text = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
    try:
        return (datetime.strptime(str(text), "%Y:%m:%d %H:%M:%S") - datetime(1970, 1, 1)).total_seconds()
    except ValueError:
        return None
