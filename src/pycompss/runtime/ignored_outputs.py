"""Which values the parameters of a task get that failed and is ignored: `defaults={"x": …}`.

Outputs are numbered through all arguments, elements of collections among them, in the order of the call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any, Final

from pycompss.core.invocation import Invocation
from pycompss.worker import wire

_NONE_GIVEN: Final = object()


def defaults_of_outputs(task: Invocation, defaults: Mapping[str, Any]) -> Iterator[tuple[int, Any]]:
    """The number of each output for whose parameter something is given, and that; lists go to collections."""
    payload = task.payload
    numbers = deque(number for number in range(len(task.writes)) if number not in payload.unsent)
    by_position = zip_longest(task.definition.parameters, payload.args)
    for name, argument in [*by_position, *(payload.keywords or {}).items()]:
        for number, default in _outputs(argument, defaults.get(name, _NONE_GIVEN), numbers):
            if default is not _NONE_GIVEN:
                yield number, default


def _outputs(argument: Any, default: Any, numbers: deque[int]) -> Iterator[tuple[int, Any]]:
    """The outputs of one argument; takes theirs from the numbers that are left."""
    tag = argument[0] if type(argument) is tuple else None
    if tag in (wire.UPDATE, wire.CREATE):
        yield numbers.popleft(), default
    elif tag == wire.FILE:
        if numbers and argument[4] == numbers[0]:  # else it is read, or the same as an earlier one
            yield numbers.popleft(), default
    elif tag == wire.LIST:
        items = argument[1]
        elements = default[: len(items)] if isinstance(default, (list, tuple)) else ()
        for item, value in zip_longest(items, elements, fillvalue=_NONE_GIVEN):
            yield from _outputs(item, value, numbers)
    elif tag == wire.DICT:
        values = default if isinstance(default, Mapping) else {}
        for key, item in argument[1]:
            yield from _outputs(item, values.get(key, _NONE_GIVEN), numbers)
