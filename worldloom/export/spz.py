"""Niantic SPZ: 20 bytes per Gaussian and one per SH coefficient above degree 0, stored by attribute and compressed.

A header, then six streams, each one attribute of all Gaussians: positions (24-bit fixed point), opacities, degree-0
colours, log scales (a byte each), quaternions, higher SH (a byte each, of which 5 bits are used in degree 1 and 4
above). Versions 1 to 3 are this, compressed by gzip; version 4 compresses each stream by Zstandard after a table of
their sizes. Version 1 has half-float positions; 1 and 2 keep a quaternion's x, y, z in 3 bytes, 3 and 4 its smallest
three components in 4.

Frame: y up, z towards the viewer ("y"), as Niantic's specification says ("RUB") and as Scaniverse writes. Some
converters, splat-transform among them, copy the numbers of a 3DGS .ply unchanged; read theirs with `up="-y"`.
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from worldloom.export.blocks import BLOCK, Up, allocate, blocks, check_writable, finish
from worldloom.export.quantise import (
    BYTE_TO_LOGIT,
    from_smallest_three,
    round_half_away,
    sigmoid,
    smallest_three,
    to_bytes,
)
from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.files import replacing
from worldloom.scene.gaussians import MAX_SH_DEGREE, Gaussians

Bytes = NDArray[np.uint8]
Version = Literal[2, 3, 4]

_MAGIC = b"NGSP"
_GZIP_MAGIC = b"\x1f\x8b"
_HEADER = struct.Struct("<4sIIBBBB")
_HEADER_4 = struct.Struct("<4sIIBBBBI12x")
_TABLE_ENTRY = struct.Struct("<QQ")
_ANTIALIASED = 1

_FRACTIONAL_BITS = 12
_COLOUR_SCALE = np.float32(0.15)
_GZIP_LEVEL = 6
_QUICK_GZIP_LEVEL = 1
_ZSTD_LEVEL = 3
"""Level 12, Niantic's, makes files 5% smaller and takes more than three times as long."""

_ALWAYS_ALLOWED = 64 << 20
_LARGEST_RATIO = 64
"""A file may unpack to `_ALWAYS_ALLOWED` bytes, or to this many times its own size; real captures reach about 3."""
_LARGEST_WINDOW = 1 << 27
"""Memory that a Zstandard stream may ask for, bytes; the most that its encoders use unless told otherwise."""


@dataclass(frozen=True)
class _Header:
    version: int
    count: int
    sh_degree: int
    """Of the file; 4 is possible, and read as 3."""
    fractional_bits: int
    flags: int = 0

    @property
    def half_positions(self) -> bool:
        return self.version == 1

    @property
    def three_byte_quats(self) -> bool:
        return self.version <= 2


class _Stream(NamedTuple):
    """One attribute: how many bytes it has per Gaussian, and the way there and back for a block of B Gaussians."""

    width: Callable[[_Header], int]
    encode: Callable[[Gaussians, _Header], NDArray]
    """To B * width bytes."""
    decode: Callable[[Bytes, _Header, Gaussians], None]
    """From bytes (B, width), into a field of the Gaussians."""


def _encode_positions(block: Gaussians, header: _Header) -> Bytes:
    fixed = round_half_away(block.means.numpy() * np.float32(2**header.fractional_bits)).astype("<i4")
    return fixed.view(np.uint8).reshape(-1, 4)[:, :3]


def _decode_positions(data: Bytes, header: _Header, into: Gaussians) -> None:
    if header.half_positions:
        into.means.numpy()[:] = data.view("<f2")
        return
    words = np.zeros((len(data) * 3, 4), np.uint8)
    words[:, 1:] = data.reshape(-1, 3)
    fixed = words.view("<i4") >> 8  # keeps the sign
    into.means.numpy()[:] = fixed.reshape(-1, 3) * np.float32(2.0**-header.fractional_bits)


