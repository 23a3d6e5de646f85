"""Which ready task runs where, and when.

Ready tasks wait in one queue per requirement (`queueing`). A node with room opens a slot for the foremost task that
fits; a slot that becomes free goes on with the queue of its requirement (`slots`, `sending`).

A task too large for what is free now *holds* a node, or as many as it takes: younger tasks that would take of what it
lacks no longer start there, so that large tasks do not starve.
"""

from __future__ import annotations

from collections.abc import Callable

from pycompss.core.alternatives import become, by_preference
from pycompss.core.commands import Command, Resume
from pycompss.core.handing import Handing
from pycompss.core.holding import FIRST_OF_ALL
from pycompss.core.invocation import Invocation
from pycompss.core.paths import Paths
from pycompss.core.placing import SizeOf
from pycompss.core.policies import Order
from pycompss.core.queueing import Queueing
from pycompss.core.queues import ReadyQueue, rank
from pycompss.core.resources import Node, Slot
from pycompss.core.spanning import Span
from pycompss.core.task import STATE_ASSIGNED, STATE_READY


class Scheduler(Queueing):
    """Ready tasks and nodes; `assign` fills the nodes and appends commands."""

    def __init__(self, nodes: list[Node], commands: list[Command], clock: Callable[[], float] = lambda: 0.0) -> None:
        super().__init__(nodes, commands, clock)
        self.size_of = self._room.size_of
        self.paths = Paths()
        self._by_path = True  # whether tasks with much to follow go first

    def measure_by(self, size_of: SizeOf) -> None:
        """How many bytes a version's value has: tasks go where most of their input lies."""
        self.size_of = self._room.size_of = size_of

    def order_by(self, order: Order) -> None:
        """Which ready task goes first, and whether it goes to its data; before the first task."""
        self._youngest_first = self._gives_turns = order is Order.LIFO
        self._room.by_data = self._by_path = order is Order.LOCALITY

    def hand_over(self) -> None:
        """Workers hand small results to each other: tasks may be sent before their inputs are made."""
        self.handing = Handing()

    def assign(self) -> None:
        """Give work to every slot that may have some."""
        if self.paths.fresh or self.paths.has_learned:
            self._measure_paths()
        only = self._only_queue
        if only is not None and not self._parked and self._is_orderly():
            self._go_on(only)
            return
        if self.handing is not None:
            self.handing.forget()
        if self.idle:
            self._refill_idle()
        if self._holds.ranks:
            self._review_holds()
        if self.resuming:
            self._resume()
        if self._pinned:
            self._assign_pinned()
        self._open_slots()
        self._send_ahead()
        self._take_back()

    def _measure_paths(self) -> None:
        """Before one of several is chosen: which of them has most to follow."""
        if not self._by_path or not self._has_choice():
            self.paths.forget()
            return
        for task in self.paths.measure():
            if task.special is None or task.target < 0:
                self.queue(task.requirement).hurry(task)

    def _has_choice(self) -> bool:
        for queue in self.queues.values():  # noqa: SIM110  (a generator costs more than it does here)
            if len(queue.normal) > 1:
                return True
        return False

    def _go_on(self, queue: ReadyQueue) -> None:
        """All tasks ask for the same on one node: nobody else can want an idle slot.

        It stays open, so that a program that submits one task and waits for it finds everything as it was.
        """
        if queue.normal or queue.urgent or queue.early:
            self._fill_idle(queue)
            if not queue.blocked:
                self._open_slots()
            if queue.blocked and (queue.normal or queue.urgent or queue.early):
                self._send_ahead()
        if self.handing is not None and self.handing.sent:
            if queue.normal or queue.urgent or queue.early:
                self.handing.wait()
            else:
                self._hand_out(queue)
        if queue.loaded and (self.idle or not queue.blocked):
            self._take_back()

    def _fill_idle(self, queue: ReadyQueue) -> None:
        """The last one that was busy goes on first: a chain stays where its data are in caches and page tables."""
        while self.idle:
            slot = self.idle.pop()
            if slot.tasks or slot.id not in self.slots:
                continue
            first = queue.pop()
            if first is None:
                self.idle.append(slot)
                return
            self._send(slot, self._bundle(slot, queue, first))

    def _refill_idle(self) -> None:
        """Slots whose tasks have all finished go on, stay open, or are given back for others."""
        waiting = sum(1 for queue in self.queues.values() if len(queue))
        alone = waiting <= 1 and not self.resuming and not self._pinned and not self._several
        may_stay = alone and len(self.queues) == 1
        stay: list[Slot] = []
        while self.idle:
            slot = self.idle.pop()
            if slot.tasks or slot.id not in self.slots:
                continue
            if alone and not slot.parked and self._fill(slot, self.queue(slot.requirement)):
                continue
            if may_stay and not slot.parked:
                stay.append(slot)
            else:
                self.close(slot)
        self.idle = stay[::-1]

    def _review_holds(self) -> None:
        """Holds are made anew every time, but a large task keeps its node until it has begun or is gone."""
        holder = self._holds.holder
        head = self.queue(holder.requirement).head() if holder is not None else None
        self._holds.review(head, self._room)
        self.unblock()

    def _resume(self) -> None:
        """Tasks whose watch is done go on before any other task begins."""
        for _ in range(len(self.resuming)):
            slot, watch = self.resuming.popleft()
            task = watch.task
            if slot.id not in self.slots or task is None or task.slot is not slot or not slot.parked:
                continue
            parts = (slot, *slot.others)
            if all(part.node.fits_again(part) for part in parts):
                self._reserve(slot)
                slot.parked = False
                self._parked -= 1
                task.state = STATE_ASSIGNED
                self.commands.append(Resume(slot, watch))
            else:
                for part in parts:
                    self._holds.hold(part.node, FIRST_OF_ALL, part.requirement)
                self.resuming.append((slot, watch))

    def _assign_pinned(self) -> None:
        for node in list(self._pinned.values()):
            while node.pinned:
                task = node.pinned[0]
                if task.state is not STATE_READY:
                    node.pinned.popleft()
                elif node.fits(task.requirement) and self._holds.allow(task, node):
                    node.pinned.popleft()
                    self._send(self._open(node, task.requirement), [task])
                else:
                    self._holds.hold(node, rank(task), task.requirement)
                    break
            if not node.pinned:
                del self._pinned[node.index]

    def _open_slots(self) -> None:
        while True:
            queue, task = self._foremost()
            if queue is None or task is None:
                return
            if self._start(task, queue):
                continue
            queue.blocked = True
            if self._holds.holder is not None:
                continue
            if len(self.queues) > 1 or isinstance(task.requirement, Span):
                self._holds.hold_for(task, self._room)

    def _start(self, task: Invocation, queue: ReadyQueue) -> bool:
        """Open a slot for the foremost task of the queue, if there is room."""
        if task.special is not None and task.alternatives:
            return self._start_alternative(task, queue)
        if isinstance(queue.requirement, Span):
            return self._start_across(task, queue)
        node = self._place(task)
        if node is None:
            return False
        slot = self._open(node, queue.requirement)
        if self._several and not self._room.attracts(node.index, task):  # some other task may have a better claim
            self._fill(slot, queue)
        else:
            queue.take(task)
            self._send(slot, self._bundle(slot, queue, task))
        return True

    def _start_across(self, task: Invocation, queue: ReadyQueue) -> bool:
        slot = self._open_for(task)
        if slot is not None:
            queue.pop()
            self._send(slot, [task])
        return slot is not None

    def _start_alternative(self, task: Invocation, queue: ReadyQueue) -> bool:
        """The best of its versions for which there is room."""
        undecided = task.requirement
        for version in by_preference(task.alternatives):
            task.requirement = version.requirement
            slot = self._open_for(task)
            if slot is not None:
                queue.pop()
                become(task, version)
                self._send(slot, [task])
                return True
        task.requirement = undecided
        return False

    def _open_for(self, task: Invocation) -> Slot | None:
        """A slot for the task, where there is room."""
        need = task.requirement
        if isinstance(need, Span):
            return self._open_across(task, need)
        node = self._place(task)
        return None if node is None else self._open(node, need)

    def _foremost(self) -> tuple[ReadyQueue | None, Invocation | None]:
        """The task that goes first of those for which there may be room, and its queue."""
        best, first = None, None
        for queue in self.queues.values():
            if queue.blocked:
                continue
            task = queue.head()
            if task is not None and (first is None or rank(task) < rank(first)):
                best, first = queue, task
        return best, first
