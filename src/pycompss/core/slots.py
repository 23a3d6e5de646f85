"""Slots on nodes: reservations in which tasks of one requirement run one after another.

A slot that is opened, or goes on after its task has waited, takes its units and memory from the node; one that is
closed, or lent while its task waits, gives them back. Whatever gives room back unblocks the queues.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pycompss.core.commands import Close, Command, TakeBack
from pycompss.core.events import Event
from pycompss.core.fairness import Turns
from pycompss.core.handing import Handing
from pycompss.core.holding import Holds
from pycompss.core.invocation import Invocation
from pycompss.core.placing import Room
from pycompss.core.queues import ReadyQueue
from pycompss.core.resources import Node, Requirement, Slot
from pycompss.core.spanning import Span, choose


class Slots:
    """Nodes, the slots on them, and the queues of ready tasks that want slots."""

    def __init__(self, nodes: list[Node], commands: list[Command], clock: Callable[[], float] = lambda: 0.0) -> None:
        self.nodes = nodes
        self.commands = commands
        self.clock = clock
        self.journal: list[Event] | None = None
        self.queues: dict[Requirement, ReadyQueue] = {}  # of every requirement that waits, or has a slot
        self.slots: dict[int, Slot] = {}
        self.idle: list[Slot] = []  # open slots whose tasks have all finished
        self.eased: dict[int, Slot] = {}  # open slots that may take more tasks than before
        self.closing: set[int] = set()  # slots that are closed when their tasks have ended
        self.last_slot = 0
        self._room = Room(nodes)
        self._several = len(nodes) > 1
        self.units = sum(node.units for node in nodes)
        self._last_queue: ReadyQueue | None = None
        self._only_queue: ReadyQueue | None = None  # if there is one, for slots of one node
        self._parked = 0  # slots whose reservation is lent
        self._holds = Holds()
        self._turns = Turns()
        self._gives_turns = False  # tasks go in another order than that of their numbers
        self.handing: Handing | None = None  # if workers hand results to each other

    def queue(self, requirement: Requirement) -> ReadyQueue:
        last = self._last_queue
        if last is not None and last.requirement is requirement:  # most tasks ask for the same
            return last
        queue = self.queues.get(requirement)
        if queue is None:
            queue = self.queues[requirement] = ReadyQueue(requirement)
            self._measure_queues()
        self._last_queue = queue
        return queue

    def _measure_queues(self) -> None:
        """There is one more, or the nodes are others."""
        queues = list(self.queues.values())
        for queue in queues:
            queue.width = max(1, self.units // max(1, queue.requirement.units))
        self._only_queue = queues[0] if len(queues) == 1 and not self._several else None

    def _open(self, node: Node, requirement: Requirement) -> Slot:
        self.last_slot += 1
        slot = Slot(self.last_slot, node, requirement)
        self.queue(requirement)
        node.reserve(slot)
        self._room.changed(node)
        self.slots[slot.id] = slot
        return slot

    def _open_across(self, task: Invocation, need: Span) -> Slot | None:
        """A slot on as many nodes as the task asks for, if they all have room."""
        if not self._room.has_units(need.units, need.nodes):  # among thousands, without asking each of them
            return None
        able = [node for node in self.nodes if node.fits(need) and self._holds.allow(task, node)]
        nodes = choose(able, need, lambda node: self._room.input_on(node.index, task), task.avoid)
        if not nodes:
            return None
        slot = self._open(nodes[0], need)
        slot.others = tuple([Slot(slot.id, node, need) for node in nodes[1:]])
        for other in slot.others:
            self._reserve(other)
        return slot

    def _reserve(self, slot: Slot) -> None:
        slot.node.reserve(slot)
        self._room.changed(slot.node)
        for other in slot.others:
            self._reserve(other)

    def _release(self, slot: Slot) -> None:
        slot.node.release(slot)
        self._room.changed(slot.node)
        for other in slot.others:
            self._release(other)
        self.unblock()

    def unblock(self) -> None:
        for queue in self.queues.values():
            queue.blocked = False

    def close(self, slot: Slot) -> None:
        """Give the reservation back."""
        del self.slots[slot.id]
        self.closing.discard(slot.id)
        self._starve(slot)
        if slot.parked:
            self._parked -= 1
        else:
            self._release(slot)
        self.commands.append(Close(slot))

    def _starve(self, slot: Slot) -> None:
        """It gets no more tasks."""
        self.eased.pop(slot.id, None)
        queue = self.queue(slot.requirement)
        if queue.hungry:
            queue.hungry.pop(slot.id, None)
        if queue.loaded:
            queue.loaded.pop(slot.id, None)

    def slots_on(self, node: Node) -> list[Slot]:
        """All that have a part there."""
        return [slot for slot in self.slots.values() if any(part.node is node for part in (slot, *slot.others))]

    def retire(self, node: Node) -> None:
        """The node takes no more tasks: its slots close one after another."""
        node.retire()
        for slot in self.slots_on(node):
            self._starve(slot)
            self.closing.add(slot.id)
            if len(slot.tasks) > 1:
                self.commands.append(TakeBack(slot))
            self.close_if_empty(slot)
        self.node_left(node)

    def close_if_empty(self, slot: Slot) -> None:
        """A slot that is to be closed may have no task left."""
        if not slot.tasks:
            if slot in self.idle:
                self.idle.remove(slot)
            self.close(slot)

    def node_joined(self, node: Node) -> None:
        """`nodes` has one more."""
        self._several = len(self.nodes) > 1
        self.units += node.units
        self._measure_queues()
        self._room.changed(node)
        self.unblock()

    def node_left(self, node: Node) -> None:
        """It has nothing any more for new tasks."""
        self.units = sum(other.units for other in self.nodes)
        self._measure_queues()
        self._room.changed(node)
        self.unblock()

    def park(self, slot: Slot) -> None:
        """The slot's task waits for tasks of its own: its reservation is lent."""
        slot.parked = True
        self._parked += 1
        self._release(slot)

    def abandon(self, slot: Slot) -> None:
        """The slot's worker died."""
        slot.tasks.clear()
        if slot.id in self.slots:
            if slot in self.idle:
                self.idle.remove(slot)
            self.close(slot)

    def _place(self, task: Invocation) -> Node | None:
        if self._several:
            return self._room.nearest(task, partial(self._holds.allow, task) if self._holds.ranks else None)
        node = self.nodes[0]
        return node if node.fits(task.requirement) and self._holds.allow(task, node) else None
