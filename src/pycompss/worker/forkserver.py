"""The process that forks workers: clean, single-threaded, with the worker's modules loaded once.

The master tells it over a socket to fork (the worker's sockets come along) or to kill; it tells the master about
deaths. When the master vanishes, it kills all workers, removes the run's temporary folder and ends: nothing stays.

What tasks start and leave behind becomes this process's child when its parent ends (`adopt_orphans`), in whatever
session it is; it goes on until the run ends, and ends then.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import shutil
import signal
import socket
import sys
from collections.abc import Collection, Iterable
from typing import Any

from pycompss.worker import descendants, streams, testament, wire
from pycompss.worker.sandbox import folder_of

FORK = 0  # (FORK, number, settings) with descriptors: tasks, control, status, and the board if there is one
KILL = 1  # (KILL, pid, signal)
BYE = 2  # (BYE,): the master ends in order
CLEAN = 3  # (CLEAN, path): remove this folder if the master vanishes
DIED = 0  # (DIED, number, exit code, or -signal)
FORKED = 1  # (FORKED, number, pid)
_OWN = 3  # descriptors that each worker has for itself


def main(fd: int, path: list[str]) -> None:
    """Serve until the master says goodbye or is gone."""
    sys.path[:] = path
    streams.occupy()
    from pycompss.runtime import worker_caller  # noqa: F401, PLC0415  (loaded once, shared by all workers)
    from pycompss.worker import kinship, process  # noqa: F401, PLC0415  (the same)

    kinship.adopt_orphans()

    with socket.socket(fileno=fd) as sock:
        ForkServer(sock).serve()


class ForkServer:
    """Forks, kills and buries workers."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.workers: dict[int, int] = {}  # pid -> number
        self.temporary: dict[int, str] = {}  # pid -> its folder for temporary files
        self.clean: list[str] = []
        self.wake_read, self.wake_write = os.pipe()
        os.set_blocking(self.wake_write, False)
        os.set_blocking(self.wake_read, False)

    def serve(self) -> None:
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wake_write)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gc.freeze()
        orderly = False
        try:
            watched: list[Any] = [self.sock, self.wake_read]
            while True:
                ready = select.select(watched, [], [])[0]
                if self.wake_read in ready:
                    os.read(self.wake_read, 4096)
                self.bury()
                if self.sock in ready and self._take_message():
                    orderly = True
                    break
        except (wire.Closed, OSError):
            pass
        self.end(orderly=orderly)

    def _take_message(self) -> bool:
        message, fds = wire.receive(self.sock)
        kind = message[0]
        if kind == FORK:
            self.fork(message[1], message[2], fds)
        elif kind == KILL:
            if message[1] in self.workers:
                _kill(message[1], message[2])
        elif kind == CLEAN:
            self.clean.append(message[1])
        return bool(kind == BYE)

    def fork(self, number: int, settings: dict[str, Any], fds: list[int]) -> None:
        _load(settings["modules"])
        pid = os.fork()
        if pid == 0:
            self._become_worker(settings, fds)
        for fd in fds:
            os.close(fd)
        self.workers[pid] = number
        self.temporary[pid] = settings["tmp"]
        wire.send(self.sock, wire.pack((FORKED, number, pid)))

    def _become_worker(self, settings: dict[str, Any], fds: list[int]) -> None:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)  # as programs that tasks start expect
            os.setpgid(0, 0)
            self.sock.close()
            os.close(self.wake_read)
            os.close(self.wake_write)
            start_worker(settings, fds)
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        except BaseException as error:  # noqa: BLE001
            _excuse(error, fds[0])
        finally:
            os._exit(code)

    def bury(self) -> None:
        """Tell the master about every worker that has ended; what it started ends with it."""
        while self.workers:
            pid, status = _next_dead(self.workers)
            if pid == 0:
                return
            number = self.workers.pop(pid, None)
            if number is not None:
                self.kill_programs([pid])
                wire.send(self.sock, wire.pack((DIED, number, os.waitstatus_to_exitcode(status))))

    def kill_programs(self, dead: Iterable[int]) -> None:
        """What these workers started and left running; only those that have had a sandbox can have."""
        sandboxes = {pid: folder_of(self.temporary.pop(pid), pid) for pid in dead}
        had = {pid: folder for pid, folder in sandboxes.items() if os.path.exists(folder)}
        descendants.kill_programs_of(had)
        for folder in had.values():
            testament.carry_out(folder)

    def end(self, *, orderly: bool) -> None:
        for pid in self.workers:
            _kill(pid, signal.SIGKILL)
        for pid in self.workers:
            try:
                os.waitpid(pid, 0)
            except ChildProcessError:
                pass
        self.kill_programs(self.workers)
        descendants.kill_children()
        if not orderly:
            for path in self.clean:
                shutil.rmtree(path, ignore_errors=True)


def _load(modules: Iterable[str]) -> None:
    """Modules that the next worker, and perhaps many more, need: here they are loaded once."""
    missing = [name for name in modules if name not in sys.modules]
    for name in missing:
        importlib.import_module(name)
    if missing:
        gc.freeze()


def _kill(pid: int, number: int) -> None:
    """Signal a worker; SIGKILL goes to its whole process group, so that programs it started end too."""
    for send in (os.killpg, os.kill) if number == signal.SIGKILL else (os.kill,):
        try:
            send(pid, number)
        except (ProcessLookupError, PermissionError):
            pass  # it has ended, or (group) has just been forked and leads none yet


def _next_dead(workers: Collection[int]) -> tuple[int, int]:
    """Pid and status of a child that has ended; (0, 0): there is none. The process group of a worker ends first."""
    try:
        if hasattr(os, "waitid"):  # not on macOS before Python 3.13
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is None:
                return 0, 0
            if found.si_pid in workers:
                _kill(found.si_pid, signal.SIGKILL)  # a zombie still, so its number is nobody else's
        return os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return 0, 0


def _excuse(error: BaseException, fd: int) -> None:
    """Tell the master why the worker cannot start."""
    import traceback  # noqa: PLC0415

    text = "".join(traceback.format_exception(error)).rstrip()
    with socket.socket(fileno=os.dup(fd)) as sock:
        wire.send(sock, wire.pack((wire.EXCUSE, text[-10_000:])))


def start_worker(settings: dict[str, Any], fds: list[int]) -> None:
    from pycompss.runtime import current  # noqa: PLC0415
    from pycompss.runtime.worker_caller import WorkerCaller  # noqa: PLC0415
    from pycompss.worker import kinship  # noqa: PLC0415
    from pycompss.worker.board import Board  # noqa: PLC0415
    from pycompss.worker.process import Worker  # noqa: PLC0415

    kinship.die_with_parent()
    sys.path[:] = settings["path"]
    os.chdir(settings["cwd"])
    os.environ.update(settings["env"])
    import faulthandler  # noqa: PLC0415

    board = Board(fds[3]) if len(fds) > _OWN else None
    worker = Worker(socket.socket(fileno=fds[0]), socket.socket(fileno=fds[1]), fds[2], settings, board)
    faulthandler.enable()
    current.set_(WorkerCaller(worker))
    worker.serve()
