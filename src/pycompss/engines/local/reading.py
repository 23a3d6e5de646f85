"""The engine's ear: who reads what workers and the fork server say, and when.

A thread of its own reads; the program's thread may `poll` when it submits. Whoever reads holds `_lock` until it has
reported, so that events are reported in the order in which they came.

A program that waits reads itself (`wait`): that saves the hand-over from thread to thread, which costs more than a
small task. Meanwhile the engine's thread is parked; it takes over again when the program has not read for a moment.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import traceback
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from pycompss.engines import protocol
from pycompss.engines.local.aside import step_aside
from pycompss.engines.local.forking import Forking
from pycompss.engines.local.hearing import Hearing
from pycompss.engines.local.lookout import READ, WRITE, Lookout, Ready
from pycompss.engines.local.worker import WorkerHandle
from pycompss.engines.protocol import Event, Report
from pycompss.engines.token import Token
from pycompss.util import stderr
from pycompss.worker.patience import Patience

if TYPE_CHECKING:
    from pycompss.engines.local.staff import Staff

TICK = 0.25  # seconds between looks at what may be stuck
PAUSE = 0.002  # seconds without a waiting program after which the engine's thread reads again
LONG = 0.005  # seconds of waiting after which the engine's thread is called back at once
DOZE = 0.05  # longest sleep of the parked thread while the program waits, seconds
NAP = 0.016  # the same while the program waits now and then: whoever wakes takes the interpreter's lock from it


class Reader:
    """Watches sockets and calls the engine, then reports."""

    def __init__(self, engine: Staff, report: Report) -> None:
        self._engine = engine
        self._report = report
        self._lock = threading.Lock()
        self._lookout = Lookout()
        self._look = partial(self._lookout.look, 0.0)
        self._sleep = partial(self._lookout.look, TICK)
        self.hearing = Hearing(engine)
        self._postponed: deque[list[Event]] = deque()
        self._dead: deque[tuple[int, int]] = deque()
        self._stopping = False
        self._next_tick = 0.0
        self._leading = threading.Lock()  # held by the thread of the program that reads while it waits
        self._is_led = False
        self._is_parked = False
        self._led_until = 0.0
        self._followers = 0  # threads of the program that wait while another one reads
        self._parking = threading.Lock()
        self._parking.acquire()
        self._patience = Patience()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._lookout.add(self._wake_read, None)
        self._thread = threading.Thread(target=self._read_forever, name="pycompss-engine", daemon=True)

    # -- life ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping = True
        self.wake()
        self._call_back()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=5)

    def close(self) -> None:
        self._lookout.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    # -- from any thread -------------------------------------------------------------------------------------------

    def watch_worker(self, worker: WorkerHandle) -> None:
        self._lookout.add(worker.sock.fileno(), worker)

    def watch_fork_server(self, forking: Forking) -> None:
        self._lookout.add(forking.sock.fileno(), forking)

    def want_write(self, worker: WorkerHandle) -> None:
        """Something could not be sent at once."""
        self._lookout.want_write(worker.sock.fileno(), wanted=True)

    def unwatch(self, sock: socket.socket) -> None:
        self._lookout.remove(sock.fileno())

    def later(self, events: list[Event]) -> None:
        """Report these from the thread."""
        self._postponed.append(events)
        self.wake()

    def died(self, number: int, code: int) -> None:
        """A worker is dead, as somebody else than the fork server found."""
        self._dead.append((number, code))
        self.wake()

    def poll(self, seconds: float) -> None:
        """Handle what has arrived, or arrives within so many seconds, if nobody does so already."""
        if self._lock.acquire(timeout=seconds):
            self._led_until = time.monotonic() + seconds  # it does so often: the engine's thread need not compete
            try:
                self._handle(self._lookout.look(seconds))
            finally:
                self._lock.release()

    def wait(self, token: Token) -> None:
        """Return when `token` is released; read meanwhile, unless another thread does."""
        if not self._leading.acquire(blocking=False):
            self._followers += 1
            try:
                token.sleep()
            finally:
                self._followers -= 1
            return
        started = time.monotonic()
        self._is_led = True
        if not self._is_parked:
            self.wake()  # the engine's thread leaves its `select`
        try:
            while not token.is_released:
                with self._lock:
                    self._handle(self._await())
                if not token.is_released:
                    self._tick()
        finally:
            self._led_until = time.monotonic()
            self._is_led = False
            self._leading.release()
            if self._followers or self._led_until - started > LONG:
                self._call_back()

    def _call_back(self) -> None:
        with contextlib.suppress(RuntimeError):
            self._parking.release()

    def wake(self) -> None:
        """Have whoever reads look around; signal handlers may call it."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"x")

    # -- the thread ------------------------------------------------------------------------------------------------

    def _read_forever(self) -> None:
        try:
            self._read_until_stopped()
        except BaseException as error:  # noqa: BLE001  (a mistake of ours must not leave the program waiting)
            if not self._stopping:
                stderr.write(traceback.format_exc())
                self._report([(protocol.BROKEN, f"an internal error: {error!r}; please report it")])

    def _read_until_stopped(self) -> None:
        while not self._stopping:
            if self._is_read():
                self._park()
                continue
            ready = self._sleep()
            if self._is_stopping():
                return
            if ready and not self._is_read():
                with self._lock:
                    self._handle(self._look())
            self._tick()

    def _is_stopping(self) -> bool:
        """Whether `stop` was called meanwhile, by another thread."""
        return self._stopping

    def _is_read(self) -> bool:
        """Whether the program reads, or did a moment ago: it may come back at once."""
        return self._is_led or time.monotonic() - self._led_until < PAUSE

    def _park(self) -> None:
        """Sleep while the program reads."""
        doze = PAUSE
        self._is_parked = True
        while not self._stopping and self._is_read():
            if self._parking.acquire(timeout=doze):
                break
            doze = min(2 * doze, DOZE if self._is_led else NAP)
        self._is_parked = False

    def _tick(self) -> None:
        now = time.monotonic()
        if now >= self._next_tick:
            self._next_tick = now + TICK
            self._engine.check_deadlines(now)

    def _await(self) -> Ready:
        """What can be read, as soon as there is something; nothing after a while (`_lock` is held)."""
        busy = self._engine.busy_workers()
        if len(busy) >= self._engine.cores.count:  # whoever looks would do so in some task's time
            return self._sleep()
        if busy and not self._patience.is_eager:
            step_aside([worker.cores for worker in busy])
        return self._patience.wait(self._look, self._sleep)

    def _handle(self, ready: Ready) -> None:
        """Read, and report what was read (`_lock` is held)."""
        events: list[Event] = []
        speakers, next_of = self._lookout.speakers, self.hearing.next_of
        for fd, mask in ready:
            speaker = speakers.get(fd)
            if type(speaker) is WorkerHandle:
                if mask != READ and speaker.outbox:
                    self._flush(speaker)
                if mask != WRITE:
                    next_of(speaker, events)  # the next look tells if there is more
            elif speaker is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
            else:
                events += self.hearing.fork_server(speaker)
        if self._dead or self._postponed:
            self._catch_up(events)
        if events:
            self._report(events)

    def _catch_up(self, events: list[Event]) -> None:
        """Add what others than workers have said."""
        while self._dead:
            events += self._engine.died(*self._dead.popleft())
        while self._postponed:
            events += self._postponed.popleft()

    def _flush(self, worker: WorkerHandle) -> None:
        if worker.flush():
            self._lookout.want_write(worker.sock.fileno(), wanted=False)
