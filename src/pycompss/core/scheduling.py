"""Which ready task runs where, and when.

Ready tasks wait in one queue per requirement. A node with room opens a slot for the foremost task that fits; a slot
that becomes free goes on with the queue of its requirement. Short tasks are bundled and sent ahead, so that a worker
never waits for the master; long ones never are, so that no task waits behind another while a core idles. When one does
idle, what was sent ahead is taken back.

A task too large for what is free now *holds* a node: younger tasks no longer start there, so that large tasks do not
starve.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from pycompss.core.bundling import bundle_from, is_short, may_wait_behind
from pycompss.core.commands import Close, Command, Resume, Run, TakeBack
from pycompss.core.events import Event, Kind
from pycompss.core.fairness import Turns, is_of_program
from pycompss.core.holding import FIRST_OF_ALL, Holds
from pycompss.core.invocation import Invocation
from pycompss.core.placing import Room, SizeOf
from pycompss.core.policies import Order
from pycompss.core.queues import ReadyQueue, rank
from pycompss.core.resources import Node, Requirement, Slot
from pycompss.core.task import State
from pycompss.core.watches import Watch

NEAR = 16  # how many tasks of a queue are compared by where their data lie


class Scheduler:
    """Ready tasks and nodes; `assign` fills the nodes and appends commands."""

    def __init__(self, nodes: list[Node], commands: list[Command], clock: Callable[[], float] = lambda: 0.0) -> None:
        self.nodes = nodes
        self.commands = commands
        self.clock = clock
        self.queues: dict[Requirement, ReadyQueue] = {}
        self.resuming: deque[tuple[Slot, Watch]] = deque()
        self.idle: list[Slot] = []  # open slots whose tasks have all finished
        self.slots: dict[int, Slot] = {}
        self.eased: dict[int, Slot] = {}  # open slots that may take more tasks than before
        self.last_slot = 0
        self.turn = 0  # round robin of distributed tasks
        self.journal: list[Event] | None = None
        self._room = Room(nodes)
        self._several = len(nodes) > 1
        self._units = sum(node.units for node in nodes)
        self._pinned: dict[int, Node] = {}  # nodes that have tasks of their own waiting
        self._holds = Holds()
        self._turns = Turns()
        self._youngest_first = False

    def measure_by(self, size_of: SizeOf) -> None:
        """How many bytes a version's value has: tasks go where most of their input lies."""
        self._room.size_of = size_of

    def order_by(self, order: Order) -> None:
        """Which ready task goes first, and whether it goes to its data; before the first task."""
        self._youngest_first = order is Order.LIFO
        self._room.by_data = order is Order.LOCALITY

    # -- queueing ------------------------------------------------------------------------------------------------

    def queue(self, requirement: Requirement) -> ReadyQueue:
        queue = self.queues.get(requirement)
        if queue is None:
            queue = self.queues[requirement] = ReadyQueue(requirement)
        return queue

    def add(self, task: Invocation) -> bool:
        """A task became ready; True when `assign` may find a place for it."""
        task.state = State.READY
        if self._youngest_first:
            task.turn = -task.id
        elif self._turns.last or not is_of_program(task):
            self._give_turn(task)
        if task.target >= 0:
            self._pin(task).append(task)
            return True
        queue = self.queues.get(task.requirement) or self.queue(task.requirement)
        queue.add(task)
        return not queue.blocked or bool(self.idle)

    def _give_turn(self, task: Invocation) -> None:
        if not self._turns.last:
            self._turns.begin(waiting.id for queue in self.queues.values() for waiting in queue.normal)
        if not task.turn:
            self._turns.give(task)

    def put_back(self, task: Invocation) -> None:
        """A task was on its way and did not run to its end: it is the next."""
        task.state = State.READY
        if task.target >= 0:
            self._pin(task).appendleft(task)
        else:
            self.queue(task.requirement).put_back(task)

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

    # -- slots ---------------------------------------------------------------------------------------------------

    def _open(self, node: Node, requirement: Requirement) -> Slot:
        self.last_slot += 1
        slot = Slot(self.last_slot, node, requirement)
        self._reserve(slot)
        self.slots[slot.id] = slot
        return slot

    def _reserve(self, slot: Slot) -> None:
        slot.node.reserve(slot.requirement)
        self._room.changed(slot.node)

    def _release(self, slot: Slot) -> None:
        slot.node.release(slot.requirement)
        self._room.changed(slot.node)
        self.unblock()

    def unblock(self) -> None:
        for queue in self.queues.values():
            queue.blocked = False

    def close(self, slot: Slot) -> None:
        """Give the reservation back."""
        del self.slots[slot.id]
        self.eased.pop(slot.id, None)
        queue = self.queues.get(slot.requirement)
        if queue is not None:
            queue.hungry.pop(slot.id, None)
            queue.loaded.pop(slot.id, None)
        if not slot.parked:
            self._release(slot)
        self.commands.append(Close(slot))

    def park(self, slot: Slot) -> None:
        """The slot's task waits for tasks of its own: its reservation is lent."""
        slot.parked = True
        self._release(slot)

    def abandon(self, slot: Slot) -> None:
        """The slot's worker died."""
        slot.tasks.clear()
        if slot.id in self.slots:
            if slot in self.idle:
                self.idle.remove(slot)
            self.close(slot)

    # -- assigning -----------------------------------------------------------------------------------------------

    def assign(self) -> None:
        """Give work to every slot that may have some."""
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

    def _refill_idle(self) -> None:
        """Slots whose tasks have all finished go on, stay open, or are given back for others.

        As long as all tasks have the same requirement, nobody else can want an idle slot: it stays open, so that a
        program that submits one task and waits for it finds everything as it was.
        """
        waiting = sum(1 for queue in self.queues.values() if len(queue))
        alone = waiting <= 1 and not self.resuming and not self._pinned and not self._several
        if alone and not waiting and len(self.queues) == 1 and not any(slot.parked for slot in self.idle):
            return
        idle, self.idle = self.idle, []
        for slot in idle:
            if slot.tasks or slot.id not in self.slots:
                continue
            queue = self.queues.get(slot.requirement)
            if alone and not slot.parked and queue and self._fill(slot, queue):
                continue
            if alone and not slot.parked and len(self.queues) == 1:
                self.idle.append(slot)
            else:
                self.close(slot)

    def _review_holds(self) -> None:
        """Holds are made anew every time, but a large task keeps its node until it has begun or is gone."""
        holder = self._holds.holder
        head = self.queue(holder[0].requirement).head() if holder is not None else None
        self._holds.review(head)
        self.unblock()

    def _resume(self) -> None:
        """Tasks whose watch is done go on before any other task begins."""
        for _ in range(len(self.resuming)):
            slot, watch = self.resuming.popleft()
            task = watch.task
            if slot.id not in self.slots or task is None or task.slot is not slot or not slot.parked:
                continue
            if slot.node.fits(slot.requirement):
                self._reserve(slot)
                slot.parked = False
                task.state = State.ASSIGNED
                self.commands.append(Resume(slot, watch))
            else:
                self._holds.hold(slot.node, FIRST_OF_ALL)
                self.resuming.append((slot, watch))

    def _assign_pinned(self) -> None:
        for node in list(self._pinned.values()):
            while node.pinned:
                task = node.pinned[0]
                if task.state is not State.READY:
                    node.pinned.popleft()
                elif node.fits(task.requirement) and self._holds.allow(task, node):
                    node.pinned.popleft()
                    self._send(self._open(node, task.requirement), [task])
                else:
                    self._holds.hold(node, rank(task))
                    break
            if not node.pinned:
                del self._pinned[node.index]

    def _open_slots(self) -> None:
        while True:
            queue = self._foremost()
            if queue is None:
                return
            task = queue.head()
            node = self._place(task) if task is not None else None
            if node is not None:
                self._fill(self._open(node, queue.requirement), queue)
                continue
            queue.blocked = True
            if task is not None and self._holds.holder is None and len(self.queues) > 1:
                self._holds.hold_for(task, self._room)

    def _foremost(self) -> ReadyQueue | None:
        best, best_rank = None, 0
        for queue in self.queues.values():
            if queue.blocked:
                continue
            task = queue.head()
            if task is None:
                continue
            if best is None or rank(task) < best_rank:
                best, best_rank = queue, rank(task)
        return best

    def _place(self, task: Invocation) -> Node | None:
        if self._several:
            return self._room.nearest(task, lambda node: self._holds.allow(task, node))
        node = self.nodes[0]
        return node if node.fits(task.requirement) and self._holds.allow(task, node) else None

    # -- sending -------------------------------------------------------------------------------------------------

    def _fill(self, slot: Slot, queue: ReadyQueue) -> bool:
        bundle = self._bundle(slot, queue)
        if bundle:
            self._send(slot, bundle)
        return bool(bundle)

    def _bundle(self, slot: Slot, queue: ReadyQueue) -> list[Invocation]:
        """Tasks to send together."""
        if self._several:
            first = self._nearest(slot.node, queue)
            return [] if first is None else [first]
        first = queue.pop()
        return [] if first is None else bundle_from(first, queue, self._width(slot.requirement))

    def _width(self, requirement: Requirement) -> int:
        """How many slots of this kind could run at a time."""
        return max(1, self._units // max(1, requirement.units))

    def _nearest(self, node: Node, queue: ReadyQueue) -> Invocation | None:
        """The foremost task of the queue with most of its input on `node`."""
        first = queue.head()
        if first is None or queue.urgent or len(queue.normal) == 1:
            return queue.pop()
        best, best_score = 0, -1.0
        for position in range(min(NEAR, len(queue.normal))):
            task = queue.normal[position]
            if task.state is not State.READY or not self._holds.allow(task, node):
                continue
            score = self._room.input_on(node.index, task)
            if score > best_score:
                best, best_score = position, score
        task = queue.normal[best]
        del queue.normal[best]
        return task

    def _send(self, slot: Slot, bundle: list[Invocation]) -> None:
        if self._turns.last:
            self._turns.started(bundle[0])
        tasks = slot.tasks
        for task in bundle:
            task.state = State.ASSIGNED
            task.attempt += 1
            task.slot = slot
            tasks[task.id] = task
        if len(tasks) > 1:
            self.queue(slot.requirement).loaded[slot.id] = slot
        self.eased[slot.id] = slot
        if self.journal is not None:
            now, node = self.clock(), slot.node.name
            self.journal.extend((Kind.TASK_READY, now, t.id) for t in bundle if t.pending)
            self.journal.extend((Kind.TASK_ASSIGNED, now, t.id, node, slot.id, t.attempt) for t in bundle)
        self.commands.append(Run(slot, bundle))

    # -- working ahead -------------------------------------------------------------------------------------------

    def _send_ahead(self) -> None:
        """Give busy slots a little more than they run."""
        for slot in self.eased.values():
            self.queue(slot.requirement).hungry[slot.id] = slot
        self.eased.clear()
        for queue in self.queues.values():
            if queue.blocked and queue.hungry:
                self._feed(queue)

    def _feed(self, queue: ReadyQueue) -> None:
        """Slots that have enough, or should not have more, are looked at again when a task has left them."""
        held = []
        while queue.hungry:
            head = queue.head()
            if head is None or not is_short(head):
                break
            _, slot = queue.hungry.popitem()
            if not self._holds.allow(head, slot.node):
                held.append(slot)
            elif may_wait_behind(slot, head):
                self._fill(slot, queue)
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
            return self._room.roomiest(need, lambda _node: True) is not None
        return self.nodes[0].fits(need)
