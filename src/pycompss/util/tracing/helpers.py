"""Events of your own in traces: in the program and in tasks, without Extrae.

`event(9100000, 3)` says that the third something begins, `event(9100000, 0)` that it has ended; `with EventMaster(3):`
does both. `name_events` gives type and values words. Where nobody looks at the run, they do nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from pycompss.runtime import marks

if TYPE_CHECKING:
    from typing_extensions import Self


class EventMaster:
    """A stretch of the program, or of a task, with a number."""

    __slots__ = ("event_id",)

    def __init__(self, event_id: int) -> None:
        self.event_id = event_id

    def __enter__(self) -> Self:
        marks.emit(marks.USUAL_TYPE, self.event_id)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """The stretch ends."""
        marks.emit(marks.USUAL_TYPE, 0)


def event(type: int, value: int) -> None:
    """Something begins (value 0: ends). type: from 8000051 on; 9100000 is the usual one."""
    marks.emit(type, value)


def eventandcounters(type: int, value: int) -> None:
    """The same as `event`: there are no hardware counters here."""
    marks.emit(type, value)


def name_events(type: int, name: str, values: Mapping[int, str] | None = None) -> None:
    """What traces call a type of event, and its values; to be said in the program, not in tasks."""
    marks.name(type, name, values or {})


__all__ = ["EventMaster", "event", "eventandcounters", "name_events"]
