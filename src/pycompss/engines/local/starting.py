"""Starting the fork server: a fresh interpreter, so that nothing of the program's threads or locks is inherited."""

from __future__ import annotations

import os
import socket
import sys

from pycompss.worker import wire

PROGRAM = "import sys; from pycompss.worker.forkserver import main; main({fd}, {path!r})"


def start_fork_server() -> tuple[int, socket.socket]:
    """Start it; its pid and our end of its socket."""
    ours, theirs = wire.pair()
    os.set_inheritable(theirs.fileno(), True)
    program = PROGRAM.format(fd=theirs.fileno(), path=sys.path)
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(
        [_package_root(), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    )
    null = os.open(os.devnull, os.O_RDWR)
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", program],
        environment,
        file_actions=[(os.POSIX_SPAWN_DUP2, null, 0)],
        setsid=True,
    )
    os.close(null)
    theirs.close()
    return pid, ours


def _package_root() -> str:
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
