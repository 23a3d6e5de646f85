"""The run's end of the monitor, the process that shows its page (`pycompss.monitor.process`)."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable

from pycompss.util import stderr

PORT = 8080  # tried first, when no port is asked for
HOW = "pip install 'purecompss[monitor]'"
_PROGRAM = (
    "import sys; sys.path[:] = {path!r}; from pycompss.monitor.process import accompany; accompany({folder!r}, {fd})"
)


Socket = socket.socket


def _say(address: str) -> None:
    stderr.write(f"Monitor: {address}\n")


announce: Callable[[str], object] = _say  # notebooks have a place of their own for it


class CannotMonitor(Exception):  # noqa: N818  (said to the user as a warning)
    """There is no page for this run; `str()` says why."""


class Monitoring:
    """The monitor of a run. Raises CannotMonitor."""

    def __init__(self, folder: str, port: int) -> None:
        """port: 0 = the usual one, or any that is free."""
        check()
        token = new_token()
        with listening(port) as waiting:
            self.address = address(waiting, token)
            program = _PROGRAM.format(path=sys.path, folder=folder, fd=waiting.fileno())
            self._process = subprocess.Popen(
                [sys.executable, "-c", program],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[waiting.fileno()],
                start_new_session=True,
                text=True,
            )
        assert self._process.stdin is not None
        self._process.stdin.write(token + "\n")
        self._process.stdin.flush()
        self._file = os.path.join(folder, "monitor", "address")
        os.makedirs(os.path.dirname(self._file), mode=0o700, exist_ok=True)
        with open(self._file, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(self.address + "\n")

    def finish(self) -> None:
        """The journal is complete: nobody answers at the address any more."""
        try:
            self._process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        with contextlib.suppress(FileNotFoundError):  # it has done so itself
            os.remove(self._file)


def check() -> None:
    """Raises CannotMonitor if what the page needs is not installed."""
    if importlib.util.find_spec("starlette") is None or importlib.util.find_spec("uvicorn") is None:
        raise CannotMonitor(f"the monitor's page needs {HOW}")


def new_token() -> str:
    return secrets.token_urlsafe(24)


def address(waiting: socket.socket, token: str) -> str:
    """Browsers keep what is behind the `#` to themselves."""
    return f"http://127.0.0.1:{waiting.getsockname()[1]}/#{token}"


def listening(port: int) -> socket.socket:
    """A socket of the loopback interface. Raises CannotMonitor if the port is in use."""
    try:
        return listen(port or PORT)
    except OSError as error:
        if port:
            raise CannotMonitor(f"port {port} cannot be used for the monitor: {error.strerror}") from None
    return listen(0)


def listen(port: int) -> socket.socket:
    """A socket of the loopback interface; OSError if the port is in use."""
    found = socket.socket()
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(("127.0.0.1", port))
        found.listen(64)
    except OSError:
        found.close()
        raise
    return found
