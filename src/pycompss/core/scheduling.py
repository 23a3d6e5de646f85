"""Which ready task runs where, and when.

Ready tasks wait in one queue per requirement. A node with room opens a slot for the foremost task that fits; a slot
that becomes free goes on with the queue of its requirement (`slots`, `sending`).

A task too large for what is free now *holds* a node, or as many as it takes: younger tasks that would take of what it
lacks no longer start there, so that large tasks do not starve.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from pycompss.core.alternatives import become, by_preference
from pycompss.core.commands import Command, Resume
from pycompss.core.handing import Handing
from pycompss.core.holding import FIRST_OF_ALL
from pycompss.core.invocation import Invocation
from pycompss.core.paths import Paths
from pycompss.core.placing import SizeOf
from pycompss.core.policies import Order
from pycompss.core.queues import ReadyQueue, rank
from pycompss.core.resources import Node, Slot
from pycompss.core.sending import Sending
from pycompss.core.spanning import Span
from pycompss.core.task import STATE_ASSIGNED, STATE_READY
from pycompss.core.watches import Watch


class Scheduler(Sending):
    """Ready tasks and nodes; `assign` fills the nodes and appends commands."""

    def __init__(self, nodes: list[Node], commands: list[Command], clock: Callable[[], float] = lambda: 0.0) -> None:
        super().__init__(nodes, commands, clock)
        self.resuming: deque[tuple[Slot, Watch]] = deque()
        self.size_of = self._room.size_of
        self.turn = 0  # round robin of distributed tasks
        self._pinned: dict[int, Node] = {}  # nodes that have tasks of their own waiting
        self.paths = Paths()
        self._by_path = True  # whether tasks with much to follow go first
        self._youngest_first = False

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

    # -- queueing ------------------------------------------------------------------------------------------------

    def submitted(self, task: Invocation) -> bool:
        """A task was ready when it was submitted, and a slot is idle; True when `assign` may find a place for it.

        The short way of a program that submits one task and waits for it: the slot that it used last is still open.
        """
        slot = self.idle[-1]
        if self._is_foremost(task) and not slot.tasks and not slot.parked and slot.id in self.slots:
            self._send(self.idle.pop(), [task])
            return False
        return self.add(task)

    def _is_foremost(self, task: Invocation) -> bool:
        """Whether nobody else waits, and never did for anything but what `task` asks for."""
        queue = self._only_queue
        if queue is None or queue.normal or queue.urgent or queue.early or not self._is_orderly():
            return False
        if (
            self._gives_turns
            or task.groups
            or (task.special is not None and (task.target >= 0 or task.parent is not None))
        ):
            return False
        return queue.requirement is task.requirement or queue.requirement == task.requirement

    def _is_orderly(self) -> bool:
        """Whether all slots are for tasks in line: nobody is to go on, is bound to a node, or has one kept for him."""
        return not (self.resuming or self._pinned or self._holds.ranks)

    def add(self, task: Invocation) -> bool:
        """A task became ready; True when `assign` may find a place for it."""
        task.state = STATE_READY
        if self._gives_turns or task.groups or (task.special is not None and task.parent is not None):
            self._give_turn(task)  # as there is somebody besides the program
        if task.special is not None and task.target >= 0:
            self._pin(task).append(task)
            return True
        queue = self._last_queue
        if queue is None or queue.requirement is not task.requirement:
            queue = self.queue(task.requirement)
        if task.turn or task.behind or task.definition.priority:
            queue.add(task)
        else:  # nearly always
            queue.normal.append(task)
        return not (queue.blocked and not self.idle)

    def _give_turn(self, task: Invocation) -> None:
        if self._youngest_first:
            task.turn = -task.id
            return
        if not self._gives_turns:
            self._gives_turns = True
            self._turns.begin(waiting.id for queue in self.queues.values() for waiting in queue.line())
        if not task.turn:
            self._turns.give(task)

    def prefer(self, slot_id: int) -> None:
        """This slot's worker has just got much memory back: if it is idle, the next task goes there.

        Elsewhere the next value would be made while the memory of the last one is still being given back.
        """
        for position, slot in enumerate(self.idle):
            if slot.id == slot_id:
                self.idle.append(self.idle.pop(position))
                return

    def put_back(self, task: Invocation) -> None:
        """A task was on its way and did not run to its end: it is the next."""
        task.state = STATE_READY
        if task.target >= 0:
            self._pin(task).appendleft(task)
        else:
            self.queue(task.requirement).put_back(task)

    def withdraw(self, task: Invocation) -> None:
        """A ready task has to wait again."""
        if task.target >= 0:
            self.nodes[task.target].pinned.remove(task)
        else:
            self.queue(task.requirement).withdraw(task)

    def _pin(self, task: Invocation) -> deque[Invocation]:
        node = self._pinned[task.target] = self.nodes[task.target]
        return node.pinned

    def waiting(self) -> int:
        return sum(map(len, self.queues.values())) + sum(len(node.pinned) for node in self.nodes)

    def next_node(self, task: Invocation) -> int:
        """The node whose turn it is among those large enough (tasks that ask to be spread)."""
        for _ in self.nodes:
            self.turn += 1
            node = self.nodes[self.turn % len(self.nodes)]
            if node.could_hold(task.requirement):
                return node.index
        return -1

    def other_node(self, task: Invocation, not_on: int) -> int:
        """Another node that could run the task, or -1."""
        fitting = [n for n in self.nodes if n.index != not_on and n.could_hold(task.requirement)]
        return max(fitting, key=lambda n: n.free_units).index if fitting else -1

    # -- assigning -----------------------------------------------------------------------------------------------

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
