"""From a bound call to what an engine needs: a template of arguments, and the accesses that go with it.

The same code serves the program's process and a task that calls tasks. It never talks to the core: it leaves a list of
operations, which the session carries out under its lock (or a worker sends to the master).

    READ subject · UPDATE subject · CREATE subject · SHARE subject, direction · DELETE subject · COLLECTION

A *subject* (a future, an `Entry`, a `FileEntry`) carries the backend's handle of its datum in `.handle`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pycompss.core.alternatives import Alternative
from pycompss.core.parameter import UNLIMITED_DEPTH, Direction, Kind, Spec
from pycompss.core.task import Definition, Policy
from pycompss.errors import PyCOMPSsException, StorageFull
from pycompss.runtime.future import Future
from pycompss.runtime.objects import Entry, ObjectTable, is_immutable, travels_by_value
from pycompss.runtime.places import warn, where_called
from pycompss.store.codec import Codec
from pycompss.store.descriptor import is_literal
from pycompss.worker import wire

READ: Final = 0
UPDATE: Final = 1
CREATE: Final = 2
SHARE: Final = 3
DELETE: Final = 4
COLLECTION: Final = 5  # uses up a datum number, nothing else

_FILE_MODES = {
    Direction.IN: wire.FILE_IN,
    Direction.IN_DELETE: wire.FILE_IN,
    Direction.OUT: wire.FILE_OUT,
    Direction.INOUT: wire.FILE_INOUT,
    Direction.CONCURRENT: wire.FILE_SHARED,
    Direction.COMMUTATIVE: wire.FILE_INOUT,
}
Operation = tuple[int, Any, Any, str]  # code, subject, spec, parameter name
_ITERABLES = (list, tuple, set, frozenset, bytearray)


class Call:
    """One call, ready to be submitted.

    operations: (code, subject, spec, parameter name), in the order in which inputs and outputs are numbered.
    """

    __slots__ = (
        "alternatives",
        "has_files",
        "inputs",
        "operations",
        "outputs",
        "passed",
        "policy",
        "replaced",
        "weights",
    )

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.inputs = 0
        self.outputs = 0
        self.has_files = False
        self.weights: dict[int, float] | None = None
        self.replaced: list[tuple[Any, Any, Future]] = []  # (list, key, future) immutable elements made waitable
        self.passed: dict[int, tuple[int, int]] = {}  # objects by identity of their subjects: (code, input)
        self.alternatives: list[Alternative] | None = None  # the call as each version of the task would run it
        self.policy: Policy | None = None  # what the call itself asks for (`on_failure=`)

    def hand_out_futures(self) -> None:
        """The call was submitted: the program's collections get the futures of what will replace their elements."""
        for holder, key, future in self.replaced:
            holder[key] = future


