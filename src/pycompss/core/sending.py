"""What goes into a slot: bundles of short tasks, and tasks sent ahead to slots that are busy.

Short tasks share a message and wait in the worker, so that it never waits for the master; long ones never do, so that
no task waits behind another while a core idles. When one does idle, what was sent ahead is taken back.
"""

from __future__ import annotations

from functools import partial
from operator import attrgetter

from pycompss.core.bundling import bundle_from, may_go_ahead, may_wait_behind
from pycompss.core.commands import Run, TakeBack
from pycompss.core.events import Event, Kind
from pycompss.core.invocation import Invocation
from pycompss.core.paths import path_of
from pycompss.core.planning import is_worth, most_in_message
from pycompss.core.queues import ReadyQueue
from pycompss.core.resources import Node, Requirement, Slot
from pycompss.core.slots import Slots
from pycompss.core.task import STATE_ASSIGNED, STATE_READY

NEAR = 16  # how many tasks of a queue are compared by where their data lie
ABOUT = 0.9  # of the longest path: tasks with less to follow do not go first because of their data


_HANDS_OVER = attrgetter("hands_over")


class Sending(Slots):
    """Fills slots from the queue of their requirement."""

    def _fill(self, slot: Slot, queue: ReadyQueue) -> bool:
        first = self._nearest(slot.node, queue) if self._several else queue.pop()
        if first is None:
            return False
        self._send(slot, self._bundle(slot, queue, first))
        return True

    def _bundle(self, slot: Slot, queue: ReadyQueue, first: Invocation) -> list[Invocation]:
        """`first`, and tasks to send together with it."""
        if self._several and first.special is not None and first.parent is not None and first.reads:
            return [first]
        hungry = 0 if slot.tasks else queue.width - len(self.slots) + len(self.idle) + 1
        belongs = partial(self._room.belongs, slot.node.index) if self._several else None
        plans = self.handing is not None and len(self.slots) >= queue.width and is_worth(first.definition)
        return bundle_from(first, queue, queue.width, hungry=hungry, belongs=belongs, plans=plans)

    def _nearest(self, node: Node, queue: ReadyQueue) -> Invocation | None:
        """The foremost task of the queue with most of its input on `node`."""
        first = queue.head()
        if first is None or queue.urgent or len(queue.normal) == 1:
            return queue.pop()
        best, best_score = 0, -1.0
        for position in range(min(NEAR, len(queue.normal))):
            task = queue.normal[position]
            if task.state is not STATE_READY or not self._holds.allow(task, node):
                continue
            if first.behind and path_of(task) < ABOUT * path_of(first):
                continue
            score = self._room.input_on(node.index, task)
            if score > best_score:
                best, best_score = position, score
        return queue.take_from_line(best)

    def _send(self, slot: Slot, bundle: list[Invocation]) -> None:
        if self._gives_turns:
            self._turns.started(bundle[0])
        self._enter(slot, bundle)
        if self.handing is not None:
            self.handing.sent += filter(_HANDS_OVER, bundle)
        self.commands.append(Run(slot, bundle))

    def _enter(self, slot: Slot, bundle: list[Invocation]) -> None:
        """These tasks are on their way to the slot."""
        tasks = slot.tasks
        for task in bundle:
            task.state = STATE_ASSIGNED
            task.attempt += 1
            task.slot = slot
            tasks[task.id] = task
        if self.handing is not None:
            self.handing.on_their_way(bundle)
        if len(tasks) > 1:
            self.queue(slot.requirement).loaded[slot.id] = slot
        self.eased[slot.id] = slot
        if self.journal is not None:
            self._record(slot, bundle, self.journal)

    def _record(self, slot: Slot, bundle: list[Invocation], journal: list[Event]) -> None:
        now, node = self.clock(), slot.node.name
        special = [task for task in bundle if task.pending or task.attempt != 1]
        ready = tuple([task.id for task in special if task.pending])
        if max([task.attempt for task in special], default=1) == 1:
            ids = tuple(slot.tasks)[-len(bundle) :]  # which have just entered
            journal.append((Kind.TASKS_ASSIGNED, now, node, slot.id, ids, ready))
        else:
            journal.extend((Kind.TASK_READY, now, task) for task in ready)
            journal.extend((Kind.TASK_ASSIGNED, now, task.id, node, slot.id, task.attempt) for task in bundle)
        if slot.others:
            names = tuple([part.node.name for part in (slot, *slot.others)])
            journal.extend((Kind.TASK_SPREAD, now, task.id, names) for task in bundle)

    # -- working ahead -------------------------------------------------------------------------------------------

    def _hand_out(self, queue: ReadyQueue) -> None:
        """Nobody is ready: send tasks whose inputs are still being made (`handing`)."""
        if self.handing is None:
            return
        if len(self.slots) < queue.width:
            self.handing.wait()
            return
        for slot, tasks in self.handing.plan(self.slots.values(), queue.requirement).items():
            if slot in self.idle:
                self.idle.remove(slot)
            most = most_in_message(tasks[0])
            begun = self._unsent(slot)
            if begun is not None and len(begun) < most:
                joining = tasks[: most - len(begun)]
                self._enter(slot, joining)
                begun += joining
                del tasks[: len(joining)]
            for start in range(0, len(tasks), most):
                message = tasks[start : start + most]
                self._enter(slot, message)
                self.commands.append(Run(slot, message))

    def _unsent(self, slot: Slot) -> list[Invocation] | None:
        """The last message to the slot, if it was decided upon and has not left."""
        for command in reversed(self.commands):
            if type(command) is Run and command.slot is slot:
                return command.tasks
        return None

    def _send_ahead(self) -> None:
        """Give busy slots a little more than they run."""
        blocked = [queue for queue in self.queues.values() if queue.blocked]
        if not blocked:
            return
        for slot in self.eased.values():
            self.queue(slot.requirement).hungry[slot.id] = slot
        self.eased.clear()
        for queue in blocked:
            if queue.hungry:
                self._feed(queue)

    def _feed(self, queue: ReadyQueue) -> None:
        """Slots that have enough, or should not have more, are looked at again when a task has left them."""
        held = []
        while queue.hungry:
            head = queue.head()
            if head is None or not may_go_ahead(head, queue, queue.width):
                break
            _, slot = queue.hungry.popitem()
            if self._holds.ranks and not self._holds.allow(head, slot.node):
                held.append(slot)
            elif may_wait_behind(slot, head, queue):
                self._fill(slot, queue)
        if held:
            queue.hungry.update((slot.id, slot) for slot in held)

    def _take_back(self) -> None:
        """Somewhere is room, and nothing ready for it: ask a slot, once, for what waits behind the task that runs."""
        for queue in self.queues.values():
            if queue.loaded and queue.head() is None and self._has_room(queue.requirement):
                slot = queue.pop_loaded()
                if slot is None:
                    continue
                if self.idle or self._place(list(slot.tasks.values())[1]) is not None:
                    self.commands.append(TakeBack(slot))
                else:
                    queue.loaded[slot.id] = slot

    def _has_room(self, need: Requirement) -> bool:
        if self.idle:  # of this requirement, as it is the only one
            return True
        if self._several:
            return self._room.roomiest(need) is not None
        return self.nodes[0].fits(need)
