"""`OT`: questions about the objects that tasks know, for test programs."""

from __future__ import annotations

from typing import Any

from pycompss.runtime import current
from pycompss.runtime.future import Future
from pycompss.runtime.objects import Entry, ObjectTable


class ObjectTracker:
    """Answers from the table of this process's caller; in sequential mode nothing is tracked."""

    def is_tracked(self, obj: Any) -> bool:
        """Whether the runtime has a datum for this very object."""
        return isinstance(obj, Future) or _entry(obj) is not None

    def get_object_id(self, obj: Any) -> str:
        """A text that names the object as long as it is tracked; empty if it is not."""
        return f"{id(obj):x}" if self.is_tracked(obj) else ""

    def pending_to_synchronize(self, obj: Any) -> bool:
        """Whether the value that tasks gave it is still to be fetched (`compss_wait_on`)."""
        if isinstance(obj, Future):
            return not obj.is_known()
        entry = _entry(obj)
        return entry is not None and entry.written


def _entry(obj: Any) -> Entry | None:
    table: ObjectTable | None = getattr(current.peek(), "table", None)
    entry = table.find(obj) if table is not None else None
    return None if entry is None or entry.synchronised else entry


OT = ObjectTracker()

__all__ = ["OT"]
