"""The local engine: slots become worker processes (`staff.py`).

Tasks go to them in bundles over sockets; a thread of the engine reads completions (`reading.py`). Values lie in arenas
of shared memory, whose file descriptors the master keeps.

Locking: what the session asks for is called under the session's lock. Reading takes the reader's lock, and only then
(through `report`) the session's.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from pycompss.core.resources import Node, Slot
from pycompss.engines import protocol
from pycompss.engines.local import aside, residence
from pycompss.engines.local.staff import Staff
from pycompss.engines.token import Token
from pycompss.store.descriptor import Descriptor, Range, ranges_in
from pycompss.worker import wire
from pycompss.worker.board import Board

_ARENA = itemgetter(0)  # of a range


class LocalEngine(Staff):
    """Worker processes on this machine (`pycompss.engines.protocol.Engine`)."""

    # -- the reader ------------------------------------------------------------------------------------------------

    def poll(self, seconds: float = 0.0) -> None:
        """Handle what has arrived, or arrives within so many seconds."""
        if self._reader is not None:
            self._reader.poll(seconds)

    def wait(self, token: Token) -> None:
        """Return when `token` is released; meanwhile the calling thread reads."""
        reader = self._reader
        if reader is None:
            token.sleep()
        else:
            reader.wait(token)

    def wake(self) -> None:
        if self._reader is not None:
            self._reader.wake()

    def remind(self) -> None:
        self._later([(protocol.REMINDED,)])

    # -- what the session asks for ---------------------------------------------------------------------------------

    def running(self) -> list[tuple[int, int, float]]:
        found = []
        for slot, worker in self.by_slot.copy().items():
            task, began = worker.current_task, worker.began
            if task and began:
                found.append((slot, task, began))
        return found

    def memory(self) -> list[residence.Look]:
        return residence.look(self.nodes, self.workers.copy().values(), self._first_worker)

    def functions(self) -> list[bytes]:
        return self._functions

    def let_hand_over(self) -> Board | None:
        """Where workers take turns on cores, whoever waits would keep others from making what he waits for."""
        if self.board is None and self.cores.suffice and sum(node.units for node in self.nodes) > 1:
            with contextlib.suppress(OSError):
                self.board = Board.new(wire.anonymous_file("pycompss-board"))
        return self.board

    def run(self, slot: Slot, tasks: list[tuple[Any, ...]], ranges: list[Range]) -> None:
        worker = self.by_slot.get(slot.id)
        if worker is None:
            worker = self._bind(slot)
        functions = []
        known = worker.functions
        for task in tasks:
            if task[1] not in known:
                known.add(task[1])
                functions.append((task[1], self._functions[task[1]]))
            if task[6] is not None and "time_out" in task[6]:
                self.deadlines.limit(task[0], worker, task[6]["time_out"])
        if ranges and not worker.arenas.issuperset(map(_ARENA, ranges)):
            for arena in set(map(_ARENA, ranges)) - worker.arenas:
                self._share_arena(worker, arena)
        freed = worker.room.take_freed() if worker.room.freed else []
        setting, worker.pending_setting = worker.pending_setting, None
        self._send(worker, (wire.TASKS, functions, tasks, freed, setting, worker.news))
        if functions or setting is not None:
            worker.news += 1

    def slot_nearby(self) -> int:
        core = aside.current_core()
        for slot, worker in self.by_slot.items():
            if core in worker.cores:
                return slot
        return 0

    def close_slot(self, slot: Slot) -> None:
        with self._binding:
            worker = self.by_slot.pop(slot.id, None)
            if worker is not None:
                worker.slot = None
                if worker.alive:
                    self.idle[slot.node.index].append(worker)

    def take_back(self, slot: Slot) -> None:
        worker = self.by_slot.get(slot.id)
        if worker is None or not worker.alive:
            return
        tasks = worker.read_back()
        if tasks:
            if self.board is not None:
                self.board.refuse([task[0] for task in tasks])
            self._later([(protocol.RETURNED, [task[0] for task in tasks])])
        self._asked_back[worker.number] = worker.current_task

    def interrupt(self, slot: Slot, task: int) -> None:
        worker = self.by_slot.get(slot.id)
        if worker is None:
            return
        worker.tell((wire.CANCEL, task))
        worker.cancelling = task
        self._signal(worker, signal.SIGUSR1)
        self.deadlines.cancel(task, worker)

    def reply(self, slot: Slot, request: int, ok: bool, value: Any) -> None:
        worker = self.by_slot.get(slot.id)
        if worker is not None:
            # The waiting task reads the control socket alone; a task that is cancelled may not read it to the end, so
            # that the arenas do not count as known.
            for arena in set(map(_ARENA, ranges_in(value))) - worker.arenas:
                worker.tell((wire.ARENA, arena), (self.arenas.fd(arena),))
            worker.tell((wire.REPLY, request, ok, value))

    def release(self, ranges: Iterable[tuple[int, int, int]]) -> list[int]:
        workers = self.arenas.release(ranges)
        for worker in workers:
            self._send(worker, (wire.TASKS, [], [], worker.room.take_freed(), None, worker.news))
        return [worker.slot.id for worker in workers if worker.slot is not None]

    def reclaim(self) -> bool:
        asked = False
        for worker in list(self.workers.values()):
            if worker.alive and not worker.current_task and worker.room.held:
                self._send(worker, (wire.TASKS, [], [], worker.room.take_freed(), None, worker.news))
                asked = True
        return asked

    def lies_on(self, node: Node, descriptor: Descriptor) -> bool:
        return True

    def has(self, descriptor: Descriptor) -> bool:
        return True

    def let_go(self, node: Node, ranges: list[Range]) -> None:
        """Nodes of this machine stay."""

    def enlarge(self, name: str, start: tuple[str, ...], units: int) -> None:
        """There is no other machine."""

    def cancel_agent(self, name: str) -> None:
        """There is none."""

    def is_near(self, _node: Node, _descriptor: Descriptor) -> bool:
        return True

    def bring(self, descriptor: Descriptor, _moves: object = None) -> Descriptor:
        return descriptor
