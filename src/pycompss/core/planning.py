"""Which tasks are sent while what they read is still being made, and to which workers.

A task goes where it could begin first, by the mean times of types (list scheduling, as in HEFT: Topcuoglu, Hariri and
Wu, 2002), to a worker that has little to do; all workers are given tasks in one go, so that their work stays side by
side. A worker gets up to two messages, and more when it has reported the first.
"""

from __future__ import annotations

from collections.abc import Collection
from math import inf
from typing import TYPE_CHECKING

from pycompss.core.bundling import BUNDLE_SECONDS, BUNDLE_TASKS
from pycompss.core.following import hands_on
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Requirement, Slot
from pycompss.core.task import STATE_ASSIGNED, STATE_PENDING, Definition
from pycompss.core.versions import STATUS_PENDING, Version

if TYPE_CHECKING:
    from pycompss.core.handing import Handing

SHORTEST = 0.00002  # seconds of tasks that are worth it: shorter ones are done sooner than handed over
COST = 0.00001  # seconds that a worker needs for a task besides its work
MESSAGE = 2 * BUNDLE_SECONDS  # expected work in a message: nobody is ready who could have it instead
LONGEST = 2 * MESSAGE  # the same of a worker that is given tasks ahead
LOW = MESSAGE  # who has less gets more
HAND_OVER = 0.00003  # seconds until a result is seen elsewhere


def is_worth(definition: Definition) -> bool:
    """Whether others may be sent what follows a task of this type before it has ended."""
    seconds = definition.statistics
    return seconds is not None and SHORTEST <= seconds <= BUNDLE_SECONDS and definition.is_handed


def most_in_message(task: Invocation) -> int:
    """How many tasks like this one share a message."""
    return min(BUNDLE_TASKS, 1 + int(MESSAGE / (task.definition.statistics + COST)))


def _ends_alone(task: Invocation) -> bool:
    """Whether a task that does not hand over may be sent before what it reads is made.

    It makes no files, and what it updates is there.
    """
    for version in task.writes:
        if version.datum.is_file:
            return False
        for read in task.reads:
            if read.datum is version.datum and read.status is STATUS_PENDING:
                return False
    return True


def loads_of(slots: Collection[Slot]) -> dict[Slot, float]:
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

    What is true of all tasks of a type is asked once in a round. tasks: what each slot gets.
    """

    def __init__(self, handing: Handing, loads: dict[Slot, float], requirement: Requirement) -> None:
        self.tasks: dict[Slot, list[Invocation]] = {}
        self._handing = handing
        self._requirement = requirement
        self._before = loads  # when what they have now is expected to end, in seconds from now
        self._loads = {slot: load for slot, load in loads.items() if load < LONGEST}  # of those that take more
        self._types: dict[Definition, tuple[float, bool]] = {}  # see `_of_type`
        self._coming: dict[Version, tuple[Slot, float]] = {}  # what is handed over: where it is made, and until when

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
                    if waiter.state is STATE_PENDING and self._gives(waiter):
                        sent.append(waiter)
                        if not self._loads:
                            return looked_at - 1
        return looked_at

    def _gives(self, task: Invocation) -> bool:
        """Give the task to a slot, if everybody who makes what it reads was sent, and hands it over."""
        seconds, may_hand_over = self._types.get(task.definition) or self._of_type(task.definition)
        hands_over = may_hand_over and hands_on(task)
        if not seconds or not self._is_simple(task) or not (hands_over or _ends_alone(task)):
            return False
        arrival = self._arrival(task)
        if arrival is None:
            return False
        slot, begin = self._earliest(*arrival)
        self._enter(task, slot, begin + seconds)
        if hands_over:
            made = slot, begin + seconds
            for version in task.writes:
                self._coming[version] = made
        return True

    def _of_type(self, definition: Definition) -> tuple[float, bool]:
        """Seconds that a task of this type takes its worker, 0 if none is sent ahead; whether they may hand over."""
        seconds = definition.statistics
        is_short = seconds is not None and seconds <= BUNDLE_SECONDS and not definition.time_out
        known = self._types[definition] = seconds + COST if is_short else 0.0, is_worth(definition)
        return known

    def _is_simple(self, task: Invocation) -> bool:
        if task.special is not None:
            return False
        if task.requirement is not self._requirement and task.requirement != self._requirement:
            return False
        return not self._handing.is_suspect(task)

    def _arrival(self, task: Invocation) -> tuple[Slot | None, float, float] | None:
        """Where the last of what the task reads is made, until when, and until when what is made elsewhere.

        None: it has to wait until somebody was sent.
        """
        latest: Slot | None = None
        last = others = -HAND_OVER
        for version in task.reads:
            if version.status is STATUS_PENDING:
                made = self._coming.get(version) or self._made(version)
                if made is None:
                    return None
                slot, end = made
                if end > last:
                    if slot is not latest:
                        latest, others = slot, last
                    last = end
                elif end > others and slot is not latest:
                    others = end
            elif version.alias is not None and version.content.status is STATUS_PENDING:  # it was lost
                return None
        return latest, last + HAND_OVER, others + HAND_OVER

    def _made(self, version: Version) -> tuple[Slot, float] | None:
        """Where and until when a pending input is made, if by somebody who was sent before and hands it over."""
        producer = version.producer
        if producer is None or version.alias is not None or version.special is not None:
            return None
        slot = producer.slot
        if slot is None or not self._was_to_hand_over(producer):
            return None
        made = self._coming[version] = slot, self._before[slot]
        return made

    def _was_to_hand_over(self, producer: Invocation) -> bool:
        """Whether a task that was sent before does."""
        if not producer.hands_over or producer.state is not STATE_ASSIGNED or producer.special is not None:
            return False
        if producer.slot not in self._before or not is_worth(producer.definition) or not hands_on(producer):
            return False
        return not self._handing.is_suspect(producer)

    def _earliest(self, latest: Slot | None, last: float, others: float) -> tuple[Slot, float]:
        """The slot in which a task could begin first, and when; among equals, where the last of its input is made.

        Elsewhere it waits for that input (until `last`), there only for the others.
        """
        best: Slot | None = None
        begin = inf
        for slot, load in self._loads.items():
            needed = others if slot is latest else last
            could = load if load > needed else needed  # noqa: FURB136  (a call costs more than it does here)
            if could < begin or (could == begin and slot is latest):
                best, begin = slot, could
        if best is None:
            raise RuntimeError("no slot takes tasks")
        return best, begin

    def _enter(self, task: Invocation, slot: Slot, end: float) -> None:
        task.state = STATE_ASSIGNED
        task.slot = slot
        if slot in self.tasks:
            self.tasks[slot].append(task)
        else:
            self.tasks[slot] = [task]
        if end >= LONGEST:
            del self._loads[slot]
        else:
            self._loads[slot] = end
