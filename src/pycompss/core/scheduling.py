"""Which ready task runs where, and when.

Ready tasks wait in one queue per requirement, the urgent ones (`priority=True`) before the others, each in order of
submission. A node with room opens a slot for the foremost task that fits; a slot that becomes free goes on with the
queue of its requirement. Short tasks are bundled and sent ahead, so that a worker never waits for the master; long
ones never are, so that no task waits behind another while a core idles.

A task too large for what is free now *holds* the node that is nearest to having room: younger tasks no longer start
there, so that large tasks do not starve.

With several nodes, a task goes to the one where most of its input lies, weighted as its parameters say.
"""

from __future__ import annotations

from collections import deque

from pycompss.core.commands import Close, Command, Run, TakeBack
from pycompss.core.events import Event
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Node, Requirement, Slot
from pycompss.core.task import State

BUNDLE_SECONDS = 0.001  # expected work in one message
BUNDLE_TASKS = 128
AHEAD_SECONDS = 0.05  # tasks expected to be longer are never sent ahead
NEAR = 16  # how many tasks of a queue are compared by where their data lie
URGENT = -(1 << 60)


class ReadyQueue:
    """Ready tasks of one requirement."""

    __slots__ = ("blocked", "normal", "requirement", "urgent")

    def __init__(self, requirement: Requirement) -> None:
        self.requirement = requirement
        self.urgent: deque[Invocation] = deque()
        self.normal: deque[Invocation] = deque()
        self.blocked = False  # no node has room for this requirement now

    def add(self, task: Invocation) -> None:
        (self.urgent if task.definition.priority else self.normal).append(task)

    def put_back(self, task: Invocation) -> None:
        (self.urgent if task.definition.priority else self.normal).appendleft(task)

    def head(self) -> Invocation | None:
        """The foremost task; cancelled ones are dropped on the way."""
        for queue in (self.urgent, self.normal):
            while queue:
                if queue[0].state is State.READY:
                    return queue[0]
                queue.popleft()
        return None

    def pop(self) -> Invocation | None:
        task = self.head()
        if task is not None:
            (self.urgent if self.urgent else self.normal).popleft()
        return task

    def __len__(self) -> int:
        return len(self.urgent) + len(self.normal)


def rank(task: Invocation) -> int:
    """Smaller goes first."""
    return task.id + URGENT if task.definition.priority else task.id


