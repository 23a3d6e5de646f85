"""Objects as arguments: a value travels as it is, or becomes an access to the datum of the object, future or result.

Small values that cannot change travel by value, and literals as they are. All others are known to the table of
objects, so that calls that get the same object meet at its datum.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from pycompss.core.parameter import Direction, Spec
from pycompss.core.task import Definition
from pycompss.errors import StorageFull
from pycompss.runtime.calls import CREATE, DELETE, READ, SHARE, UPDATE, Call
from pycompss.runtime.future import UNKNOWN, Future
from pycompss.runtime.objects import Entry, FileEntry, ObjectTable, is_immutable, travels_by_value
from pycompss.runtime.places import warn, where_called
from pycompss.store.codec import Codec
from pycompss.store.descriptor import is_literal
from pycompss.worker import wire


class ObjectArguments:
    """Turns one object into a wire argument."""

    def __init__(self, table: ObjectTable, codec: Codec, owner: Any) -> None:
        self.table = table
        self.codec = codec
        self.owner = owner  # of the futures that it makes

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
            return (wire.CREATE, self.codec.encode(None if type(value) is Future else maker(value)))
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


def maker(value: Any) -> Any:
    """What is called without arguments for the task's own instance: the class, or what makes an array as large."""
    if type(value).__module__ == "numpy" and type(value).__name__ == "ndarray":
        from numpy import zeros  # noqa: PLC0415  (the program has loaded it)

        return partial(zeros, value.shape, value.dtype)
    return type(value)
