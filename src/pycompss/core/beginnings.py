"""How tasks begin: numbered, in their groups, and ready as soon as nothing that they read is missing.

A type is numbered at its first call. A task whose type runs on every node becomes one execution for each; one that
reads what will never be, or enters a group in which an exception was raised, is cancelled at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from pycompss.core.endings import Endings
from pycompss.core.equipment import NONE
from pycompss.core.events import Kind
from pycompss.core.invocation import Invocation, Replicas
from pycompss.core.resources import Node, Requirement
from pycompss.core.spanning import could_hold, nodes_of
from pycompss.core.task import Definition
from pycompss.core.waiting import Clock


class Beginnings(Endings):
    """Everything that happens before a task goes to the scheduler."""

    def __init__(self, nodes: Iterable[Node], clock: Clock = lambda: 0.0) -> None:
        super().__init__(nodes, clock)
        self.last_task = 0
        self.types: list[Definition] = []
        self.expected: dict[str, float] = {}  # seconds that types of tasks take, from an earlier run

    def register(self, definition: Definition) -> int:
        """Number a task type at its first call."""
        definition.number = len(self.types)
        self.types.append(definition)
        if definition.statistics is None and definition.name in self.expected:
            definition.statistics = self.expected[definition.name]
        if self.journal is not None:
            self.journal.append((Kind.TYPE_REGISTERED, self.clock(), definition.number, definition.name))
        return definition.number

    def new_task(self, definition: Definition, requirement: Requirement, payload: Any, place: Any = None) -> Invocation:
        """The next invocation; its accesses are added through `data` before `submit`."""
        self.last_task += 1
        return Invocation(self.last_task, definition, requirement, payload, place)

    def best_node(self, need: Requirement) -> Node:
        """The node that comes nearest to `need`: that lacks least, then units, then memory."""

        def nearness(node: Node) -> tuple[int, int, float, int]:
            memory = math.inf if node.memory is None else node.memory
            lacking = sum(1 + (entry.has == NONE) for entry in node.shortfalls(need))
            return -lacking, min(node.units, need.units), memory, node.units

        return max(self.nodes, key=nearness)

    def can_ever_run(self, need: Requirement) -> bool:
        return could_hold(self.nodes, need)

    def submit(self, task: Invocation) -> bool:
        """All accesses of `task` are recorded: run it when they allow. True when `assign` may have something to do."""
        self.unfinished[task.id] = task
        if task.special is not None:
            self._enter_parents(task)
        if task.groups and not self._join(task):
            return True
        if self.has_losses and self._is_doomed(task):
            return True
        definition = task.definition
        if definition.is_replicated and task.replicas is None and len(self.nodes) > 1:
            self._replicate(task)
        elif definition.is_distributed and task.target < 0 and nodes_of(task.requirement) == 1:
            task.target = self.scheduler.next_node(task)
        if task.pending:
            self.scheduler.paths.fresh.append(task)
            return False
        if task.special is not None and task.shared and not self._take_turns(task):
            return False
        if self.journal is not None and (task.reads or (task.special is not None and task.shared)):
            self.tell_ends()  # of other tasks, their creation says that they are ready
            self.journal.append((Kind.TASK_READY, self.clock(), task.id))
        return self.scheduler.submitted(task) if self.scheduler.idle else self.scheduler.add(task)

    def _enter_parents(self, task: Invocation) -> None:
        parent = task.parent
        while parent is not None:
            parent.live += 1
            parent.has_called = True
            parent = parent.parent

    def _join(self, task: Invocation) -> bool:
        """Enter the open groups; one in which an exception was raised takes nobody: False."""
        for group in task.groups:
            group.members[task.id] = task
        if all(group.exception is None for group in task.groups):
            return True
        self.cancelled(task)
        return False

    def _replicate(self, task: Invocation) -> None:
        """One execution on every node: this one for the first, clones for the others."""
        able = [node.index for node in self.nodes if node.could_hold(task.requirement)]
        task.target = able[0]
        task.replicas = Replicas(task, len(able))
        for index in able[1:]:
            clone = self.new_task(task.definition, task.requirement, task.payload)
            clone.policy = task.policy
            clone.target = index
            clone.replicas = task.replicas
            clone.parent = task.parent
            clone.groups = task.groups
            clone.place = task.place
            self.data.read_like(clone, task)
            self.submit(clone)

    def _ready(self, task: Invocation) -> bool:
        if task.special is not None and task.shared and not self._take_turns(task):
            return False
        if self.journal is not None:
            self.tell_ends()
            self.journal.append((Kind.TASK_READY, self.clock(), task.id))
        return self.scheduler.add(task)
