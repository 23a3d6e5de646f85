"""Somebody waits: the program, or a task inside a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pycompss.core.invocation import Invocation


class Watch:
    """Counts down; at zero the coordinator says that whoever holds `token` may go on.

    task: the waiting task when it waits inside a worker; its units are lent meanwhile.
    """

    __slots__ = ("count", "done", "task", "token")

    def __init__(self, token: Any, task: Invocation | None = None) -> None:
        self.token = token
        self.task = task
        self.count = 0
        self.done = False
