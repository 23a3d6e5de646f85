"""The tasks of a run: records of those that are on their way, and 130 bytes for each that has ended.

A million records are most of a gigabyte. Few tasks change at a time, and few are looked at: those that have ended are
packed, and unpacked for whoever asks. Names, places and groups, which many tasks share, are kept once.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Hashable, Iterable, Iterator, Mapping
from struct import Struct
from typing import Any, Generic, NamedTuple, TypeVar

from pycompss.observe.columns import Column
from pycompss.observe.records import STAGES, Stage, TaskRecord

_HEAD = Struct("<iibqi")  # type, level, stage, where its producers begin, how many they are
_REST = Struct("<qiiiiih7dq")  # see `_pack`
_NOBODY, _LIVE = -1, -2  # instead of rows
T = TypeVar("T", bound=Hashable)


class Outline(NamedTuple):
    """What the graph needs to know of a task."""

    id: int
    type: int
    stage: Stage
    level: int
    producers: tuple[int, ...]


class Tasks(Mapping[int, TaskRecord]):
    """Records by number, in the order of calls. A record of a task that has ended is a copy: see `live`."""

    def __init__(self, *, outlines_only: bool = False) -> None:
        """outlines_only: nothing else will be asked of tasks that have ended."""
        self._live: dict[int, TaskRecord] = {}
        self._count = 0
        self._has_rest = not outlines_only
        self._size = _HEAD.size + (_REST.size if self._has_rest else 0)
        self._rows = Column(_NOBODY)  # by task
        self._packed = bytearray()
        self._producers = array("q")
        self._wheres: _Shared[tuple[Any, ...]] = _Shared()  # nodes
        self._groups: _Shared[tuple[str, ...]] = _Shared()
        self._places: _Shared[Any] = _Shared()
        self._words: dict[int, tuple[str, str]] = {}  # outcome and message, of tasks that failed

    # -- records ------------------------------------------------------------------------------------------------------

    def add(self, record: TaskRecord) -> None:
        self._count += self._rows[record.id] == _NOBODY
        self._live[record.id] = record
        self._rows[record.id] = _LIVE

    def live(self, task: int) -> TaskRecord | None:
        """The record itself, for whoever changes it; `settle` it again if the task has ended."""
        found = self._live.get(task)
        if found is None and self._rows[task] >= 0:
            found = self[task]
            self.add(found)
        return found

    def settle(self, record: TaskRecord) -> None:
        """The task has ended: its record is packed."""
        if self._live.pop(record.id, None) is not None:
            self._rows[record.id] = len(self._packed) // self._size
            self._pack(record)

    def unfinished(self) -> Iterable[TaskRecord]:
        """Records of tasks that have not ended."""
        return self._live.values()

    def level(self, task: int) -> int:
        """-1 if there is no such task."""
        record = self._live.get(task)
        if record is not None:
            return record.level
        row = self._rows[task]
        return -1 if row < 0 else _HEAD.unpack_from(self._packed, row * self._size)[1]

    def outlines(self) -> Iterable[Outline]:
        """Of all tasks; may be gone through again and again."""
        return _Outlines(self)

    # -- as a mapping -------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        return (task for task, _ in self._rows.items())

    def __contains__(self, task: object) -> bool:
        return isinstance(task, int) and self._rows[task] != _NOBODY

    def __getitem__(self, task: int) -> TaskRecord:
        found = self._live.get(task)
        if found is not None:
            return found
        row = self._rows[task]
        if row < 0:
            raise KeyError(task)
        return self._unpacked(task, row * self._size)

    # -- packed -------------------------------------------------------------------------------------------------------

    def _pack(self, one: TaskRecord) -> None:
        self._packed += _HEAD.pack(one.type, one.level, one.stage, len(self._producers), len(one.producers))
        self._producers.extend(one.producers)
        if not self._has_rest:
            return
        self._packed += _REST.pack(
            -1 if one.parent is None else one.parent,
            -1 if one.need is None else one.need,
            self._wheres.number((one.node, *one.others)),
            self._groups.number(one.groups),
            self._places.number(one.place),
            one.lane,
            one.attempt,
            one.created,
            one.started,
            one.ended,
            one.seconds,
            one.began,
            one.returned,
            math.nan if one.cpu is None else one.cpu,
            -1 if one.memory is None else one.memory,
        )
        if one.outcome or one.message:
            self._words[one.id] = one.outcome, one.message

    def _unpacked(self, task: int, offset: int) -> TaskRecord:
        head = self._outline(task, offset)
        if not self._has_rest:
            return TaskRecord(task, head.type, 0.0, head.producers, level=head.level, stage=head.stage)
        parent, need, where, groups, place, lane, attempt, *times, cpu, memory = _REST.unpack_from(
            self._packed, offset + _HEAD.size
        )
        created, started, ended, seconds, began, returned = times
        node, *others = self._wheres.values[where]
        outcome, message = self._words.get(task, ("", ""))
        return TaskRecord(
            task,
            head.type,
            created,
            head.producers,
            self._groups.values[groups],
            None if parent < 0 else parent,
            None if need < 0 else need,
            self._places.values[place],
            head.level,
            head.stage,
            node,
            tuple(others),
            None,
            lane,
            attempt,
            started,
            ended,
            seconds,
            began,
            returned,
            None if math.isnan(cpu) else cpu,
            None if memory < 0 else memory,
            outcome,
            message,
        )

    def _outline(self, task: int, offset: int) -> Outline:
        type_, level, stage, first, count = _HEAD.unpack_from(self._packed, offset)
        return Outline(task, type_, STAGES[stage], level, tuple(self._producers[first : first + count]))

    def outline(self, task: int, row: int) -> Outline:
        """row: as `_rows` has it."""
        if row >= 0:
            return self._outline(task, row * self._size)
        one = self._live[task]
        return Outline(task, one.type, one.stage, one.level, one.producers)


class _Outlines(Iterable[Outline]):
    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    def __iter__(self) -> Iterator[Outline]:
        tasks = self._tasks
        return (tasks.outline(task, row) for task, row in tasks._rows.items())  # noqa: SLF001  (its other half)


class _Shared(Generic[T]):
    """Values that many have, by number."""

    def __init__(self) -> None:
        self.values: list[T] = []
        self._numbers: dict[T, int] = {}

    def number(self, value: T) -> int:
        found = self._numbers.get(value)
        if found is None:
            found = self._numbers[value] = len(self.values)
            self.values.append(value)
        return found
