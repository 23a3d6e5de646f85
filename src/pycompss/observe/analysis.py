"""What a run's time went into: efficiency, balance, the critical path, types of tasks, and why workers idled.

Everything is counted in *unit-seconds*: a task of two computing units that runs a second takes two of them. An idle
unit has one of three reasons, in this order: a task was ready and had not begun (it was being handed over, or waited
for room of its kind); tasks were there but waited for others; the program had called no more tasks.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from pycompss.observe.executions import Ran
from pycompss.observe.threads import Threads
from pycompss.observe.waits import waits_of

HAND_OVER, DEPENDENCIES, NO_TASKS = "ready, not begun yet", "waiting for other tasks", "no task there"
_NS = 1e9


@dataclass(slots=True)
class Type:
    """The executions of one type of task; seconds."""

    name: str
    count: int = 0
    total: float = 0.0
    least: float = float("inf")
    most: float = 0.0
    cpu: float = 0.0
    overhead: float = 0.0  # arguments and results

    def took(self, run: Ran) -> None:
        seconds = (run.returned - run.called) / _NS
        self.count += 1
        self.total += seconds
        self.least = min(self.least, seconds)
        self.most = max(self.most, seconds)
        self.cpu += run.cpu
        self.overhead += (run.ended - run.began) / _NS - seconds


@dataclass(slots=True)
class Figures:
    """The result."""

    application: str
    nodes: list[tuple[str, int]]
    units: int
    began: int  # ns: first call of a task
    ended: int  # ns: end of the last one
    types: list[Type]
    useful: float = 0.0  # unit-seconds in the code of tasks
    overhead: float = 0.0  # unit-seconds for arguments and results
    idle: dict[str, float] = field(default_factory=dict)  # unit-seconds by reason
    balance: float = 1.0
    critical: float = 0.0  # seconds
    path: list[tuple[str, int]] = field(default_factory=list)  # types along the critical path, and how often each
    waited: float = 0.0  # seconds that the program waited

    @property
    def span(self) -> float:
        return (self.ended - self.began) / _NS

    @property
    def efficiency(self) -> float:
        return self.useful / (self.units * self.span) if self.span else 0.0


class Analysis(Threads):
    """Reads a journal; `figures` gives what it found. A task that ended leaves some sixty bytes."""

    def __init__(self) -> None:
        super().__init__()
        self._by_type: dict[int, Type] = {}
        self._busy: Counter[int] = Counter()  # ns by worker
        self._useful = self._overhead = self._waited = 0
        self._turns = {name: array("q") for name in ("created", "ready", "began", "ended")}  # a unit an entry
        self._longest = array("q")  # by task: ns of the longest chain that ends with it
        self._before = array("l")  # by task: the one before it in that chain
        self._type_of = array("l")
        # type, began, ended, worker, units: of each execution, and of waits within, when others had the units
        self.bars = (array("l"), array("q"), array("q"), array("l"), array("i"))
        self.waits = (array("l"), array("q"), array("q"), array("l"), array("i"))

    def ran(self, run: Ran) -> None:
        kind = self._by_type.setdefault(run.type, Type(self.types.get(run.type, str(run.type))))
        kind.took(run)
        waits = list(waits_of(run))
        waited = sum(ended - began for began, ended in waits)
        self._busy[run.thread] += run.ended - run.began - waited
        self._useful += run.need.units * (run.returned - run.called - waited)
        self._overhead += run.need.units * (run.ended - run.began - run.returned + run.called)
        for name, time in (("created", run.created), ("began", run.began), ("ended", run.ended)):
            self._turns[name].extend([min(time, run.began) if name != "ended" else time] * run.need.units)
        for began, ended in waits:  # as if it had ended, and another had been called when it went on
            self._turns["ended"].extend([began] * run.need.units)
            for name in ("created", "ready", "began"):
                self._turns[name].extend([ended] * run.need.units)
            _note(self.waits, run, began, ended)
        _note(self.bars, run, run.began, run.ended)
        if not run.producers:
            self.followed(run)

    def followed(self, run: Ran) -> None:
        ready = max([run.ready, *(self._ends[task] for task in run.producers if task < len(self._ends))])
        self._turns["ready"].extend([min(ready, run.began)] * run.need.units)
        self._lengthen(run)

    def waited(self, _call: str, began: int, ended: int) -> None:
        self._waited += ended - began

    def _lengthen(self, run: Ran) -> None:
        missing = run.task + 1 - len(self._longest)
        if missing > 0:
            for column, value in ((self._longest, 0), (self._before, 0), (self._type_of, -1)):
                column.extend([value] * missing)
        before = max((p for p in run.producers if p < len(self._longest)), key=self._longest.__getitem__, default=0)
        self._before[run.task] = before
        self._longest[run.task] = self._longest[before] + run.ended - run.began
        self._type_of[run.task] = run.type

    # -- the result ---------------------------------------------------------------------------------------------------

    def figures(self) -> Figures:
        """What was found. ValueError: no task has run."""
        created, ended = self._turns["created"], self.bars[2]
        if not ended:
            raise ValueError("no task has run yet: there is nothing to report")
        units = sum(units for _, units in self.nodes)
        began = min(created) if created else min(self.bars[1])
        types = sorted(self._by_type.values(), key=lambda kind: -kind.total)
        found = Figures(self.application, self.nodes, units, began, max(ended), types)
        found.useful, found.overhead = self._useful / _NS, self._overhead / _NS
        found.waited = self._waited / _NS
        busy = self._busy.values()
        found.balance = sum(busy) / len(busy) / max(busy) if max(busy) else 1.0
        found.idle = dict.fromkeys((HAND_OVER, DEPENDENCIES, NO_TASKS), 0.0)
        for reason, seconds in self._idle(units, found.ended):
            found.idle[reason] += seconds
        found.critical, found.path = self._critical()
        return found

    def _critical(self) -> tuple[float, list[tuple[str, int]]]:
        task = max(range(len(self._longest)), key=self._longest.__getitem__, default=0)
        if not task:  # those that ended first were not told of
            return 0.0, []
        length, names = self._longest[task] / _NS, []
        while task:
            names.append(self.types.get(self._type_of[task], "?"))
            task = self._before[task]
        return length, list(Counter(reversed(names)).items())

    def _idle(self, units: int, end: int) -> Iterator[tuple[str, float]]:
        """Reasons and unit-seconds, from moment to moment."""
        turns = [sorted(self._turns[name]) for name in ("created", "ready", "began", "ended")]
        counts = [0, 0, 0, 0]
        time = turns[0][0] if turns[0] else end
        while time < end:
            for number, column in enumerate(turns):
                while counts[number] < len(column) and column[counts[number]] <= time:
                    counts[number] += 1
            following = [column[count] for column, count in zip(turns, counts, strict=True) if count < len(column)]
            until = min(following, default=end)
            created, ready, begun, done = counts
            yield from _reasons(units - begun + done, ready - begun, created - ready, (until - time) / _NS)
            time = until


def _note(columns: tuple[array[int], ...], run: Ran, began: int, ended: int) -> None:
    for column, value in zip(columns, (run.type, began, ended, run.thread, run.need.units), strict=True):
        column.append(value)


def _reasons(idle: int, ready: int, blocked: int, seconds: float) -> Iterator[tuple[str, float]]:
    if idle <= 0:
        return
    handed = min(idle, max(0, ready))
    yield HAND_OVER, handed * seconds
    yield (DEPENDENCIES if blocked > 0 else NO_TASKS), (idle - handed) * seconds
