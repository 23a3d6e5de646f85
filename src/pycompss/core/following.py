"""Tasks that travel with the tasks they wait for.

A chain of short tasks would cost one message a link, if each had to wait until the master has heard of the one before.
So a bundle takes along *followers*: tasks that wait for nothing but members of the same bundle. The worker runs them
one after another and hands results on itself. A follower counts as assigned although its inputs are not there yet
(`pending` is not 0). When what it follows did not end well, the worker returns it without having begun, and it goes
back to waiting: nothing is lost by having sent it.

What a follower reads stays in the worker as it was reported, so only results that are plain values on their way
qualify: no files, no updates in place, no shared writes, and no tasks whose failure leaves something behind.
"""

from __future__ import annotations

from collections.abc import Callable

from pycompss.core.invocation import Invocation
from pycompss.core.task import STATE_ASSIGNED, STATE_PENDING, Policy
from pycompss.core.versions import STATUS_PENDING, Version

Judge = Callable[[Invocation], bool]

LEAVES_NOTHING = frozenset({Policy.RETRY, Policy.FAIL})


def followers(
    bundle: list[Invocation], seconds: float, longest: float, most: int, forked: float, belongs: Judge | None = None
) -> list[Invocation]:
    """Tasks to be sent behind `bundle`, in order; `seconds` of work, at most `longest`, `most` tasks in all.

    forked: most seconds with what is no chain: of tasks that follow the same one, or are followed by the same one,
    some could run elsewhere at the same time. belongs: to which no other node has a better claim; None: all.
    """
    first, travelling = bundle[0], bundle.copy()
    handing_on: set[int] = set()  # those of them that are known to
    handed = 0  # who waits for more than that cannot follow
    for task in bundle:
        handed += len(task.writes)
    for task in travelling:
        waiters = task.writes[0].waiters if len(task.writes) == 1 else _waiting_for(task)
        if waiters is None:
            continue
        able = [w for w in waiters if w.pending <= handed and _may_follow(w, first, handing_on, belongs)]
        if not able:
            continue
        is_chain = len(able) == 1 and able[0].pending <= 1
        if not is_chain and seconds + sum([waiter.definition.statistics for waiter in able]) > forked:
            continue
        for waiter in able:
            if waiter.state is STATE_ASSIGNED:  # it waits for two results of the same task
                continue
            seconds += waiter.definition.statistics
            if seconds >= longest or len(travelling) >= most:
                return travelling[len(bundle) :]
            waiter.state = STATE_ASSIGNED
            travelling.append(waiter)
            handed += len(waiter.writes)
    return travelling[len(bundle) :]


def _waiting_for(task: Invocation) -> list[Invocation]:
    return [waiter for version in task.writes for waiter in version.waiters or ()]


def hands_on(task: Invocation) -> bool:
    """Whether the worker can give what the task writes to others that read it."""
    special = task.special
    if task.policy not in LEAVES_NOTHING or (special is not None and (special.shared or special.replicas is not None)):
        return False
    for version in task.writes:
        datum = version.datum
        if datum.is_file:
            return False
        for read in task.reads:
            if read.datum is datum:  # it is updated
                return False
    return True


def _may_follow(task: Invocation, first: Invocation, handing_on: set[int], belongs: Judge | None) -> bool:
    """Whether the task may be sent behind `first` and runs as soon as those aboard have ended."""
    definition = task.definition
    if task.state is not STATE_PENDING or definition.statistics is None or definition.time_out:
        return False
    special = task.special
    if special is not None and (special.shared or special.target >= 0 or special.replicas is not None):
        return False
    if task.requirement is not first.requirement and task.requirement != first.requirement:
        return False
    for version in task.reads:
        if version.status is STATUS_PENDING:
            if not _comes_along(task, version, handing_on):
                return False
        elif version.alias is not None and version.content.status is STATUS_PENDING:  # it was lost
            return False
    for version in task.writes:
        if version.datum.is_file:
            return False
    return belongs is None or belongs(task)


def _comes_along(task: Invocation, version: Version, handing_on: set[int]) -> bool:
    """Whether a pending input is made by somebody aboard who hands it on, and is only read."""
    producer = version.producer
    if producer is None or version.alias is not None or (version.special is not None and version.shared is not None):
        return False
    if producer.id not in handing_on:
        if producer.state is not STATE_ASSIGNED or producer.slot is not None or not hands_on(producer):
            return False  # who is aboard is not in a slot yet
        handing_on.add(producer.id)
    datum = version.datum
    for written in task.writes:  # noqa: SIM110  (a generator costs more than it does here)
        if written.datum is datum:
            return False
    return True
