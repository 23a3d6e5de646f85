"""Tasks that are sent while other workers still make what they read.

Where short tasks of several workers wait for each other, step by step, the program would stand between any two steps:
woken by one worker, to wake another. So tasks are planned ahead. One may be sent as soon as everybody who makes what
it reads was sent, to whichever worker; workers hand small results to each other (`worker.board`). A worker that waits
for one in vain returns the task, which then goes the usual way: nothing is lost by having sent it.

Whether a task hands over is settled when it is sent (`Invocation.hands_over`), as its worker is told then: it does if
somebody waits for what it makes by that time.

Everybody waits only for tasks that were sent before, and each worker keeps the order in which it was sent tasks. So
nobody waits in a circle.

Which task goes to which worker: `planning`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from operator import attrgetter

from pycompss.core.invocation import Invocation
from pycompss.core.planning import LOW, Plan, is_worth, loads_of
from pycompss.core.resources import Requirement, Slot
from pycompss.core.task import Definition

MOST_SENT = 256  # tasks whose followers are looked for later
FEW = 64  # tasks of a type that may come back, and one in SELDOM of those that were planned
SELDOM = 16
PAUSE = 0.125  # for each task too many, 8 are not planned
MOST_REMEMBERED = 1024  # numbers of tasks

_ID, _DEFINITION = attrgetter("id"), attrgetter("definition")


class Handing:
    """Of one scheduler. `sent`: tasks that were sent lately, and who waits for them was not looked at."""

    def __init__(self) -> None:
        self.sent: list[Invocation] = []
        self._suspects: set[int] = set()  # tasks that came back; the board may say so of them for ever
        self._recent: set[int] = set()  # tasks that were planned
        self._before: set[int] = set()  # the same, a while ago
        self._planned: Counter[Definition] = Counter()  # how many tasks of a type
        self._returned: dict[Definition, float] = {}  # how many of those came back

    @property
    def planned(self) -> int:
        """How many tasks were sent before what they read was made."""
        return sum(self._planned.values())

    def wait(self) -> None:
        """There is nothing to plan now."""
        if len(self.sent) > MOST_SENT:
            del self.sent[:-MOST_SENT]

    def forget(self) -> None:
        """There will be nothing to plan for a while."""
        self.sent.clear()

    def on_their_way(self, tasks: list[Invocation]) -> None:
        """From now on it is settled which of them hand over: those for which others wait by now."""
        definition, may = None, False
        for task in tasks:
            if task.definition is not definition:  # mostly all are of one type
                definition = task.definition
                may = is_worth(definition)
            task.hands_over = may and _is_awaited(task)

    def came_back(self, task: Invocation) -> None:
        """A task that was sent has not run."""
        if len(self._suspects) > MOST_REMEMBERED:
            self._suspects.clear()
        self._suspects.add(task.id)
        if task.id in self._recent or task.id in self._before:
            self._returned[task.definition] = self._returned.get(task.definition, 0) + 1

    def were_planned(self, tasks: list[Invocation]) -> None:
        self._planned.update(map(_DEFINITION, tasks))
        if len(self._recent) > MOST_REMEMBERED:
            self._before, self._recent = self._recent, set()
        self._recent.update(map(_ID, tasks))

    def is_suspect(self, task: Invocation) -> bool:
        """Whether it came back, or many of its kind did: waiting for what they read takes too long."""
        if not self._suspects:
            return False
        if task.id in self._suspects:
            return True
        definition = task.definition
        returned = self._returned.get(definition, 0)
        if returned <= FEW + self._planned.get(definition, 0) // SELDOM:
            return False
        self._returned[definition] = returned - PAUSE
        return True

    def plan(self, slots: Collection[Slot], requirement: Requirement) -> dict[Slot, list[Invocation]]:
        """What to send to each of the slots, which are all that there can be; these tasks count as assigned."""
        loads = loads_of(slots)
        if not loads or min(loads.values()) >= LOW:
            self.wait()
            return {}
        return Plan(self, loads, requirement).made(self.sent)


def _is_awaited(task: Invocation) -> bool:
    for version in task.writes:  # noqa: SIM110  (a generator costs more than it does here)
        if version.waiters is not None:
            return True
    return False
