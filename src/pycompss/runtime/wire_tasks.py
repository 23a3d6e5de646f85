"""Invocations become wire tasks: what the engine is given to run.

Under the run's lock, like everything between core and engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycompss.core.invocation import Invocation
from pycompss.core.versions import STATUS_PENDING, Version
from pycompss.engines import protocol
from pycompss.engines.protocol import PlainPayload
from pycompss.runtime import transfers, updating
from pycompss.runtime.failures import attempt_name
from pycompss.store.descriptor import BUFFERS, Range, ranges_in
from pycompss.worker import wire

if TYPE_CHECKING:
    from pycompss.runtime.run import Run

WireTask = tuple[Any, ...]

_WITHOUT_VALUES = frozenset({wire.READ, wire.UPDATE, wire.SAME, wire.FILE})  # arguments


class WireTasks:
    """Of one run."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def of(self, tasks: list[Invocation]) -> tuple[list[WireTask], list[Range]]:
        """What a worker gets, and the ranges of shared memory in which the values lie that these tasks get."""
        run = self._run
        is_looked_at = run.spilling.is_watching or run.core.journal is not None
        aboard: set[int] = set()
        wired: list[WireTask] = []
        ranges: list[Range] = []
        for task in tasks:
            payload, reads = task.payload, task.reads
            if not reads:
                inputs: Any = None
            elif task.pending:
                aboard = aboard or {one.id for one in tasks}
                inputs = _inputs_on_their_way(reads, ranges, aboard)
            else:
                inputs = _inputs(reads, ranges)
            if is_looked_at and reads:
                self._note_reads(task)
            returns = payload.returns
            if task.hands_over:
                returns = ~returns
            if type(payload) is PlainPayload and task.attempt == 1:
                wired.append((task.id, payload.function, payload.args, None, inputs, returns, None))
            else:
                wired.append(self._with_extras(task, payload, inputs, returns, ranges))
        return wired, ranges

    def _note_reads(self, task: Invocation) -> None:
        run = self._run
        if run.spilling.is_watching:
            run.spilling.read(version.content for version in task.reads)
        if task.slot is not None:
            transfers.record_reuse(run.core, run.engine, task, task.slot.node)

    def _with_extras(self, task: Invocation, payload: Any, inputs: Any, returns: int, ranges: list[Range]) -> WireTask:
        """A task that has been tried before, or of which there is more to say than plain arguments."""
        extras = dict(payload.extras) if payload.extras else {}
        if task.attempt > 1:
            extras["job"] = attempt_name(task.attempt)
        if payload.updates:
            self._choose_place(task, payload, extras, ranges)
        if payload.may_hold_values:
            _add_ranges_of_arguments(payload, ranges)
        if payload.paths and any(payload.paths):
            extras["paths"] = tuple(path or "" for path in payload.paths)
            extras["flush"] = True
        if inputs is None and not payload.plain:
            inputs = ()
        return (task.id, payload.function, payload.args, payload.keywords, inputs, returns, extras or None)

    def _choose_place(
        self, task: Invocation, payload: protocol.Payload, extras: dict[str, Any], ranges: list[Range]
    ) -> None:
        """Where this attempt changes its values, and how it gets those that were spoilt."""
        if payload.in_place and (task.attempt > 1 or payload.is_spoilt):
            again = updating.replay(task, self._run.board)
            if again:
                extras["replay"] = again
                self._send_functions(again)
                ranges.extend(ranges_in(again))
            return
        payload.in_place = updating.choose(self._run, task)
        if payload.in_place:
            extras["in_place"] = payload.in_place

    def _send_functions(self, again: dict[int, Any]) -> None:
        """Steps name functions that the worker may not have; they travel inside the extras."""
        table = self._run.engine.functions()
        for position, (root, steps) in again.items():
            again[position] = (root, [(table[number], *rest) for number, *rest in steps])


def _inputs(reads: list[Version], ranges: list[Range]) -> tuple[Any, ...]:
    """The values of versions that are there."""
    inputs: list[Any] = []
    for version in reads:
        value = version.value if version.alias is None else version.content.value
        if type(value) is tuple and value[0] == BUFFERS:
            ranges += value[2]
        inputs.append(value)
    return tuple(inputs)


def _inputs_on_their_way(reads: list[Version], ranges: list[Range], aboard: set[int]) -> list[Any]:
    """Inputs of a task that waits for others, some of which are in the same message."""
    inputs: list[Any] = []
    for version in reads:
        producer = version.producer
        if version.status is STATUS_PENDING and producer is not None:
            writes = producer.writes
            output = 0 if writes[0] is version else writes.index(version)
            inputs.append((wire.LOCAL if producer.id in aboard else wire.HANDED, producer.id, output))
        elif version.alias is None and type(version.value) is not tuple:
            inputs.append(version.value)
        else:
            inputs += _inputs([version], ranges)
    return inputs


def _add_ranges_of_arguments(payload: protocol.Payload, ranges: list[Range]) -> None:
    for argument in payload.args:
        if type(argument) is tuple and argument[0] not in _WITHOUT_VALUES:
            ranges.extend(ranges_in(argument))
    if payload.keywords:
        ranges.extend(ranges_in(payload.keywords))
