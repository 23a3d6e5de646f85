"""The journal on disk: a header that explains the rest, then frames of events.

Writing must cost next to nothing while tasks of microseconds run, so a frame is a list of events as `marshal` writes
it, some twenty times faster than JSON. Each frame begins with a mark, its length and a checksum: a torn end is
recognised, and after damage reading goes on with the next frame. Frames are handed to the operating system after
every drain. Format and guarantees: `docs/journal.md`.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import marshal
import os
import struct
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycompss.core.events import FIELDS, NAMES, Event, Kind
from pycompss.observe.translation import translation
from pycompss.observe.unpacking import Unpacker

if TYPE_CHECKING:
    from typing_extensions import Self

NAME = "journal.events"  # in the folder of a run
FORMAT = "pycompss journal"
VERSION = 3
READABLE = (2, VERSION)  # 2 had no packed events
LONGEST = 2_000  # events of a frame
_MARSHAL = 4  # version of that format, which every Python since 3.4 reads: what occurs again is only referred to
_NUMBERS = 2  # one that looks for nothing that occurs again, so that columns of numbers take half as long
_MARK = b"\nEVT"
_HEAD = struct.Struct("<4sII")  # mark, length, CRC-32
_PART = 1 << 20  # bytes read at a time
_CREATED = Kind.TASK_CREATED

if sys.version_info >= (3, 13):
    _loads = partial(marshal.loads, allow_code=False)
else:
    _loads = marshal.loads


class JournalFile:
    """A listener that writes events to a file; an existing file is replaced."""

    takes_packed = True

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file = self.path.open("wb")
        with contextlib.suppress(OSError):  # some file systems have no locks
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # tells readers that the program is alive
        self._file.write(json.dumps(_header(), separators=(",", ":")).encode("ascii") + b"\n")
        self._file.flush()

    def read(self, events: list[Event]) -> None:
        """Write `events`; they are with the operating system on return (OSError, with the name: disk full, …)."""
        try:
            for start in range(0, len(events), LONGEST):
                data = _dumped(events[start : start + LONGEST])
                self._file.write(_HEAD.pack(_MARK, len(data), zlib.crc32(data)))
                self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from None

    def close(self) -> None:
        self._file.close()


class Follower:
    """Reads a journal, also while it grows: every `events` gives what is new. Closed by `close`, or by `with`.

    ValueError: not a journal, or one that this release cannot read. What is damaged is skipped and told `complain`.
    """

    def __init__(self, path: str | Path, complain: Callable[[str], object] | None = None) -> None:
        self.path = Path(path)
        self._complain = complain or _raise
        self._file = self.path.open("rb")
        try:
            self.header = self._read_header()
        except ValueError:
            self._file.close()
            raise
        self._translate = translation(self.header["kinds"])
        self._unpacker = Unpacker()
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def is_written(self) -> bool:
        """Whether the program that writes it is alive; where nobody can tell: yes."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False

    def events(self) -> Iterator[Event]:
        """What was written since the last time; half a frame at the end is left for later."""
        while True:
            part = self._file.read(_PART)
            if not part:
                return
            self._rest += part
            for frame in self._frames():
                yield from self._unpacker.unpacked(map(self._translate, frame) if self._translate else frame)

    def _frames(self) -> Iterator[list[Event]]:
        """All whole frames of what was read."""
        data, position = self._rest, 0
        while len(data) - position >= _HEAD.size:
            mark, length, checksum = _HEAD.unpack_from(data, position)
            end = position + _HEAD.size + length
            if mark == _MARK and end > len(data) and length < _PART * 64:
                break
            payload = data[position + _HEAD.size : end]
            if mark == _MARK and zlib.crc32(payload) == checksum:
                yield _loads(payload)
                position = end
            else:
                position = self._skip(data, position)
        self._rest = data[position:]

    def _skip(self, data: bytes, position: int) -> int:
        """Where the next frame may begin."""
        found = data.find(_MARK, position + 1)
        where = self._file.tell() - len(data) + position
        self._complain(f"{self.path} is damaged at byte {where}; what can be read of the rest is shown")
        return found if found >= 0 else len(data)

    def _read_header(self) -> dict[str, Any]:
        try:
            header = json.loads(self._file.readline(_PART))
        except ValueError:
            header = None
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise ValueError(f"{self.path} is not a journal: its first line is not the header of one")
        version = header.get("version")
        if version not in READABLE or not isinstance(header.get("kinds"), dict):
            raise ValueError(f"{self.path} has journal version {version}; this release reads versions {_known()}")
        return header


def read(path: str | Path, complain: Callable[[str], object] | None = None) -> Iterator[Event]:
    """The events of a journal file, in order and as they were recorded; a torn end is ignored.

    ValueError: not a journal, a version that this release does not know, or damage, unless `complain` is there to be
    told; then what is not damaged is read.
    """
    with Follower(path, complain) as follower:
        yield from follower.events()


def has_end(path: str | Path) -> bool:
    """Whether the run has ended in order; looks at the last frame only. OSError."""
    with open(path, "rb") as file:
        file.seek(max(os.path.getsize(path) - _PART, 0))
        tail = file.read()
    start = tail.rfind(_MARK)
    if start < 0 or len(tail) - start < _HEAD.size:
        return False
    payload = tail[start + _HEAD.size :]
    _, _, checksum = _HEAD.unpack_from(tail, start)
    return checksum == zlib.crc32(payload) and bool(_loads(payload)[-1][0] == Kind.RUN_ENDED)


def _known() -> str:
    return " and ".join(map(str, READABLE))


def _header() -> dict[str, Any]:
    kinds = {str(kind): [NAMES[kind], *fields] for kind, fields in FIELDS.items()}
    return {"format": FORMAT, "version": VERSION, "kinds": kinds}


def _dumped(events: list[Event]) -> bytes:
    is_wordy = any(event[0] == _CREATED for event in events)  # names, lines of the program
    try:
        return marshal.dumps(events, _MARSHAL if is_wordy else _NUMBERS)
    except ValueError:  # a subclass of a plain type is among them
        return marshal.dumps([_plain(event) for event in events], _MARSHAL)


def _plain(value: Any) -> Any:
    """The same of the types that `marshal` takes."""
    if isinstance(value, (tuple, list)):
        return tuple(map(_plain, value))
    if isinstance(value, (set, frozenset)):
        return frozenset(map(_plain, value))
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value if value is None else str(value)


def _raise(message: str) -> None:
    raise ValueError(message)


def lines(events: Iterable[Event]) -> Iterator[str]:
    """Events as lines of JSON, for other programs."""
    encode = json.JSONEncoder(separators=(",", ":"), default=sorted, check_circular=False).encode  # sets: lists
    for event in events:
        yield encode([NAMES.get(event[0], event[0]), *event[1:]])
