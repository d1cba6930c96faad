"""The header of PLY files (Turk 1994): what elements follow and where."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from worldloom.scene.errors import FormatError

_TYPES = {
    "char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4", "float": "f4",
    "double": "f8", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4",
    "float32": "f4", "float64": "f8",
}  # fmt: skip
_BYTE_ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": "="}

_LONGEST_HEADER = 1 << 18


@dataclass(frozen=True)
class Element:
    """A table in the file."""

    name: str
    count: int
    dtype: np.dtype
    """Of one row; without list properties."""
    has_lists: bool
    """Rows vary in length, so nothing after this element can be found without reading it."""

    @property
    def properties(self) -> tuple[str, ...]:
        return self.dtype.names or ()


@dataclass(frozen=True)
class PlyHeader:
    is_ascii: bool
    elements: tuple[Element, ...]
    start: int
    """Where the data starts, bytes."""

    def element(self, name: str) -> Element | None:
        return next((element for element in self.elements if element.name == name), None)

    def seek(self, file: BinaryIO, wanted: Element, path: Path) -> None:
        """Go to the first row of `wanted` in a binary file, having checked that all its rows can be there.

        Raises:
            FormatError: the file is too short, or a list property is in the way.
        """
        before = self.elements[: self.elements.index(wanted)]
        if wanted.has_lists or any(element.has_lists for element in before):
            raise FormatError(f"{path} has lists in or before its element '{wanted.name}', as no splat file does.")
        offset = self.start + sum(element.count * element.dtype.itemsize for element in before)
        self.check_size(wanted, wanted.count * wanted.dtype.itemsize, offset, file, path)
        file.seek(offset)

    @staticmethod
    def check_size(wanted: Element, size: int, offset: int, file: BinaryIO, path: Path) -> None:
        """Raise FormatError unless `size` bytes from `offset` on are in the file."""
        actual = os.fstat(file.fileno()).st_size
        if offset + size > actual:
            raise FormatError(
                f"{path} is damaged or cut short: its header promises {wanted.count} rows of '{wanted.name}', for "
                f"which it would have at least {offset + size} bytes, but it has {actual}; get it again."
            )


def read_header(file: BinaryIO, path: Path) -> PlyHeader:
    """Read the header and leave `file` at the first byte of data.

    Raises:
        FormatError: it is no valid PLY header.
    """
    if file.readline(16).strip() != b"ply":
        raise FormatError(f"{path} is not a PLY file; its first line is not 'ply'.")
    order = ""
    elements: list[tuple[str, int, list[tuple[str, str]], bool]] = []
    while True:
        line = file.readline(4096)
        if not line.endswith(b"\n") or file.tell() > _LONGEST_HEADER:
            raise FormatError(f"{path} has a PLY header without an end; the file is damaged, get it again.")
        match line.decode("ascii", errors="replace").split():
            case ["end_header"]:
                break
            case [] | ["comment" | "obj_info", *_]:
                pass
            case ["format", name, "1.0"] if name in _BYTE_ORDERS:
                order = _BYTE_ORDERS[name]
            case ["element", name, digits] if digits.isascii() and digits.isdigit() and len(digits) < 20:
                elements.append((name, int(digits), [], False))
            case ["property", kind, name] if elements and kind in _TYPES:
                elements[-1][2].append((name, order + _TYPES[kind]))
            case ["property", "list", _, _, _] if elements:
                elements[-1] = (*elements[-1][:3], True)
            case words:
                raise FormatError(f"{path} has a PLY header line that makes no sense: '{' '.join(words)[:80]}'.")
    if not order:
        raise FormatError(f"{path} has a PLY header without a format line; the file is damaged, get it again.")
    try:
        tables = tuple(Element(name, count, np.dtype(row), lists) for name, count, row, lists in elements)
    except ValueError as error:
        raise FormatError(f"{path} has a PLY header that names a property twice.") from error
    return PlyHeader(order == "=", tables, file.tell())


def header_text(elements: list[tuple[str, int, str, list[str]]], *, antialiased: bool) -> bytes:
    """A little-endian header of elements (name, count, type, property names).

    `antialiased` Gaussians were trained with the screen-space filter of Mip-Splatting (Yu et al. 2024); the comment
    that says so is Brush's and is known to splat-transform.
    """
    lines = ["ply", "format binary_little_endian 1.0", "comment Generated by Worldloom"]
    lines += ["comment SplatRenderMode: mip"] * antialiased
    for name, count, kind, properties in elements:
        lines += [f"element {name} {count}", *(f"property {kind} {each}" for each in properties)]
    return "\n".join([*lines, "end_header\n"]).encode("ascii")
