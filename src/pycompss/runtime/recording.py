"""What the session writes into the journal, when somebody listens."""

from __future__ import annotations

from typing import Any

from pycompss.core.coordinator import Coordinator
from pycompss.core.data import Version
from pycompss.core.events import Event, Kind
from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation
from pycompss.core.parameter import Direction
from pycompss.core.resources import Requirement
from pycompss.core.task import Definition, State
from pycompss.runtime import calls
from pycompss.runtime.calls import Call

_IN = Direction.IN.value
_NO_FLAGS: frozenset[str] = frozenset()


class Notes:
    """Writes into the journal of a run what the program submits; asked only while there is one."""

    def __init__(self, core: Coordinator) -> None:
        self._core = core
        self._needs: dict[Requirement, int] = {}

    def created(self, task: Invocation, call: Call | None) -> None:
        """A submission with the versions that it reads and writes."""
        accesses = tuple(_accesses(task, call)) if call is not None else ()
        shared = tuple((s.direction.value, f"d{s.version.datum.id}") for s, _, _ in task.shared)
        self._created(task, accesses, shared)

    def plain(self, task: Invocation, names: tuple[str, ...]) -> None:
        """A submission that reads nothing but futures, by position."""
        accesses: tuple[Any, ...] = ()
        if task.reads:
            args = task.payload.args
            read = [name for name, value in zip(names, args, strict=True) if type(value) is tuple]
            accesses = tuple((name, _IN, *_origin(v), False) for name, v in zip(read, task.reads, strict=True))
        self._created(task, accesses, ())

    def _created(self, task: Invocation, accesses: tuple[Any, ...], shared: tuple[Any, ...]) -> None:
        core = self._core
        if core.journal is None:
            return
        place = task.place
        core.journal.append(
            (
                Kind.TASK_CREATED,
                core.clock(),
                task.id,
                task.definition.number,
                accesses,
                tuple([version.label for version in task.writes]),
                tuple([group.name for group in task.groups]),
                shared,
                _flags(task.definition),
                task.parent.id if task.parent is not None else None,
                self._need(task.requirement, core.journal),
                (place[0].co_filename, place[1]) if place is not None else None,
            )
        )

    def _need(self, need: Any, journal: list[Event]) -> int:
        """The number of what a task asks for, which is recorded when it is new."""
        number = self._needs.get(need)
        if number is None:
            number = self._needs[need] = len(self._needs)
            units, memory = getattr(need, "units", 0), getattr(need, "memory", 0)
            journal.append((Kind.NEED_REGISTERED, self._core.clock(), number, units, memory, str(need)))
        return number


def _accesses(task: Invocation, call: Call) -> Any:
    position = 0
    collections = {name for code, _, _, name in call.operations if code == calls.COLLECTION}
    for code, _, spec, name in call.operations:
        if code == calls.COLLECTION:
            continue
        collection = name in collections
        if code == calls.CREATE:
            yield (name, spec.direction.value, None, None, collection)
            continue
        version = task.reads[position]
        position += 1
        yield (name, spec.direction.value, *_origin(version), collection)


def _origin(version: Version) -> tuple[str | None, int | None]:
    """Label and producing task of what is read; a first version has no producer."""
    producer = version.producer.id if version.producer is not None else None
    return version.label, producer


def _flags(definition: Definition) -> frozenset[str]:
    if not (definition.is_replicated or definition.is_distributed or definition.is_reduce or definition.priority):
        return _NO_FLAGS
    flags = {
        "replicated": definition.is_replicated,
        "distributed": definition.is_distributed,
        "reduce": definition.is_reduce,
        "priority": definition.priority,
    }
    return frozenset([name for name, is_set in flags.items() if is_set])


def barrier(core: Coordinator, group: Group | None) -> None:
    """Record a barrier with the tasks that nobody depends on yet."""
    if core.journal is None:
        return
    last = tuple(
        task.id
        for task in core.unfinished.values()
        if task.state < State.DONE and (group is None or group in task.groups)
    )
    core.journal.append((Kind.BARRIER, core.clock(), group.name if group is not None else None, last))
