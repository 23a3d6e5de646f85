"""One end of the socket between the program's process and the bridge: never blocks, keeps what does not go at once."""

from __future__ import annotations

import socket
import threading
from collections import deque
from typing import Any

from pycompss.worker import wire


class Channel:
    """Sends from any thread, in order; one thread receives."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self._outbox: deque[tuple[bytes, tuple[int, ...]]] = deque()
        self._lock = threading.Lock()

    def send(self, message: Any, fds: tuple[int, ...] = ()) -> bool:
        """Send now, or keep for `flush`; True when something is left. Whether the other end lives shows elsewhere."""
        data = wire.pack(message)
        with self._lock:
            self._outbox.append((data, fds))
            return not self._flush()

    def flush(self) -> bool:
        """Send what is left; True when nothing is."""
        with self._lock:
            return self._flush()

    def _flush(self) -> bool:
        while self._outbox:
            try:
                wire.send(self.sock, *self._outbox[0])
            except BlockingIOError:
                return False
            except OSError:  # it is gone
                self._outbox.clear()
                return True
            self._outbox.popleft()
        return True

    def receive(self) -> tuple[Any, list[int]] | None:
        """The next message; None if there is none yet. Raises wire.Closed when the other end is gone."""
        try:
            return wire.receive(self.sock)
        except BlockingIOError:
            return None
        except OSError as error:
            raise wire.Closed from error

    def close(self) -> None:
        self.sock.close()
