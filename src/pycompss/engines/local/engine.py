"""The local engine: slots become worker processes.

A worker is forked when a slot needs one and none is idle. Tasks go to it in bundles over a socket; a thread of the
engine reads completions. Values lie in arenas of shared memory, whose file descriptors the master keeps.

Locking: `run`, `close_slot`, `take_back`, `interrupt`, `reply` and `release` are called under the session's lock.
Reading takes `_reading`, and only then (through `report`) the session's lock.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterable
from typing import Any

from pycompss.core.resources import Node, Slot
from pycompss.engines import protocol
from pycompss.engines.local.binding import Cores
from pycompss.engines.local.starting import start_fork_server
from pycompss.engines.local.worker import WorkerHandle
from pycompss.engines.protocol import Event, Report
from pycompss.store.mappings import Mappings
from pycompss.worker import forkserver, wire

TICK = 0.25  # seconds between looks at what may be stuck
GRACE = 5.0  # seconds that a task may ignore its time-out or cancellation before its worker is killed
MOST_FAILED_STARTS = 5


class LocalEngine:
    """Worker processes on this machine (`pycompss.engines.protocol.Engine`)."""

    def __init__(
        self,
        nodes: list[Node],
        *,
        mappings: Mappings,
        arena: Any,
        folder: str,
        temporary: str,
        arena_limit: int,
        keep_output: bool = False,
        affinity: str = "automatic",
        environment: dict[str, str] | None = None,
    ) -> None:
        self.nodes = nodes
        self.mappings = mappings
        self.arena = arena
        self.settings = {
            "folder": folder,
            "tmp": temporary,
            "arena_limit": arena_limit,
            "keep_output": keep_output,
            "path": list(sys.path),
            "cwd": os.getcwd(),
            "env": environment or {},
        }
        self.temporary = temporary
        self.workers: dict[int, WorkerHandle] = {}
        self.by_slot: dict[int, WorkerHandle] = {}
        self.idle: dict[int, list[WorkerHandle]] = {node.index: [] for node in nodes}
        self.cores = Cores(nodes, affinity)
        self._functions: list[bytes] = []
        self._arena_fds: dict[int, int] = {}
        self._postponed: list[Event] = []
        self._last_worker = 0
        self._failed_starts = 0
        self._reading = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._deadlines: dict[int, tuple[float, WorkerHandle, str]] = {}  # task -> when its worker is killed
        self._fork_server: socket.socket | None = None
        self._fork_pid = 0
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)

    # -- life ----------------------------------------------------------------------------------------------------

    def start(self, report: Report) -> list[Node]:
        self._report = report
        self._start_fork_server()
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._read_forever, name="pycompss-engine", daemon=True)
        self._thread.start()
        return self.nodes

    def _start_fork_server(self) -> None:
        self._fork_pid, sock = start_fork_server()
        self._fork_server = sock
        self._selector.register(sock, selectors.EVENT_READ, sock)
        wire.send(sock, wire.pack((forkserver.CLEAN, self.temporary)))

    def stop(self, *, force: bool = False) -> None:
        """End all workers and wait until they are gone."""
        if self._stopping:
            return
        self._stopping = True
        os.write(self._wake_write, b"x")
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)
        if self._fork_server is not None:
            try:
                wire.send(self._fork_server, wire.pack((forkserver.BYE,)))
            except OSError:
                pass
            self._fork_server.close()
        _wait_for(self._fork_pid)
        for worker in list(self.workers.values()):
            self._forget(worker)
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    # -- what the session asks for ---------------------------------------------------------------------------------

    def functions(self) -> list[bytes]:
        return self._functions

    def run(self, slot: Slot, tasks: list[tuple[Any, ...]]) -> None:
        worker = self.by_slot.get(slot.id)
        if worker is None:
            worker = self._bind(slot)
        functions = []
        known = worker.functions
        for task in tasks:
            number = task[1]
            if number not in known:
                known.add(number)
                functions.append((number, self._functions[number]))
            if task[4] is not None:
                self._share_arenas(worker, task)
            extras = task[6]
            if extras is not None and "time_out" in extras:
                limit = time.monotonic() + extras["time_out"] + GRACE
                self._deadlines[task[0]] = (limit, worker, f"ran longer than its time_out ({extras['time_out']} s)")
        freed, worker.freed = worker.freed, []
        setting, worker.pending_setting = worker.pending_setting, None
        worker.sent += 1
        if worker.send((wire.TASKS, functions, tasks, freed, setting)):
            self._want_write(worker)

    def _bind(self, slot: Slot) -> WorkerHandle:
        idle = self.idle[slot.node.index]
        worker = idle.pop() if idle else self._spawn(slot.node)
        worker.slot = slot
        self.by_slot[slot.id] = worker
        setting = self.cores.take(slot)
        if setting != worker.setting:
            worker.setting = worker.pending_setting = setting
        if worker.pid:
            self.cores.pin(worker.pid, slot)
        return worker

    def close_slot(self, slot: Slot) -> None:
        self.cores.give_back(slot)
        worker = self.by_slot.pop(slot.id, None)
        if worker is not None:
            worker.slot = None
            if worker.alive:
                self.idle[slot.node.index].append(worker)

    def take_back(self, slot: Slot) -> None:
        worker = self.by_slot.get(slot.id)
        if worker is None:
            return
        tasks = worker.read_back()
        if tasks:
            self._later([(protocol.RETURNED, [task[0] for task in tasks])])

    def interrupt(self, slot: Slot, task: int) -> None:
        worker = self.by_slot.get(slot.id)
        if worker is None:
            return
        worker.tell((wire.CANCEL, task))
        self._signal(worker, signal.SIGUSR1)
        self._deadlines[task] = (time.monotonic() + GRACE, worker, "did not end when it was cancelled")

    def reply(self, slot: Slot, request: int, ok: bool, value: Any) -> None:  # noqa: FBT001
        worker = self.by_slot.get(slot.id)
        if worker is not None:
            self._share_ranges(worker, value)
            worker.tell((wire.REPLY, request, ok, value))

    def release(self, ranges: Iterable[tuple[int, int, int]]) -> None:
        for number, offset, length in ranges:
            if number == self.arena.number:
                self.arena.free(offset, length)
                continue
            owner = self.workers.get(number)
            if owner is not None and owner.alive:
                owner.freed.append((offset, length))

    def _share_arenas(self, worker: WorkerHandle, task: tuple[Any, ...]) -> None:
        for descriptor in task[4]:
            if type(descriptor) is tuple and descriptor[0] == 1:
                self._share_ranges(worker, descriptor)
        extras = task[6]
        if extras is not None and "replay" in extras:
            self._share_ranges(worker, extras["replay"])
        self._share_ranges(worker, task[2])

    def _share_ranges(self, worker: WorkerHandle, value: Any) -> None:
        """Give the worker the arenas that a value (or anything that holds descriptors) lies in."""
        if type(value) is tuple:
            if len(value) == 3 and value[0] == 1 and type(value[2]) is tuple and type(value[1]) is bytes:  # noqa: PLR2004
                for number, _, _ in value[2]:
                    self._share_arena(worker, number)
                return
            for item in value:
                if type(item) is tuple or type(item) is list:
                    self._share_ranges(worker, item)
        elif type(value) is list:
            for item in value:
                self._share_ranges(worker, item)
        elif type(value) is dict:
            for item in value.values():
                self._share_ranges(worker, item)

    def _share_arena(self, worker: WorkerHandle, number: int) -> None:
        if number in worker.arenas:
            return
        worker.arenas.add(number)
        fd = self.arena.fd if number == self.arena.number else self._arena_fds[number]
        if worker.send((wire.ARENA, number), (fd,)):
            self._want_write(worker)

    # -- worker processes --------------------------------------------------------------------------------------------

    def _spawn(self, node: Node) -> WorkerHandle:
        self._last_worker += 1
        worker = WorkerHandle(self._last_worker)
        self.workers[worker.number] = worker
        settings = dict(self.settings, arena=worker.number, name=f"worker_{node.name}_{worker.number}")
        fds = (worker.theirs.fileno(), worker.their_control.fileno(), worker.status_fd)
        assert self._fork_server is not None
        try:
            wire.send(self._fork_server, wire.pack((forkserver.FORK, worker.number, settings)), fds)
        except OSError as error:
            self._later([(protocol.BROKEN, f"the process that starts workers is gone: {error}")])
        self._selector.register(worker.sock, selectors.EVENT_READ, worker)
        self._arena_fds.setdefault(worker.number, -1)
        return worker

    def _signal(self, worker: WorkerHandle, number: int) -> None:
        if worker.pid and self._fork_server is not None:
            try:
                wire.send(self._fork_server, wire.pack((forkserver.KILL, worker.pid, int(number))))
            except OSError:
                pass

    def _died(self, number: int, code: int) -> list[Event]:
        worker = self.workers.get(number)
        if worker is None:
            return []
        events = self._receive_all(worker)  # what it said before it died counts
        running = worker.current_task or None
        reason = _reason(code, worker)
        slot = worker.slot
        started = worker.pid != 0 and worker.arena_fd >= 0
        self._forget(worker)
        if slot is not None:
            self.by_slot.pop(slot.id, None)
            self.cores.give_back(slot)
            events.append((protocol.LOST, slot.id, running, reason))
        if not started:
            self._failed_starts += 1
            if self._failed_starts >= MOST_FAILED_STARTS:
                events.append((protocol.BROKEN, f"no worker process can be started: {reason}"))
        return events

    def _forget(self, worker: WorkerHandle) -> None:
        self.workers.pop(worker.number, None)
        for idle in self.idle.values():
            if worker in idle:
                idle.remove(worker)
        try:
            self._selector.unregister(worker.sock)
        except (KeyError, ValueError):
            pass
        self._deadlines = {task: entry for task, entry in self._deadlines.items() if entry[1] is not worker}
        worker.close()

    # -- reading -----------------------------------------------------------------------------------------------------

    def poll(self) -> None:
        """Handle what has arrived, if nobody does so already."""
        if self._reading.acquire(blocking=False):
            try:
                events = self._read_ready(0)
            finally:
                self._reading.release()
            if events:
                self._report(events)

    def _later(self, events: list[Event]) -> None:
        """Report from the reading thread (we are called under the session's lock)."""
        self._postponed.extend(events)
        os.write(self._wake_write, b"x")

    def _read_forever(self) -> None:
        next_tick = time.monotonic() + TICK
        while not self._stopping:
            ready = self._selector.select(TICK)
            if self._stopping:
                return
            with self._reading:
                events = self._read_ready(0) if ready else []
            now = time.monotonic()
            if now >= next_tick:
                next_tick = now + TICK
                self._check_deadlines(now)
            if events:
                self._report(events)

    def _read_ready(self, timeout: float) -> list[Event]:
        events: list[Event] = []
        for key, mask in self._selector.select(timeout):
            source = key.data
            if source is None:
                try:
                    os.read(self._wake_read, 4096)
                except BlockingIOError:
                    pass
            elif isinstance(source, WorkerHandle):
                if mask & selectors.EVENT_WRITE and source.flush():
                    self._selector.modify(source.sock, selectors.EVENT_READ, source)
                if mask & selectors.EVENT_READ:
                    events += self._receive_all(source)
            else:
                events += self._read_fork_server(source)
        if self._postponed:
            postponed, self._postponed = self._postponed, []
            events += postponed
        return events

    def _receive_all(self, worker: WorkerHandle) -> list[Event]:
        events: list[Event] = []
        while worker.alive:
            try:
                message, fds = wire.receive(worker.sock)
            except (BlockingIOError, wire.Closed, OSError):
                break
            events += self._translate(worker, message, fds)
        return events

    def _translate(self, worker: WorkerHandle, message: tuple[Any, ...], fds: list[int]) -> list[Event]:
        kind = message[0]
        slot = worker.slot.id if worker.slot is not None else 0
        if kind == wire.DONE:
            if self._deadlines:
                for completion in message[1]:
                    self._deadlines.pop(completion[0], None)
            events: list[Event] = [(protocol.COMPLETED, slot, message[1])] if message[1] else []
            if message[2]:
                events.append((protocol.UNCLAIMED, worker.number, message[2]))
            return events
        if kind == wire.REQUEST:
            return [(protocol.REQUESTED, slot, *message[1:])]
        if kind == wire.SEND:
            return [(protocol.SAID, slot, *message[1:])]
        if kind == wire.RETURNED:
            return [(protocol.RETURNED, message[1])]
        if kind == wire.OUTPUT:
            return [(protocol.OUTPUT, *message[1:])]
        if kind == wire.HELLO:
            worker.arena_fd = fds[0]
            self._arena_fds[worker.number] = fds[0]
            self.mappings.attach(worker.number, fds[0])
            self._failed_starts = 0
        return []

    def _read_fork_server(self, sock: socket.socket) -> list[Event]:
        events: list[Event] = []
        while True:
            try:
                message, _ = wire.receive(sock, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return events
            except (wire.Closed, OSError):
                return events + self._lost_fork_server(sock)
            if message[0] == forkserver.FORKED:
                worker = self.workers.get(message[1])
                if worker is not None:
                    worker.pid = message[2]
                    if worker.slot is not None:
                        self.cores.pin(worker.pid, worker.slot)
            else:
                events += self._died(message[1], message[2])

    def _lost_fork_server(self, sock: socket.socket) -> list[Event]:
        """It was killed, and all workers with it: start another."""
        self._selector.unregister(sock)
        sock.close()
        _wait_for(self._fork_pid)
        events: list[Event] = []
        for worker in list(self.workers.values()):
            worker.killed = worker.killed or "the process that starts workers was killed"
            events += self._died(worker.number, -signal.SIGKILL)
        if not self._stopping:
            self._start_fork_server()
        return events

    def _want_write(self, worker: WorkerHandle) -> None:
        self._selector.modify(worker.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, worker)

    def _check_deadlines(self, now: float) -> None:
        for task, (limit, worker, why) in list(self._deadlines.items()):
            if now > limit and worker.alive:
                self._deadlines.pop(task, None)
                if worker.current_task == task:
                    worker.killed = f"the task {why}"
                    self._signal(worker, signal.SIGKILL)


def _reason(code: int, worker: WorkerHandle) -> str:
    """Why a worker ended, for people."""
    if worker.killed:
        return f"its worker process {worker.pid} was killed: {worker.killed}"
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        hint = " (out of memory?)" if -code == signal.SIGKILL else ""
        return f"its worker process {worker.pid} was killed by {name}{hint}"
    return f"its worker process {worker.pid} ended with exit code {code}"


def _wait_for(pid: int) -> None:
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        pass
