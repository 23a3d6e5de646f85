"""One worker process as the master sees it."""

from __future__ import annotations

import mmap
import os
import select
import socket
import struct
from collections import deque
from typing import Any

from pycompss.core.resources import Slot
from pycompss.store.room import Room
from pycompss.worker import wire

NOT_SET_UP = -1
Devices = dict[str, tuple[str, ...]]  # names by kind
PATIENCE = 1.0  # seconds that a worker has to look at its control messages before one is given up


class WorkerHandle:
    """Sockets, status page and what the worker is known to have.

    theirs: our duplicate of the worker's end of the task socket; what it has not read can be read back from there.
    functions: numbers of the functions it knows; arenas: numbers of the arenas it knows.
    """

    def __init__(self, number: int, name: str) -> None:
        """Raises OSError when the system has no files left."""
        self.number = number
        self.name = name
        self.pid = 0
        self.node = 0
        self.sock, self.theirs = wire.pair()
        self.control, self._their_control = wire.pair()
        self.sock.setblocking(False)
        self.control.setblocking(False)
        self.theirs.setblocking(True)
        fd = wire.anonymous_file(f"pycompss-status-{number}")
        os.ftruncate(fd, mmap.PAGESIZE)
        self._status_fd = fd
        self.status = mmap.mmap(fd, mmap.PAGESIZE)
        self.slot: Slot | None = None
        self.units = NOT_SET_UP  # computing units of the slots it is set up for
        self.cores: list[int] = []  # that it is bound to
        self.others: tuple[str, ...] = ()  # nodes of its slots besides the main one
        self.devices: Devices = {}  # that it has for life, once it has some
        self.told: Any = ((), ())  # cores and devices, as far as was reported
        self.pending_setting: tuple[int, dict[str, str]] | None = None
        self.functions: set[int] = set()
        self.arenas: set[int] = {number}
        self.room = Room(self.status, wire.ROOM_AT)
        self.outbox: deque[tuple[bytes, tuple[int, ...]]] = deque()
        self.arena_fd = -1
        self.alive = True
        self.killed = ""  # why we killed it
        self.excuse = ""  # why it could not start, in its own words
        self.cancelling = 0  # the task that it was told to end
        self.news = 0  # datagrams that told it what later ones take for known (`wire.TASKS`)

    @property
    def current_task(self) -> int:
        """Id of the task that it executes, or has just executed and not reported, as it noted itself (0: none)."""
        try:
            number: int = struct.unpack_from("q", self.status, 0)[0]
        except ValueError:  # it has just died, and the page is closed
            return 0
        return number

    @property
    def began(self) -> float:
        """When that task began, in seconds since the epoch, if the run is observed."""
        try:
            time: float = struct.unpack_from("d", self.status, wire.BEGAN_AT)[0]
        except ValueError:
            return 0.0
        return time

    @property
    def output_begins(self) -> tuple[int, int]:
        """Where in its files of standard output and error what that task prints begins, as it noted itself."""
        out, err = struct.unpack_from("qq", self.status, 8)
        return out, err

    @property
    def output_shown(self) -> tuple[int, int]:
        """How far in these files it has told us what is in them (live output)."""
        out, err = struct.unpack_from("qq", self.status, 24)
        return out, err

    @property
    def fds(self) -> tuple[int, ...]:
        """What the new process gets: ends of the sockets, and the status page."""
        return (self.theirs.fileno(), self._their_control.fileno(), self._status_fd)

    def is_on_its_way(self) -> None:
        """The descriptors were sent: those that only the worker needs are closed here."""
        self._their_control.close()
        if self._status_fd >= 0:
            os.close(self._status_fd)
            self._status_fd = -1

    def send(self, message: Any, fds: tuple[int, ...] = ()) -> bool:
        """Send now, or keep in order for later; True when something is left to be sent."""
        data = wire.pack(message)
        if not self.outbox:
            try:
                wire.send(self.sock, data, fds)
            except BlockingIOError:
                pass
            except OSError:
                return False  # it died; the fork server will say so
            else:
                return False
        self.outbox.append((data, fds))
        return True

    def flush(self) -> bool:
        """Send what is left; True when all is sent."""
        while self.outbox:
            try:
                wire.send(self.sock, *self.outbox[0])
            except BlockingIOError:
                return False
            except OSError:
                self.outbox.clear()
                return True
            self.outbox.popleft()
        return True

    def tell(self, message: Any, fds: tuple[int, ...] = ()) -> None:
        """A control message; the caller signals the process if it has to look at once."""
        data = wire.pack(message)
        for _ in range(2):
            try:
                wire.send(self.control, data, fds)
            except BlockingIOError:  # full of messages that it has not looked at: a reply must not get lost
                select.select([], [self.control], [], PATIENCE)
            except OSError:
                return  # it died; the fork server will say so
            else:
                return

    def read_back(self) -> list[tuple[Any, ...]]:
        """Tasks that the worker has not read yet: taken out of its socket."""
        tasks: list[tuple[Any, ...]] = []
        while True:
            try:
                message, fds = wire.receive(self.theirs, socket.MSG_DONTWAIT)
            except (BlockingIOError, wire.Closed, OSError):
                return tasks
            if message[0] == wire.TASKS:
                tasks.extend(message[2])
                self._remember_unsent(message)
            elif message[0] == wire.ARENA:  # it is told again with the next task that needs it
                self.arenas.discard(message[1])
                self.news -= 1
                for fd in fds:
                    os.close(fd)

    def _remember_unsent(self, message: tuple[Any, ...]) -> None:
        _, functions, _, freed, setting, _ = message
        self.news -= bool(functions or setting is not None)
        self.functions.difference_update(number for number, _ in functions)
        for offset, length in freed:
            self.room.free(offset, length)
        if setting is not None:
            self.pending_setting = setting

    def close(self) -> None:
        self.alive = False
        self.is_on_its_way()
        for sock in (self.sock, self.theirs, self.control):
            sock.close()
        self.status.close()
