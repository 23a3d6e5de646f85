"""Nodes that join and leave during a run, from the session's side (under its lock).

What a lost node ran is tried again elsewhere, as the tasks' policies say. Large values that only it had are made again
from their recipes; those that cannot be fail, and the error names value and node.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pycompss.core import membership
from pycompss.core.failures import Cause, Failure
from pycompss.core.invocation import Invocation
from pycompss.core.remaking import ABSENT, DEEPEST, Input, Recipe, is_too_far, lose, recipe_of, remake
from pycompss.core.resources import Node, Slot
from pycompss.core.task import Policy
from pycompss.core.versions import Status, Version
from pycompss.runtime import recording
from pycompss.store.descriptor import BUFFERS, ranges_of, size_of
from pycompss.util import stderr

if TYPE_CHECKING:
    from pycompss.runtime.run import Run


SMALL = 1 << 16  # bytes of an input that is kept only to make a value again
_REPEATED = frozenset({Policy.RETRY, Policy.FAIL})


class Membership:
    """Large values by where they are, and how to make them again."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._recipes: dict[Version, Recipe | None] = {}
        self._obstacles: dict[Version, tuple[Invocation, str]] = {}  # who made values without a recipe; why not again
        self.is_elastic = run.config.engine == "dask"
        self.retiring: list[Node] = []  # nodes that are about to leave, and on which something still runs

    # -- values -------------------------------------------------------------------------------------------------------

    def made(self, task: Invocation, values: Sequence[Any]) -> None:
        """`task` is about to publish these, some of which are large; only where nodes may be lost (`is_elastic`)."""
        obstacle = self._obstacle(task)
        recipe = None if obstacle else self._recipe(task)
        for version, value in zip(task.writes, values, strict=True):
            if type(value) is tuple and value[0] == BUFFERS:
                self._recipes[version] = recipe
                if obstacle:
                    self._obstacles[version] = task, obstacle

    def left(self, task: Invocation, values: Sequence[Any]) -> None:
        """The same of a task that failed, and whose values count although it did."""
        for version, value in zip(task.writes, values, strict=False):
            self._made_once(task, "it failed", version, value)

    def handed(self, task: Invocation, version: Version, value: Any) -> None:
        """The same of a task that handed this to one that it called."""
        self._made_once(task, "it called tasks of its own", version, value)

    def _made_once(self, task: Invocation, obstacle: str, version: Version, value: Any) -> None:
        if type(value) is tuple and value and value[0] == BUFFERS:
            self._recipes[version], self._obstacles[version] = None, (task, obstacle)

    def _obstacle(self, task: Invocation) -> str:
        """Why it must not be run again in passing; empty if it may be."""
        payload = task.payload
        if task.policy not in _REPEATED:
            return f"its on_failure={task.policy.name!r} says so"
        if any(payload.paths) or bool(payload.extras and "files" in payload.extras):
            return "it has files, which others may have changed since"
        if task.shared:
            return "it is CONCURRENT or COMMUTATIVE with others, which would have to run again, too"
        if task.replicas is not None:
            return "it ran on every node"
        if task.has_called:
            return "it called tasks of its own"
        return ""

    def _recipe(self, task: Invocation) -> Recipe:
        inputs = [self._input(version) for version in task.reads]
        return recipe_of(task, inputs, partial(_again, task.payload))

    def _input(self, version: Version) -> Input:
        content = version.content
        if content.datum.is_file:
            return Input(version, ABSENT, None)
        if content.status is not Status.READY:  # it was lost while the call ran
            return Input(content, ABSENT, self._recipes.get(content))
        is_large = type(content.value) is tuple and content.value[0] == BUFFERS
        is_small = not is_large and size_of(content.value) <= SMALL
        return Input(content, content.value if is_small else ABSENT, self._recipes.get(content))

    def freed(self, version: Version) -> None:
        if self._recipes:
            self._recipes.pop(version, None)
            self._obstacles.pop(version, None)

    # -- nodes --------------------------------------------------------------------------------------------------------

    def joined(self, node: Node, agent: str) -> None:
        membership.join(self.run.core, node)
        recording.joined(self.run.core, node)
        self.run.elasticity.joined(node, agent)
        self.run.folder.log(f"node {node.name} ({node.units} computing units) has joined")

    def count(self) -> int:
        """Nodes that take tasks."""
        return sum(not (node.is_gone or node.is_leaving) for node in self.run.core.nodes)

    def leaving(self, index: int) -> None:
        """A node is asked to go, or nobody needs it any more: it goes when nothing runs there."""
        node = self.run.core.nodes[index]
        if not (node.is_gone or node.is_leaving):
            self.run.folder.log(f"node {node.name} is about to leave")
            membership.retire(self.run.core, node)
            self.retiring.append(node)

    def let_go(self) -> None:
        """Nodes go on which nothing runs any more."""
        for node in [node for node in self.retiring if membership.is_drained(self.run.core, node)]:
            self.retiring.remove(node)
            values = [version.value for version in self._recipes if version.status is Status.READY]
            self.run.engine.let_go(node, [key for value in values for key in ranges_of(value)])

    def lost(self, index: int, why: str) -> None:
        """A node is gone."""
        run, core = self.run, self.run.core
        run.execute()  # what was decided before has its inputs still
        node = core.nodes[index]
        reason = f"node {node.name} was lost: {why}" if why else f"node {node.name} has left"
        if why:
            stderr.write(f"WARNING: {reason}\n")
            run.folder.error(reason)
        else:
            run.folder.log(reason)
        if node in self.retiring:
            self.retiring.remove(node)
        run.elasticity.lost(node)
        node.is_gone = True
        recording.left(core, node, why)
        for slot in [slot for slot in core.scheduler.slots.values() if _has_part_on(slot, node)]:
            if slot.node is not node:  # what runs on several nodes has lost one
                run.engine.interrupt(slot, next(iter(slot.tasks), 0))
            run.wiring.slot_lost(slot.id, next(iter(slot.tasks), None), reason, None)
        self._values_lost(reason)
        for task in membership.leave(core, node):
            run.wiring.fail(
                task, run.failures.describe(task, Cause.DEFINITE, f"no node is left for it: {reason}", "", None)
            )
        if why and run.config.shutdown_in_node_failure:
            run.failures.break_down(f"{reason}; the run ends, as shutdown_in_node_failure asks")
        elif all(other.is_gone for other in core.nodes):
            run.failures.break_down(f"no node is left: {reason}")

    def _values_lost(self, reason: str) -> None:
        """Values that no node has any more."""
        lost = {version: recipe for version, recipe in self._recipes.items() if self._is_lost(version)}
        if not lost:
            return
        for version in lost:
            self.run.values.free(version)
        lose(self.run.core, lost)
        remake(self.run.core, lost, lambda version: self._failure(version, reason, lost))
        self.run.folder.log(f"{len(lost)} values were lost ({reason})")

    def _is_lost(self, version: Version) -> bool:
        return version.status is Status.READY and not self.run.engine.has(version.value)

    def _failure(self, version: Version, reason: str, lost: dict[Version, Recipe | None]) -> Failure:
        maker, why = self._obstacles.get(version, (version.producer, "what it read is gone, too"))
        if is_too_far(lost[version], lost):
            why += f", and more than {DEEPEST} calls, one after another, would have to run again"
        message = (
            f"{reason}; the task is not run again, because {why}. Tasks that may run twice get lost values back "
            "(on_failure='RETRY', no files); what must not be lost: compss_wait_on() brings it to the program"
        )
        if maker is None:
            return Failure(0, version.label, Cause.LOST, message, lost=version.label)
        failure = self.run.failures.describe(maker, Cause.LOST, message, "", None)
        failure.lost = version.label
        return failure


def _has_part_on(slot: Slot, node: Node) -> bool:
    return slot.node is node or any(part.node is node for part in slot.others)


def _again(payload: Any) -> Any:
    """For another execution, which chooses anew what it changes in place."""
    fresh = copy.copy(payload)
    if not fresh.plain:
        fresh.in_place, fresh.is_spoilt = (), False
    return fresh
