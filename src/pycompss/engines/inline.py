"""The sequential engine: a task call is a plain function call.

For debugging, and as the oracle of tests: what a program computes here, it must compute in parallel (programming model,
section 13). Values are real values, `INOUT` changes the program's object, exceptions go straight to the caller.
"""

from __future__ import annotations

import builtins
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

from pycompss.core.keywords import CALL_KEYWORDS, split, unexpected_lines
from pycompss.core.task import Definition, Returns
from pycompss.runtime.binding import bind
from pycompss.runtime.kinds import is_launched, launcher
from pycompss.util import stderr

if TYPE_CHECKING:
    from pycompss.engines.inline_streams import InlineStreams


class InlineCaller:
    """Answers API calls by doing what they say at once, in this process."""

    parallel = False

    def call(self, definition: Definition, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """The value of the function itself."""
        if definition.unexpected:
            stderr.write(unexpected_lines(definition))
        if not CALL_KEYWORDS.isdisjoint(kwargs):
            kwargs, _ = split(definition, kwargs)
        if definition.options:
            from pycompss.engines import inline_program  # noqa: PLC0415  (few programs need it)

            if inline_program.is_program(definition):
                return inline_program.run(definition, args)
            definition = inline_program.with_its_body(definition)
            if is_launched(definition):
                bound = bind(definition, args, kwargs)
                return launcher(definition, bound, ())(*bound.positional, **bound.keywords)
        value = definition.function(*args, **kwargs)
        if value is None and definition.returns is Returns.ARGUMENT:
            return _argument(definition, args, kwargs)
        return value

    def wait_on(self, value: Any) -> Any:
        return value

    def value_here(self, value: Any) -> Any:
        return value

    def wait_on_file(self, name: str) -> None:
        """Nothing: the file is where it was written."""

    def open(self, name: str, mode: str) -> IO[Any]:
        return builtins.open(name, mode)

    def file_exists(self, name: str) -> bool:
        return os.path.exists(name)

    def delete_file(self, name: str) -> bool:
        return True

    def delete_object(self, value: Any) -> bool:
        return True

    def barrier(self, no_more_tasks: bool = False) -> None:
        """Nothing: every task has ended."""

    def open_group(self, name: str) -> None:
        """Nothing: groups have no members to wait for."""

    def close_group(self, name: str) -> None:
        """Nothing."""

    def barrier_group(self, name: str) -> None:
        """Nothing."""

    def cancel_group(self, name: str) -> None:
        """Nothing: every member has ended."""

    @cached_property
    def stream_calls(self) -> InlineStreams:
        from pycompss.engines.inline_streams import InlineStreams  # noqa: PLC0415  (few programs need it)

        return InlineStreams()

    def snapshot(self) -> None:
        """Nothing."""

    def number_of_resources(self) -> int:
        return 1

    def request_resources(self, number: int, group: str | None) -> None:
        """Nothing."""

    def free_resources(self, number: int, group: str | None) -> None:
        """Nothing."""

    def set_wall_clock(self, seconds: float) -> None:
        """Nothing: sequential programs are not limited."""

    def stop(self, code: int = 0, *, hard: bool = False) -> None:
        """Nothing: what was started has ended."""


def _argument(definition: Definition, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What `returns="{{p}}"` gives back, so that calls can be chained as in parallel."""
    import inspect  # noqa: PLC0415  (rare)

    name, *attributes = definition.returns_text.split(".")
    value = inspect.signature(definition.function).bind(*args, **kwargs).arguments[name]
    for attribute in attributes:
        value = getattr(value, attribute)
    return value