class CallBuilder:
    """Turns the values of a call into a `Call`."""

    def __init__(self, table: ObjectTable, codec: Codec, owner: Any) -> None:
        self.table = table
        self.codec = codec
        self.owner = owner  # of the futures that it makes

    def argument(self, call: Call, definition: Definition, name: str, value: Any, spec: Spec) -> Any:
        """The wire argument for one value; its accesses are added to `call`."""
        kind = spec.kind
        if kind is Kind.OBJECT:
            return self._object(call, definition, name, value, spec)
        if kind is Kind.FILE or kind is Kind.DIRECTORY:
            return self._file(call, definition, name, value, spec)
        if kind is Kind.COLLECTION or kind is Kind.COLLECTION_FILE:
            return self._collection(call, definition, name, value, spec)
        if kind is Kind.DICTIONARY:
            return self._dictionary(call, definition, name, value, spec)
        raise PyCOMPSsException(f"{definition.name}: streams are not available yet (parameter {name!r})")

    # -- objects -------------------------------------------------------------------------------------------------

    def _object(self, call: Call, definition: Definition, name: str, value: Any, spec: Spec) -> Any:
        direction = spec.direction
        if direction is Direction.IN_DELETE and type(value) is not Future and is_immutable(value):
            direction = Direction.IN
        if direction is Direction.IN:
            if is_literal(value):
                return value
            if type(value) is Future:
                return self._read(call, value, spec, name)
            return self._input(call, definition, name, value, spec)
        if type(value) is not Future and self._cannot_change(definition, name, value):
            return value if is_literal(value) else self._by_value(definition, name, value)
        subject = value if type(value) is Future else self._entry(definition, name, value, direction)
        if direction is Direction.IN_DELETE:
            return self._read(call, subject, spec, name, DELETE)
        return self._write(call, subject, spec, name, value)

    def _cannot_change(self, definition: Definition, name: str, value: Any) -> bool:
        if not is_immutable(value):
            return False
        entry = self.table.find(value)
        if entry is not None and entry.handle is not None:
            return False
        warn(
            f"{definition.name}: parameter {name!r} is declared as written, but {value!r:.60} cannot be changed in "
            f"place; the task gets it as input only (return the new value instead)"
        )
        return True

    def _input(self, call: Call, definition: Definition, name: str, value: Any, spec: Spec) -> Any:
        entry = self.table.find(value)
        if entry is None or entry.synchronised:
            if travels_by_value(value):
                return self._by_value(definition, name, value)
            entry = self._capture(definition, name, value)
        return self._read(call, entry, spec, name)

    def _by_value(self, definition: Definition, name: str, value: Any) -> Any:
        descriptor = self._encode(definition, name, value)
        return (wire.VALUE, descriptor) if type(descriptor) is tuple else descriptor

    def _encode(self, definition: Definition, name: str, value: Any) -> Any:
        try:
            return self.codec.encode(value, task=definition.name, argument=name)
        except StorageFull as error:
            message = f"{definition.name}, argument {name!r} ({where_called()}): {error.message}"
            raise StorageFull(message) from None

    def _entry(self, definition: Definition, name: str, value: Any, direction: Direction) -> Entry:
        entry = self.table.find(value)
        if entry is None or entry.synchronised:
            if direction is Direction.OUT:
                entry = self.table.track(value)
            elif direction is Direction.IN_DELETE:
                entry = Entry(value)
                entry.descriptor = self._encode(definition, name, value)
            else:
                entry = self._capture(definition, name, value)
        return entry

    def _capture(self, definition: Definition, name: str, value: Any) -> Entry:
        descriptor = self._encode(definition, name, value)
        entry = self.table.track(value)
        entry.descriptor = descriptor
        return entry

    def _read(self, call: Call, subject: Any, spec: Spec, name: str, code: int = READ) -> tuple[Any, ...]:
        position = call.inputs
        if code == READ and spec.kind is not Kind.FILE and spec.kind is not Kind.DIRECTORY:
            _, earlier = call.passed.setdefault(id(subject), (READ, position))
            if earlier != position:
                return (wire.SAME, earlier)
        call.inputs = position + 1
        call.operations.append((code, subject, spec, name))
        if spec.weight != 1.0:
            call.weights = call.weights or {}
            call.weights[position] = spec.weight
        return (wire.READ, position)

    def _write(self, call: Call, subject: Any, spec: Spec, name: str, value: Any) -> tuple[Any, ...]:
        direction = spec.direction
        if type(subject) is Entry:
            subject.written = True
        if direction is Direction.OUT:
            call.operations.append((CREATE, subject, spec, name))
            call.outputs += 1
            cls = None if type(value) is Future else type(value)
            return (wire.CREATE, self.codec.encode(cls))
        code = UPDATE if direction is Direction.INOUT else SHARE
        earlier_code, earlier = call.passed.get(id(subject), (code, -1))
        if earlier >= 0 and code == earlier_code == UPDATE:
            return (wire.SAME, earlier)
        position = call.inputs
        call.passed[id(subject)] = (code, position)
        call.inputs += 1
        call.outputs += 1
        call.operations.append((code, subject, spec, name))
        if direction is Direction.CONCURRENT:
            return (wire.READ, position)  # changes of objects are not returned
        return (wire.UPDATE, position, earlier if code == UPDATE and earlier_code == READ else -1)

    # -- files ---------------------------------------------------------------------------------------------------

    def _file(self, call: Call, definition: Definition, name: str, value: Any, spec: Spec) -> Any:
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
        is_directory = spec.kind is Kind.DIRECTORY
        entry = self.table.file(path, is_directory=is_directory)
        if entry.handle is None and spec.direction is not Direction.OUT:
            self._check_input(definition, name, path, spec)
        entry.flush()
        call.has_files = True
        return self._file_access(call, entry, os.path.basename(os.path.normpath(path)), spec, name)

    def _check_input(self, definition: Definition, name: str, path: str, spec: Spec) -> None:
        """A missing input is said at the call, unless the task's policy lives with failures."""
        if definition.policy in (Policy.IGNORE, Policy.CANCEL_SUCCESSORS):
            return
        what = spec.kind.name.lower()
        if not os.path.exists(path):
            self.table.forget_file(path)
            raise FileNotFoundError(
                errno.ENOENT,
                f"{definition.name}: the input {what} of parameter {name!r} does not exist ({where_called()})",
                path,
            )
        if os.path.isdir(path) != (spec.kind is Kind.DIRECTORY):
            self.table.forget_file(path)
            other = "file" if spec.kind is Kind.DIRECTORY else "directory"
            raise (NotADirectoryError if spec.kind is Kind.DIRECTORY else IsADirectoryError)(
                errno.ENOTDIR if spec.kind is Kind.DIRECTORY else errno.EISDIR,
                f"{definition.name}: parameter {name!r} is declared as a {what}, but this is a {other} "
                f"({where_called()})",
                path,
            )
        if not os.access(path, os.R_OK):
            self.table.forget_file(path)
            raise PermissionError(
                errno.EACCES,
                f"{definition.name}: the input {what} of parameter {name!r} cannot be read ({where_called()})",
                path,
            )

    def _file_access(self, call: Call, entry: Any, base: str, spec: Spec, name: str) -> tuple[Any, ...]:
        direction = spec.direction
        mode = _FILE_MODES[direction] | (wire.DIRECTORY if entry.is_directory else 0)
        keep = bool(spec.keep_rename)
        if direction is Direction.IN or direction is Direction.IN_DELETE:
            _, position = self._read(call, entry, spec, name, READ if direction is Direction.IN else DELETE)
            return (wire.FILE, mode, position, base, -1, keep)
        entry.written = True
        output = call.outputs
        call.outputs += 1
        if direction is Direction.OUT:
            call.operations.append((CREATE, entry, spec, name))
            return (wire.FILE, mode, -1, base, output, keep)
        position = call.inputs
        call.inputs += 1
        call.operations.append((UPDATE if direction is Direction.INOUT else SHARE, entry, spec, name))
        return (wire.FILE, mode, position, base, output, keep)

    # -- collections ---------------------------------------------------------------------------------------------

    def _collection(self, call: Call, definition: Definition, name: str, value: Any, spec: Spec) -> Any:
        if value is None:
            return (wire.LIST, ())
        if type(value) is Future or _is_whole(value) or self._is_written(value):
            return self._object(call, definition, name, value, Spec(Kind.OBJECT, spec.direction))
        items = value if isinstance(value, _ITERABLES) else _as_list(value, spec)
        if items is None:
            raise TypeError(
                f"{definition.name}: parameter {name!r} is declared as a collection, so it takes a list, not "
                f"{value!r:.60} ({where_called()})"
            )
        call.operations.append((COLLECTION, None, spec, name))
        return self._level(call, definition, name, items, spec, max(1, spec.depth))

    def elements_of(self, value: Any, spec: Spec) -> list[Any] | None:
        """The elements of a collection; None if the task gets it as one object, or it is no collection."""
        if value is None or type(value) is Future or _is_whole(value) or self._is_written(value):
            return None
        return list(value) if isinstance(value, _ITERABLES) else _as_list(value, spec)

    def _is_written(self, value: Any) -> bool:
        """Whether tasks have written the list as a whole, so that what the program sees in it is out of date."""
        entry = self.table.find(value)
        return entry is not None and entry.written and not entry.synchronised

    def _level(self, call: Call, definition: Definition, name: str, value: Any, spec: Spec, depth: int) -> Any:
        element = spec.element
        items = []
        for index, item in enumerate(value):
            if depth > 1 and isinstance(item, (list, tuple)) and self._is_level(item, spec):
                items.append(self._level(call, definition, name, item, spec, depth - 1))
            else:
                items.append(self._element(call, definition, name, value, index, item, element))
        return (wire.LIST, tuple(items))

    def _is_level(self, item: Any, spec: Spec) -> bool:
        """Nested lists are levels, unless tasks know them as objects of their own.

        Without a given depth, a list of plain values that a task may change is an element, too: only as a whole can
        it come back changed.
        """
        entry = self.table.find(item)
        if entry is not None and not entry.synchronised:
            return False
        if spec.depth != UNLIMITED_DEPTH or spec.direction in (Direction.IN, Direction.IN_DELETE, Direction.OUT):
            return True
        parts = item.values() if isinstance(item, dict) else item
        return any(type(part) is Future or not is_immutable(part) for part in parts)

    def _element(
        self, call: Call, definition: Definition, name: str, holder: Any, index: Any, item: Any, spec: Spec
    ) -> Any:
        if spec.kind is Kind.FILE:
            return self._file(call, definition, name, item, spec)
        if not spec.direction.writes or type(item) is Future or not is_immutable(item):
            return self._object(call, definition, name, item, spec)
        return self._immutable_element(call, definition, name, holder, index, item, spec)

    def _immutable_element(
        self, call: Call, definition: Definition, name: str, holder: Any, index: Any, item: Any, spec: Spec
    ) -> Any:
        """`[None] * 3` as a written collection: the caller's list gets futures, so that it can wait for them."""
        if not isinstance(holder, (list, dict)):
            raise TypeError(
                f"{definition.name}: {name!r} is written, but {item!r:.60} in a {type(holder).__name__} can neither "
                f"change nor be replaced; pass a list ({where_called()})"
            )
        future = Future(None, self.owner)
        call.replaced.append((holder, index, future))
        if spec.direction is not Direction.OUT:
            entry = Entry(item)
            entry.descriptor = self._encode(definition, name, item)
            call.operations.append((UPDATE, (entry, future), spec, name))
            position = call.inputs
            call.inputs += 1
            call.outputs += 1
            return (wire.UPDATE, position, -1)
        call.operations.append((CREATE, (None, future), spec, name))
        call.outputs += 1
        return (wire.CREATE, self.codec.encode(type(item) if item is not None else None))

    def _dictionary(self, call: Call, definition: Definition, name: str, value: Any, spec: Spec) -> Any:
        if value is None:
            return (wire.DICT, ())
        if type(value) is Future:
            return self._object(call, definition, name, value, Spec(Kind.OBJECT, spec.direction))
        if not isinstance(value, dict):
            raise TypeError(
                f"{definition.name}: parameter {name!r} is declared as a dictionary, not {value!r:.60} "
                f"({where_called()})"
            )
        call.operations.append((COLLECTION, None, spec, name))
        return self._dict_level(call, definition, name, value, spec, max(1, spec.depth))

    def _dict_level(self, call: Call, definition: Definition, name: str, value: Any, spec: Spec, depth: int) -> Any:
        element = spec.element
        items = []
        for key, item in value.items():
            named = self._object(call, definition, name, key, Spec())
            if depth > 1 and type(item) is dict and self._is_level(item, spec):
                items.append((named, self._dict_level(call, definition, name, item, spec, depth - 1)))
            elif depth > 1 and type(item) is list and self._is_level(item, spec):
                items.append((named, self._level(call, definition, name, item, spec, depth - 1)))
            else:
                items.append((named, self._element(call, definition, name, value, key, item, element)))
        return (wire.DICT, tuple(items))


def _is_whole(value: Any) -> bool:
    """An array of numbers: nothing in it is worth being a datum, and the task wants the array, as in sequence."""
    return getattr(getattr(value, "dtype", None), "kind", "O") != "O"


def _as_list(value: Any, spec: Spec) -> list[Any] | None:
    """Whatever else can be iterated over; None if it is no collection, or could not take what the task writes to it.

    numpy arrays of Python objects are lists, and lists of lists, of them: programs slice their futures like this.
    """
    if hasattr(value, "dtype"):
        return list(value.tolist())
    if spec.direction.writes or isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        return None
    return list(value)
