"""With which shared libraries a program is linked, as its file says (ELF, DT_NEEDED); nothing is run.

What is no ELF file, or a damaged one, is linked with nothing: whoever starts it will be told.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_MAGIC = b"\x7fELF"
_LOADED, _DYNAMIC = 1, 2  # types of segments
_END, _NEEDED, _NAMES = 0, 1, 5  # tags of the dynamic segment
_MOST = 1 << 20  # bytes of the dynamic segment; a damaged file may claim any number
_LONGEST = 256  # bytes of a library's name


@dataclass(frozen=True, slots=True)
class _Layout:
    """The fields that matter, by `struct`.

    header: offset, size and number of descriptions of segments; segment: its type, offset, address and size in the
    file; entry: tag and value.
    """

    header: str
    segment: str
    entry: str


# by the bytes after the magic ones
_LAYOUTS = {1: _Layout("28xI10xHH", "III4xI12x", "iI"), 2: _Layout("32xQ14xHH", "I4xQQ8xQ16x", "qQ")}  # 32, 64 bits
_ORDERS = {1: "<", 2: ">"}


def libraries(path: str) -> list[str]:
    """The names of the libraries, as `libmpi.so.40`."""
    if not os.path.isfile(path):  # a pipe would keep us waiting
        return []
    try:
        with open(path, "rb") as file:
            return _needed(file)
    except (OSError, OverflowError, ValueError, struct.error):  # not ours to read, or damaged
        return []


def _needed(file: BinaryIO) -> list[str]:
    magic, bits, numbers = struct.unpack("4sBB", file.read(6))
    layout, order = _LAYOUTS.get(bits), _ORDERS.get(numbers)
    if magic != _MAGIC or layout is None or order is None:
        return []
    segments = list(_segments(file, order, layout))
    entries = [
        entry
        for kind, offset, _, size in segments
        if kind == _DYNAMIC
        for entry in _entries(_part(file, offset, min(size, _MOST)), order + layout.entry)
    ]
    names = next((_offset(segments, value) for tag, value in entries if tag == _NAMES), None)
    if names is None:
        return []
    return [_name(file, names + value) for tag, value in entries if tag == _NEEDED]


def _segments(file: BinaryIO, order: str, layout: _Layout) -> Iterator[tuple[int, int, int, int]]:
    header, segment = struct.Struct(order + layout.header), struct.Struct(order + layout.segment)
    offset, size, count = header.unpack(_part(file, 0, header.size))
    if size == segment.size:
        yield from segment.iter_unpack(_part(file, offset, size * count))


def _entries(table: bytes, form: str) -> Iterator[tuple[int, int]]:
    for tag, value in struct.iter_unpack(form, table):
        if tag == _END:
            return
        yield tag, value


def _offset(segments: list[tuple[int, int, int, int]], address: int) -> int | None:
    """Where in the file is what will be at this address."""
    for kind, offset, first, size in segments:
        if kind == _LOADED and first <= address < first + size:
            return offset + address - first
    return None


def _name(file: BinaryIO, offset: int) -> str:
    return _part(file, offset, _LONGEST).partition(b"\0")[0].decode(errors="replace")


def _part(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(size)
