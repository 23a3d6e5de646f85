"""Files and directories as arguments: a path becomes an access to the file's datum.

Inputs that are not there are said at the call. A program's output and errors may go to one file, as with `2>&1`: then
two parameters are one access.
"""

from __future__ import annotations

import errno
import os
from typing import Any

from pycompss.core.parameter import Direction, Kind, Spec, Stream
from pycompss.core.task import Definition, Policy
from pycompss.errors import PyCOMPSsException
from pycompss.runtime.calls import CREATE, DELETE, READ, SHARE, UPDATE, Call
from pycompss.runtime.future import Future
from pycompss.runtime.objects import FileEntry, ObjectTable
from pycompss.runtime.places import where_called
from pycompss.worker import wire

_MODES = {
    Direction.IN: wire.FILE_IN,
    Direction.IN_DELETE: wire.FILE_IN,
    Direction.OUT: wire.FILE_OUT,
    Direction.INOUT: wire.FILE_INOUT,
    Direction.CONCURRENT: wire.FILE_SHARED,
    Direction.COMMUTATIVE: wire.FILE_INOUT,
}
_OUTPUT_STREAMS = (Stream.STDOUT, Stream.STDERR)


def file_argument(call: Call, table: ObjectTable, definition: Definition, name: str, value: Any, spec: Spec) -> Any:
    """The wire argument of a path; its access is added to `call`.

    Raises:
        TypeError: it is no path.
        OSError: an input is not there, is not what the parameter declares, or cannot be read.
        PyCOMPSsException: two streams of a program are one file, with different directions.
    """
    if value is None:
        return None
    if type(value) is Future:
        value = value.owner.resolve(value)
    try:
        path = os.fspath(value)
    except TypeError:
        raise TypeError(
            f"{definition.name}: parameter {name!r} is declared as a {spec.kind.name.lower()}, so it takes a path, "
            f"not {value!r:.60} ({where_called()})"
        ) from None
    entry = table.file(path, is_directory=spec.kind is Kind.DIRECTORY)
    if entry.handle is None and spec.direction is not Direction.OUT:
        _check_input(table, definition, name, path, spec)
    entry.flush()
    call.has_files = True
    return _access(call, definition, name, entry, os.path.basename(os.path.normpath(path)), spec)


def _check_input(table: ObjectTable, definition: Definition, name: str, path: str, spec: Spec) -> None:
    """A missing input is said at the call, unless the task's policy lives with failures."""
    if definition.policy in (Policy.IGNORE, Policy.CANCEL_SUCCESSORS):
        return
    error = _complaint(definition, name, path, spec)
    if error is not None:
        table.forget_file(path)
        raise error


def _complaint(definition: Definition, name: str, path: str, spec: Spec) -> OSError | None:
    """What is wrong with an input."""
    what = spec.kind.name.lower()
    declared = f"{definition.name}: parameter {name!r} is declared as a {what}, but this is a"
    the_input = f"{definition.name}: the input {what} of parameter {name!r}"
    if not os.path.exists(path):
        return FileNotFoundError(errno.ENOENT, f"{the_input} does not exist ({where_called()})", path)
    if os.path.isdir(path) and spec.kind is Kind.FILE:
        return IsADirectoryError(errno.EISDIR, f"{declared} directory ({where_called()})", path)
    if not os.path.isdir(path) and spec.kind is Kind.DIRECTORY:
        return NotADirectoryError(errno.ENOTDIR, f"{declared} file ({where_called()})", path)
    if not os.access(path, os.R_OK):
        return PermissionError(errno.EACCES, f"{the_input} cannot be read ({where_called()})", path)
    return None


def _access(call: Call, definition: Definition, name: str, entry: FileEntry, base: str, spec: Spec) -> tuple[Any, ...]:
    direction = spec.direction
    mode = _MODES[direction] | (wire.DIRECTORY if entry.is_directory else 0)
    keep = bool(spec.keep_rename)
    if not direction.writes:
        position = call.read(READ if direction is Direction.IN else DELETE, entry, spec, name)
        return (wire.FILE, mode, position, base, -1, keep)
    entry.written = True
    output = call.outputs
    first, earlier = call.passed.setdefault(id(entry), (direction, output))
    if earlier != output:
        if spec.stream in _OUTPUT_STREAMS:
            _check_alike(definition, name, entry.path, first, direction)
        if first == direction:
            return (wire.FILE, mode, -1, base, earlier, keep)
    call.outputs += 1
    if direction is Direction.OUT:
        entry.was_there = entry.handle is None and os.path.exists(entry.path)
        call.operations.append((CREATE, entry, spec, name))
        return (wire.FILE, mode, -1, base, output, keep)
    position = call.inputs
    call.inputs += 1
    call.operations.append((UPDATE if direction is Direction.INOUT else SHARE, entry, spec, name))
    return (wire.FILE, mode, position, base, output, keep)


def _check_alike(definition: Definition, name: str, path: str, first: int, second: int) -> None:
    """One file for output and errors is written once, so it has one direction."""
    if first != second:
        raise PyCOMPSsException(
            f"{definition.name}: output and errors both go to {path}, as {Direction(first).name} and (parameter "
            f"{name!r}) as {Direction(second).name}; give both the same direction ({where_called()})"
        )
