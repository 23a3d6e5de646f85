"""Serialisers for what plain pickle cannot carry, or would carry wrongly: cloudpickle, then dill where installed.

On top of them: names instead of values for the standard streams, generators that are consumed here and rebuilt as
generators there, and, through `MainNames`, references for what the program's main file defines.
"""

from __future__ import annotations

import dataclasses
import importlib
import io
import sys
from _thread import LockType, RLock
from collections.abc import Callable, Iterator
from logging import Handler
from pickle import PickleBuffer, PicklingError
from types import GeneratorType
from typing import TYPE_CHECKING, Any

import cloudpickle

from pycompss.errors import SerializerException
from pycompss.store.definitions import Scope
from pycompss.store.interruptions import INTERRUPTIONS
from pycompss.store.reducing import reduce

if TYPE_CHECKING:
    from pycompss.store.names import MainNames

Keep = Callable[[PickleBuffer], bool]  # a buffer callback: True keeps the buffer in band
Consumed = dict[int, tuple[Any, list[Any]]]  # generators by identity, and what they gave

_STREAMS = ("stdout", "stderr", "stdin", "__stdout__", "__stderr__", "__stdin__")
_SENTINELS = {
    id(value): name
    for name, value in vars(dataclasses).items()
    if name in {"MISSING", "KW_ONLY", "_HAS_DEFAULT_FACTORY"}
}  # dataclasses compare these by identity


def pickle(
    value: Any,
    names: MainNames | None,
    buffers: list[memoryview],
    keep: Keep | None,
    task: str,
    argument: str,
    scope: Scope | None = None,
) -> bytes:
    """Pickle by the first serialiser that can, filling `buffers` through `keep`.

    Raises SerializerException, which names `task`, `argument` and the culprit in it.
    """
    consumed: Consumed = {}
    buffers.clear()
    try:
        return by_cloudpickle(value, names, keep, consumed, scope)
    except INTERRUPTIONS:
        raise
    except Exception as error:
        buffers.clear()
        data = _by_dill(value, names, consumed)
        if data is not None:
            return data
        raise _complaint(value, names, consumed, task, argument, error) from error


def by_cloudpickle(
    value: Any,
    names: MainNames | None = None,
    keep: Keep | None = None,
    consumed: Consumed | None = None,
    scope: Scope | None = None,
) -> bytes:
    """Pickle with cloudpickle and the reducers of this module; raises what pickling raises.

    Without `consumed` generators are refused, since pickling uses them up.
    """
    with io.BytesIO() as file:
        ValuePickler(file, names, keep, consumed, scope).dump(value)
        return file.getvalue()


def _by_dill(value: Any, names: MainNames | None, consumed: Consumed) -> bytes | None:
    """Pickle with dill, in band; None if it is not installed or fails."""
    try:
        dill = importlib.import_module("dill")  # optional
    except ImportError:
        return None
    with io.BytesIO() as file:
        pickler = dill.Pickler(file, protocol=5, byref=True, recurse=True)
        pickler.reducer_override = ValuePickler(io.BytesIO(), names, None, consumed).reducer_override
        try:
            pickler.dump(value)
        except INTERRUPTIONS:
            raise
        except Exception:  # noqa: BLE001  (cloudpickle's error is the one to show)
            return None
        return file.getvalue()


def _complaint(
    value: Any, names: MainNames | None, consumed: Consumed, task: str, argument: str, error: Exception
) -> SerializerException:
    from pycompss.store import culprit  # noqa: PLC0415  (needed only to explain a failure)

    return culprit.complaint(value, lambda part: by_cloudpickle(part, names, None, consumed), task, argument, error)


class ValuePickler(cloudpickle.Pickler):  # type: ignore[misc]  # untyped
    """cloudpickle, with the project's own way for streams, generators, sentinels and names of `__main__`."""

    def __init__(
        self,
        file: io.BytesIO,
        names: MainNames | None,
        keep: Keep | None,
        consumed: Consumed | None,
        scope: Scope | None = None,
    ) -> None:
        super().__init__(file, protocol=5, buffer_callback=keep)
        self._scope = scope or Scope()
        self._names = names
        self._consumed = consumed

    def reducer_override(self, value: Any) -> Any:
        """The pickle protocol's hook: how to reduce `value`, or NotImplemented for the usual way."""
        by_type = _BY_TYPE.get(type(value))
        if by_type is not None:
            return by_type(value, self._consumed)
        if self._names is not None:
            reduced = reduce(value, self._names, self._scope)
            if reduced is not NotImplemented:
                return reduced
        reduced = _reduce_by_nature(value)
        return super().reducer_override(value) if reduced is NotImplemented else reduced


def _reduce_generator(value: Any, consumed: Consumed | None) -> Any:
    if consumed is None:
        raise PicklingError("a generator of the program cannot be consumed for a task; pass it as an argument")
    items = consumed.get(id(value))
    if items is None:
        items = consumed[id(value)] = (value, list(value))
    return regenerate, (items[1],)


def _reduce_file(value: Any, _: Consumed | None) -> Any:
    """Standard streams go by name, other files not at all (their position and mode mean nothing elsewhere)."""
    for name in _STREAMS:
        stream = getattr(sys, name)
        if value is stream:
            return standard_stream, (name,)
        if value is getattr(stream, "buffer", None):
            return getattr, (stream, "buffer")
    raise PicklingError(f"an open file ({getattr(value, 'name', '?')!r}) cannot be pickled; pass its path instead")


def _refuse(value: Any, _: Consumed | None) -> Any:
    """Locks: a copy would lock nothing (dill would make one)."""
    kind = type(value)
    raise TypeError(f"cannot pickle '{kind.__module__}.{kind.__qualname__}' object")


def _reduce_memoryview(value: Any, _: Consumed | None) -> Any:
    return memoryview, (PickleBuffer(value),)


_BY_TYPE: dict[type, Callable[[Any, Consumed | None], Any]] = {
    GeneratorType: _reduce_generator,
    io.TextIOWrapper: _reduce_file,
    io.BufferedReader: _reduce_file,
    io.BufferedWriter: _reduce_file,
    io.BufferedRandom: _reduce_file,
    io.FileIO: _reduce_file,
    memoryview: _reduce_memoryview,
    LockType: _refuse,
    RLock: _refuse,
}


def _reduce_by_nature(value: Any) -> Any:
    if isinstance(value, type):
        return NotImplemented
    if id(value) in _SENTINELS:
        return _SENTINELS[id(value)]
    if isinstance(value, Handler):
        return new_handler, (type(value),), _without(value, "lock")
    case = getattr(sys.modules.get("unittest.case"), "TestCase", None)
    if case is not None and isinstance(value, case):
        # What the running test reports to stays here: a copy of it would report to nobody.
        return new_instance, (type(value),), {**vars(value), "_outcome": None}
    for name in _STREAMS:  # whatever replaces a standard stream, e.g. to capture it
        if value is getattr(sys, name):
            return standard_stream, (name,)
    return NotImplemented


def _without(value: Any, name: str) -> dict[str, Any]:
    return {key: item for key, item in vars(value).items() if key != name}


def standard_stream(name: str) -> Any:
    """The stream that has this name in `sys` here."""
    return getattr(sys, name)


def regenerate(items: list[Any]) -> Iterator[Any]:
    """A generator that gives `items`."""
    yield from items


def new_instance(cls: Any) -> Any:
    """An instance whose state follows."""
    return cls.__new__(cls)


def new_handler(cls: type[Handler]) -> Handler:
    """A handler of logging with a lock of its own, whose state follows."""
    handler = cls.__new__(cls)
    handler.createLock()
    return handler
