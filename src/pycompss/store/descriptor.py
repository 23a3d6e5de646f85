"""What a value looks like on its way between processes.

A descriptor is made of what `marshal` can carry, in one of three forms:

- a literal (`None`, `bool`, `int` of 64 bits, `float`, and `str` or `bytes` up to `INLINE_LIMIT`): the value itself;
- `(PICKLED, data)`: a pickle of protocol 5, everything in band;
- `(BUFFERS, data, ((arena, offset, length), …))`: a pickle whose large buffers lie in arenas of shared memory.

Subclasses of the literal types (`np.float64`, `IntEnum`, …) are not literals: their class must survive the journey.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, cast

PICKLED = 0
BUFFERS = 1
LITERALS = frozenset({type(None), bool, int, float, str, bytes})
INLINE_LIMIT = 32 << 10  # longest literal `str` or `bytes`, in characters or bytes
BUFFER_LIMIT = 32 << 10  # bytes; buffers of at least this size go to an arena

Range: TypeAlias = tuple[int, int, int]  # arena, offset, length (bytes)
Descriptor: TypeAlias = Any  # one of the three forms above

_PARTS = 3  # (BUFFERS, data, ranges)
HOLDERS = frozenset({tuple, list, dict})  # what descriptors may lie in
_LOWEST, _HIGHEST = -(1 << 63), (1 << 63) - 1
_ALWAYS = frozenset({type(None), bool, float})


def is_literal(value: object) -> bool:
    """Whether `value` is its own descriptor."""
    kind = type(value)
    if kind is int:
        return _LOWEST <= cast("int", value) <= _HIGHEST
    if kind is str or kind is bytes:
        return len(cast("str | bytes", value)) <= INLINE_LIMIT
    return kind in _ALWAYS


def ranges_of(descriptor: Descriptor) -> tuple[Range, ...]:
    """The ranges of shared memory that a descriptor refers to; each appears once."""
    if type(descriptor) is tuple and descriptor[0] == BUFFERS:
        return descriptor[2]  # type: ignore[no-any-return]
    return ()


def has_ranges(value: tuple[Any, ...]) -> bool:
    """Whether a tuple of what messages consist of is a descriptor with ranges: three literals look much like one.

    What else may stand third in such a tuple begins with a number.
    """
    if len(value) != _PARTS or value[0] != BUFFERS or type(value[1]) is not bytes:
        return False
    ranges = value[2]
    return type(ranges) is tuple and bool(ranges) and type(ranges[0]) is tuple


def ranges_in(value: Any) -> Iterator[Range]:
    """The ranges of all descriptors inside a value that `marshal` can carry."""
    kind = type(value)
    if kind is tuple and has_ranges(value):
        yield from value[2]
    elif kind is tuple or kind is list:
        for item in value:
            if type(item) in HOLDERS:
                yield from ranges_in(item)
    elif kind is dict:
        for item in value.values():
            if type(item) in HOLDERS:
                yield from ranges_in(item)


def size_of(descriptor: Descriptor) -> int:
    """Bytes that a value takes in messages and shared memory together (headers not counted)."""
    kind = type(descriptor)
    if kind is tuple:
        size = len(descriptor[1])
        if descriptor[0] == BUFFERS:
            for _, _, length in descriptor[2]:
                size += length
        return size
    return _SIZES.get(kind, _eight)(descriptor)


def _eight(_: object) -> int:
    return 8


_SIZES: dict[type, Callable[[Any], int]] = {
    type(None): lambda _: 0,
    bool: lambda _: 1,
    str: lambda text: len(text.encode("utf-8", "surrogatepass")),
    bytes: len,
}
