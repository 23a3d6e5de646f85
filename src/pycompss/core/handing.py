"""Tasks that are sent while other workers still make what they read.

Where short tasks of several workers wait for each other, step by step, the program would stand between any two steps:
woken by one worker, to wake another. So tasks are planned ahead. One may be sent as soon as everybody who makes what
it reads was sent, to whichever worker; workers hand small results to each other (`worker.board`). A worker that waits
for one in vain returns the task, which then goes the usual way: nothing is lost by having sent it.

Everybody waits only for tasks that were sent before, and each worker keeps the order in which it was sent tasks. So
nobody waits in a circle.

A task goes where it could begin first, by the mean times of types (list scheduling, as in HEFT: Topcuoglu, Hariri and
Wu, 2002), to a worker that has little to do; all workers are given tasks in one go, so that their work stays side by
side. A worker gets up to two messages, and more when it has reported the first.
"""

from __future__ import annotations

from collections.abc import Collection

from pycompss.core.bundling import BUNDLE_SECONDS, BUNDLE_TASKS
from pycompss.core.data import STATUS_PENDING, Version
from pycompss.core.following import hands_on
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Requirement, Slot
from pycompss.core.task import STATE_ASSIGNED, STATE_PENDING, Definition

COST = 0.00001  # seconds that a worker needs for a task besides its work
LONGEST = 2 * BUNDLE_SECONDS  # expected work of a worker that is given tasks ahead
LOW = BUNDLE_SECONDS  # who has less gets more
HAND_OVER = 0.00003  # seconds until a result is seen elsewhere
ELSEWHERE = 0.000001  # seconds that a place is worth in which one more input is made
MOST_SENT = 1024  # tasks whose followers are looked for later
FEW = 16  # tasks of a type that may come back, and one in so many of those that were planned
MOST_REMEMBERED = 1024  # numbers of tasks


class Handing:
    """Of one scheduler. `sent`: tasks that were sent lately, and who waits for them was not looked at."""

    def __init__(self) -> None:
        self.sent: list[Invocation] = []
        self._suspects: set[int] = set()  # tasks that came back; the board may say so of them for ever
        self._recent: set[int] = set()  # tasks that were planned
        self._before: set[int] = set()  # the same, a while ago
        self._planned: dict[Definition, int] = {}  # how many tasks of a type
        self._returned: dict[Definition, int] = {}  # how many of those came back

    def came_back(self, task: Invocation) -> None:
        """A task that was sent has not run."""
        if len(self._suspects) > MOST_REMEMBERED:
            self._suspects.clear()
        self._suspects.add(task.id)
        if task.id in self._recent or task.id in self._before:
            self._returned[task.definition] = self._returned.get(task.definition, 0) + 1

    def was_planned(self, task: Invocation) -> None:
        definition = task.definition
        self._planned[definition] = self._planned.get(definition, 0) + 1
        self._recent.add(task.id)
        if len(self._recent) > MOST_REMEMBERED:
            self._before, self._recent = self._recent, set()

    def may_be_planned(self, task: Invocation) -> bool:
        """Not if it came back, or many of its kind did: waiting for what they read takes too long."""
        if not self._suspects:
            return True
        definition = task.definition
        returned = self._returned.get(definition, 0)
        return task.id not in self._suspects and returned <= FEW + self._planned.get(definition, 0) // FEW

    def plan(self, slots: Collection[Slot], requirement: Requirement) -> dict[Slot, list[Invocation]]:
        """What to send to each of the slots, which are all that there can be; these tasks count as assigned."""
        loads = _loads(slots)
        if not loads or min(loads.values()) >= LOW:
            del self.sent[:-MOST_SENT]
            return {}
        return Plan(self, loads, requirement).made(self.sent)


def most_in_message(task: Invocation) -> int:
    """How many tasks like this one share a message."""
    return min(BUNDLE_TASKS, 1 + int(BUNDLE_SECONDS / (task.definition.statistics + COST)))


def _loads(slots: Collection[Slot]) -> dict[Slot, float]:
    """Expected seconds of work of those that may have more; nothing if somebody has a long task, or lends his units."""
    loads: dict[Slot, float] = {}
    for slot in slots:
        load = 0.0
        if slot.tasks:
            first = next(iter(slot.tasks.values()))
            seconds = first.definition.statistics
            if seconds is None or seconds > BUNDLE_SECONDS or slot.parked or slot.others:
                continue
            load = (seconds + COST) * len(slot.tasks)
        loads[slot] = load
    return loads


