"""The program's own objects and files, as far as tasks know them.

Objects are known by identity. Their content is captured when they first become a parameter; a strong reference keeps
the identity from being used again. An object that nobody but this table refers to can never be named again, so it is
forgotten: `sweep` finds such objects by their reference counts, now and then, in time proportional to their number.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, GeneratorType, MethodType, ModuleType
from typing import Any

FIRST_SWEEP = 1024
# Immutable things: they travel by value each time and need no identity.
BY_VALUE: frozenset[type] = frozenset(
    {complex, range, slice, type, FunctionType, BuiltinFunctionType, MethodType, ModuleType, GeneratorType, type(...)}
)
IMMUTABLE: frozenset[type] = BY_VALUE | {type(None), bool, int, float, str, bytes, tuple, frozenset}
_SMALL = frozenset({type(None), bool, int, float, str, bytes, complex})
_FEW = 64


class Entry:
    """One object of the program that tasks use.

    handle: what the caller's backend calls the datum (None until it was submitted once).
    descriptor: the captured content, until it was handed over.
    written: a task may have changed the datum, so the object itself is not its value.
    synchronised: `compss_wait_on` gave `value`; the object is no longer tracked.
    stands_in: the object is an instance that a call gave for its result, so its own content never counts.
    """

    __slots__ = ("descriptor", "handle", "object", "stands_in", "synchronised", "value", "written")

    def __init__(self, object_: Any) -> None:
        self.object = object_
        self.handle: Any = None
        self.descriptor: Any = None
        self.written = False
        self.synchronised = False
        self.stands_in = False
        self.value: Any = None


class FileEntry:
    """One path that tasks use. `path` is absolute.

    was_there: before a task was the first to write it.
    """

    __slots__ = ("deleted", "had_folder", "handle", "is_directory", "opened", "path", "was_there", "written")

    def __init__(self, path: str, *, is_directory: bool) -> None:
        self.path = path
        self.is_directory = is_directory
        self.handle: Any = None
        self.written = False
        self.deleted = False
        self.was_there = False
        self.had_folder = os.path.isdir(os.path.dirname(path))
        self.opened: weakref.ref[Any] | None = None  # what compss_open gave, while the program has it

    def flush(self) -> None:
        """What the program wrote so far through `compss_open` must be seen by the tasks that come now."""
        stream = self.opened() if self.opened is not None else None
        if stream is not None and not stream.closed:
            stream.flush()


def real_path(path: str) -> str:
    """What a path means: a link and what it points to are one file. Hard links stay files of their own."""
    try:
        return os.path.realpath(path)
    except ValueError:  # a null byte: who opens it is told
        return os.path.abspath(path)


class ObjectTable:
    """Everything of the program that has a datum.

    locate: the identity of a file. Within tasks that is the path: inputs are links there, to versions that stay.
    """

    def __init__(self, locate: Callable[[str], str] = os.path.abspath) -> None:
        self.locate = locate
        self.entries: dict[int, Entry] = {}
        self.files: dict[str, FileEntry] = {}
        self._next_sweep = FIRST_SWEEP

    def find(self, object_: Any) -> Entry | None:
        entry = self.entries.get(id(object_))
        return entry if entry is not None and entry.object is object_ else None

    def track(self, object_: Any) -> Entry:
        entry = Entry(object_)
        self.entries[id(object_)] = entry
        return entry

    def track_result(self, instance: Any, handle: Any) -> None:
        """An instance of the declared class stands for a result, like an object that a task has written."""
        entry = self.track(instance)
        entry.handle = handle
        entry.written = entry.stands_in = True

    def untrack(self, object_: Any) -> Entry | None:
        return self.entries.pop(id(object_), None)

    def file(self, path: str, *, is_directory: bool = False) -> FileEntry:
        full = self.locate(path)
        entry = self.files.get(full)
        if entry is None:
            entry = self.files[full] = FileEntry(full, is_directory=is_directory)
        return entry

    def forget_file(self, path: str) -> FileEntry | None:
        return self.files.pop(self.locate(path), None)

    def sweep(self, *, now: bool = False) -> list[Entry]:
        """Forget objects that only this table refers to; their entries, for the backend to release.

        now: even if there are few, which may be large.
        """
        if len(self.entries) < self._next_sweep and not now:
            return []
        count = sys.getrefcount
        # entry.object and getrefcount's argument: two references are ours.
        gone = [key for key, entry in self.entries.items() if count(entry.object) <= 2]  # noqa: PLR2004
        entries = [self.entries.pop(key) for key in gone]
        self._next_sweep = max(FIRST_SWEEP, 2 * len(self.entries))
        return entries


def travels_by_value(value: Any) -> bool:
    """Whether `value` cannot change and is small, so that it needs no datum."""
    kind = type(value)
    if kind in BY_VALUE:
        return True
    if kind is tuple or kind is frozenset:
        return len(value) <= _FEW and all(type(item) in _SMALL for item in value)
    if isinstance(value, type):
        return True
    # numpy scalars, without importing numpy
    return kind.__module__ == "numpy" and not hasattr(value, "__array_finalize__") and hasattr(value, "dtype")


def is_immutable(value: Any) -> bool:
    """Whether INOUT on `value` can have no effect: neither it nor what it consists of can change."""
    kind = type(value)
    if kind is tuple or kind is frozenset:
        return all(map(is_immutable, value))
    return kind in IMMUTABLE or travels_by_value(value)
