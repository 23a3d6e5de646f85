"""The thread that reads what the bridge says, and reports what follows from it."""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
import traceback
from collections import deque
from collections.abc import Callable
from typing import Any

from pycompss.engines import protocol
from pycompss.engines.dask.channel import Channel
from pycompss.engines.protocol import Event, Report
from pycompss.util import stderr
from pycompss.worker import wire

MOST = 64  # messages that are read before they are reported


class Ear:
    """understand: makes events of a message."""

    def __init__(self, channel: Channel, understand: Callable[[Any], list[Event]], report: Report) -> None:
        self._channel = channel
        self._understand = understand
        self._report = report
        self._postponed: deque[list[Event]] = deque()
        self._heard = threading.Condition()
        self._is_stopping = False
        self._wants_write = False
        self._wake_read, self._wake_write = os.pipe()
        for fd in (self._wake_read, self._wake_write):
            os.set_blocking(fd, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._selector.register(channel.sock, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._listen, name="pycompss-dask", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._is_stopping = True
        self._wake()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=5)
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def later(self, events: list[Event]) -> None:
        """Report these from the thread; finalisers may call it."""
        self._postponed.append(events)
        self._wake()

    def want_write(self) -> None:
        """Something could not be sent at once."""
        self._wants_write = True
        self._wake()

    def pause(self, seconds: float) -> None:
        """Sleep until something is reported, or so long."""
        with self._heard:
            self._heard.wait(seconds)

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"x")

    def _listen(self) -> None:
        try:
            while not self._is_stopping:
                self._selector.select()
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
                self._send_on()
                self._read()
        except wire.Closed:
            if not self._is_stopping:
                self._report([(protocol.BROKEN, "the process that talks to the nodes has died")])
        except BaseException as error:  # noqa: BLE001  (a mistake of ours must not leave the program waiting)
            if not self._is_stopping:
                stderr.write(traceback.format_exc())
                self._report([(protocol.BROKEN, f"an internal error: {error!r}; please report it")])

    def _send_on(self) -> None:
        if self._wants_write:
            self._wants_write = not self._channel.flush()
            reading = selectors.EVENT_READ
            self._selector.modify(self._channel.sock, reading | (selectors.EVENT_WRITE if self._wants_write else 0))

    def _read(self) -> None:
        events: list[Event] = []
        while self._postponed:
            events += self._postponed.popleft()
        for _ in range(MOST):
            received = self._channel.receive()
            if received is None:
                break
            events += self._understand(received[0])
        if events:
            self._report(events)
            with self._heard:
                self._heard.notify_all()
