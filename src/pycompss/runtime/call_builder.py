"""The values of a call become wire arguments, and the accesses that go with them.

The same code serves the program's process and a task that calls tasks.
"""

from __future__ import annotations

from typing import Any

from pycompss.core.parameter import Kind, Spec
from pycompss.core.task import Definition
from pycompss.runtime.binding import Bound, spec_for_keyword, specs_for
from pycompss.runtime.calls import STREAM, Call
from pycompss.runtime.collection_arguments import CollectionArguments
from pycompss.runtime.file_arguments import file_argument
from pycompss.runtime.places import where_called


class CallBuilder(CollectionArguments):
    """Turns the values of a call into a `Call`."""

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
