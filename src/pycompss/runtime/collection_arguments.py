"""Collections and dictionaries as arguments: each element is an argument of its own, down to the declared depth.

An array of numbers is one object, and so is a list that tasks have written as a whole. Elements that a task writes, and
that cannot be changed, become futures in the caller's list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pycompss.core.parameter import UNLIMITED_DEPTH, Direction, Kind, Spec
from pycompss.core.task import Definition
from pycompss.runtime.calls import COLLECTION, CREATE, UPDATE, Call
from pycompss.runtime.file_arguments import file_argument
from pycompss.runtime.future import Future
from pycompss.runtime.object_arguments import ObjectArguments, maker
from pycompss.runtime.objects import Entry, is_immutable
from pycompss.runtime.places import where_called
from pycompss.worker import wire

_ITERABLES = (list, tuple, set, frozenset, bytearray)
_LEVELS = frozenset({list, tuple, dict})


class CollectionArguments(ObjectArguments):
    """Turns lists and dictionaries into wire arguments."""

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
        return (wire.CREATE, self.codec.encode(maker(item) if item is not None else None))

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