def _encode_alphas(block: Gaussians, header: _Header) -> Bytes:
    return to_bytes(sigmoid(block.opacity_logits.numpy()) * 255)


def _decode_alphas(data: Bytes, header: _Header, into: Gaussians) -> None:
    into.opacity_logits.numpy()[:] = BYTE_TO_LOGIT[data[:, 0]]


def _encode_colours(block: Gaussians, header: _Header) -> Bytes:
    return to_bytes(block.sh.numpy()[:, 0] * (_COLOUR_SCALE * 255) + np.float32(127.5))


def _decode_colours(data: Bytes, header: _Header, into: Gaussians) -> None:
    into.sh.numpy()[:, 0] = (data / np.float32(255) - np.float32(0.5)) / _COLOUR_SCALE


def _encode_scales(block: Gaussians, header: _Header) -> Bytes:
    return to_bytes((block.log_scales.numpy() + 10) * 16)


def _decode_scales(data: Bytes, header: _Header, into: Gaussians) -> None:
    into.log_scales.numpy()[:] = data / np.float32(16) - 10


def _encode_quats(block: Gaussians, header: _Header) -> NDArray:
    xyzw = block.quats.numpy()[:, [1, 2, 3, 0]]
    if header.three_byte_quats:
        unit = xyzw / np.linalg.norm(xyzw, axis=1, keepdims=True)
        return to_bytes(unit[:, :3] * np.where(unit[:, 3:] < 0, np.float32(-127.5), np.float32(127.5)) + 127.5)
    largest, others = smallest_three(xyzw)
    magnitudes = np.minimum(511, 511 * (np.abs(others) / np.float32(0.5**0.5)) + np.float32(0.5)).astype("<u4")
    packed = largest.astype("<u4")
    for column in range(3):
        packed = packed << 10 | np.signbit(others[:, column]).astype("<u4") << 9 | magnitudes[:, column]
    return packed


def _decode_quats(data: Bytes, header: _Header, into: Gaussians) -> None:
    if header.three_byte_quats:
        xyz = data / np.float32(127.5) - 1
        into.quats.numpy()[:, 0] = np.sqrt(np.maximum(0, 1 - (xyz * xyz).sum(axis=1)))
        into.quats.numpy()[:, 1:] = xyz
        return
    packed = data.view("<u4")[:, 0]
    fields = np.stack([packed >> 20, packed >> 10, packed], axis=1)
    magnitudes = (fields & 511) * np.float32(0.5**0.5 / 511)
    xyzw = from_smallest_three(packed >> 30, np.where(fields & 512, -magnitudes, magnitudes))
    into.quats.numpy()[:] = xyzw[:, [3, 0, 1, 2]]


def _sh_width(header: _Header) -> int:
    return 3 * ((header.sh_degree + 1) ** 2 - 1)


