"""What became of one task, and why: what it waited for, where it ran, what failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pycompss.core.events import FIELDS, Event, Kind, Reader
from pycompss.core.parameter import Direction
from pycompss.observe.wording import Wording, clock, line

_ACCESSES, _SHARED, _NEED = (  # after the type
    FIELDS[Kind.TASK_CREATED].index(name) - 2 for name in ("accesses", "shared", "need")
)

_OPEN = frozenset({"pending", "ready", "sent", "running"})


@dataclass(slots=True)
class _Life:
    """What is known of a task when the journal ends."""

    type: int
    producers: tuple[tuple[str, int], ...] = ()  # label, task
    need: int | None = None
    turns: frozenset[str] = frozenset()  # data that it changes in turn with others (COMMUTATIVE)
    state: str = "pending"
    slot: tuple[str, int] | None = None
    others: tuple[str, ...] = ()  # further nodes that it has
    since: float = 0.0


class Explanation(Reader):
    """Reads a whole journal, then tells of one task."""

    def __init__(self, task: int) -> None:
        self._number = task
        self._types: dict[int, str] = {}
        self._needs: dict[int, str] = {}
        self._lives: dict[int, _Life] = {}
        self._lines: list[str] = []
        self._is_over = False
        self._wording = Wording(self._hear)

    def read(self, events: Iterable[Event]) -> None:
        for event in events:
            Reader.read(self, (event,))
            Reader.read(self._wording, (event,))

    def _hear(self, time: float, _word: str, task: int | None, text: str) -> None:
        if task == self._number:
            self._lines.append(line(time, text))

    # -- states -------------------------------------------------------------------------------------------------------

    def type_registered(self, _time: float, type_: int, name: str) -> None:
        self._types[type_] = name

    def need_registered(self, _time: float, need: int, _units: int, _memory: int, text: str, *_rest: object) -> None:
        self._needs[need] = text

    def task_created(self, time: float, task: int, type_: int, *rest: Any) -> None:
        producers = tuple((access[2], access[3]) for access in rest[_ACCESSES] if access[3] is not None)
        turns = frozenset(datum for direction, datum in rest[_SHARED] if direction == Direction.COMMUTATIVE.value)
        self._lives[task] = _Life(type_, producers, rest[_NEED], turns, since=time)

    def task_ready(self, time: float, task: int) -> None:
        self._move(time, task, "ready")

    def task_assigned(self, time: float, task: int, node: str, slot: int, _attempt: int) -> None:
        self._move(time, task, "sent", (node, slot))

    def task_spread(self, _time: float, task: int, nodes: tuple[str, ...]) -> None:
        life = self._lives.get(task)
        if life is not None:
            life.others = nodes[1:]

    def task_returned(self, time: float, task: int) -> None:
        life = self._lives.get(task)
        self._move(time, task, "pending" if life is not None and self._unmade(life) else "ready")

    def task_retried(self, time: float, task: int, _attempt: int) -> None:
        self._move(time, task, "ready")

    def task_started(self, time: float, task: int, node: str, slot: int, _attempt: int) -> None:
        self._move(time, task, "running", (node, slot))

    def task_finished(self, time: float, task: int, *_rest: object) -> None:
        self._move(time, task, "finished")

    def task_failed(self, time: float, task: int, *rest: Any) -> None:
        if rest[-2] != "retry":
            self._move(time, task, "failed" if rest[-2] == "failed" else f"failed ({rest[-2]})")

    def task_cancelled(self, time: float, task: int) -> None:
        self._move(time, task, "cancelled")

    def run_ended(self, _time: float, _code: int) -> None:
        self._is_over = True

    def _move(self, time: float, task: int, state: str, slot: tuple[str, int] | None = None) -> None:
        life = self._lives.get(task)
        if life is not None:
            life.state, life.since, life.slot = state, time, slot

    # -- the answer ---------------------------------------------------------------------------------------------------

    def lines(self, *, is_alive: bool = True) -> list[str]:
        """What happened to the task, then how it stands. KeyError: there is no such task.

        is_alive: whether the program goes on; a journal without an end does not tell.
        """
        life = self._lives[self._number]
        verdict = self._verdict(life) if is_alive or self._is_over else self._last_seen(life)
        return [*self._lines, "", *verdict]

    def _verdict(self, life: _Life) -> Iterator[str]:
        name = f"Task {self._number} ({self._types.get(life.type, '?')})"
        unmade = self._unmade(life)
        if life.state == "pending":
            yield f"{name} waits for other tasks:"
            yield from self._missing(life)
        elif life.state == "ready":
            need = self._needs.get(life.need if life.need is not None else -1, "a free worker")
            yield f"{name} is ready since {clock(life.since)} and waits for room: it asks for {need}"
            yield from self._occupants()
        elif life.state == "sent":
            yield f"{name} is at {_slot(life)} and runs, or waits there for those before it:"
            yield from self._neighbours(life)
            if unmade:
                yield "It was sent before all was made that it reads:"
                yield from unmade
        elif life.state == "cancelled":
            yield f"{name} was cancelled" + ("" if not self._culprits(life) else ", because:")
            yield from self._culprits(life)
        else:
            yield f"{name} {'runs at ' + _slot(life) if life.state == 'running' else life.state}"

    def _last_seen(self, life: _Life) -> Iterator[str]:
        """How it stood when the program was killed."""
        if life.state in _OPEN:
            name = f"Task {self._number} ({self._types.get(life.type, '?')})"
            missing = self._missing(life) if life.state == "pending" else []
            yield f"{name} was {life.state} when the program was killed{', and waited for' * bool(missing)}"
            yield from missing
        else:
            yield from self._verdict(life)

    def _unmade(self, life: _Life) -> list[str]:
        return [line for line, state in self._inputs(life) if state in _OPEN]

    def _inputs(self, life: _Life) -> Iterator[tuple[str, str]]:
        """What is said of each input, and the state of the task that makes it."""
        for label, task in life.producers:
            other = self._lives.get(task)
            if other is not None:
                kind = self._types.get(other.type, "?")
                yield f"  {label} of task {task} ({kind}), which is {other.state}", other.state

    def _missing(self, life: _Life) -> list[str]:
        found = [line for line, state in self._inputs(life) if state != "finished"]
        return found + [
            f"  {datum}, which task {task} ({self._types.get(other.type, '?')}) changes before it"
            for task, other in (self._lives.items() if life.turns else ())
            for datum in sorted(life.turns & other.turns)
            if other.state in ("ready", "sent", "running")
        ]

    def _culprits(self, life: _Life) -> list[str]:
        return [line for line in self._missing(life) if "failed" in line or "cancelled" in line]

    def _occupants(self) -> list[str]:
        return [
            f"  {_slot(other)} has task {task} ({self._types.get(other.type, '?')}) since {clock(other.since)}"
            for task, other in self._lives.items()
            if other.state in ("sent", "running")
        ]

    def _neighbours(self, life: _Life) -> list[str]:
        return [
            f"  task {task} ({self._types.get(other.type, '?')})"
            for task, other in self._lives.items()
            if other.slot == life.slot and task != self._number and other.state in ("sent", "running")
        ]


def _slot(life: _Life) -> str:
    node, slot = life.slot or ("?", 0)
    beside = f" (and on {', '.join(life.others)})" if life.others else ""
    return f"{node}, slot {slot}{beside}"
