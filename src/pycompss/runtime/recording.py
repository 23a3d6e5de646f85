"""What the session writes into the journal, when somebody listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycompss.core.coordinator import Coordinator
from pycompss.core.equipment import CPU, KINDS
from pycompss.core.events import Event, Kind
from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Node, Requirement
from pycompss.core.task import STATE_DONE, Definition
from pycompss.core.versions import Version
from pycompss.runtime import calls
from pycompss.runtime.calls import Call

if TYPE_CHECKING:
    from pycompss.runtime.plans import Place, Plan

CARDS = 1_000  # that are kept
_NO_FLAGS: frozenset[str] = frozenset()


class Card:
    """What calls of one line of the program have in common, and its number in a journal."""

    __slots__ = ("groups", "journal", "number", "place")

    def __init__(self, number: int, task: Invocation, journal: list[Event]) -> None:
        self.journal = journal
        self.number = number
        self.place = task.place
        self.groups = task.groups


class Notes:
    """Writes into the journal of a run what the program submits; asked only while there is one."""

    def __init__(self, core: Coordinator) -> None:
        self._core = core
        self._clock = core.clock
        self._needs: dict[Requirement, int] = {}
        self._numbered = 0  # cards so far
        self._cards: dict[int, Card] = {}  # the last ones, by id of their place, which they keep
        self._open: Event | None = None  # TASKS_CALLED, to which calls are added as long as it is the last event
        self._calls: list[Any] = []  # its calls
        self._place: Place | None = None  # of the last of them, which no other task type and journal has

    def created(self, task: Invocation, call: Call | None) -> None:
        """A submission with the versions that it reads and writes."""
        core = self._core
        if core.journal is None:
            return
        now = core.clock()
        core.journal.append(
            (
                Kind.TASK_CREATED,
                now,
                task.id,
                task.definition.number,
                tuple(_accesses(task, call)) if call is not None else (),
                tuple([version.label for version in task.writes]),
                tuple([group.name for group in task.groups]),
                tuple((s.direction.value, f"d{s.version.datum.id}") for s, _, _ in task.shared),
                _flags(task.definition),
                task.parent.id if task.parent is not None else None,
                self._need(task.requirement, core.journal),
                _line(task.place),
            )
        )
        if not task.reads and not task.shared:
            core.journal.append((Kind.TASK_READY, now, task.id))

    def plain(self, task: Invocation, plan: Plan, journal: list[Event]) -> None:
        """A submission by the short way, which is recorded by a short way, too: most add one number to an event."""
        if task.place is not self._place or not journal or journal[-1] is not self._open:
            self._turn_to(task, plan, journal)
        if task.reads:
            self._calls += _with_reads(self._clock(), task)
        elif task.writes:
            self._calls += (self._clock(), task.writes[0].datum.id)
        else:
            self._calls.append(self._clock())

    def _turn_to(self, task: Invocation, plan: Plan, journal: list[Event]) -> None:
        """A call from another line, or something has happened (groups are opened), or was written, since the last."""
        card = self._cards.get(id(task.place), plan.card)
        if card is None or card.place != task.place or card.groups is not task.groups or card.journal is not journal:
            card = plan.card = self._new_card(task, plan.names, journal)
        if not journal or journal[-1] is not self._open:
            self._calls = []
            self._open = (Kind.TASKS_CALLED, self._clock(), task.id, self._calls)
            journal.append(self._open)
        self._calls.append(-card.number)
        self._place = task.place

    def _new_card(self, task: Invocation, names: tuple[str, ...], journal: list[Event]) -> Card:
        self._numbered += 1
        journal.append(
            (
                Kind.CALL_REGISTERED,
                self._core.clock(),
                self._numbered,
                task.definition.number,
                names,
                tuple([group.name for group in task.groups]),
                _flags(task.definition),
                task.parent.id if task.parent is not None else None,
                self._need(task.requirement, journal),
                _line(task.place),
            )
        )
        if len(self._cards) >= CARDS:
            self._cards.clear()
        card = self._cards[id(task.place)] = Card(self._numbered, task, journal)
        return card

    def _need(self, need: Any, journal: list[Event]) -> int:
        """The number of what a task asks for, which is recorded when it is new."""
        number = self._needs.get(need)
        if number is None:
            number = self._needs[need] = len(self._needs)
            units, memory = getattr(need, "units", 0), getattr(need, "memory", 0)
            devices, bandwidth = tuple(getattr(need, "devices", {}).items()), getattr(need, "storage_bw", 0.0)
            what = (number, units, memory, str(need), devices, bandwidth)
            journal.append((Kind.NEED_REGISTERED, self._core.clock(), *what))
        return number


def _line(place: Any) -> tuple[str, int] | None:
    return (place[0].co_filename, place[1]) if place is not None else None


def _with_reads(time: float, task: Invocation) -> list[float]:
    """A call that reads, as of TASKS_CALLED."""
    numbers = [time, task.writes[0].datum.id if task.writes else 0]
    position, args = -1, task.payload.args
    for version in task.reads:
        position += 1
        while type(args[position]) is not tuple:
            position += 1
        producer = version.producer
        numbers += (position, version.datum.id, version.number, producer.id if producer is not None else 0)
    return numbers


def _accesses(task: Invocation, call: Call) -> Any:
    position = 0
    collections = {name for code, _, _, name in call.operations if code == calls.COLLECTION}
    for code, _, spec, name in call.operations:
        if code in (calls.COLLECTION, calls.STREAM):
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
    is_service = definition.launcher == "http"
    if not (
        definition.is_replicated
        or definition.is_distributed
        or definition.is_reduce
        or definition.priority
        or is_service
    ):
        return _NO_FLAGS
    flags = {
        "replicated": definition.is_replicated,
        "distributed": definition.is_distributed,
        "reduce": definition.is_reduce,
        "priority": definition.priority,
        "service": is_service,
    }
    return frozenset([name for name, is_set in flags.items() if is_set])


def described(node: Node) -> tuple[Any, ...]:
    """A node as the journal names it: see RUN_STARTED."""
    devices: dict[str, int] = {}
    for processor in node.stock.processors:
        if processor.kind in KINDS and processor.kind != CPU:
            devices[processor.kind] = devices.get(processor.kind, 0) + processor.units
    return node.name, node.units, node.memory, tuple(devices.items()), node.stock.equipment.storage_size


def joined(core: Coordinator, node: Node) -> None:
    if core.journal is not None:
        core.journal.append((Kind.NODE_JOINED, core.clock(), *described(node)))


def left(core: Coordinator, node: Node, reason: str) -> None:
    if core.journal is not None:
        core.journal.append((Kind.NODE_LEFT, core.clock(), node.name, reason))


def barrier(core: Coordinator, group: Group | None) -> None:
    """Record a barrier with the tasks that nobody depends on yet."""
    if core.journal is None:
        return
    if group is None:
        last = [number for number, task in core.unfinished.items() if task.state < STATE_DONE]
    else:
        last = [number for number, task in group.members.items() if task.state < STATE_DONE]
    core.journal.append((Kind.BARRIER, core.clock(), group.name if group is not None else None, tuple(last)))
