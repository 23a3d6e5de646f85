"""The log of a run in words (`runtime.log`) and the load of its nodes (`resources.log`).

The blocks of `resources.log` have the documented fields: for each type of task how many wait, are ready and run, and
how long they take (milliseconds); for each node what it has and how many tasks it runs. One is written at most every
`PERIOD` seconds, and one at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pycompss.core.events import Reader

PERIOD = 5.0  # seconds between two blocks

Write = Callable[[str], object]
_STATES = ("pending", "ready", "running")


@dataclass(slots=True)
class _Type:
    """One type of task: its unfinished tasks by state, and how long the finished ones took (seconds)."""

    number: int
    name: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_STATES, 0))
    began: dict[int, float] = field(default_factory=dict)  # of those that run
    done: int = 0
    total: float = 0.0
    least: float = 0.0
    most: float = 0.0

    def took(self, seconds: float) -> None:
        self.least = min(self.least, seconds) if self.done else seconds
        self.most = max(self.most, seconds)
        self.done += 1
        self.total += seconds


@dataclass(slots=True)
class _Node:
    units: int
    memory: int | None
    running: int = 0


class RunLog(Reader):
    """Writes lines to `log` and blocks to `load` as a run goes on."""

    def __init__(self, log: Write, load: Write) -> None:
        self._log = log
        self._load = load
        self._types: dict[int, _Type] = {}
        self._tasks: dict[int, tuple[_Type, str]] = {}  # unfinished: type, and which count of the type it is in
        self._attempts: dict[int, int] = {}
        self._nodes: dict[str, _Node] = {}
        self._last = 0.0

    def run_started(self, time: float, application: str, nodes: tuple[tuple[str, int, int | None], ...]) -> None:
        self._nodes = {name: _Node(units, memory) for name, units, memory, *_ in nodes}
        self._last = time
        self._log(f"Run of {application} started on {', '.join(self._nodes)}")

    def node_joined(self, _time: float, name: str, units: int, memory: int | None, *_rest: object) -> None:
        self._nodes[name] = _Node(units, memory)
        self._log(f"Node {name} has joined")

    def node_left(self, _time: float, name: str, reason: str) -> None:
        self._nodes.pop(name, None)
        self._log(f"Node {name} was lost: {reason}" if reason else f"Node {name} has left")

    def type_registered(self, _time: float, type_: int, name: str) -> None:
        self._types[type_] = _Type(type_, name)
        self._log(f"Task type {type_}: {name}")

    def task_created(self, time: float, task: int, type_: int, *_rest: object) -> None:
        kind = self._types[type_]
        self._tasks[task] = kind, "pending"
        kind.counts["pending"] += 1
        self._say(time, task, "created")

    def task_ready(self, time: float, task: int) -> None:
        self._move(task, "ready")
        self._say(time, task, "is ready")

    def task_assigned(self, _time: float, task: int, _node: str, _slot: object, attempt: int) -> None:
        self._attempts[task] = attempt

    def task_ran(self, ended: float, node: str, slot: object, _worker: object, task: int, *_run: object) -> None:
        """A worker tells of a task when it has ended; longer ones were seen before."""
        found = self._tasks.get(task)
        if found is not None and found[1] != "running":
            self.task_started(ended, task, node, slot, self._attempts.get(task, 1))

    def task_started(self, time: float, task: int, node: str, _slot: object, attempt: int) -> None:
        self._move(task, "running")
        found = self._tasks.get(task)
        if found is not None:
            found[0].began[task] = time
            if node in self._nodes:
                self._nodes[node].running += 1
        self._say(time, task, f"runs on {node}, attempt {attempt}")

    def task_finished(self, time: float, task: int, node: str, _slot: object, _attempt: int, seconds: float) -> None:
        self._say(time, task, f"finished on {node} after {seconds:.3f} s")
        self._leave(task, node, seconds)

    def task_failed(
        self, time: float, task: int, node: str, _slot: object, attempt: int, outcome: str, message: str
    ) -> None:
        self._say(time, task, f"failed on {node}, attempt {attempt}: {outcome}: {message}")
        if outcome == "retry":
            self._left(task, node)
            self._move(task, "ready")
        else:
            self._leave(task, node, None)

    def task_cancelled(self, time: float, task: int) -> None:
        self._say(time, task, "was cancelled")
        self._leave(task, "", None)

    def synchronised(self, _time: float, label: str, producer: int | None) -> None:
        self._log(f"The program waited for {label}" + (f", of task {producer}" if producer is not None else ""))

    def barrier(self, _time: float, group: str | None, _last: object) -> None:
        self._log(f"Barrier of group {group}" if group is not None else "Barrier")

    def run_ended(self, time: float, exit_code: int) -> None:
        self._write_load(time)
        self._log(f"Run ended with exit code {exit_code}")

    def _say(self, time: float, task: int, what: str) -> None:
        found = self._tasks.get(task)
        name = f" ({found[0].name})" if found is not None else ""
        self._log(f"Task {task}{name} {what}")
        if time - self._last >= PERIOD:
            self._write_load(time)

    def _move(self, task: int, state: str) -> None:
        """Count a task in another state."""
        found = self._tasks.get(task)
        if found is None:
            return
        type_, before = found
        type_.began.pop(task, None)
        type_.counts[before] -= 1
        type_.counts[state] += 1
        self._tasks[task] = type_, state

    def _left(self, task: int, node: str) -> None:
        """A task that ran on a node no longer does."""
        if task in self._tasks and node in self._nodes and self._tasks[task][1] == "running":
            self._nodes[node].running -= 1

    def _leave(self, task: int, node: str, seconds: float | None) -> None:
        self._left(task, node)
        self._attempts.pop(task, None)
        found = self._tasks.pop(task, None)
        if found is None:
            return
        type_, state = found
        type_.began.pop(task, None)
        type_.counts[state] -= 1
        if seconds is not None:
            type_.took(seconds)

    def _write_load(self, time: float) -> None:
        self._last = time
        self._load("\n".join(self._block(time)))

    def _block(self, time: float) -> Iterator[str]:
        yield f"TIMESTAMP = {time * 1000:.0f}"
        yield "LOAD_INFO = ["
        for type_ in self._types.values():
            yield from _core(type_, time)
        yield "]"
        yield "RESOURCES_INFO = ["
        for name, node in self._nodes.items():
            yield from _resource(name, node)
        yield "]"


def _core(type_: _Type, now: float) -> Iterator[str]:
    mean = type_.total / type_.done if type_.done else 0.0
    running = sum(now - began for began in type_.began.values()) / max(len(type_.began), 1)
    values = {
        "COREID": type_.number,
        "NAME": type_.name,
        "NO_RESOURCE": type_.counts["pending"],
        "READY": type_.counts["ready"],
        "RUNNING": type_.counts["running"],
        "MIN": f"{type_.least * 1000:.0f}",
        "MEAN": f"{mean * 1000:.0f}",
        "MAX": f"{type_.most * 1000:.0f}",
        "RUNNING_MEAN": f"{running * 1000:.0f}",
    }
    return _group("CORE_INFO", values)


def _resource(name: str, node: _Node) -> Iterator[str]:
    memory = "unlimited" if node.memory is None else node.memory
    values = {"NAME": name, "COMPUTING_UNITS": node.units, "MEMORY": memory, "RUNNING": node.running}
    return _group("RESOURCE_INFO", values)


def _group(name: str, values: dict[str, object]) -> Iterator[str]:
    yield f"  {name} = ["
    yield from (f"    {key} = {value}" for key, value in values.items())
    yield "  ]"
