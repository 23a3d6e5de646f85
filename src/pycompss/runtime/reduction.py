"""Reductions: a collection shrinks by partial tasks, each of which reduces some neighbours to one value.

The function is associative, but `f([a, b])` need not be `f([b, a])`: the order of the elements is kept. Partial tasks
are calls of the same task with a part of the collection, all submitted at once. What they give are futures, so each
level of the tree begins as soon as its own elements are there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from pycompss.core.parameter import Direction, Kind
from pycompss.core.task import Definition
from pycompss.errors import PyCOMPSsException
from pycompss.runtime.binding import Bound, spec_for_keyword
from pycompss.runtime.call_builder import CallBuilder
from pycompss.runtime.places import shown, warn, where_called
from pycompss.runtime.returns import count_returns

USUAL_CHUNK = 8  # elements of a partial task, if nobody says how many
LEAST_CHUNK = 2  # with one element each, nothing would shrink
MOST_DIGITS = 18  # of a number in a text


def applies(definition: Definition, bound: Bound) -> bool:
    """Whether this call is a reduction."""
    return bool(bound.overrides.get("is_reduce", definition.is_reduce))


def submit(definition: Definition, bound: Bound, builder: CallBuilder, call: Callable[[Bound], Any]) -> Any:
    """Make one call of `call` per partial task; gives what the last one gives.

    Raises:
        PyCOMPSsException: the task is no reduction, or its `chunk_size` no number.
    """
    name = collection_of(definition)
    if count_returns(definition, bound)[0] != 1:
        raise complaint(definition, f"a reduction returns one value ({where_called()})")
    size = chunk_size(definition, bound.overrides.get("chunk_size", definition.chunk_size), f" ({where_called()})")
    elements = builder.elements_of(bound.value(name), spec_for_keyword(definition, name))
    if elements is None:
        return call(bound)
    return reduced(elements, size, lambda part: call(bound.replaced(name, part)))


def reduced(elements: list[Any], size: int, reduce: Callable[[list[Any]], Any]) -> Any:
    """`reduce` of all elements, by parts of at most `size` neighbours."""
    while len(elements) > size:
        elements = [_reduced_part(part, reduce) for part in _parts(elements, size)]
    return reduce(elements)


def _parts(elements: list[Any], size: int) -> list[list[Any]]:
    return [elements[start : start + size] for start in range(0, len(elements), size)]


def _reduced_part(part: list[Any], reduce: Callable[[list[Any]], Any]) -> Any:
    return reduce(part) if len(part) > 1 else part[0]


# -- what the decorator says


def collection_of(definition: Definition) -> str:
    """The parameter whose elements are reduced.

    Raises:
        PyCOMPSsException: there is not exactly one collection that is read.
    """
    names = [n for n, s in definition.specs.items() if s.kind is Kind.COLLECTION and s.direction is Direction.IN]
    if len(names) != 1 or names[0] == definition.varargs:
        found = f"this one has {', '.join(names) or 'none'}"
        raise complaint(definition, f"a reduction has exactly one parameter that is COLLECTION_IN; {found}")
    written = [name for name, spec in definition.specs.items() if spec.direction.writes]
    if written:
        raise complaint(definition, f"a reduction changes none of its arguments, but {written[0]} is written")
    return names[0]


def chunk_size(definition: Definition, given: object, place: str = "") -> int:
    """How many elements a partial task gets: a number, a text with one, or "$VAR"; place: of a call, for the message.

    Raises:
        PyCOMPSsException: it is no such thing.
    """
    text = os.path.expandvars(given) if isinstance(given, str) else given
    if isinstance(text, str) and "$" in text:
        warn(f"{definition.name}: chunk_size={given!r} of its @reduction is not set; using {USUAL_CHUNK}")
        return USUAL_CHUNK
    number = _whole(text)
    if number is None or number < 0:
        raise complaint(definition, f'chunk_size is a number of elements or "$VAR", not {shown(given)}{place}')
    return max(LEAST_CHUNK, number) if number else USUAL_CHUNK


def _whole(given: object) -> int | None:
    if isinstance(given, str) and given.strip().isdecimal() and len(given) <= MOST_DIGITS:
        return int(given)
    return given if isinstance(given, int) and not isinstance(given, bool) else None


def complaint(definition: Definition, reason: str) -> PyCOMPSsException:
    return PyCOMPSsException(f"task {definition.name} ({definition.file}:{definition.line}), @reduction: {reason}")
