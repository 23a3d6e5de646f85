"""Between core and engine: the engine's events become calls of the coordinator.

(What becomes of tasks that ended is the layer below, `completions`; what goes to the engine is made in `wire_tasks`.)
Everything here happens under the run's lock, in the engine's thread or in the thread that executes commands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pycompss.core.events import Kind
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Slot
from pycompss.core.watches import Watch
from pycompss.engines import protocol
from pycompss.runtime import transfers
from pycompss.runtime.completions import Completions
from pycompss.store.descriptor import Range

if TYPE_CHECKING:
    from pycompss.runtime.run import Run


class Wiring(Completions):
    """Reacts to events; asks the engine for what concerns one task."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._reactions: dict[int, Callable[..., None]] = {
            protocol.COMPLETED: self._completed_all,
            protocol.RETURNED: self._returned,
            protocol.LOST: self.slot_lost,
            protocol.REQUESTED: self.nested.request,
            protocol.SAID: self._said,
            protocol.CLAIMED: run.values.hold,
            protocol.UNCLAIMED: self._unclaimed,
            protocol.OUTPUT: run.failures.show_output,
            protocol.BROKEN: run.failures.break_down,
            protocol.REMINDED: run.release_forgotten,
            protocol.OBSERVED: self._observed,
            protocol.MOVED: self._moved,
            protocol.SPILLED: self._spilled,
            protocol.STAGED: self._staged,
            protocol.BOUND: self._bound,
            protocol.NODE_JOINED: run.membership.joined,
            protocol.NODE_LOST: run.membership.lost,
            protocol.NODE_DECLINED: run.elasticity.declined,
            protocol.NODE_LEAVING: run.membership.leaving,
        }

    # -- to the engine -----------------------------------------------------------------------------------------------

    def resume(self, slot: Slot, watch: Watch) -> None:
        """A waiting task has its units again: answer its request."""
        self.nested.answer(slot, watch)

    def interrupt(self, task: Invocation) -> None:
        """Ask the engine to stop a running task."""
        if task.slot is not None:
            self.run.engine.interrupt(task.slot, task.id)

    # -- from the engine ---------------------------------------------------------------------------------------------

    def handle(self, events: Iterable[protocol.Event]) -> None:
        """Take note of what happened; a defect of ours must not leave the program waiting."""
        for event in events:
            try:
                if event[0] == protocol.COMPLETED:  # nearly always
                    self._completed_all(event[1], event[2])
                    continue
                reaction = self._reactions.get(event[0])
                if reaction is not None:
                    reaction(*event[1:])
            except Exception:  # noqa: BLE001
                import traceback  # noqa: PLC0415

                self.run.failures.break_down(f"internal error, please report it:\n{traceback.format_exc()}")

    def _returned(self, tasks: list[int]) -> None:
        unfinished = self.core.unfinished
        self.core.returned([unfinished[task] for task in tasks if task in unfinished])

    def _said(self, _slot: int, method: str, task: int, arguments: tuple[Any, ...]) -> None:
        self.nested.said(method, task, arguments)

    def _observed(self, slot_id: int, worker: int, notes: tuple[Any, ...]) -> None:
        shift, load, runs = notes
        self.notes = (worker, shift, load)
        if runs and self.core.journal is not None:
            slot = self.core.scheduler.slots.get(slot_id)
            node = slot.node.name if slot is not None else self.core.nodes[0].name
            self.core.journal.append((Kind.TASKS_RAN, self.core.clock(), node, slot_id, worker, runs))

    def _bound(self, slot_id: int, worker: int, cores: tuple[int, ...], devices: tuple[Any, ...]) -> None:
        slot = self.core.scheduler.slots.get(slot_id)
        if self.core.journal is not None and slot is not None:
            self.core.journal.append((Kind.WORKER_BOUND, self.core.clock(), slot.node.name, worker, cores, devices))

    def _moved(self, node: int, moves: list[protocol.Move]) -> None:
        transfers.record(self.core, node, moves)

    def _staged(self, node: int, tasks: list[int], began: float, ended: float) -> None:
        if self.core.journal is not None:
            name = self.core.nodes[node].name
            self.core.journal.extend((Kind.TASK_STAGED, ended, task, name, began) for task in tasks)

    def _spilled(self, node: int, out: list[int], back: list[int]) -> None:
        self.run.spilling.on_node(node, out, back)

    def _unclaimed(self, worker: int, ranges: list[Range] | None) -> None:
        self.run.values.let_go(worker, ranges)
        self.run.release_idle()
        self.run.values.close_ended()
