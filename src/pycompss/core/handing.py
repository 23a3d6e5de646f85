"""Tasks that are sent while other workers still make what they read.

Where short tasks of several workers wait for each other, step by step, the program would stand between any two steps:
woken by one worker, to wake another. So tasks are planned ahead. One may be sent as soon as everybody who makes what
it reads was sent, to whichever worker; workers hand small results to each other (`worker.board`). A worker that waits
for one in vain returns the task, which then goes the usual way: nothing is lost by having sent it.

Whether a task hands over is settled when it is sent (`Invocation.hands_over`), as its worker is told then: it does if
somebody waits for what it makes by that time.

Everybody waits only for tasks that were sent before, and each worker keeps the order in which it was sent tasks. So
nobody waits in a circle.

A task goes where it could begin first, by the mean times of types (list scheduling, as in HEFT: Topcuoglu, Hariri and
Wu, 2002), to a worker that has little to do; all workers are given tasks in one go, so that their work stays side by
side. A worker gets up to two messages, and more when it has reported the first.
"""

from __future__ import annotations

from collections.abc import Collection
from operator import attrgetter

from pycompss.core.bundling import BUNDLE_SECONDS, BUNDLE_TASKS
from pycompss.core.data import STATUS_PENDING, Version
from pycompss.core.following import LEAVES_NOTHING, hands_on
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Requirement, Slot
from pycompss.core.task import STATE_ASSIGNED, STATE_PENDING, Definition

SHORTEST = 0.00002  # seconds of tasks that are worth it: shorter ones are done sooner than handed over
COST = 0.00001  # seconds that a worker needs for a task besides its work
MESSAGE = 2 * BUNDLE_SECONDS  # expected work in a message: nobody is ready who could have it instead
LONGEST = 2 * MESSAGE  # the same of a worker that is given tasks ahead
LOW = MESSAGE  # who has less gets more
HAND_OVER = 0.00003  # seconds until a result is seen elsewhere
ELSEWHERE = 0.000001  # seconds that a place is worth in which one more input is made
MOST_SENT = 256  # tasks whose followers are looked for later
FEW_SLOTS = 4  # all of them are compared
FEW = 64  # tasks of a type that may come back, and one in SELDOM of those that were planned
SELDOM = 16
PAUSE = 0.125  # for each task too many, 8 are not planned
MOST_REMEMBERED = 1024  # numbers of tasks

_ID = attrgetter("id")


class Handing:
    """Of one scheduler. `sent`: tasks that were sent lately, and who waits for them was not looked at."""

    def __init__(self) -> None:
        self.sent: list[Invocation] = []
        self._suspects: set[int] = set()  # tasks that came back; the board may say so of them for ever
        self._recent: set[int] = set()  # tasks that were planned
        self._before: set[int] = set()  # the same, a while ago
        self._planned: dict[Definition, int] = {}  # how many tasks of a type
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
        for task in tasks:
            task.hands_over = _is_awaited(task) and is_worth(task)

    def came_back(self, task: Invocation) -> None:
        """A task that was sent has not run."""
        if len(self._suspects) > MOST_REMEMBERED:
            self._suspects.clear()
        self._suspects.add(task.id)
        if task.id in self._recent or task.id in self._before:
            self._returned[task.definition] = self._returned.get(task.definition, 0) + 1

    def were_planned(self, tasks: list[Invocation]) -> None:
        planned = self._planned
        for task in tasks:
            planned[task.definition] = planned.get(task.definition, 0) + 1
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
        loads = _loads(slots)
        if not loads or min(loads.values()) >= LOW:
            self.wait()
            return {}
        return Plan(self, loads, requirement).made(self.sent)


def is_worth(task: Invocation) -> bool:
    """Whether others may be sent what follows this task before it has ended."""
    definition = task.definition
    seconds = definition.statistics
    return seconds is not None and SHORTEST <= seconds <= BUNDLE_SECONDS and definition.is_handed


def _is_awaited(task: Invocation) -> bool:
    for version in task.writes:  # noqa: SIM110  (a generator costs more than it does here)
        if version.waiters is not None:
            return True
    return False


def most_in_message(task: Invocation) -> int:
    """How many tasks like this one share a message."""
    return min(BUNDLE_TASKS, 1 + int(MESSAGE / (task.definition.statistics + COST)))


