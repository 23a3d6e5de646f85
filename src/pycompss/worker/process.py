"""The worker's main loop: take a bundle, run its tasks one after another, report them together.

Everything happens in the main thread, so a task runs as it would in a sequential program. Two signals reach it:
SIGUSR1 announces a control message (cancel, give back); SIGALRM ends a task that runs longer than its `time_out`.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import select
import signal
import socket
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from pycompss.errors import CancelError
from pycompss.store.arena import Arena
from pycompss.store.codec import Codec
from pycompss.store.mappings import Mappings
from pycompss.store.names import MainNames
from pycompss.store.room import Room
from pycompss.worker import wire
from pycompss.worker.board import Board
from pycompss.worker.execution import Execution
from pycompss.worker.output import Output
from pycompss.worker.overflow import Overflow
from pycompss.worker.patience import Patience
from pycompss.worker.reports import Reports
from pycompss.worker.results import Results
from pycompss.worker.searching import ProgramPath
from pycompss.worker.units import Units

_handler_of: Callable[[int], Any] = sys.modules["_signal"].getsignal  # makes no enum of what it finds
_SHORT = frozenset({"main_definition", "search_path", "room", "stream"})  # no other task has to run for these


class Worker:
    """One worker process."""

    def __init__(
        self,
        tasks: socket.socket,
        control: socket.socket,
        status: int,
        settings: dict[str, Any],
        board: Board | None = None,
    ) -> None:
        self.sock = tasks
        self.control = control
        self.settings = settings
        self.status = mmap.mmap(status, 4096)
        self.queue: deque[tuple[Any, ...]] = deque()
        self.cancelled: set[int] = set()
        self.replies: dict[int, tuple[bool, Any]] = {}
        self.last_request = 0
        self._news = 0  # messages that told something which later ones take for known
        self._patience = Patience()
        self._has_own_core = settings["own_core"]
        self._arrivals = select.poll()
        self._arrivals.register(tasks, select.POLLIN)
        self._had_one_task = False  # and nobody needs its core
        self._listen = self._on_control
        self.asking = False  # a thread waits for an answer and reads the control socket
        self._asks = threading.RLock()
        self.caller: Any = None  # answers the API calls of the running task
        self.units = Units()
        self.output = Output(
            settings["folder"],
            settings["name"],
            keep=settings["keep_output"],
            note=self._note_output,
            show=self._show_output if settings["live_output"] else None,
        )
        spills = settings["spill_directory"]
        room = Room(self.status, wire.ROOM_AT) if spills else None
        self.arena = Arena(settings["arena"], settings["arena_limit"], room)
        self.mappings = Mappings()
        self.mappings.attach(self.arena.number, os.dup(self.arena.fd), self.arena.view(0, self.arena.limit))
        self.codec_names = MainNames(fetch=self._fetch_main)
        self.codec_names.adopt()
        sys.meta_path.append(ProgramPath(self._search_path))
        self.codec = Codec(self.arena, self.mappings, self.codec_names)
        if spills:
            self.codec.elsewhere = Overflow(self, spills).place
        self.reports = Reports(tasks, self.mappings)
        self.results = Results(board, self.reports.flush)
        self.execution = _observed(self) if settings["observed"] else Execution(self)

    # -- life ----------------------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Run until the master closes the socket or says stop."""
        signal.signal(signal.SIGUSR1, self._listen)
        self.output.start()
        os.register_at_fork(after_in_child=self._become_child)
        wire.send(self.sock, wire.pack((wire.HELLO, os.getpid())), (self.arena.fd,))
        with contextlib.suppress(wire.Closed, ConnectionError, BrokenPipeError):
            while self._take_message():
                self._run_queue()
            self.reports.farewell()

    def _become_child(self) -> None:
        """A task forked: the child must not speak for this worker."""
        self.execution.is_child = True
        self.sock.close()
        self.control.close()

    def _receive(self) -> tuple[Any, list[int]]:
        """The next message. Tasks that come one at a time may come soon, if they are not there already."""
        if not self._had_one_task:
            return wire.receive(self.sock)
        try:
            return wire.receive(self.sock, socket.MSG_DONTWAIT)
        except BlockingIOError:
            pass
        return self._patience.wait(self._look, self._sleep)

    def _look(self) -> tuple[Any, list[int]] | None:
        """Asks first: an exception at every look would take four times as long, and everything out of the caches."""
        return wire.receive(self.sock) if self._arrivals.poll(0) else None

    def _sleep(self) -> tuple[Any, list[int]]:
        return wire.receive(self.sock)

    def _take_message(self) -> bool:
        message, fds = self._receive()
        kind = message[0]
        if kind == wire.TASKS:
            _, functions, tasks, freed, setting, news = message
            if news != self._news and tasks:  # one before it was taken back while this one was read
                self._return([task[0] for task in tasks])
                tasks = ()
            if functions or setting is not None:
                self._news += 1
            if setting is not None:
                self.units.set(*setting)
            for offset, length in freed:
                self.arena.free(offset, length)
            self.arena.cool_down()
            if functions:
                self.execution.functions.update(functions)
            self.queue.extend(tasks)
            self._had_one_task = self._has_own_core and len(tasks) == 1
            return True
        if kind == wire.ARENA:
            self._attach(message[1], fds[0])
            self._news += 1
            return True
        return False

    def _run_queue(self) -> None:
        queue, execution, results = self.queue, self.execution, self.results
        self.reports.begin()
        while queue:
            task = queue.popleft()
            number, returns = task[0], task[5]
            if type(task[4]) is list and not results.fill(number, task[4]):
                continue
            if returns < 0:
                values = execution.run((*task[:5], ~returns, task[6]))
                results.hand_over(number, values)
            else:
                values = execution.run(task)
            if queue:
                if values:
                    results.of[number] = values
                if execution.printing:
                    execution.finish_output()
                self.reports.between_tasks(execution.ended)
        self.reports.flush()
        self._tidy_up()

    def _tidy_up(self) -> None:
        """Everything was reported: what nobody waits for is done now."""
        results = self.results
        if (results.of or results.stranded) and (stranded := results.clear()):
            wire.send(self.sock, wire.pack((wire.RETURNED, stranded)))
        self.execution.rest()
        if self.execution.printing:
            self.execution.finish_output()
        if _handler_of(signal.SIGUSR1) is not self._listen:  # a task took it over
            signal.signal(signal.SIGUSR1, self._listen)

    def _note_output(self, which: int, out: int, err: int) -> None:
        struct.pack_into("qq", self.status, 8 + 16 * which, out, err)

    def _show_output(self, stream: int, text: bytes) -> None:
        wire.send(self.sock, wire.pack((wire.OUTPUT, self.execution.task, stream, text)))

    # -- control messages ----------------------------------------------------------------------------------------

    def _on_control(self, _signal: int, _frame: Any) -> None:
        if self.asking or not self._asks.acquire(blocking=False):
            return  # the call that waits for an answer reads all messages itself
        try:
            self._read_control()
        finally:
            self._asks.release()
        self._check_cancelled()

    def _read_control(self) -> None:
        """All control messages that are there."""
        with contextlib.suppress(BlockingIOError, wire.Closed):
            while True:
                self._handle_control(*wire.receive(self.control, socket.MSG_DONTWAIT))

    def _handle_control(self, message: tuple[Any, ...], fds: list[int]) -> None:
        kind = message[0]
        if kind == wire.CANCEL:
            self.cancelled.add(message[1])
        elif kind == wire.REPLY:
            self.replies[message[1]] = (message[2], message[3])
        elif kind == wire.ARENA:
            self._attach(message[1], fds[0])
        elif kind == wire.RETURN:
            self.give_back()

    def _attach(self, number: int, fd: int) -> None:
        if self.mappings.knows(number):
            os.close(fd)
        else:
            self.mappings.attach(number, fd)

    def give_back(self) -> None:
        """Return the tasks that have not begun."""
        returned = [task[0] for task in self.queue]
        self.queue.clear()
        self._return(returned)

    def _return(self, tasks: list[int]) -> None:
        """These have not begun, and the core may send them again."""
        self.results.refuse(tasks)
        wire.send(self.sock, wire.pack((wire.RETURNED, tasks)))

    # -- asking the master ---------------------------------------------------------------------------------------

    def request(self, method: str, *arguments: Any) -> Any:
        """Ask the master and wait for the answer; raises what the master says went wrong.

        Of several threads of a task one asks at a time: it alone reads what comes.
        """
        with self._asks:
            ok, value = self._ask(method, arguments)
        if not ok:
            raise self.codec.decode(value)
        return value

    def _ask(self, method: str, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
        self._check_cancelled()  # while another thread asked
        is_wait = method not in _SHORT
        if is_wait and self.queue:
            self.give_back()
        if is_wait:
            self.execution.waits(begins=True)
        self.reports.flush()
        self.last_request += 1
        number = self.last_request
        wire.send(self.sock, wire.pack((wire.REQUEST, number, method, self.execution.task, arguments)))
        self.asking = True
        try:
            while number not in self.replies:
                self._handle_control(*wire.receive(self.control))
                self._check_cancelled()
        finally:
            self.asking = False
            self._read_control()  # what a signal has announced since the last look
            if is_wait:
                self.execution.waits(begins=False)
        return self.replies.pop(number)

    def _check_cancelled(self) -> None:
        if self.execution.current and self.execution.current in self.cancelled:
            raise CancelError(f"task {self.execution.current} was cancelled")

    def tell(self, method: str, *arguments: Any) -> None:
        """Say something to the master that needs no answer."""
        wire.send(self.sock, wire.pack((wire.SEND, method, self.execution.task, arguments)))

    def _fetch_main(self, name: str, serial: int) -> bytes:
        payload: bytes = self.request("main_definition", name, serial)
        return payload

    def _search_path(self) -> list[str] | None:
        """The program's; None if it cannot be asked, because this waits for an answer already or is a task's child."""
        if self.asking or self.execution.is_child:
            return None
        try:
            path: list[str] = self.request("search_path")
        except (wire.Closed, OSError):  # at the end of all, or the program's directory is gone
            return None
        return path


def _observed(worker: Worker) -> Execution:
    from pycompss.worker.observed import ObservedExecution  # noqa: PLC0415  (only runs that are looked at pay for it)

    return ObservedExecution(worker)
