"""Who did what in a run, as traces show it: the program, the runtime, and the workers of each node.

The base of all traces: it follows the journal, numbers nodes and workers as they appear, and keeps for each task no
more than some bytes once it has ended, so that a million tasks need little memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pycompss.core.events import FIELDS, Kind
from pycompss.observe.executions import USUAL, Need, Pending, Ran, in_order
from pycompss.observe.precedence import Precedence

_NEED = FIELDS[Kind.TASK_CREATED].index("need") - 3  # among what follows the accesses

INTERNAL = 8001002  # steps of a task with its files
SIZES = {
    9000600: "Serialised bytes", 9000601: "Deserialised bytes", 9000700: "Serialised objects",
    9000701: "Deserialised objects",
}  # fmt: skip
POLL = 8000021  # a number of our own: the original's traces know nothing of streams
STEPS = {54: "Create sandbox", 60: "Fetch parameters", 64: "Collect outputs"}


@dataclass(slots=True)
class Worker:
    """A worker process: its node (from 0) and its number there (from 1)."""

    node: int
    number: int
    free: int = 0  # ns; what it does next begins no earlier
    cores: tuple[int, ...] = ()
    gpus: tuple[int, ...] = ()


class Threads(Precedence):
    """Calls `ran`, `depends`, `waited` and `counted` as the run goes on; subclasses make lines of that."""

    def __init__(self) -> None:
        super().__init__()
        self.application = ""
        self.start = 0.0
        self.last = 0
        self.nodes: list[tuple[str, int]] = []  # names and computing units
        self.types: dict[int, str] = {}
        self.workers: list[Worker] = []
        self.ready = self.items = 0
        # of types of events that are marks of tasks, and of their values
        self.own_names: dict[int, tuple[str, dict[int, str]]] = {INTERNAL: ("Runtime", dict(STEPS))}
        self.own_names |= {type_: (name, {}) for type_, name in SIZES.items()}
        self._numbers: dict[tuple[str, int], int] = {}  # thread of a worker, by node and its number
        self._needs: dict[int, Need] = {}

    # -- what subclasses take up --------------------------------------------------------------------------------------

    def ran(self, run: Ran) -> None:
        """A worker has executed a task."""

    def waited(self, call: str, began: int, ended: int) -> None:
        """The program was in a call of the API."""

    def counted(self, time: int) -> None:
        """The number of ready tasks has changed."""

    def streamed(self, time: int) -> None:
        """The number of items that wait in streams has changed."""

    def moved(self, label: str, size: int, source: int, target: int, began: int, ended: int) -> None:
        """A value went from node to node; -1 is the program."""

    def staged(self, task: int, node: int, began: int, ended: int) -> None:
        """A task waited on its node for copies of what it reads."""

    def marked(self, time: int, type_: int, value: int) -> None:
        """A mark of the program's own."""

    # -- events -------------------------------------------------------------------------------------------------------

    def run_started(self, time: float, application: str, nodes: tuple[tuple[str, int, Any], ...]) -> None:
        self.start = time
        self.application = application
        self.nodes = [(name, units) for name, units, *_ in nodes]

    def node_joined(self, _time: float, name: str, units: int, *_rest: object) -> None:
        if all(known != name for known, _ in self.nodes):
            self.nodes.append((name, units))

    def run_ended(self, time: float, _code: int) -> None:
        self.ns(time)

    def type_registered(self, _time: float, type_: int, name: str) -> None:
        self.types[type_] = name

    def need_registered(
        self,
        _time: float,
        need: int,
        units: int,
        memory: int,
        _text: str,
        devices: Any = (),
        bandwidth: float | None = 0.0,
    ) -> None:
        self._needs[need] = Need(units, memory or 0, dict(devices or ()).get("GPU", 0), bandwidth or 0.0)

    def task_created(self, time: float, task: int, type_: int, accesses: Any, *rest: Any) -> None:
        producers = tuple({access[3] for access in accesses if access[3] is not None}) if accesses else ()
        self._pending[task] = Pending(type_, self._needs.get(rest[_NEED], USUAL), producers, self.ns(time))

    def task_ready(self, time: float, task: int) -> None:
        pending = self._pending.get(task)
        if pending is not None and pending.ready < 0:
            pending.ready = pending.was_ready = self.ns(time)
            self._count(time, 1)

    def task_assigned(self, time: float, task: int, *_where: object) -> None:
        pending = self._pending.get(task)
        if pending is not None and pending.ready >= 0:
            self._count(time, -1)
            pending.ready = -1

    def task_returned(self, time: float, task: int) -> None:
        self.task_ready(time, task)

    def task_retried(self, time: float, task: int, _attempt: int) -> None:
        self.task_ready(time, task)

    def task_ran(
        self,
        ended: float,
        node: str,
        _slot: int,
        worker: int,
        task: int,
        began: float,
        called: float,
        returned: float,
        *rest: Any,
    ) -> None:
        pending = self._pending.get(task)
        if pending is None:
            return
        thread = self._numbers.get((node, worker), -1)
        if thread < 0:
            thread = self._thread(node, worker)
        executor, start = self.workers[thread], self.start
        times = in_order(executor.free, *[round((time - start) * 1e9) for time in (began, called, returned, ended)])
        end = executor.free = times[3]
        self.last = max(self.last, end)
        self._note_end(task, thread, end)
        marks = tuple([(self.ns(time), type_, value) for time, type_, value in rest[5]]) if rest[5] else ()
        if pending.polls:
            marks = tuple(sorted(marks + pending.polls))
            pending.polls = ()
        producers, created = pending.producers, pending.created
        run = Ran(
            task,
            pending.type,
            pending.need,
            thread,
            *times,
            rest[1],
            marks,
            created,
            max(created, pending.was_ready),
            producers,
            executor.cores,
            executor.gpus,
        )
        self.ran(run)
        is_first, pending.ran = not pending.ran, True
        if producers:
            self._relate([(run, is_first)])
        elif task in self._awaited:
            self._relate(self._awaited.pop(task))

    def worker_bound(self, _time: float, node: str, worker: int, cores: tuple[int, ...], devices: Any) -> None:
        found = self.workers[self._thread(node, worker)]
        gpus = dict(devices).get("GPU", ())
        found.cores = tuple(cores)
        found.gpus = tuple(int(name) if name.isdigit() else number for number, name in enumerate(gpus))

    def task_finished(self, time: float, task: int, *_rest: object) -> None:
        self._left(time, task)

    def task_cancelled(self, time: float, task: int) -> None:
        self._left(time, task)

    def task_failed(
        self, time: float, task: int, _node: str, _slot: int, _attempt: int, outcome: str, _message: str
    ) -> None:
        if outcome != "retry":
            self._left(time, task)

    def api_called(self, time: float, call: str, began: float) -> None:
        self.waited(call, self.ns(began), self.ns(time))

    def transferred(self, time: float, label: str, size: int, source: str, target: str, began: float) -> None:
        places = {"": -1, **{name: number for number, (name, _) in enumerate(self.nodes)}}
        if target in places and source in places:
            self.moved(label, size, places[source], places[target], self.ns(began), self.ns(time))

    def task_staged(self, time: float, task: int, node: str, began: float) -> None:
        for number in (number for number, (name, _) in enumerate(self.nodes) if name == node):
            self.staged(task, number, self.ns(began), self.ns(time))

    def stream_opened(self, _time: float, stream: int, kind: str, alias: str, _folder: str) -> None:
        self.own_names.setdefault(POLL, ("Polls stream", {}))[1][stream] = alias or f"Stream {stream} of {kind}"

    def stream_published(self, time: float, _stream: int, _task: int | None, items: int) -> None:
        self._in_streams(time, items)

    def stream_polled(self, time: float, stream: int, task: int | None, items: int, began: float) -> None:
        self._in_streams(time, -items)
        marks = [(self.ns(began), POLL, stream), (self.ns(time), POLL, 0)]
        if task is None:
            for mark in marks:
                self.marked(*mark)
        elif task in self._pending:
            self._pending[task].polls += tuple(marks)

    def _in_streams(self, time: float, change: int) -> None:
        self.items = max(0, self.items + change)  # files are not published by a call
        self.streamed(self.ns(time))

    def user_event(self, time: float, type_: int, value: int) -> None:
        self.marked(self.ns(time), type_, value)

    def user_events_named(self, _time: float, type_: int, name: str, values: tuple[tuple[int, str], ...]) -> None:
        self.own_names[type_] = (name, dict(values))

    # -- clocks and numbers -------------------------------------------------------------------------------------------

    def ns(self, time: float) -> int:
        """Nanoseconds since the beginning of the run, of which the latest is the end of the trace."""
        found = round((time - self.start) * 1e9)
        self.last = max(self.last, found)
        return max(0, found)

    def _count(self, time: float, change: int) -> None:
        self.ready += change
        self.counted(self.ns(time))

    def _left(self, time: float, task: int) -> None:
        pending = self._pending.pop(task, None)
        if pending is not None and pending.ready >= 0:
            self._count(time, -1)
        if task in self._awaited and task not in self._held:
            self._relate(self._awaited.pop(task))

    def _thread(self, node: str, worker: int) -> int:
        key = (node, worker)
        if key not in self._numbers:
            names = [name for name, _ in self.nodes]
            if node not in names:
                self.nodes.append((node, 1))
                names.append(node)
            index = names.index(node)
            self._numbers[key] = len(self.workers)
            self.workers.append(Worker(index, 1 + sum(other.node == index for other in self.workers)))
        return self._numbers[key]
