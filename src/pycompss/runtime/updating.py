"""Whether a task may update a value where it lies, and what is remembered so that it can be undone."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pycompss.core.data import Data
from pycompss.core.invocation import Invocation
from pycompss.core.lineage import Lineage, Step
from pycompss.core.task import Policy
from pycompss.core.versions import STATUS_FREED, STATUS_PENDING, Version
from pycompss.store.descriptor import BUFFERS, Descriptor, size_of
from pycompss.worker.board import Board

if TYPE_CHECKING:
    from pycompss.runtime.run import Run


_RETRY, _CANCEL_SUCCESSORS = Policy.RETRY, Policy.CANCEL_SUCCESSORS
SMALL = 1 << 16  # bytes of inputs that may be kept only to make a value again


def choose(run: Run, task: Invocation) -> tuple[int, ...]:
    """The inputs that this attempt of `task` may change in place."""
    if task.groups or task.attempt > 1:
        return ()
    updates = task.payload.updates
    if len(updates) == 1:
        position = updates[0][0]
        return (position,) if _may_change(run, task, task.reads[position]) else ()
    return tuple([position for position, _ in updates if _may_change(run, task, task.reads[position])])


def _may_change(run: Run, task: Invocation, version: Version) -> bool:
    descriptor = version.value
    return (
        type(descriptor) is tuple
        and descriptor[0] == BUFFERS
        and version.claims == 1
        and version.alias is None
        and run.values.is_exclusive(descriptor)  # what was spilled is updated in a copy, in memory
        and (task.slot is None or run.engine.lies_on(task.slot.node, descriptor))
        and _can_be_undone(task, version, run.core.data)
    )


def _can_be_undone(task: Invocation, version: Version, data: Data) -> bool:
    if task.policy is _RETRY:
        lineage = version.lineage
        return lineage is not None and lineage.is_worth(version.value, size_of, data.renamed)
    return task.policy is not _CANCEL_SUCCESSORS  # what it was to change goes back; others are never tried again


def given(task: Invocation) -> tuple[Any, ...]:
    """What a task has been given to change, in the order in which it goes back."""
    updates = sorted(task.payload.updates, key=itemgetter(1))
    return tuple([task.reads[position].value for position, _ in updates])


def may_hand_on(run: Run, task: Invocation) -> bool:
    """Whether what `hand_on` does is all that there is to do."""
    updates = task.payload.updates
    if len(updates) != 1 or task.special is not None or run.membership.is_elastic or run.core.journal is not None:
        return False
    before = task.reads[updates[0][0]]
    return before.claims == 1 and before.special is None and before.alias is None


def hand_on(run: Run, task: Invocation, seconds: float) -> Descriptor:
    """`task` has changed its one large value where that lies: the version that it made takes it over.

    It is described as before, so nobody need count who refers to it, and there is nothing to free. The step of its
    lineage takes over what the task has read, with the claims. What `remember` does and `Data.free`, for most tasks.
    """
    payload = task.payload
    reads: list[Any] = task.reads
    position, output = payload.updates[0]
    before, version = reads[position], task.writes[output]
    value, before.value = before.value, None
    before.status = STATUS_FREED
    run.spilling.handed_on(before, version)
    lineage = before.lineage
    if lineage is not None:
        before.lineage = None
        version.lineage = lineage
        reads[position] = None
        task.reads = []
        lineage.take(Step(payload.function, payload.args, payload.keywords, reads, position), seconds, run.core.data)
    return value


def remember(run: Run, task: Invocation, seconds: float) -> None:
    """`task` finished: note how its large results could be made again (before they are published)."""
    payload = task.payload
    if (
        payload is None
        or (task.special is not None and (task.has_called or task.shared))
        or (payload.paths and any(payload.paths))
    ):
        return
    if payload.extras and "files" in payload.extras:
        return  # files and programs: not to be run again in passing
    data = run.core.data
    if not payload.updates:
        if payload.returns == 1 and len(task.writes) == 1:
            _remember_made(task, seconds, data)
        return
    is_only = len(payload.updates) == 1
    for position, output in payload.updates:
        before = task.reads[position]
        lineage, before.lineage = before.lineage, None  # the steps now belong to the next version
        if position not in payload.in_place:  # it stays as it is
            lineage = _from(before, lineage, data, may_be_lost=run.membership.is_elastic)
        if lineage is not None and is_only:
            lineage.extend(_step(task, position), seconds, data)
            task.writes[output].lineage = lineage
        elif lineage is not None:
            lineage.drop(data)


def _from(before: Version, way: Lineage | None, data: Data, *, may_be_lost: bool) -> Lineage | None:
    """The way back begins with a value that stays as it is; `way` led to that."""
    lineage = Lineage(root=data.claim(before)) if type(before.value) is tuple else None
    if way is not None:
        if lineage is not None and may_be_lost:
            lineage.keep_origin(way, data)
        way.drop(data)
    return lineage


def _remember_made(task: Invocation, seconds: float, data: Data) -> None:
    """The first step to a value, unless a copy of that is cheaper than keeping large inputs alive."""
    if sum(size_of(version.content.value) for version in task.reads) <= SMALL:
        lineage = task.writes[0].lineage = Lineage()
        lineage.extend(_step(task, -1), seconds, data)


def _step(task: Invocation, position: int) -> Step:
    payload = task.payload
    inputs: list[Any] = task.reads.copy()
    if position >= 0:
        inputs[position] = None
    return Step(payload.function, payload.args, payload.keywords, inputs, position)


def replay(task: Invocation, board: Board | None = None) -> dict[int, Any] | None:
    """For another attempt: inputs that were spoilt, each with the steps that make it again.

    board: where steps have found what was not reported yet.
    """
    spoilt = {}
    for position in task.payload.in_place:
        lineage = task.reads[position].lineage
        if lineage is None:
            continue
        root = lineage.root.content.value if lineage.root is not None else None
        steps = [
            (
                step.function,
                step.args,
                step.keywords,
                tuple(_value_of(version, board) if version is not None else None for version in step.inputs),
                step.position,
            )
            for step in lineage.steps
        ]
        spoilt[position] = (root, steps)
    return spoilt or None


def _value_of(version: Version, board: Board | None) -> Any:
    """What a step has read."""
    content, producer = version.content, version.producer
    if content.status is STATUS_PENDING and producer is not None and board is not None:
        values = board.get(producer.id)
        if values:
            return values[producer.writes.index(version)]
    return content.value
