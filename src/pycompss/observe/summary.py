"""`--summary`: how many tasks of each type every worker has executed.

Tasks are counted when they finish; a task that was tried three times counts once, where it ended well. Types appear
in the order in which the program first called them, workers as the run began with them. If memory was short, two lines
more tell what was spilled to the disk and read back from there. After that comes what the executions of each type
used, failed ones, too: processor time, highest resident memory of a worker meanwhile, bytes read and written by system
calls (memory and I/O of tasks that take a millisecond or more).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pycompss.core.events import Reader

_RULE = "-------------------------------------------------------"


@dataclass(slots=True)
class Use:
    """What the executions of one type of task used."""

    count: int = 0
    seconds: float = 0.0  # in the worker
    cpu: float = 0.0
    memory: int = 0
    read: int = 0
    written: int = 0

    def line(self, name: object) -> str:
        times = f"{name}: {self.count} executions, {self.seconds:.3f} s, {self.cpu:.3f} s of CPU"
        if not self.memory:  # all were too short to be looked at
            return times
        sizes = f"read {self.read / 1e6:.1f} MB, written {self.written / 1e6:.1f} MB"
        return f"{times}, memory peak {self.memory / 1e6:.0f} MB, {sizes}"


class Summary(Reader):
    """Counts executions; `lines` gives the text, without the prefix of the console."""

    def __init__(self) -> None:
        self._types: dict[int, str] = {}
        self._type_of: dict[int, int] = {}  # unfinished tasks only
        self._counts: dict[str, Counter[int]] = {}
        self._uses: dict[int, Use] = {}
        self._spilled = self._restored = (0, 0)  # how often a value, bytes
        self._spilled_on: dict[str, tuple[int, int]] = {}  # the same by node, of those that do so by themselves

    def run_started(self, _time: float, _application: str, nodes: tuple[tuple[object, ...], ...]) -> None:
        for node in nodes:
            self._counts.setdefault(str(node[0]), Counter())

    def node_joined(self, _time: float, node: str, *_rest: object) -> None:
        self._counts.setdefault(node, Counter())

    def type_registered(self, _time: float, type_: int, name: str) -> None:
        self._types[type_] = name

    def task_created(self, _time: float, task: int, type_: int, *_rest: object) -> None:
        self._type_of[task] = type_

    def task_finished(self, _time: float, task: int, node: str, *_rest: object) -> None:
        type_ = self._type_of.pop(task, None)
        if type_ is not None:
            self._counts.setdefault(node, Counter())[type_] += 1

    def task_failed(
        self, _time: float, task: int, _node: str, _slot: object, _attempt: int, outcome: str, _message: str
    ) -> None:
        if outcome != "retry":
            self._type_of.pop(task, None)

    def task_cancelled(self, _time: float, task: int) -> None:
        self._type_of.pop(task, None)

    def task_ran(self, ended: float, _node: str, _slot: int, _worker: int, task: int, began: float, *rest: Any) -> None:
        type_ = self._type_of.get(task)
        if type_ is None:
            return
        use = self._uses.setdefault(type_, Use())
        cpu, memory, read, written = rest[3:7]
        use.count += 1
        use.seconds += ended - began
        use.cpu += cpu
        use.memory = max(use.memory, memory or 0)
        use.read += read or 0
        use.written += written or 0

    def spilled(self, _time: float, _label: str, size: int, node: str = "") -> None:
        self._spilled = _added(self._spilled, size)
        if node:
            self._spilled_on[node] = _added(self._spilled_on.get(node, (0, 0)), size)

    def restored(self, _time: float, _label: str, size: int, _node: str = "") -> None:
        self._restored = _added(self._restored, size)

    def lines(self) -> list[str]:
        """The documented lines: per worker, then all workers together."""
        return [*self._workers(), *self._total(), *self._spilling(), *self._used()]

    def print(self, write: Callable[[str], object]) -> None:
        """Hand every line to `write`, which adds the prefix."""
        for line in self.lines():
            write(line)

    def _workers(self) -> Iterator[str]:
        yield "------- COMPSs Task Execution Summary per Worker ------"
        for node, counts in self._counts.items():
            yield f"--- Summary for COMPSs Worker {node}"
            yield from self._executed(counts)
            yield f"--- Total executed tasks in COMPSs Worker {node}: {counts.total()}"
        yield _RULE

    def _total(self) -> Iterator[str]:
        total = sum(self._counts.values(), Counter[int]())
        yield "------------ COMPSs Task Execution Summary ------------"
        yield from self._executed(total)
        yield f"Total executed tasks: {total.total()}"
        yield _RULE

    def _spilling(self) -> Iterator[str]:
        if self._spilled[0]:
            for what, (times, size) in (("Spilled to", self._spilled), ("Read back from", self._restored)):
                yield f"{what} disk: {size / 1e6:.1f} MB, {times} times a value"
            for node, (times, size) in sorted(self._spilled_on.items()):
                yield f"Spilled to the disk of {node}: {size / 1e6:.1f} MB, {times} times a value"
            yield _RULE

    def _used(self) -> Iterator[str]:
        if self._uses:
            yield "------------- Resources used by type of task ----------"
            yield from (use.line(self._types.get(type_, type_)) for type_, use in sorted(self._uses.items()))
            yield _RULE

    def _executed(self, counts: Counter[int]) -> Iterator[str]:
        for type_ in sorted(counts):
            yield f"{counts[type_]} {self._types.get(type_, type_)} tasks have been executed"


def _added(tally: tuple[int, int], size: int) -> tuple[int, int]:
    return tally[0] + 1, tally[1] + size
