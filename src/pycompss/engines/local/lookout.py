"""Which sockets have something to say, and who speaks there.

The same as `selectors`, with less Python: a look of theirs runs ten times as much of it as what it finds is worth. So
where the system has epoll, its answer is taken as it is.
"""

from __future__ import annotations

import contextlib
import select
import selectors
from typing import Any, Final

READ: Final = 1  # select.EPOLLIN; an end that is gone counts as readable
WRITE: Final = 4  # select.EPOLLOUT
MOST = 64  # that are told by one look; the next one begins with the others

Ready = list[tuple[int, int]]  # file descriptor, what it is ready for


class EpollLookout:
    """Of Linux."""

    def __init__(self) -> None:
        self.speakers: dict[int, Any] = {}  # by file descriptor
        self._epoll = select.epoll()

    def look(self, seconds: float) -> Ready:
        """What is ready, as soon as anything is, and nothing when time is up; several threads may look."""
        return self._epoll.poll(seconds, MOST)

    def add(self, fd: int, speaker: Any) -> None:
        self.speakers[fd] = speaker
        self._epoll.register(fd, READ)

    def want_write(self, fd: int, *, wanted: bool) -> None:
        """Whether it matters that the socket takes something; one that is gone has it its way."""
        with contextlib.suppress(OSError, ValueError):
            self._epoll.modify(fd, READ | WRITE if wanted else READ)

    def remove(self, fd: int) -> None:
        """The socket is about to be closed; it need not have been added."""
        if self.speakers.pop(fd, None) is not None:
            with contextlib.suppress(OSError, ValueError):
                self._epoll.unregister(fd)

    def close(self) -> None:
        self._epoll.close()


class SelectorLookout:
    """Of all other systems."""

    def __init__(self) -> None:
        self.speakers: dict[int, Any] = {}
        self._selector = selectors.DefaultSelector()

    def look(self, seconds: float) -> Ready:
        return [
            (key.fd, READ * bool(mask & selectors.EVENT_READ) | WRITE * bool(mask & selectors.EVENT_WRITE))
            for key, mask in self._selector.select(seconds)
        ]

    def add(self, fd: int, speaker: Any) -> None:
        self.speakers[fd] = speaker
        self._selector.register(fd, selectors.EVENT_READ)

    def want_write(self, fd: int, *, wanted: bool) -> None:
        with contextlib.suppress(KeyError, ValueError, OSError):
            self._selector.modify(fd, selectors.EVENT_READ | (selectors.EVENT_WRITE if wanted else 0))

    def remove(self, fd: int) -> None:
        if self.speakers.pop(fd, None) is not None:
            with contextlib.suppress(KeyError, ValueError, OSError):
                self._selector.unregister(fd)

    def close(self) -> None:
        self._selector.close()


Lookout = EpollLookout if hasattr(select, "epoll") else SelectorLookout
