"""Streams between tasks that run at the same time: objects, or files that appear in a folder.

A parameter declared `STREAM_OUT` makes a task a producer, `STREAM_IN` a consumer. Neither waits for the other. Who
may still publish is known to the run, so a stream is closed as soon as every producer has closed it or has ended.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import Any

from pycompss.errors import BackendException, RegistrationException
from pycompss.runtime import current
from pycompss.streams.folder import Folder

AT_MOST_ONCE = "AT_MOST_ONCE"
AT_LEAST_ONCE = "AT_LEAST_ONCE"

_MODES = (AT_MOST_ONCE, AT_LEAST_ONCE)
_LOOK_EVERY = 0.05  # seconds between looks into a folder

__all__ = [
    "AT_LEAST_ONCE",
    "AT_MOST_ONCE",
    "BackendException",
    "FileDistroStream",
    "ObjectDistroStream",
    "PscoDistroStream",
    "RegistrationException",
]


class _Stream:
    """What all streams have in common. A stream pickles as its number, so every process has the same one."""

    kind = ""

    def __init__(self, alias: str | None = None, access_mode: str = AT_MOST_ONCE, *, folder: str = "") -> None:
        if access_mode not in _MODES:
            raise RegistrationException(f"access_mode={access_mode!r}: expected AT_MOST_ONCE or AT_LEAST_ONCE")
        if alias is not None and not isinstance(alias, str):
            raise RegistrationException(f"alias={alias!r}: expected a text")
        old = list(Folder(folder).files()) if folder else ()
        calls = current.get().stream_calls
        number, alias, folder, at_least_once = calls.register(
            self.kind, alias or "", folder, access_mode == AT_LEAST_ONCE, old
        )
        self._set(number, alias, folder, _MODES[at_least_once])

    def _set(self, number: int, alias: str, folder: str, access_mode: str) -> None:
        self.stream_id = number
        self.alias = alias or None
        self.base_dir = folder or None
        self.access_mode = access_mode

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.stream_id, self.alias or "", self.base_dir or "", self.access_mode)

    def __repr__(self) -> str:
        name = f" {self.alias!r}" if self.alias else ""
        return f"<{type(self).__name__} {self.stream_id}{name}>"

    def get_stream_id(self) -> int:
        """The number of the stream in its run."""
        return self.stream_id

    def get_stream_alias(self) -> str | None:
        return self.alias

    def get_stream_type(self) -> str:
        """FILES, OBJECTS or PSCOS."""
        return self.kind

    def publish(self, message: Any) -> None:
        """Give one item to the consumers."""
        self.publish_list([message])

    def publish_list(self, messages: Iterable[Any]) -> None:
        """Give several items, in one step. Raises BackendException after this program or task has closed the stream."""
        caller = current.get()
        values = [caller.value_here(message) for message in messages]
        caller.stream_calls.publish(self.stream_id, values, repr(self))

    def poll(self, timeout: float = 200) -> list[Any]:
        """What was published and nobody has got yet; waits for it up to `timeout` milliseconds."""
        items, _ = current.get().stream_calls.poll(self.stream_id, _seconds(timeout), ())
        return list(items)

    def close(self) -> None:
        """Say that this program, or this task, publishes no more."""
        current.get().stream_calls.close(self.stream_id)

    def is_closed(self) -> bool:
        """Whether nobody can publish any more; what was published may still be there to poll."""
        return current.get().stream_calls.is_closed(self.stream_id)


class ObjectDistroStream(_Stream):
    """Objects from producers to consumers; each goes to one of them."""

    kind = "OBJECTS"


class PscoDistroStream(ObjectDistroStream):
    """The same for persistent objects, which travel as any others do."""

    kind = "PSCOS"


class FileDistroStream(_Stream):
    """New files in a folder that producers and consumers share; a program gets the folder as its argument.

    Raises RegistrationException without a folder, unless the alias is that of a stream that has one.
    """

    kind = "FILES"

    def __init__(
        self, alias: str | None = None, base_dir: str | os.PathLike[str] | None = None, access_mode: str = AT_MOST_ONCE
    ) -> None:
        folder = ""
        if base_dir is not None:
            folder = os.path.abspath(os.fspath(base_dir))
            try:
                os.makedirs(folder, exist_ok=True)
            except OSError as error:
                raise RegistrationException(f"base_dir={folder!r} cannot be a folder: {error.strerror}") from None
        super().__init__(alias, access_mode, folder=folder)

    def _set(self, number: int, alias: str, folder: str, access_mode: str) -> None:
        super()._set(number, alias, folder, access_mode)
        self._folder = Folder(folder)
        self._known: set[str] = set()  # files that need no second look

    def __fspath__(self) -> str:
        return self._folder.path

    def publish(self, message: Any) -> None:
        """Nothing: a file is published by being there."""

    def publish_list(self, messages: Iterable[Any]) -> None:
        """Nothing: files are published by being there."""

    def poll(self, timeout: float = 0) -> list[str]:
        """Paths of complete files that nobody has got yet; waits for some up to `timeout` milliseconds."""
        calls = current.get().stream_calls
        until = time.monotonic() + _seconds(timeout)
        while True:
            is_closed = calls.is_closed(self.stream_id)  # before the look: what comes later, nobody writes
            files = self._folder.complete(self._known, everything=is_closed)
            left = until - time.monotonic()
            paths, _ = calls.poll(self.stream_id, min(max(left, 0.0), _LOOK_EVERY), files)
            self._known.update(files)
            if paths or is_closed or left <= 0:
                return list(paths)


def _seconds(milliseconds: float) -> float:
    if milliseconds < 0:
        raise BackendException(f"poll(timeout={milliseconds!r}): expected milliseconds, 0 or more")
    return milliseconds / 1000


def _rebuild(cls: type[_Stream], number: int, alias: str, folder: str, access_mode: str) -> _Stream:
    stream = cls.__new__(cls)
    stream._set(number, alias, folder, access_mode)  # noqa: SLF001  (its own)
    return stream
