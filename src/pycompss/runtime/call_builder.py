"""The values of a call become wire arguments, and the accesses that go with them.

The same code serves the program's process and a task that calls tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from pycompss.core.parameter import UNLIMITED_DEPTH, Direction, Kind, Spec
from pycompss.core.task import Definition
from pycompss.errors import StorageFull
from pycompss.runtime.binding import Bound, spec_for_keyword, specs_for
from pycompss.runtime.calls import COLLECTION, CREATE, DELETE, READ, SHARE, STREAM, UPDATE, Call
from pycompss.runtime.file_arguments import file_argument
from pycompss.runtime.future import UNKNOWN, Future
from pycompss.runtime.objects import Entry, FileEntry, ObjectTable, is_immutable, travels_by_value
from pycompss.runtime.places import warn, where_called
from pycompss.store.codec import Codec
from pycompss.store.descriptor import is_literal
from pycompss.worker import wire

_ITERABLES = (list, tuple, set, frozenset, bytearray)
_LEVELS = frozenset({list, tuple, dict})


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
            return self.object(call, definition, name, value, spec)
        if kind is Kind.FILE or kind is Kind.DIRECTORY:
            return file_argument(call, self.table, definition, name, value, spec)
        if kind is Kind.COLLECTION or kind is Kind.COLLECTION_FILE:
            return self._collection(call, definition, name, value, spec)
        if kind is Kind.DICTIONARY:
            return self._dictionary(call, definition, name, value, spec)
        return self._stream(call, definition, name, value, spec)

    def arguments(
        self, call: Call, definition: Definition, bound: Bound
    ) -> tuple[tuple[Any, ...], dict[str, Any] | None]:
        """The wire arguments of a bound call: by position, and by keyword."""
        specs = specs_for(definition, len(bound.positional))
        args = tuple(
            self.argument(call, definition, name, value, spec)
            for name, value, spec in zip(bound.names, bound.positional, specs, strict=True)
        )
        keywords = {
            name: self.argument(call, definition, name, value, spec_for_keyword(definition, name))
            for name, value in bound.keywords.items()
        }
        return args, keywords or None

    def _stream(self, call: Call, definition: Definition, name: str, value: Any, spec: Spec) -> Any:
        """A stream travels as its name: there is no data to wait for."""
        number = getattr(value, "stream_id", None)
        if type(number) is not int:
            raise TypeError(
                f"{definition.name}: parameter {name!r} is declared as a stream, so it takes a FileDistroStream or an "
                f"ObjectDistroStream, not {value!r:.60} ({where_called()})"
            )
        call.operations.append((STREAM, number, spec, name))
        return self._by_value(definition, name, value)

    # -- objects -------------------------------------------------------------------------------------------------

    def object(self, call: Call, definition: Definition, name: str, value: Any, spec: Spec) -> Any:
        """The wire argument for one value that is an object, whatever its parameter is declared as."""
        direction = spec.direction
        if type(value) is Future:
            if direction is Direction.IN:
                return self._read(call, value, spec, name)
            return self._access(call, value, spec, name, value)
        if direction is Direction.IN_DELETE and is_immutable(value):
            direction = Direction.IN
        if direction is Direction.IN:
            return value if is_literal(value) else self._input(call, definition, name, value, spec)
        if self._cannot_change(definition, name, value):
            return value if is_literal(value) else self._by_value(definition, name, value)
        return self._access(call, self._entry(definition, name, value, direction), spec, name, value)

    def _access(self, call: Call, subject: Any, spec: Spec, name: str, value: Any) -> Any:
        direction = spec.direction
        if direction is Direction.IN:
            return self._read(call, subject, spec, name)
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
            entry = self._capture(definition, name, value, entry)
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
                stands_in = entry is not None and entry.stands_in
                entry = self.table.track(value)
                entry.stands_in = stands_in
            elif direction is Direction.IN_DELETE:
                content = entry.value if entry is not None and entry.stands_in else value
                entry = Entry(value)
                entry.descriptor = self._encode(definition, name, content)
            else:
                entry = self._capture(definition, name, value, entry)
        return entry

    def _capture(self, definition: Definition, name: str, value: Any, earlier: Entry | None) -> Entry:
        """The object with its content of now; if it stands for a result, with what the program got for it."""
        stands_in = earlier is not None and earlier.stands_in
        descriptor = self._encode(definition, name, earlier.value if earlier is not None and stands_in else value)
        entry = self.table.track(value)
        entry.descriptor = descriptor
        entry.written = entry.stands_in = stands_in
        return entry

    def abandon(self, call: Call) -> None:
        """The call was refused: what it would have been the first to use is as unknown as before."""
        for _, subject, _, _ in call.operations:
            if getattr(subject, "handle", call) is not None:
                continue
            if type(subject) is FileEntry:
                self.table.forget_file(subject.path)
            elif type(subject) is Entry:
                self.table.untrack(subject.object)

    def _read(self, call: Call, subject: Any, spec: Spec, name: str, code: int = READ) -> tuple[Any, ...]:
        position = call.inputs
        if code == READ:
            _, earlier = call.passed.setdefault(id(subject), (READ, position))
            if earlier != position:
                return (wire.SAME, earlier)
        if spec.weight == 1.0:  # nearly always: what `read` does, without the call
            call.inputs = position + 1
            call.operations.append((code, subject, spec, name))
        else:
            call.read(code, subject, spec, name)
        return (wire.READ, position)

    def _write(self, call: Call, subject: Any, spec: Spec, name: str, value: Any) -> tuple[Any, ...]:
        direction = spec.direction
        if type(subject) is Entry:
            subject.written = True
        else:
            subject.value = UNKNOWN  # what the program was given is out of date
        if direction is Direction.OUT:
            call.operations.append((CREATE, subject, spec, name))
            call.outputs += 1
            return (wire.CREATE, self.codec.encode(None if type(value) is Future else _maker(value)))
        code = UPDATE if direction is Direction.INOUT else SHARE
        earlier_code, earlier = call.passed.get(id(subject), (code, -1))
        if earlier >= 0 and code == earlier_code:
            return (wire.SAME, earlier)
        position = call.inputs
        call.passed[id(subject)] = (READ if direction is Direction.CONCURRENT else code, position)
        call.inputs += 1
        call.outputs += 1
        call.operations.append((code, subject, spec, name))
        if direction is Direction.CONCURRENT:
            return (wire.READ, position)  # changes of objects are not returned
        return (wire.UPDATE, position, earlier if code == UPDATE and earlier_code == READ else -1)

    # -- collections ---------------------------------------------------------------------------------------------

    def _collection(self, call: Call, definition: Definition, name: str, value: Any, spec: Spec) -> Any:
        if value is None:
            return (wire.LIST, ())
        if type(value) is Future or _is_whole(value) or self._is_written(value):
            return self.object(call, definition, name, value, Spec(Kind.OBJECT, spec.direction))
        items = value if isinstance(value, _ITERABLES) else _as_list(value, spec)
        if items is None:
            raise TypeError(
                f"{definition.name}: parameter {name!r} is declared as a collection, so it takes a list, not "
                f"{value!r:.60} ({where_called()})"
            )
        call.operations.append((COLLECTION, None, spec, name))
        known = len(call.replaced)
        level = self._level(call, definition, name, items, spec, max(1, spec.depth))
        if len(call.replaced) > known and hasattr(value, "dtype"):
            parts = _parts(items, value)
            call.replaced[known:] = [(parts.get(id(h), h), key, future) for h, key, future in call.replaced[known:]]
        return level

    def elements_of(self, value: Any, spec: Spec) -> list[Any] | None:
        """The elements of a collection; None if the task gets it as one object, or it is no collection."""
        if value is None or type(value) is Future or _is_whole(value) or self._is_written(value):
            return None
        return list(value) if isinstance(value, _ITERABLES) else _as_list(value, spec)

    def _is_written(self, value: Any) -> bool:
        """Whether tasks have written the list as a whole, so that what the program sees in it is out of date."""
        entry = self.table.find(value)
        return entry is not None and entry.written and (entry.stands_in or not entry.synchronised)

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
        it come back changed. So are empty ones, and plain values in a class of their own, as named tuples are.
        """
        if spec.kind is Kind.COLLECTION_FILE:
            return True
        entry = self.table.find(item)
        if entry is not None and not entry.synchronised:
            return False
        kind, direction = type(item), spec.direction
        is_plain = kind is tuple or (kind in _LEVELS and (item or not direction.writes))
        if is_plain and (spec.depth != UNLIMITED_DEPTH or direction is Direction.OUT or not direction.writes):
            return True
        return not all(map(is_immutable, item.values() if isinstance(item, dict) else item))

    def _element(
        self, call: Call, definition: Definition, name: str, holder: Any, index: Any, item: Any, spec: Spec
    ) -> Any:
        if spec.kind is Kind.FILE:
            return file_argument(call, self.table, definition, name, item, spec)
        if not spec.direction.writes or type(item) is Future or not is_immutable(item):
            return self.object(call, definition, name, item, spec)
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
        return (wire.CREATE, self.codec.encode(_maker(item) if item is not None else None))

    def _dictionary(self, call: Call, definition: Definition, name: str, value: Any, spec: Spec) -> Any:
        if value is None:
            return (wire.DICT, ())
        if type(value) is Future or self._is_written(value):
            return self.object(call, definition, name, value, Spec(Kind.OBJECT, spec.direction))
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
            named = self.object(call, definition, name, key, Spec())
            if depth > 1 and type(item) is dict and self._is_level(item, spec):
                items.append((named, self._dict_level(call, definition, name, item, spec, depth - 1)))
            elif depth > 1 and type(item) is list and self._is_level(item, spec):
                items.append((named, self._level(call, definition, name, item, spec, depth - 1)))
            else:
                items.append((named, self._element(call, definition, name, value, key, item, element)))
        return (wire.DICT, tuple(items))


def _maker(value: Any) -> Any:
    """What is called without arguments for the task's own instance: the class, or what makes an array as large."""
    if type(value).__module__ == "numpy" and type(value).__name__ == "ndarray":
        from numpy import zeros  # noqa: PLC0415  (the program has loaded it)

        return partial(zeros, value.shape, value.dtype)
    return type(value)


def _parts(rows: Any, array: Any) -> dict[int, Any]:
    """The parts of an array of objects that the lists of its elements were made from."""
    parts = {id(rows): array}
    if getattr(array, "ndim", 1) > 1:
        for row, part in zip(rows, array, strict=True):
            parts |= _parts(row, part)
    return parts


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
