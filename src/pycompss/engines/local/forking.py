"""The engine's end of the fork server.

It is a fresh interpreter, so that workers inherit nothing of the program's threads or locks.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from typing import Any

from pycompss.worker import forkserver, wire

PROGRAM = "import sys; from pycompss.worker.forkserver import main; main({fd}, {path!r})"
FAREWELL = 2.0  # seconds that it may take to end its workers


class Forking:
    """One fork server: asks it to fork and to signal, hears from it about births and deaths."""

    def __init__(self, *temporary: str) -> None:
        """Start it. `temporary`: the folders that it removes if this process vanishes. Raises OSError."""
        self.pid, self.sock = spawn(PROGRAM)
        self.has_spoken = False
        for folder in filter(None, temporary):
            self._say(forkserver.CLEAN, folder)

    def fork(self, number: int, settings: dict[str, Any], fds: tuple[int, ...]) -> None:
        """Ask for a worker. Raises OSError when the fork server is gone."""
        wire.send(self.sock, wire.pack((forkserver.FORK, number, settings)), fds)

    def signal(self, pid: int, number: int) -> None:
        """Signal a worker (SIGKILL: with everything that it started); nothing happens if it is gone."""
        self._say(forkserver.KILL, pid, int(number))

    def hear(self) -> tuple[Any, ...] | None:
        """What it has to say, None if there is nothing yet. Raises wire.Closed or OSError when it is gone."""
        try:
            message, _ = wire.receive(self.sock, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        self.has_spoken = True
        return message  # type: ignore[no-any-return]

    def bury(self) -> str:
        """It has ended by itself: close the socket; how it ended, for people."""
        self.sock.close()
        code = wait_for(self.pid, FAREWELL)
        self.pid = 0
        return f"{sys.executable} ended with {describe(code)}"

    def stop(self) -> None:
        """Have it end all workers, and itself, and wait for that."""
        self._say(forkserver.BYE)
        self.sock.close()
        if self.pid:
            wait_for(self.pid, FAREWELL)
            self.pid = 0

    def _say(self, *words: Any) -> None:
        with contextlib.suppress(OSError):  # its death is told elsewhere
            wire.send(self.sock, wire.pack(words))


def describe(code: int) -> str:
    """An exit code, or a negated number of a signal, for people."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def spawn(program: str) -> tuple[int, socket.socket]:
    """Start a fresh interpreter in a session of its own: its pid, and our end of a socket to it.

    program: its source, in which `{fd}` stands for its end and `{path!r}` for our `sys.path`. Raises OSError.
    """
    ours, theirs = wire.pair()
    try:
        os.set_inheritable(theirs.fileno(), True)
        null = os.open(os.devnull, os.O_RDWR)
        try:
            pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-c", program.format(fd=theirs.fileno(), path=sys.path)],
                _environment(),
                file_actions=[(os.POSIX_SPAWN_DUP2, null, 0)],
                setsid=True,
            )
        finally:
            os.close(null)
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return pid, ours


def _environment() -> dict[str, str]:
    """Ours. Texts have the same hash in all workers, on every node: tasks deal keys out by it."""
    path = [_package_root(), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    return {"PYTHONHASHSEED": "0", **os.environ, "PYTHONPATH": os.pathsep.join(path)}


def _package_root() -> str:
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def wait_for(pid: int, seconds: float) -> int:
    """The exit code of a child, or its negated signal; a child that does not end in time is killed."""
    deadline = time.monotonic() + seconds
    try:
        while True:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            time.sleep(0.001)
    except ChildProcessError:  # somebody else waited for it: `os.wait` of the program, or SIGCHLD is ignored
        return 0