class Scheduler:
    """Ready tasks and nodes; `assign` fills the nodes and appends commands."""

    def __init__(self, nodes: list[Node], commands: list[Command]) -> None:
        self.nodes = nodes
        self.commands = commands
        self.queues: dict[Requirement, ReadyQueue] = {}
        self.resuming: deque[tuple[Slot, object]] = deque()
        self.idle: list[Slot] = []  # open slots whose tasks have all finished
        self.slots: dict[int, Slot] = {}
        self.last_slot = 0
        self.turn = 0  # round robin of distributed tasks
        self.journal: list[Event] | None = None
        self.clock = float
        self._several = len(nodes) > 1
        self._hold: tuple[int, Node] | None = None

    # -- queueing ------------------------------------------------------------------------------------------------

    def queue(self, requirement: Requirement) -> ReadyQueue:
        queue = self.queues.get(requirement)
        if queue is None:
            queue = self.queues[requirement] = ReadyQueue(requirement)
        return queue

    def add(self, task: Invocation) -> bool:
        """A task became ready; True when `assign` may find a place for it."""
        task.state = State.READY
        if task.target >= 0:
            self.nodes[task.target].pinned.append(task)
            return True
        queue = self.queues.get(task.requirement) or self.queue(task.requirement)
        queue.add(task)
        return not queue.blocked or bool(self.idle)

    def waiting(self) -> int:
        return sum(map(len, self.queues.values())) + sum(len(node.pinned) for node in self.nodes)

    def next_node(self, task: Invocation) -> int:
        """The node whose turn it is among those large enough (tasks that ask to be spread)."""
        fitting = [node.index for node in self.nodes if node.could_hold(task.requirement)]
        self.turn += 1
        return fitting[self.turn % len(fitting)] if fitting else -1

    def other_node(self, task: Invocation, not_on: int) -> int:
        """Another node that could run the task, or -1."""
        fitting = [n for n in self.nodes if n.index != not_on and n.could_hold(task.requirement)]
        return max(fitting, key=lambda n: n.free_units).index if fitting else -1

    # -- assigning -----------------------------------------------------------------------------------------------

    def assign(self) -> None:
        """Give work to every slot that may have some."""
        if self.idle:
            self._refill_idle()
        if self.resuming:
            self._resume()
        self._hold = None
        if self._several:
            self._assign_pinned()
        self._open_slots()
        self._send_ahead()

    def _refill_idle(self) -> None:
        idle, self.idle = self.idle, []
        alone = len(self.queues) == 1 and not self.resuming and not self._several
        for slot in idle:
            if slot.tasks or slot.parked or slot.id not in self.slots:
                continue
            queue = self.queues.get(slot.requirement)
            if alone and queue and self._fill(slot, queue):
                continue
            self.close(slot)

    def close(self, slot: Slot) -> None:
        """Give the reservation back."""
        del self.slots[slot.id]
        if not slot.parked:
            slot.node.release(slot.requirement)
        self.unblock()
        self.commands.append(Close(slot))

    def unblock(self) -> None:
        for queue in self.queues.values():
            queue.blocked = False

    def _resume(self) -> None:
        from pycompss.core.commands import Resume  # noqa: PLC0415

        for _ in range(len(self.resuming)):
            slot, watch = self.resuming.popleft()
            if slot.id not in self.slots:
                continue
            if slot.node.free_units >= slot.requirement.units:
                slot.node.reserve(slot.requirement)
                slot.parked = False
                next(iter(slot.tasks.values())).state = State.ASSIGNED
                self.commands.append(Resume(slot, watch))  # type: ignore[arg-type]
            else:
                self.resuming.append((slot, watch))

    def _assign_pinned(self) -> None:
        for node in self.nodes:
            while node.pinned:
                task = node.pinned[0]
                if task.state is not State.READY:
                    node.pinned.popleft()
                elif node.fits(task.requirement):
                    node.pinned.popleft()
                    self._send(self._open(node, task.requirement), [task])
                else:
                    break

    def _open_slots(self) -> None:
        while True:
            queue = self._foremost()
            if queue is None:
                return
            task = queue.head()
            node = self._place(task) if task is not None else None
            if node is None:
                queue.blocked = True
                if task is not None and self._hold is None:
                    self._hold_node(task)
                continue
            self._fill(self._open(node, queue.requirement), queue)

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

    def _hold_node(self, task: Invocation) -> None:
        able = [node for node in self.nodes if node.could_hold(task.requirement)]
        if able and len(self.queues) > 1:
            self._hold = (rank(task), max(able, key=lambda node: node.free_units))

    def _place(self, task: Invocation) -> Node | None:
        need = task.requirement
        if not self._several:
            node = self.nodes[0]
            return node if node.fits(need) and not self._is_held(node, task) else None
        room = [node for node in self.nodes if node.fits(need) and not self._is_held(node, task)]
        if not room:
            return None
        near = _bytes_by_node(task)
        return max(room, key=lambda node: (near.get(node.index, 0.0), node.free_units, -node.index))

    def _is_held(self, node: Node, task: Invocation) -> bool:
        return self._hold is not None and self._hold[1] is node and rank(task) > self._hold[0]

    def _open(self, node: Node, requirement: Requirement) -> Slot:
        self.last_slot += 1
        slot = Slot(self.last_slot, node, requirement)
        node.reserve(requirement)
        self.slots[slot.id] = slot
        return slot

    def _fill(self, slot: Slot, queue: ReadyQueue) -> bool:
        bundle = self._bundle(slot, queue)
        if bundle:
            self._send(slot, bundle)
        return bool(bundle)

    def _bundle(self, slot: Slot, queue: ReadyQueue) -> list[Invocation]:
        """Tasks to send together: one, or several that are known to be short."""
        first = self._nearest(slot.node, queue) if self._several else queue.pop()
        if first is None:
            return []
        bundle = [first]
        seconds = first.definition.statistics
        if seconds is None or seconds > BUNDLE_SECONDS or self._several:
            return bundle
        most = min(BUNDLE_TASKS, len(queue) // (2 * self._width(slot.requirement)) + 1)
        while len(bundle) < most and seconds < BUNDLE_SECONDS:
            task = queue.head()
            if task is None or task.definition.statistics is None:
                break
            seconds += task.definition.statistics
            queue.pop()
            bundle.append(task)
        return bundle

    def _width(self, requirement: Requirement) -> int:
        """How many slots of this kind could run at a time."""
        return max(1, sum(node.units for node in self.nodes) // max(1, requirement.units))

    def _nearest(self, node: Node, queue: ReadyQueue) -> Invocation | None:
        """The foremost task of the queue with most of its input on `node`."""
        first = queue.head()
        if first is None or queue.urgent or len(queue.normal) == 1:
            return queue.pop()
        best, best_score = 0, -1.0
        for position in range(min(NEAR, len(queue.normal))):
            task = queue.normal[position]
            score = _bytes_by_node(task).get(node.index, 0.0)
            if task.state is State.READY and score > best_score:
                best, best_score = position, score
        task = queue.normal[best]
        del queue.normal[best]
        return task

    def _send(self, slot: Slot, bundle: list[Invocation]) -> None:
        tasks = slot.tasks
        for task in bundle:
            task.state = State.ASSIGNED
            task.attempt += 1
            task.slot = slot
            tasks[task.id] = task
        if self.journal is not None:
            from pycompss.core.events import Kind  # noqa: PLC0415

            now, node = self.clock(), slot.node.name
            self.journal.extend((Kind.TASK_ASSIGNED, now, t.id, node, slot.id, t.attempt) for t in bundle)
        self.commands.append(Run(slot, bundle))

    # -- working ahead -------------------------------------------------------------------------------------------

    def _send_ahead(self) -> None:
        """Give busy slots a little more than they run, and take it back where others idle."""
        for queue in self.queues.values():
            if not queue.blocked or self._hold is not None:
                continue
            if not queue.normal and not queue.urgent:
                continue
            for slot in self.slots.values():
                if slot.requirement is queue.requirement and self._has_room_ahead(slot, queue):
                    if not self._fill(slot, queue):
                        break

    def _has_room_ahead(self, slot: Slot, queue: ReadyQueue) -> bool:
        if slot.parked or not slot.tasks:
            return False
        head = queue.head()
        running = next(iter(slot.tasks.values()))
        if head is None or running.definition.statistics is None or head.definition.statistics is None:
            return False
        if running.definition.time_out or head.definition.time_out:
            return False
        seconds: float = head.definition.statistics
        if seconds > AHEAD_SECONDS or running.definition.statistics > AHEAD_SECONDS:
            return False
        return len(slot.tasks) < 2 or (len(slot.tasks) < BUNDLE_TASKS and len(slot.tasks) * seconds < BUNDLE_SECONDS / 2)

    def steal(self) -> None:
        """Nothing is ready but a node has room: ask for tasks that wait in a worker behind another."""
        for slot in self.slots.values():
            if len(slot.tasks) > 1 and not slot.parked and any(n.fits(slot.requirement) for n in self.nodes):
                self.commands.append(TakeBack(slot))


def _bytes_by_node(task: Invocation) -> dict[int, float]:
    """How much of a task's input lies where; each parameter counts with its weight."""
    near: dict[int, float] = {}
    weights = task.payload.weights if task.payload is not None else None
    for position, version in enumerate(task.reads):
        content = version.content
        weight = weights.get(position, 1.0) if weights else 1.0
        for node in content.nodes:
            near[node] = near.get(node, 0.0) + weight
    return near
