"""From packed events (`core.events.PACKED`) to single ones: what recording saves is worked out where it harms nobody.

A packed event refers to nothing but calls that were registered before, so any run of events can be unpacked by who
has seen all CALL_REGISTERED before it.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pycompss.core.events import PACKED, Event, Kind
from pycompss.core.parameter import Direction

_IN = Direction.IN.value
Reads = tuple[tuple[int, int, int, int | None], ...]  # position of the parameter, datum, version, producer


class Unpacker:
    """Knows the calls of one run."""

    def __init__(self) -> None:
        self._calls: dict[int, tuple[Any, ...]] = {}
        self._rules: dict[int, Callable[..., Iterable[Event]]] = {
            Kind.CALL_REGISTERED: self._call_registered,
            Kind.TASK_CALLED: self._task_called,
            Kind.TASKS_CALLED: self._tasks_called,
            Kind.TASKS_ASSIGNED: _tasks_assigned,
            Kind.TASKS_FINISHED: _tasks_finished,
            Kind.TASKS_ENDED: _tasks_ended,
        }

    def unpacked(self, events: Iterable[Event]) -> Iterator[Event]:
        """The same events, one by one."""
        rules = self._rules
        for event in events:
            if event[0] in PACKED:
                yield from rules[event[0]](*event[1:])
            else:
                yield event

    def _call_registered(self, _time: float, call: int, *what: Any) -> Iterable[Event]:
        self._calls[call] = what
        return ()

    def _task_called(self, time: float, task: int, call: int, reads: Reads, made: int) -> Iterable[Event]:
        return _created(time, task, self._calls.get(call, _UNKNOWN), reads, made)

    def _tasks_called(self, _time: float, first: int, numbers: Iterable[float]) -> Iterator[Event]:
        known = self._calls
        for task, (call, time, made, reads) in enumerate(_calls(numbers), first):
            yield from _created(time, task, known.get(call, _UNKNOWN), reads, made)


def _calls(numbers: Iterable[Any]) -> Iterator[tuple[int, float, int, Reads]]:
    """What TASKS_CALLED tells of each task: number of the call, time, what is made and read."""
    call, time, rest = 0, -1.0, list[int]()
    for number in (*numbers, -1):
        if number >= 0 and type(number) is int:
            rest.append(number)
            continue
        if time >= 0:
            yield call, time, rest[0] if rest else 0, _reads(rest) if len(rest) > 1 else ()
            rest = []
        if type(number) is int:
            call, time = -number, -1.0
        else:
            time = number


def _reads(numbers: list[int]) -> Reads:
    """As of TASK_CALLED; the first number tells of something else."""
    return tuple(zip(numbers[1::4], numbers[2::4], numbers[3::4], [n or None for n in numbers[4::4]], strict=True))


def _created(time: float, task: int, call: tuple[Any, ...], reads: Reads, made: int) -> tuple[Event, ...]:
    type_, names, groups, flags, parent, need, place = call
    accesses: tuple[Any, ...] = ()
    if reads:
        accesses = tuple(
            [(names[p] if p < len(names) else "", _IN, f"d{d}v{v}", maker, False) for p, d, v, maker in reads]
        )
    writes = (f"d{made}v2",) if made else ()  # a result has no version 1
    created = (Kind.TASK_CREATED, time, task, type_, accesses, writes, groups, (), flags, parent, need, place)
    return (created,) if reads else (created, (Kind.TASK_READY, time, task))


# Of a call whose registration was lost: the journal is damaged before it.
_UNKNOWN: tuple[Any, ...] = (-1, (), (), frozenset(), None, None, None)


def _tasks_assigned(time: float, node: str, slot: int, tasks: Iterable[int], ready: Sequence[int]) -> Iterable[Event]:
    assigned = [(Kind.TASK_ASSIGNED, time, task, node, slot, 1) for task in tasks]
    return [*((Kind.TASK_READY, time, task) for task in ready), *assigned] if ready else assigned


def _tasks_finished(time: float, node: str, slot: int, notes: Any, data: bytes) -> Iterable[Event]:
    doubles = array("d")
    doubles.frombytes(data)
    return _tasks_ended(time, node, slot, notes, map(int, doubles[::3]), doubles[1::3], doubles[2::3])


def _tasks_ended(
    time: float,
    node: str,
    slot: int,
    notes: Any,
    numbers: Iterable[int],
    durations: Iterable[float],
    ends: Iterable[float | None],
) -> Iterable[Event]:
    tasks = list(zip(numbers, durations, ends, strict=True))
    found: list[Event] = []
    if notes is not None:
        worker, shift, load = notes
        runs = tuple(
            [
                (task, (end := ended + shift) - seconds, end - seconds, end, end, seconds * load, *_NOTHING)
                for task, seconds, ended in tasks
                if ended
            ]
        )
        if runs:
            found.append((Kind.TASKS_RAN, time, node, slot, worker, runs))
    found += [(Kind.TASK_FINISHED, time, task, node, slot, 1, seconds) for task, seconds, _ in tasks]
    return found


_NOTHING = (None, None, None, ())  # memory, read, written, marks of a short task
