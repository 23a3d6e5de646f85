"""`@IO()`: the task uses no computing units."""  # noqa: N999  (path given by the programming model)

from __future__ import annotations

from pycompss.api.kind import KindOfTask
from pycompss.core.task import Definition


class IO(KindOfTask):
    """The task waits for disks or networks: it takes no core but an I/O executor, beside tasks that compute."""

    name = "IO"
    is_body = False

    def note(self, definition: Definition) -> None:
        definition.is_io = True
        definition.requirements = None


io = IO

__all__ = ["IO", "io"]
