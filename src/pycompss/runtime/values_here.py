"""What a function gets that runs here and not as a task: in the program, and inside tasks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from pycompss.runtime.future import Future
from pycompss.runtime.objects import Entry, ObjectTable


class ValuesHere(ABC):
    """Who knows futures and tracked objects, and can get their values."""

    table: ObjectTable

    @abstractmethod
    def resolve(self, future: Future) -> Any:
        """The value of a future."""

    @abstractmethod
    def delete_object(self, value: Any) -> bool:
        """Forget an object: the next task that gets it captures its content anew."""

    @abstractmethod
    def _synchronise(self, entry: Entry) -> Any:
        """The last value of an object."""

    def value_here(self, value: Any) -> Any:
        """The value of one argument of a function that runs here; what tasks have not written stays what it is."""
        if type(value) is Future:
            return self.resolve(value)
        entry = self.table.find(value)
        if entry is None:
            return value
        if entry.written:
            return self._synchronise(entry)
        self.delete_object(value)  # the function may change it
        return value

    def value_inside(self, value: Any, made: dict[int, Any]) -> Any:
        """The value of a future, a tracked object, or a list or dict (any depth) with such things in it.

        made: the new lists and dicts, by identity of the old ones, which may hold themselves.
        """
        if type(value) is Future:
            return self.resolve(value)
        entry = self.table.find(value)
        if entry is not None and entry.written:
            return self._synchronise(entry)
        if entry is not None:
            self.delete_object(value)  # tasks have only read it, but from now on the program may change it
        if not isinstance(value, (list, dict)):
            return value
        found = made.get(id(value))
        if found is None:
            if isinstance(value, list):
                found = made[id(value)] = []
                found.extend([self.value_inside(item, made) for item in value])
            else:
                found = made[id(value)] = {}
                found.update(
                    {self.value_inside(key, made): self.value_inside(item, made) for key, item in value.items()}
                )
        return found