def _loads(slots: Collection[Slot]) -> dict[Slot, float]:
    """Expected seconds of work, of those slots that may have more: no long task runs there, and no units are lent."""
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
    """One round: tasks go to slots until these have enough, or nobody else can be sent.

    tasks: what each slot gets.
    """

    def __init__(self, handing: Handing, loads: dict[Slot, float], requirement: Requirement) -> None:
        self.tasks: dict[Slot, list[Invocation]] = {}
        self._handing = handing
        self._requirement = requirement
        self._before = loads  # when what they have now is expected to end
        self._loads = {slot: load for slot, load in loads.items() if load < LONGEST}  # of those that take more
        self._ends: dict[int, float] = {}  # when tasks that hand over are expected to end, in seconds from now
        self._arrivals: dict[Slot, float] = {}  # when all is made, in each slot, that the task at hand reads

    def made(self, sent: list[Invocation]) -> dict[Slot, list[Invocation]]:
        """Who waits for these tasks, and for those that are planned; `sent` keeps what is to be looked at again."""
        before = len(sent)
        looked_at = self._look(sent)
        if len(sent) > before:
            self._handing.were_planned(sent[before:])
        del sent[:looked_at]
        return self.tasks

    def _look(self, sent: list[Invocation]) -> int:
        """How many of them are done with."""
        looked_at = 0
        for looked_at, task in enumerate(sent, 1):  # which grows
            for version in task.writes:
                for waiter in version.waiters or ():
                    if waiter.state is STATE_PENDING and self._may_go(waiter):
                        self._give(waiter)
                        sent.append(waiter)
                        if not self._loads:
                            return looked_at - 1
        return looked_at

    def _may_go(self, task: Invocation) -> bool:
        """Whether everybody who makes what it reads was sent, and hands it over."""
        written = [version.datum for version in task.writes]
        self._arrivals.clear()
        hands_over = is_worth(task) and task.policy in LEAVES_NOTHING
        for version in task.reads:
            if version.status is STATUS_PENDING:
                if version.datum in written or not self._comes(version):
                    return False
            elif version.alias is not None and version.content.status is STATUS_PENDING:  # it was lost
                return False
            elif version.datum in written:
                hands_over = False
        if not self._is_simple(task):
            return False
        if hands_over:
            self._ends[task.id] = 0.0  # until it is known
        return True

    def _is_simple(self, task: Invocation) -> bool:
        definition = task.definition
        seconds = definition.statistics
        if seconds is None or seconds > BUNDLE_SECONDS or task.special is not None or definition.time_out:
            return False
        if task.requirement is not self._requirement and task.requirement != self._requirement:
            return False
        for version in task.writes:
            if version.datum.is_file:
                return False
        return not self._handing.is_suspect(task)

    def _comes(self, version: Version) -> bool:
        """Whether a pending input is made by somebody who was sent and hands it over; `_arrivals` tell when."""
        producer = version.producer
        if producer is None or version.alias is not None or version.special is not None:
            return False
        end = self._ends.get(producer.id)
        slot = producer.slot
        if slot is None:
            return False
        if end is None:
            if not self._hands_over(producer):
                return False
            end = self._ends[producer.id] = self._before[slot]
        arrivals = self._arrivals
        if slot not in arrivals or arrivals[slot] < end:
            arrivals[slot] = end
        return True

    def _hands_over(self, producer: Invocation) -> bool:
        """Whether a task that was sent before does."""
        if not producer.hands_over or producer.state is not STATE_ASSIGNED or producer.special is not None:
            return False
        if producer.slot not in self._before or not is_worth(producer) or not hands_on(producer):
            return False
        return not self._handing.is_suspect(producer)

    def _candidates(self) -> list[Slot]:
        """Of many slots, those where its inputs are made, and the one with least to do."""
        loads = self._loads
        return [*(slot for slot in self._arrivals if slot in loads), min(loads, key=loads.__getitem__)]

    def _give(self, task: Invocation) -> None:
        """To the slot where it could begin first; among equals, where more of its input is made."""
        loads, arrivals = self._loads, self._arrivals
        best: Slot | None = None
        begin = 0.0
        for slot in loads if len(loads) <= FEW_SLOTS else self._candidates():
            load = loads[slot]
            could = load if slot in arrivals else load + ELSEWHERE
            for other, arrival in arrivals.items():
                if other is not slot and arrival + HAND_OVER > could:
                    could = arrival + HAND_OVER
            if best is None or could < begin:
                best, begin = slot, could
        if best is None:
            raise RuntimeError("no slot takes tasks")
        end = begin + task.definition.statistics + COST
        if task.id in self._ends:
            self._ends[task.id] = end
        task.state = STATE_ASSIGNED
        task.slot = best
        if best in self.tasks:
            self.tasks[best].append(task)
        else:
            self.tasks[best] = [task]
        if end >= LONGEST:
            del loads[best]
        else:
            loads[best] = end
