"""How many tasks go in one message, and which may wait in a worker behind another.

A message costs about as much as a millisecond of work: tasks that are known to be short share one, and a worker gets
the next ones before it is done. The more tasks wait, the more share it (guided self-scheduling, Polychronopoulos and
Kuck, 1987): after a task on a large value, nothing of the interpreter is left in the caches, and what is done for
several tasks in a row costs much less than what is done for each of them. A task that may take long never waits behind
another while a core could be idle.
"""

from __future__ import annotations

from pycompss.core.following import Judge, followers
from pycompss.core.invocation import Invocation
from pycompss.core.queues import ReadyQueue
from pycompss.core.resources import Slot
from pycompss.core.task import STATE_ASSIGNED, STATE_READY

BUNDLE_SECONDS = 0.001  # expected work in one message; of a task that shares it
DEEP_SECONDS = 0.004  # the same, while so many wait that nobody is kept from work
DEEP_TASK = 0.002  # of a task that shares such a message
MANY = 4  # tasks in line for each slot, with which a worker gets the next message before it has worked off the last
BUNDLE_TASKS = 128
FORK_SECONDS = 0.0002  # expected work in one message that others, who have nothing else, could share
AHEAD_SECONDS = 0.05  # tasks expected to be longer are never sent ahead


def bundle_from(
    first: Invocation,
    queue: ReadyQueue,
    width: int,
    *,
    hungry: int = 0,
    belongs: Judge | None = None,
    plans: bool = False,
) -> list[Invocation]:
    """`first` and the short tasks that go with it; `width` slots share the queue.

    hungry: how many of them have nothing to do. belongs: which tasks no other node has a better claim to; None: all.
    plans: once nobody else is ready, tasks that wait for these are planned for all slots together (`handing`).
    """
    seconds = first.definition.statistics
    longest = DEEP_TASK if len(queue) > MANY * width else BUNDLE_SECONDS
    if seconds is None or seconds > longest:
        return [first]
    bundle = [first]
    is_awaited = _are_awaited(bundle)  # whether anybody waits for what these make; of most bundles nobody does
    waiting = len(queue)
    if waiting:
        most = waiting // (2 * width) + 1
        if most == 1 and waiting >= hungry > 0:  # the second would be sent behind the first at once: one message does
            most = 2
        if most > 1:
            room = BUNDLE_TASKS // 2 if is_awaited else BUNDLE_TASKS  # half of a tree's nodes are leaves
            seconds = _add_short(bundle, queue, seconds, min(room, most), longest, belongs)
            is_awaited = is_awaited or _are_awaited(bundle)
    if is_awaited and not (plans and waiting < len(bundle)):
        others_idle = waiting - len(bundle) + 1 < width and width > 1
        forked = FORK_SECONDS if others_idle else BUNDLE_SECONDS
        bundle += followers(bundle, seconds, BUNDLE_SECONDS, BUNDLE_TASKS, forked, belongs)
    return bundle


def _add_short(
    bundle: list[Invocation], queue: ReadyQueue, seconds: float, most: int, longest: float, belongs: Judge | None
) -> float:
    """Tasks of the queue that are no longer join the bundle of so many `seconds`; how many these are now."""
    line = queue.plain()
    while len(bundle) < most and seconds < DEEP_SECONDS:
        task = line[0] if line and line[0].state is STATE_READY else queue.head()
        further = task.definition.statistics if task is not None else None
        if task is None or further is None or further > longest or (belongs is not None and not belongs(task)):
            break
        seconds += further
        if line:
            line.popleft()
            task.state = STATE_ASSIGNED
        else:
            queue.take(task)
        bundle.append(task)
    return seconds


def _are_awaited(tasks: list[Invocation]) -> bool:
    """Whether others wait for what the tasks make."""
    for task in tasks:
        for version in task.writes:
            if version.waiters is not None:
                return True
    return False


def is_short(task: Invocation) -> bool:
    """Whether a task of this type may wait behind another, or have one behind it."""
    seconds = task.definition.statistics
    return seconds is not None and seconds <= AHEAD_SECONDS and not task.definition.time_out


def may_go_ahead(head: Invocation, queue: ReadyQueue, width: int) -> bool:
    """Whether `head`, the first of the queue, may leave it before one of `width` slots is free.

    Where the order matters, not the last ones: something more urgent may become ready before a slot is free.
    """
    return is_short(head) and (not queue.critical.heaps or len(queue) > width)


def may_wait_behind(slot: Slot, head: Invocation, queue: ReadyQueue) -> bool:
    """Whether `head` of the queue, which is short, may be sent to a slot that runs another task now."""
    if slot.parked or slot.others or not slot.tasks or not is_short(next(iter(slot.tasks.values()))):
        return False
    sent = len(slot.tasks)
    if sent == 1:
        return True
    seconds = sent * head.definition.statistics
    most = 1.5 * DEEP_SECONDS if len(queue) > MANY * queue.width else BUNDLE_SECONDS / 2
    return sent < BUNDLE_TASKS and seconds < most
