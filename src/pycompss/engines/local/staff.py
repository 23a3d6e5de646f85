"""The worker processes of an engine: how they are born, which slots they serve, and how they die.

A worker is forked when a slot needs one and none is idle. Which slot a worker serves, and whether it lives, changes
under `_binding`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

from pycompss.core.resources import Node, Slot
from pycompss.engines import protocol
from pycompss.engines.local import devices, limits, remains
from pycompss.engines.local.arenas import Arenas
from pycompss.engines.local.binding import Affinity, Cores, others_of
from pycompss.engines.local.deadlines import Deadlines
from pycompss.engines.local.forking import Forking
from pycompss.engines.local.reading import Reader
from pycompss.engines.local.settings import Settings, modules_for
from pycompss.engines.local.worker import Devices, WorkerHandle
from pycompss.engines.protocol import Event, Report
from pycompss.store.shared import SharedMemory
from pycompss.worker import descendants, wire
from pycompss.worker.board import Board

MOST_FAILED_STARTS = 5


class Staff:
    """Of the nodes that are this machine, or shares of it."""

    def __init__(
        self,
        nodes: list[Node],
        settings: Settings,
        *,
        memory: SharedMemory,
        affinity: Affinity | None = None,
        first_worker: int = 0,
    ) -> None:
        """`first_worker`: workers, and their arenas, have the numbers after this one."""
        self.nodes = nodes
        self.settings = settings
        self.workers: dict[int, WorkerHandle] = {}
        self.arenas = Arenas(memory, self.workers)
        self.by_slot: dict[int, WorkerHandle] = {}
        self.idle: dict[int, list[WorkerHandle]] = {node.index: [] for node in nodes}
        self.affinity = affinity or Affinity()
        self.cores = Cores(nodes, self.affinity)
        self.deadlines = Deadlines()
        self._functions: list[bytes] = []
        self._last_worker = self._first_worker = first_worker
        self._asked_back: dict[int, int] = {}  # worker -> task that ran when its others were wanted back
        self._failed_starts = 0
        self._broken = ""  # why no worker can be started any more
        self._binding = threading.Lock()
        self._forking: Forking | None = None
        self._reader: Reader | None = None
        self.board: Board | None = None  # if workers hand results to each other

    # -- life ----------------------------------------------------------------------------------------------------

    def start(self, report: Report) -> list[Node]:
        """Start the fork server and the thread. Raises PyCOMPSsException when there are too few open files."""
        for place in self.settings.workplaces:
            place.make()
        limits.make_room_for(sum(node.units + node.stock.count_of_devices() for node in self.nodes))
        forking = Forking(self.settings.temporary, *(place.path for place in self.settings.workplaces))
        reader = Reader(self, report)
        self._forking, self._reader = forking, reader
        reader.watch_fork_server(forking)
        reader.start()
        return self.nodes

    def stop(self, *, force: bool = False) -> None:
        """End all workers and wait until they are gone."""
        reader, self._reader = self._reader, None
        if reader is None:
            return
        reader.stop()
        if self._forking is not None:
            self._forking.stop()
        for worker in list(self.workers.values()):
            self._forget(worker)
        reader.close()
        if self.board is not None:
            self.board.close()
            self.board = None
        for place in self.settings.workplaces:
            place.remove()

    # -- workers ---------------------------------------------------------------------------------------------------

    def _bind(self, slot: Slot) -> WorkerHandle:
        units, own = slot.requirement.units, devices.of_slot(slot, self.affinity.device_kinds)
        idle = self.idle[slot.node.index]
        with self._binding:
            best = devices.position_of_best(idle, units, own)
            worker = idle.pop(best) if best >= 0 else self._new_worker(slot)
            worker.slot = slot
            self.by_slot[slot.id] = worker
            if own:
                self._retire(own)
            if worker.units != units or worker.devices != own or worker.others != others_of(slot):
                self.cores.give(worker, slot, own, self._idle_on(slot))
        return worker

    def _idle_on(self, slot: Slot) -> Iterator[WorkerHandle]:
        """Idle workers of the slot's nodes that are here."""
        for part in (slot, *slot.others):
            yield from self.idle.get(part.node.index, ())

    def _retire(self, wanted: Devices) -> None:
        """End idle workers that hold devices which another is about to use."""
        for idle in self.idle.values():
            for worker in devices.in_the_way(idle, wanted):
                idle.remove(worker)
                self.cores.take_away(worker)
                self._send(worker, (wire.STOP,))

    def _new_worker(self, slot: Slot) -> WorkerHandle:
        self._last_worker += 1
        worker = WorkerHandle(self._last_worker, f"worker_{slot.node.name}_{self._last_worker - self._first_worker}")
        worker.node = slot.node.index
        self.workers[worker.number] = worker
        self.arenas.welcome(worker)
        if self._broken or self._forking is None or self._reader is None:
            self._still_born(worker)
            return worker
        self._reader.watch_worker(worker)
        try:
            modules = modules_for(slot.requirement)
            settings = self.settings.of_worker(worker, has_own_core=self.cores.suffice, modules=modules)
            board = () if self.board is None else (self.board.fd,)
            self._forking.fork(worker.number, settings, worker.fds + board)
        except OSError:
            self._still_born(worker)
        else:
            worker.is_on_its_way()
        return worker

    def _still_born(self, worker: WorkerHandle) -> None:
        """There is no fork server any more: the reader's thread says that the worker is lost."""
        worker.killed = worker.killed or self._broken or "the process that starts workers was killed"
        if self._reader is not None:
            self._reader.died(worker.number, -signal.SIGKILL)

    def _send(self, worker: WorkerHandle, message: Any, fds: tuple[int, ...] = ()) -> None:
        if worker.send(message, fds) and self._reader is not None:
            self._reader.want_write(worker)

    def _share_arena(self, worker: WorkerHandle, number: int) -> None:
        worker.arenas.add(number)
        worker.news += 1
        self._send(worker, (wire.ARENA, number), (self.arenas.fd(number),))

    def _signal(self, worker: WorkerHandle, number: int) -> None:
        if worker.pid and self._forking is not None:
            self._forking.signal(worker.pid, number)

    def _later(self, events: list[Event]) -> None:
        """Report from the reading thread (we are called under the session's lock, or by a finaliser)."""
        reader = self._reader
        if reader is not None:
            reader.later(events)

    def _forget(self, worker: WorkerHandle) -> None:
        self.workers.pop(worker.number, None)
        self.arenas.bury(worker)
        if self._reader is not None:
            self._reader.unwatch(worker.sock)
        worker.close()

    def busy_workers(self) -> list[WorkerHandle]:
        """Those that have tasks."""
        return [worker for worker in list(self.by_slot.values()) if worker.slot is not None and worker.slot.tasks]

    # -- what the reader finds ---------------------------------------------------------------------------------------

    def said_hello(self, worker: WorkerHandle, arena_fd: int) -> None:
        """It has started; the file descriptor is that of its arena."""
        worker.arena_fd = arena_fd
        self.arenas.add(worker.number, arena_fd)
        self._failed_starts = 0

    def was_forked(self, number: int, pid: int) -> None:
        worker = self.workers.get(number)
        if worker is None:
            return
        with self._binding:
            worker.pid = pid
            self.cores.pin(worker)
        if worker.cancelling:  # what we told it before it had a number
            self._signal(worker, signal.SIGUSR1)

    def died(self, number: int, code: int) -> list[Event]:
        """A worker has ended, and all that it said was read."""
        worker = self.workers.get(number)
        if worker is None:
            return []
        with self._binding:
            worker.alive = False
            self.cores.take_away(worker)
            slot = worker.slot
            for idle in self.idle.values():
                if worker in idle:
                    idle.remove(worker)
        running = worker.current_task or None
        why = remains.reason(code, worker)
        events: list[Event] = []
        if slot is not None:
            if running and running == worker.cancelling:
                events.append((protocol.COMPLETED, slot.id, [(running, wire.CANCELLED, None, 0.0, None)]))
            output = remains.output(worker, self.settings.folder) if running else None
            if output is not None and self.settings.live_output:
                events += [(protocol.OUTPUT, running, *rest) for rest in remains.not_shown(worker, output)]
            events.append((protocol.LOST, slot.id, running, why, output))
        events.append((protocol.UNCLAIMED, number, None))
        started = worker.arena_fd >= 0
        self._forget(worker)
        return events if started else events + self._failed_to_start(why)

    def _failed_to_start(self, why: str) -> list[Event]:
        self._failed_starts += 1
        if self._failed_starts < MOST_FAILED_STARTS and not self._broken:
            return []
        return [(protocol.BROKEN, self._broken or f"no worker process can be started: {why}")]

    def fork_server_died(self, forking: Forking) -> list[Event]:
        """All workers die with it. Start another, unless it never worked."""
        if self._reader is not None:
            self._reader.unwatch(forking.sock)
        ended = forking.bury()
        if not forking.has_spoken:
            self._broken = f"no worker process can be started: {ended}"
        events: list[Event] = []
        for worker in self.workers.values():
            _kill_group(worker.pid)
        descendants.kill_programs_of([worker.pid for worker in self.workers.values()])
        for worker in list(self.workers.values()):
            worker.killed = worker.killed or self._broken or "the process that starts workers was killed"
            if self._reader is not None:
                events += self._reader.hearing.all_of(worker)
            events += self.died(worker.number, -signal.SIGKILL)
        if not self._broken and self._reader is not None:
            self._start_another()
        return events

    def _start_another(self) -> None:
        try:
            self._forking = forking = Forking(
                self.settings.temporary, *(place.path for place in self.settings.workplaces)
            )
        except OSError as error:
            self._broken = f"no worker process can be started: {error}"
            return
        if self._reader is not None:
            self._reader.watch_fork_server(forking)

    def check_deadlines(self, now: float) -> None:
        """Kill workers whose task ignores that it should have ended."""
        for task, worker, why in self.deadlines.overdue(now):
            if worker.alive and worker.current_task == task:
                worker.killed = why
                self._signal(worker, signal.SIGKILL)
        if self._asked_back:
            self._ask_back()

    def _ask_back(self) -> None:
        """Workers that hold tasks behind one that was taken for short, and is not, give them back."""
        asked, self._asked_back = self._asked_back, {}
        for number, running in asked.items():
            worker = self.workers.get(number)
            if worker is not None and worker.alive and running and worker.current_task == running:
                worker.tell((wire.RETURN,))
                self._signal(worker, signal.SIGUSR1)


def _kill_group(pid: int) -> None:
    """A worker whose fork server is gone, and what it started."""
    if pid:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
