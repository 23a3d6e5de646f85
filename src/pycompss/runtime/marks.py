"""Events of the user's own: `listener` takes them where a run is looked at; elsewhere they cost a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping

FIRST_TYPE = 8000051  # smaller ones are ours
USUAL_TYPE = 9100000  # which the configurations of Paraver users show
LARGEST = (1 << 63) - 1

listener: Callable[[int, int], object] | None = None  # of this process: the run's, or the running task's
namer: Callable[[int, str, dict[int, str]], object] | None = None


def emit(type_: int, value: int) -> None:
    """Something of this type begins; value 0: it ends. Raises TypeError or ValueError, whether looked at or not."""
    _check("type", type_, FIRST_TYPE)
    _check("value", value, 0)
    if listener is not None:
        listener(type_, value)


def name(type_: int, label: str, values: Mapping[int, str]) -> None:
    """What a type and its values are called in traces."""
    _check("type", type_, FIRST_TYPE)
    for value in values:
        _check("value", value, 0)
    if namer is not None:
        namer(type_, str(label), {value: str(text) for value, text in values.items()})


def _check(what: str, number: int, least: int) -> None:
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"the {what} of an event is an int, not {number!r}")
    if not least <= number <= LARGEST:
        raise ValueError(f"the {what} of an event of your own is at least {least}, not {number}")