def _encode_sh(block: Gaussians, header: _Header) -> Bytes:
    rest = block.sh.numpy()[:, 1:].reshape(len(block), -1)
    codes = round_half_away(rest * np.float32(128)) + 128
    bucket = np.where(np.arange(rest.shape[1]) < 9, 2 ** (8 - 5), 2 ** (8 - 4))
    return np.clip((codes + bucket // 2) // bucket * bucket, 0, 255).astype(np.uint8)


def _decode_sh(data: Bytes, header: _Header, into: Gaussians) -> None:
    rest = into.sh.numpy()[:, 1:]
    rest[:] = (data[:, : rest[0].size].reshape(rest.shape) - np.float32(128)) / 128


_STREAMS = (
    _Stream(lambda header: 6 if header.half_positions else 9, _encode_positions, _decode_positions),
    _Stream(lambda header: 1, _encode_alphas, _decode_alphas),
    _Stream(lambda header: 3, _encode_colours, _decode_colours),
    _Stream(lambda header: 3, _encode_scales, _decode_scales),
    _Stream(lambda header: 3 if header.three_byte_quats else 4, _encode_quats, _decode_quats),
    _Stream(_sh_width, _encode_sh, _decode_sh),
)


def _streams_of(header: _Header) -> list[_Stream]:
    return [stream for stream in _STREAMS if stream.width(header)]


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Inflater:
    """Unpacks no more of a gzip file than is asked for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._inflate = zlib.decompressobj(wbits=31)

    def read(self, size: int) -> bytes:
        pieces = []
        while size and not self._inflate.eof:
            packed = self._inflate.unconsumed_tail or self._file.read(1 << 20)
            if not packed:
                break
            piece = self._inflate.decompress(packed, size)
            size -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)


def read(path: Path, *, up: Up = "y") -> Gaussians:
    """Read a file of version 1 to 4, whether or not compressed; extensions are ignored, SH of degree 4 is cut to 3.

    Args:
        up: which way is up in this file.

    Raises:
        FormatError: the file is damaged, of an unknown version, or would unpack to an absurd size.
    """
    with open(path, "rb") as file:
        packed = file.read(2) == _GZIP_MAGIC
        file.seek(0)
        source = _Inflater(file) if packed else file
        try:
            header, sources = _open_streams(source, file, path)
            gaussians = allocate(header.count, min(header.sh_degree, MAX_SH_DEGREE))
            for stream, each in zip(_streams_of(header), sources):
                width = stream.width(header)
                for start in range(0, header.count, BLOCK):
                    block = gaussians[start : start + BLOCK]
                    data = _read_exactly(each, len(block) * width, path)
                    stream.decode(np.frombuffer(data, np.uint8).reshape(-1, width), header, block)
        except _unpacking_errors() as error:
            raise FormatError(f"{path} is damaged: it cannot be unpacked ({error}); get it again.") from error
    return finish(gaussians, path, up)


def _open_streams(source: _Source, file: BinaryIO, path: Path) -> tuple[_Header, Iterator[_Source]]:
    """Read and check the header; return it with a source for each stream in turn."""
    magic, version, count, sh_degree, fractional_bits, flags, streams = _HEADER.unpack(
        _read_exactly(source, _HEADER.size, path)
    )
    if magic != _MAGIC:
        raise FormatError(f"{path} is not an SPZ file.")
    if not 1 <= version <= 4:
        raise FormatError(f"{path} is of SPZ version {version}; versions 1 to 4 can be read.")
    if sh_degree > 4 or fractional_bits > 24:
        raise FormatError(f"{path} is damaged: SH degree {sh_degree}, {fractional_bits} fractional bits; get it again.")
    header = _Header(version, count, sh_degree, fractional_bits, flags)

    size = os.fstat(file.fileno()).st_size
    widths = [stream.width(header) for stream in _streams_of(header)]
    unpacked = count * sum(widths)
    if unpacked > max(_ALWAYS_ALLOWED, _LARGEST_RATIO * size):
        raise FormatError(
            f"{path} claims {count} Gaussians, {unpacked} bytes when unpacked, but has only {size}; it is damaged or "
            "made to fill memory."
        )
    if version < 4:
        return header, iter([source] * len(widths))

    if source is not file:
        raise FormatError(f"{path} is damaged: an SPZ file of version 4 is not compressed as a whole; get it again.")
    (table_at,) = struct.unpack("<I", _read_exactly(file, 4, path))
    file.seek(table_at)
    table = list(_TABLE_ENTRY.iter_unpack(_read_exactly(file, streams * _TABLE_ENTRY.size, path)))
    sizes = [raw for _, raw in table[: len(widths)]]
    ends = np.cumsum([0, *(min(packed, size + 1) for packed, _ in table)], dtype=object) + file.tell()
    if sizes != [count * width for width in widths] or ends[-1] > size:
        raise FormatError(f"{path} is damaged or cut short: its table of streams fits neither header nor file.")
    return header, _zstd_sources(file, ends.tolist()[: len(widths)])


def _zstd_sources(file: BinaryIO, starts: list[int]) -> Iterator[_Source]:
    from zstandard import ZstdDecompressor

    for start in starts:
        file.seek(start)
        yield ZstdDecompressor(max_window_size=_LARGEST_WINDOW).stream_reader(file, closefd=False)


def _unpacking_errors() -> tuple[type[Exception], ...]:
    from zstandard import ZstdError

    return zlib.error, ZstdError


def _read_exactly(source: _Source, size: int, path: Path) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise FormatError(f"{path} is cut short; get it again.")
    return data


def write(
    gaussians: Gaussians,
    path: Path,
    *,
    up: Up = "y",
    version: Version = 3,
    fractional_bits: int | None = None,
    antialiased: bool = False,
    quick: bool = False,
) -> None:
    """Write a file. Higher SH outside -1..1, colours outside -0.44..1.44 and scales outside e**-10..e**5.9 m are cut.

    Args:
        up: which way is up in the file.
        version: 3 is read nearly everywhere; 4 is smaller and quicker, and newer; 2 is for old readers.
        fractional_bits: positions are rounded to 2**-fractional_bits m; by default 12 (0.24 mm, for a reach of 2 km),
            or as many as the reach of these Gaussians leaves.
        antialiased: mark the Gaussians as trained with antialiasing.
        quick: pack versions 2 and 3 less tightly, several times as fast.

    Raises:
        InvalidDataError: an option is out of range, or the positions are with these `fractional_bits`.
    """
    check_writable(gaussians, up)
    if version not in (2, 3, 4):
        raise InvalidDataError(f"Option 'version' is {version!r}; SPZ versions 2, 3 and 4 can be written.")
    reach = float(gaussians.means.detach().abs().max()) if len(gaussians) else 0.0
    most = 23 - math.frexp(reach)[1]
    bits = min(_FRACTIONAL_BITS, most) if fractional_bits is None else fractional_bits
    if not 0 <= bits <= min(most, 23):
        raise InvalidDataError(
            f"Positions reach {reach:g} m from the origin, which SPZ cannot store with {max(bits, 0)} fractional bits; "
            "move or shrink the scene, or use another format."
        )
    flags = _ANTIALIASED if antialiased else 0
    header = _Header(version, len(gaussians), gaussians.sh_degree, bits, flags)
    with replacing(path) as beside, open(beside, "wb") as file:
        if version == 4:
            _write_zstd(file, header, gaussians, up)
        else:
            _write_gzip(file, header, gaussians, up, _QUICK_GZIP_LEVEL if quick else _GZIP_LEVEL)


def _write_gzip(file: BinaryIO, header: _Header, gaussians: Gaussians, up: Up, level: int) -> None:
    deflate = zlib.compressobj(level, wbits=31)
    fields = header.version, header.count, header.sh_degree, header.fractional_bits, header.flags
    file.write(deflate.compress(_HEADER.pack(_MAGIC, *fields, 0)))
    for stream in _streams_of(header):
        for block in blocks(gaussians, up):
            file.write(deflate.compress(stream.encode(block, header).tobytes()))
    file.write(deflate.flush())


def _write_zstd(file: BinaryIO, header: _Header, gaussians: Gaussians, up: Up) -> None:
    from zstandard import ZstdCompressor

    streams = _streams_of(header)
    fields = header.version, header.count, header.sh_degree, header.fractional_bits, header.flags
    file.write(_HEADER_4.pack(_MAGIC, *fields, len(streams), _HEADER_4.size))
    table = []
    file.seek(len(streams) * _TABLE_ENTRY.size, os.SEEK_CUR)
    for stream in streams:
        raw, start = header.count * stream.width(header), file.tell()
        packer = ZstdCompressor(level=_ZSTD_LEVEL).compressobj(size=raw)
        for block in blocks(gaussians, up):
            file.write(packer.compress(stream.encode(block, header).tobytes()))
        file.write(packer.flush())
        table.append(_TABLE_ENTRY.pack(file.tell() - start, raw))
    file.seek(_HEADER_4.size)
    file.write(b"".join(table))
