"""Which task followed which: who read what another has written, told when both have run.

Workers hand results to each other, so a task may be told of before one that it has read. It is held until that one is
known. Of a task that has ended some bytes are kept.
"""

from __future__ import annotations

from array import array

from pycompss.core.events import Reader
from pycompss.observe.executions import Pending, Ran


class Precedence(Reader):
    """Calls `depends` and `followed` as tasks are related; subclasses tell of executions and ends."""

    def __init__(self) -> None:
        self._pending: dict[int, Pending] = {}
        self._ends = array("q")  # by task: ns at which it ended
        self._places = array("l")  # by task: where
        self._held: set[int] = set()  # tasks that were told of before some that they read
        self._awaited: dict[int, list[tuple[Ran, bool]]] = {}  # those, by the task that is missing

    def depends(self, producer: tuple[int, int], consumer: Ran) -> None:
        """A task has read what another has written; producer: thread, time of its end."""

    def followed(self, run: Ran) -> None:
        """All tasks whose results this one has read were told of."""

    def _relate(self, agenda: list[tuple[Ran, bool]]) -> None:
        """Of executions, and whether they are the first of their tasks; all that they read must be known before."""
        while agenda:
            run, is_first = agenda.pop()
            late = next(filter(self._is_late, run.producers), None)
            if late is not None:
                self._held.add(run.task)
                self._awaited.setdefault(late, []).append((run, is_first))
                continue
            self._held.discard(run.task)
            if is_first:
                for producer in sorted(run.producers):
                    if producer < len(self._ends) and self._places[producer] >= 0:
                        self.depends((self._places[producer], self._ends[producer]), run)
            self.followed(run)
            agenda += self._awaited.pop(run.task, ())

    def _is_late(self, producer: int) -> bool:
        """Whether it is told of after a task that has read what it has written (workers hand results to each other)."""
        pending = self._pending.get(producer)
        return (pending is not None and not pending.ran) or producer in self._held

    def _note_end(self, task: int, thread: int, ended: int) -> None:
        missing = task + 1 - len(self._ends)
        if missing > 0:
            self._ends.extend([0] * missing)
            self._places.extend([-1] * missing)
        self._ends[task] = ended
        self._places[task] = thread
