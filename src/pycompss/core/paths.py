"""Critical path first: of the ready tasks, those with the longest chain of known tasks behind them go before others.

The length of a task's *path* is its own expected time and that of the longest chain of tasks known to follow it, by the
mean times of their types: the upward rank by which HEFT orders a graph (Topcuoglu, Hariri and Wu, 2002). Here the graph
grows while it runs. Tasks that wait for others are looked at only when there is something to choose; from the youngest
to the oldest, so each is looked at once. What they mean for older tasks is passed on from task to task, also the
youngest first, a bounded number of steps at a time; the rest is done the next time.

Tasks that wait for nobody are never looked at, and types known to take less than `WORTH` count for nothing: ordering
them would cost more than it could gain.
"""

from __future__ import annotations

from heapq import heappop, heappush

from pycompss.core.invocation import Invocation
from pycompss.core.task import STATE_PENDING, STATE_READY, Definition
from pycompss.core.versions import STATUS_PENDING

WORTH = 0.0005  # seconds
UNKNOWN = 0.001  # seconds that a task counts of whose type none has ended yet
DRIFT = 2.0  # how far the mean time of a type may move before paths are measured anew
STEPS = 4  # for each new task, so many older ones hear of it at once
MANY = 1024  # tasks that are remembered without asking whether they still count


class Paths:
    """What is known to follow each task (`Invocation.behind`, in seconds).

    fresh: tasks that wait for others, and were not looked at; seen: those that were. has_learned: the mean time of some
    type has changed.
    """

    def __init__(self) -> None:
        self.fresh: list[Invocation] = []
        self.has_learned = False
        self.seen: list[Invocation] = []
        self._weights: dict[Definition, float] = {}
        self._numbers: list[int] = []  # heap: minus the numbers of the tasks in `_raised`
        self._raised: dict[int, Invocation] = {}  # their path has become longer, and those before them do not know
        self._most = MANY

    def forget(self) -> None:
        """There is nothing to choose: keep only what may still matter."""
        if self.has_learned and not self.seen:
            self.has_learned = False
            self._weights.clear()
        if len(self.fresh) > self._most:
            self.fresh = [task for task in self.fresh if task.state is STATE_PENDING]
            self._most = 2 * len(self.fresh) + MANY

    def clear(self) -> None:
        """All tasks have ended."""
        self.fresh, self.seen, self._numbers = [], [], []
        self._raised.clear()
        self._most = MANY

    def measure(self) -> list[Invocation]:
        """Look at the new tasks; return the ready ones whose path has become longer."""
        if self.has_learned:
            self.has_learned = False
            self._weigh_anew()
        fresh, self.fresh = self.fresh, []
        if not fresh:
            return []
        ready: list[Invocation] = []
        light = {definition for definition, weight in self._weights.items() if weight < WORTH}
        for task in reversed(fresh):
            if task.definition not in light:
                self._tell_producers(task, fresh[0].id, ready)
        for _ in range(STEPS * len(fresh)):
            if not self._numbers:
                break
            number = -heappop(self._numbers)
            self._tell_producers(self._raised.pop(number), number, ready)
        self._remember(fresh)
        return ready

    def _tell_producers(self, task: Invocation, oldest: int, ready: list[Invocation]) -> None:
        """Whoever makes what `task` reads has all of its path behind it. Those older than `oldest` tell on later."""
        weight = self._weights.get(task.definition)
        if weight is None:
            weight = self._weights[task.definition] = seconds_of(task.definition)
        if weight < WORTH or task.state is not STATE_PENDING:
            return
        length = weight + task.behind
        for version in task.reads:
            producer = version.producer
            if version.status is not STATUS_PENDING or producer is None or producer.behind >= length:
                continue
            producer.behind = length
            if producer.state is STATE_READY:
                ready.append(producer)
            elif producer.id < oldest and producer.state is STATE_PENDING and producer.id not in self._raised:
                self._raised[producer.id] = producer
                heappush(self._numbers, -producer.id)

    def _weigh_anew(self) -> None:
        """If a type takes much longer or shorter than it counted, all tasks that wait are measured again."""
        now = {definition: seconds_of(definition) for definition in self._weights}
        if all(_is_much_like(now[definition], weight) for definition, weight in self._weights.items()):
            return
        self._weights = now
        again = [task for task in self.seen if task.state is STATE_PENDING]
        for task in again:
            task.behind = 0.0
        self.fresh = again + self.fresh
        self.seen = []
        self._numbers.clear()
        self._raised.clear()

    def _remember(self, tasks: list[Invocation]) -> None:
        self.seen += tasks
        if len(self.seen) > self._most:
            self.seen = [task for task in self.seen if task.state is STATE_PENDING]
            self._most = 2 * len(self.seen) + MANY


def _is_much_like(now: float, weight: float) -> bool:
    if now < WORTH or weight < WORTH:
        return now < WORTH and weight < WORTH
    return weight / DRIFT <= now <= weight * DRIFT


def seconds_of(definition: Definition) -> float:
    """How long a task of this type is expected to take."""
    mean: float | None = definition.statistics
    return UNKNOWN if mean is None else mean


def path_of(task: Invocation) -> float:
    """Seconds from the task's begin to the end of what is known to follow it."""
    mean: float | None = task.definition.statistics  # as `seconds_of`, without the call
    return (UNKNOWN if mean is None else mean) + task.behind
