"""The journal on disk: one line of JSON per event, so that `grep`, `jq` and people can read it, too.

The first line is a header that names format, version and the fields of every kind; each further line is
`[kind, time, *fields]`. Lines are handed to the operating system after every drain: when the program is killed, at
most the last line is torn, and `read` ignores it. Format and guarantees: `docs/journal.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pycompss.core.events import FIELDS, Event, Kind

FORMAT = "pycompss journal"
VERSION = 1
_FLAGS = 2 + FIELDS[Kind.TASK_CREATED].index("flags")  # kind and time come first


class JournalFile:
    """A listener that writes events to a file; an existing file is replaced."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file = self.path.open("w", encoding="ascii", newline="\n")
        self._file.write(json.dumps(_header(), separators=(",", ":")) + "\n")
        self._file.flush()

    def read(self, events: Iterable[Event]) -> None:
        """Write `events`; they are with the operating system on return (OSError: disk full, …)."""
        self._file.write("".join([_encode(event) + "\n" for event in events]))
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read(path: str | Path) -> Iterator[Event]:
    """The events of a journal file, in order and as they were recorded; a torn last line is ignored.

    ValueError: not a journal, a version that this release does not know, or a broken line in the middle.
    """
    with Path(path).open("rb") as file:
        _check_header(path, file.readline())
        for number, line in enumerate(file, start=2):
            if not line.endswith(b"\n"):
                return
            yield _decode(path, number, line)


def _header() -> dict[str, Any]:
    kinds = {str(int(kind)): [kind.name, *FIELDS[kind]] for kind in Kind}
    return {"format": FORMAT, "version": VERSION, "kinds": kinds}


def _check_header(path: str | Path, line: bytes) -> None:
    header = _parse(line)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError(f"{path} is not a journal: its first line is not the header of one")
    if header.get("version") != VERSION:
        raise ValueError(f"{path} has journal version {header.get('version')}; this release reads version {VERSION}")


def _decode(path: str | Path, number: int, line: bytes) -> Event:
    values = _parse(line)
    if not isinstance(values, list) or len(values) < 2:  # noqa: PLR2004  (kind and time)
        raise ValueError(f"{path}, line {number}: not an event of a journal")
    if values[0] == Kind.TASK_CREATED and len(values) > _FLAGS:
        values[_FLAGS] = frozenset(values[_FLAGS])
    return tuple([_frozen(value) for value in values])


def _parse(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _frozen(value: Any) -> Any:
    return tuple([_frozen(item) for item in value]) if type(value) is list else value


_encode = json.JSONEncoder(separators=(",", ":"), default=sorted, check_circular=False).encode  # sets become lists