class Plan:
    """One round: tasks go to slots until these have enough, or nobody else can be sent."""

    def __init__(self, handing: Handing, loads: dict[Slot, float], requirement: Requirement) -> None:
        self._handing = handing
        self._requirement = requirement
        self._before = loads  # when what they have now is expected to end
        self._loads = {slot: load for slot, load in loads.items() if load < LONGEST}  # of those that take more
        self._ends: dict[Invocation, float] = {}  # of planned tasks, in seconds from now
        self._known: set[int] = set()  # tasks that hand on
        self.tasks: dict[Slot, list[Invocation]] = {}

    def made(self, sent: list[Invocation]) -> dict[Slot, list[Invocation]]:
        """Who waits for these tasks, and for those that are planned; `sent` keeps what is to be looked at again."""
        for looked_at, task in enumerate(sent):  # which grows
            for version in task.writes:
                for waiter in version.waiters or ():
                    if waiter.state is STATE_PENDING and self._may_go(waiter) and not self._give(waiter, sent):
                        del sent[:looked_at]
                        return self.tasks
        sent.clear()
        return self.tasks

    def _may_go(self, task: Invocation) -> bool:
        """Whether everybody who makes what it reads was sent, and hands it on."""
        definition = task.definition
        seconds = definition.statistics
        if seconds is None or seconds > BUNDLE_SECONDS or definition.time_out or task.special is not None:
            return False
        if task.requirement is not self._requirement and task.requirement != self._requirement:
            return False
        for version in task.reads:
            if version.status is STATUS_PENDING:
                if not self._comes(task, version):
                    return False
            elif version.alias is not None and version.content.status is STATUS_PENDING:  # it was lost
                return False
        for version in task.writes:
            if version.datum.is_file:
                return False
        return self._handing.may_be_planned(task)

    def _comes(self, task: Invocation, version: Version) -> bool:
        """Whether a pending input is made by somebody who was sent and hands it over, and is only read."""
        producer = version.producer
        if producer is None or producer.slot is None or version.alias is not None or version.special is not None:
            return False
        if producer.id not in self._known and not self._hands_over(producer):
            return False
        datum = version.datum
        for written in task.writes:  # noqa: SIM110  (a generator costs more than it does here)
            if written.datum is datum:
                return False
        return True

    def _hands_over(self, producer: Invocation) -> bool:
        if producer.state is not STATE_ASSIGNED or not producer.definition.is_handed or not hands_on(producer):
            return False
        seconds = producer.definition.statistics
        if producer.special is not None or seconds is None or seconds > BUNDLE_SECONDS:
            return False
        if producer.slot not in self._before or not self._handing.may_be_planned(producer):
            return False
        self._known.add(producer.id)
        return True

    def _give(self, task: Invocation, sent: list[Invocation]) -> bool:
        """To the slot where it could begin first; False: all have enough."""
        best, begin = None, 0.0
        for slot in self._loads:
            could = self._begin(task, slot)
            if best is None or could < begin:
                best, begin = slot, could
        if best is None:
            return False
        end = self._ends[task] = begin + task.definition.statistics + COST
        self._handing.was_planned(task)
        task.state = STATE_ASSIGNED
        task.slot = best
        tasks = self.tasks.setdefault(best, [])
        tasks.append(task)
        sent.append(task)
        if end >= LONGEST:
            del self._loads[best]
        else:
            self._loads[best] = end
        return True

    def _begin(self, task: Invocation, slot: Slot) -> float:
        """When it could begin there, in seconds from now; among equals, where most of its input is made."""
        begin, elsewhere = self._loads[slot], 0
        for version in task.reads:
            producer = version.producer
            if version.status is STATUS_PENDING and producer is not None and producer.slot is not slot:
                elsewhere += 1
                made = self._ends.get(producer)
                if made is None:
                    made = self._before.get(producer.slot, 0.0) if producer.slot is not None else 0.0
                begin = max(begin, made + HAND_OVER)
        return begin + elsewhere * ELSEWHERE
