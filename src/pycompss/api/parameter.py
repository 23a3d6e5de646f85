"""Parameter constants (`INOUT`, `FILE_OUT`, …) and the keys of the dict form (`{Type: FILE_IN, Prefix: "--in="}`).

A constant is an opaque `Parameter`; the core knows only the `Spec` in it. `spec_of` turns what a decorator was given
into a `Spec`. Made for `from pycompss.api.parameter import *`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pycompss.core.parameter import Direction as DIRECTION  # noqa: N814  (the constant `Direction` is a key)
from pycompss.core.parameter import Kind as TYPE  # noqa: N814
from pycompss.core.parameter import Spec
from pycompss.core.parameter import Stream as IOSTREAM  # noqa: N814
from pycompss.errors import PyCOMPSsException


class Parameter:
    """One constant: opaque to programs, compared by identity."""

    __slots__ = ("name", "spec")

    def __init__(self, name: str, spec: Spec) -> None:
        self.name = name
        self.spec = spec

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> str:
        return self.name


class PREFIX:
    """Text that is put before a value on a command line."""

    PREFIX = "null"


def _constant(name: str, kind: TYPE, direction: DIRECTION, stream: IOSTREAM = IOSTREAM.UNSPECIFIED) -> Parameter:
    return Parameter(name, Spec(kind, direction, stream=stream))


Type = "type"
Direction = "direction"
StdIOStream = "stream"
Prefix = "prefix"
Depth = "depth"
Weight = "weight"
Keep_rename = "keep_rename"
Cache = "cache"

block_count = "block_count"
block_length = "block_length"
stride = "stride"

STDIN = 0
STDOUT = 1
STDERR = 2

IN = _constant("IN", TYPE.OBJECT, DIRECTION.IN)
OUT = _constant("OUT", TYPE.OBJECT, DIRECTION.OUT)
INOUT = _constant("INOUT", TYPE.OBJECT, DIRECTION.INOUT)
CONCURRENT = _constant("CONCURRENT", TYPE.OBJECT, DIRECTION.CONCURRENT)
COMMUTATIVE = _constant("COMMUTATIVE", TYPE.OBJECT, DIRECTION.COMMUTATIVE)
IN_DELETE = _constant("IN_DELETE", TYPE.OBJECT, DIRECTION.IN_DELETE)

FILE = _constant("FILE", TYPE.FILE, DIRECTION.IN)
FILE_IN = _constant("FILE_IN", TYPE.FILE, DIRECTION.IN)
FILE_OUT = _constant("FILE_OUT", TYPE.FILE, DIRECTION.OUT)
FILE_INOUT = _constant("FILE_INOUT", TYPE.FILE, DIRECTION.INOUT)
FILE_CONCURRENT = _constant("FILE_CONCURRENT", TYPE.FILE, DIRECTION.CONCURRENT)
FILE_COMMUTATIVE = _constant("FILE_COMMUTATIVE", TYPE.FILE, DIRECTION.COMMUTATIVE)

FILE_STDIN = _constant("FILE_STDIN", TYPE.FILE, DIRECTION.IN, IOSTREAM.STDIN)
FILE_STDOUT = _constant("FILE_STDOUT", TYPE.FILE, DIRECTION.OUT, IOSTREAM.STDOUT)
FILE_STDERR = _constant("FILE_STDERR", TYPE.FILE, DIRECTION.OUT, IOSTREAM.STDERR)
FILE_IN_STDIN = _constant("FILE_IN_STDIN", TYPE.FILE, DIRECTION.IN, IOSTREAM.STDIN)
FILE_IN_STDOUT = _constant("FILE_IN_STDOUT", TYPE.FILE, DIRECTION.IN, IOSTREAM.STDOUT)
FILE_IN_STDERR = _constant("FILE_IN_STDERR", TYPE.FILE, DIRECTION.IN, IOSTREAM.STDERR)
FILE_OUT_STDIN = _constant("FILE_OUT_STDIN", TYPE.FILE, DIRECTION.OUT, IOSTREAM.STDIN)
FILE_OUT_STDOUT = _constant("FILE_OUT_STDOUT", TYPE.FILE, DIRECTION.OUT, IOSTREAM.STDOUT)
FILE_OUT_STDERR = _constant("FILE_OUT_STDERR", TYPE.FILE, DIRECTION.OUT, IOSTREAM.STDERR)
FILE_INOUT_STDIN = _constant("FILE_INOUT_STDIN", TYPE.FILE, DIRECTION.INOUT, IOSTREAM.STDIN)
FILE_INOUT_STDOUT = _constant("FILE_INOUT_STDOUT", TYPE.FILE, DIRECTION.INOUT, IOSTREAM.STDOUT)
FILE_INOUT_STDERR = _constant("FILE_INOUT_STDERR", TYPE.FILE, DIRECTION.INOUT, IOSTREAM.STDERR)
FILE_CONCURRENT_STDIN = _constant("FILE_CONCURRENT_STDIN", TYPE.FILE, DIRECTION.CONCURRENT, IOSTREAM.STDIN)
FILE_CONCURRENT_STDOUT = _constant("FILE_CONCURRENT_STDOUT", TYPE.FILE, DIRECTION.CONCURRENT, IOSTREAM.STDOUT)
FILE_CONCURRENT_STDERR = _constant("FILE_CONCURRENT_STDERR", TYPE.FILE, DIRECTION.CONCURRENT, IOSTREAM.STDERR)
FILE_COMMUTATIVE_STDIN = _constant("FILE_COMMUTATIVE_STDIN", TYPE.FILE, DIRECTION.COMMUTATIVE, IOSTREAM.STDIN)
FILE_COMMUTATIVE_STDOUT = _constant("FILE_COMMUTATIVE_STDOUT", TYPE.FILE, DIRECTION.COMMUTATIVE, IOSTREAM.STDOUT)
FILE_COMMUTATIVE_STDERR = _constant("FILE_COMMUTATIVE_STDERR", TYPE.FILE, DIRECTION.COMMUTATIVE, IOSTREAM.STDERR)

DIRECTORY = _constant("DIRECTORY", TYPE.DIRECTORY, DIRECTION.IN)
DIRECTORY_IN = _constant("DIRECTORY_IN", TYPE.DIRECTORY, DIRECTION.IN)
DIRECTORY_OUT = _constant("DIRECTORY_OUT", TYPE.DIRECTORY, DIRECTION.OUT)
DIRECTORY_INOUT = _constant("DIRECTORY_INOUT", TYPE.DIRECTORY, DIRECTION.INOUT)
COLLECTION = _constant("COLLECTION", TYPE.COLLECTION, DIRECTION.IN)
COLLECTION_IN = _constant("COLLECTION_IN", TYPE.COLLECTION, DIRECTION.IN)
COLLECTION_INOUT = _constant("COLLECTION_INOUT", TYPE.COLLECTION, DIRECTION.INOUT)
COLLECTION_OUT = _constant("COLLECTION_OUT", TYPE.COLLECTION, DIRECTION.OUT)
COLLECTION_IN_DELETE = _constant("COLLECTION_IN_DELETE", TYPE.COLLECTION, DIRECTION.IN_DELETE)
COLLECTION_FILE = _constant("COLLECTION_FILE", TYPE.COLLECTION_FILE, DIRECTION.IN)
COLLECTION_FILE_IN = _constant("COLLECTION_FILE_IN", TYPE.COLLECTION_FILE, DIRECTION.IN)
COLLECTION_FILE_INOUT = _constant("COLLECTION_FILE_INOUT", TYPE.COLLECTION_FILE, DIRECTION.INOUT)
COLLECTION_FILE_OUT = _constant("COLLECTION_FILE_OUT", TYPE.COLLECTION_FILE, DIRECTION.OUT)
DICTIONARY = _constant("DICTIONARY", TYPE.DICTIONARY, DIRECTION.IN)
DICTIONARY_IN = _constant("DICTIONARY_IN", TYPE.DICTIONARY, DIRECTION.IN)
DICTIONARY_INOUT = _constant("DICTIONARY_INOUT", TYPE.DICTIONARY, DIRECTION.INOUT)
DICTIONARY_OUT = _constant("DICTIONARY_OUT", TYPE.DICTIONARY, DIRECTION.OUT)
DICTIONARY_IN_DELETE = _constant("DICTIONARY_IN_DELETE", TYPE.DICTIONARY, DIRECTION.IN_DELETE)
STREAM_IN = _constant("STREAM_IN", TYPE.STREAM, DIRECTION.IN)
STREAM_OUT = _constant("STREAM_OUT", TYPE.STREAM, DIRECTION.OUT)

_KEYS = frozenset({Type, Direction, StdIOStream, Prefix, Depth, Weight, Keep_rename, Cache})


def is_spec(value: object) -> bool:
    """Whether a decorator may be given `value` for a parameter."""
    return isinstance(value, (Parameter, Mapping))


def spec_of(value: object) -> Spec:
    """The spec that a constant or a dict describes.

    Raises:
        PyCOMPSsException: it describes none; the message says why, not whose it is.
    """
    if isinstance(value, Parameter):
        return value.spec
    if isinstance(value, Mapping):
        return _from_dict(value)
    raise PyCOMPSsException(f"{value!r} is neither a parameter constant (IN, FILE_OUT, …) nor a dict of {{Type: …}}")


def _from_dict(given: Mapping[Any, Any]) -> Spec:
    unknown = [key for key in given if key not in _KEYS]
    if unknown:
        raise PyCOMPSsException(f"unknown key {unknown[0]!r}; the keys are {', '.join(sorted(_KEYS))}")
    base = _base(given.get(Type), given.get(Direction))
    return Spec(
        base.kind,
        base.direction,
        _checked(given, Depth, int, base.depth),
        _stream(given[StdIOStream]) if StdIOStream in given else base.stream,
        _prefix(given.get(Prefix)),
        _checked(given, Weight, float, base.weight),
        given.get(Keep_rename),
        given.get(Cache),
    )


def _base(type_: object, direction: object) -> Spec:
    """Kind, direction and stream; `Type` and `Direction` may both be given a constant that says more than its half."""
    first, second = _half(type_), _half(direction)
    if direction is None:
        return first
    kind = first.kind if second.kind is TYPE.OBJECT else second.kind
    stream = first.stream if second.stream is IOSTREAM.UNSPECIFIED else second.stream
    return Spec(kind, second.direction, stream=stream)


def _half(value: object) -> Spec:
    if value is None:
        return Spec()
    if isinstance(value, Parameter):
        return value.spec
    if isinstance(value, TYPE):
        return Spec(kind=value)
    if isinstance(value, DIRECTION):
        return Spec(direction=value)
    raise PyCOMPSsException(f"{value!r} is not a parameter constant (IN, FILE_OUT, …)")


def _stream(value: Any) -> IOSTREAM:
    if isinstance(value, Parameter):
        return value.spec.stream
    try:
        return IOSTREAM(value)
    except ValueError:
        raise PyCOMPSsException(f"StdIOStream is STDIN, STDOUT or STDERR, not {value!r}") from None


def _prefix(value: object) -> str | None:
    return None if value is None or value == PREFIX.PREFIX else str(value)


def _checked(given: Mapping[Any, Any], key: str, convert: type[Any], default: Any) -> Any:
    if key not in given:
        return default
    try:
        return convert(given[key])
    except (TypeError, ValueError):
        raise PyCOMPSsException(f"{key} is a number, not {given[key]!r}") from None


__all__ = [
    "COLLECTION",
    "COLLECTION_FILE",
    "COLLECTION_FILE_IN",
    "COLLECTION_FILE_INOUT",
    "COLLECTION_FILE_OUT",
    "COLLECTION_IN",
    "COLLECTION_INOUT",
    "COLLECTION_IN_DELETE",
    "COLLECTION_OUT",
    "COMMUTATIVE",
    "CONCURRENT",
    "DICTIONARY",
    "DICTIONARY_IN",
    "DICTIONARY_INOUT",
    "DICTIONARY_IN_DELETE",
    "DICTIONARY_OUT",
    "DIRECTION",
    "DIRECTORY",
    "DIRECTORY_IN",
    "DIRECTORY_INOUT",
    "DIRECTORY_OUT",
    "FILE",
    "FILE_COMMUTATIVE",
    "FILE_COMMUTATIVE_STDERR",
    "FILE_COMMUTATIVE_STDIN",
    "FILE_COMMUTATIVE_STDOUT",
    "FILE_CONCURRENT",
    "FILE_CONCURRENT_STDERR",
    "FILE_CONCURRENT_STDIN",
    "FILE_CONCURRENT_STDOUT",
    "FILE_IN",
    "FILE_INOUT",
    "FILE_INOUT_STDERR",
    "FILE_INOUT_STDIN",
    "FILE_INOUT_STDOUT",
    "FILE_IN_STDERR",
    "FILE_IN_STDIN",
    "FILE_IN_STDOUT",
    "FILE_OUT",
    "FILE_OUT_STDERR",
    "FILE_OUT_STDIN",
    "FILE_OUT_STDOUT",
    "FILE_STDERR",
    "FILE_STDIN",
    "FILE_STDOUT",
    "IN",
    "INOUT",
    "IN_DELETE",
    "IOSTREAM",
    "OUT",
    "PREFIX",
    "STDERR",
    "STDIN",
    "STDOUT",
    "STREAM_IN",
    "STREAM_OUT",
    "TYPE",
    "Cache",
    "Depth",
    "Direction",
    "Keep_rename",
    "Prefix",
    "StdIOStream",
    "Type",
    "Weight",
    "block_count",
    "block_length",
    "stride",
]
