"""What a stream holds, who feeds it, and whether more can come.

Items go to whoever asks first, each to one consumer. A stream is *open* as long as somebody may still publish: the
program, from its first publication until it closes the stream, and every task that was submitted with STREAM_OUT (or
has published), until it closes the stream in its present attempt or ends, however it ends. So a consumer never waits
for a producer that is gone. While the program neither waits nor has closed the stream, it may submit the next
producer: until then, tasks find the stream open.

AT_LEAST_ONCE: what a task has got is kept until the task has ended well; if an attempt fails, it comes back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pycompss.core.task import STATE_ASSIGNED, STATE_DONE, STATE_WAITING

if TYPE_CHECKING:
    from pycompss.core.invocation import Invocation

_RUNNING = (STATE_ASSIGNED, STATE_WAITING)


class Producer:
    """A task that may publish: not once it has closed the stream in this attempt, or has ended."""

    __slots__ = ("closed_in", "has_published", "task")

    def __init__(self, task: Invocation) -> None:
        self.task = task
        self.closed_in = 0  # number of the attempt
        self.has_published = False

    @property
    def is_open(self) -> bool:
        return self.closed_in != self.task.attempt or self.task.state not in _RUNNING


class Stream:
    """One stream of a run. `task` is None where the program itself acts."""

    def __init__(self, number: int, kind: str, alias: str, folder: str, *, at_least_once: bool) -> None:
        self.number = number
        self.kind = kind
        self.alias = alias
        self.folder = folder  # whose files are the items
        self.at_least_once = at_least_once
        self.items: deque[Any] = deque()
        self.seen: set[str] = set()  # files that are no news
        self.program_publishes: bool | None = None  # None: it never has; False: it closed the stream
        self.was_used = False  # somebody could publish once, or closed it: without open producers it is closed
        self._producers: dict[int, Producer] = {}
        self._held: list[tuple[Invocation, int, list[Any]]] = []  # task, attempt, what it got

    def add_producer(self, task: Invocation) -> Producer:
        """A task was submitted that is to publish."""
        self.was_used = True
        return self._producers.setdefault(task.id, Producer(task))

    def publish(self, task: Invocation | None, items: Iterable[Any], *, program_waits: bool) -> bool:
        """Take items in; False if whoever publishes them has closed the stream."""
        if task is None:
            if self.program_publishes is False:
                return False
            self.program_publishes = self.was_used = True
        elif not self._publishes(task, program_waits=program_waits):
            return False
        self.items.extend(items)
        return True

    def _publishes(self, task: Invocation, *, program_waits: bool) -> bool:
        producer = self._producers.get(task.id)
        if producer is None:
            if self.is_closed(program_waits=program_waits):
                return False
            producer = self.add_producer(task)
        producer.has_published = True
        return producer.is_open

    def close(self, task: Invocation | None) -> None:
        """Whoever says this publishes no more."""
        self.was_used = True
        if task is None:
            self.program_publishes = False
        elif task.id in self._producers:
            self._producers[task.id].closed_in = task.attempt

    def is_closed(self, *, program_waits: bool = True) -> bool:
        """Whether nobody is left who could publish. program_waits: it will not submit a producer just now."""
        self._settle()
        may_go_on = self.program_publishes or (self.program_publishes is None and not program_waits)
        return self.was_used and not may_go_on and not any(p.is_open for p in self._producers.values())

    def is_awaited_from_others(self, task: Invocation) -> bool:
        """Whether other tasks that are to publish have not done so: they may need what this one occupies."""
        self._settle()
        return any(p.task is not task and not p.has_published and p.is_open for p in self._producers.values())

    def offer(self, files: Iterable[str]) -> None:
        """Files are there; those that nobody has got yet become items."""
        for path in files:
            if path not in self.seen:
                self.seen.add(path)
                self.items.append(path)

    def take(self, task: Invocation | None) -> Sequence[Any]:
        """Everything that is there; it is nobody else's from now on."""
        self._settle()
        taken = list(self.items)
        self.items.clear()
        if taken and task is not None and self.at_least_once:
            self._held.append((task, task.attempt, taken))
        return taken

    def has_items(self) -> bool:
        self._settle()
        return bool(self.items)

    def _settle(self) -> None:
        """Take notice of tasks that have ended since the last look."""
        ended = [number for number, producer in self._producers.items() if producer.task.state >= STATE_DONE]
        for number in ended:
            del self._producers[number]
        if self._held:
            self._put_back()

    def _put_back(self) -> None:
        held, self._held = self._held, []
        for task, attempt, items in reversed(held):
            if task.state in _RUNNING and task.attempt == attempt:
                self._held.insert(0, (task, attempt, items))
            elif task.state != STATE_DONE or task.attempt != attempt:  # (it may have ended well since)
                self.items.extendleft(reversed(items))
