"""One execution of a task, as traces show it: what it asked for, where it was, and when it did what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Need(NamedTuple):
    """What a task asks of a node."""

    units: int = 1
    memory: int = 0  # bytes
    gpus: int = 0
    bandwidth: float = 0.0


USUAL = Need()


class Ran(NamedTuple):
    """One execution of a task. Times in ns since the beginning of the run; thread: position in `Threads.workers`."""

    task: int
    type: int
    need: Need
    thread: int
    began: int
    called: int
    returned: int
    ended: int
    cpu: float
    marks: tuple[tuple[int, int, int], ...]
    created: int  # when the program called it
    ready: int  # when it was ready, or was sent to where what it reads was yet to be made
    producers: tuple[int, ...]  # tasks that wrote what it read
    cores: tuple[int, ...] = ()  # that it was bound to
    gpus: tuple[int, ...] = ()


@dataclass(slots=True)
class Pending:
    """What is known of a task that has not ended."""

    type: int
    need: Need
    producers: tuple[int, ...]
    created: int
    ready: int = -1  # since when it waits for a worker
    was_ready: int = 0
    ran: bool = False
    polls: tuple[tuple[int, int, int], ...] = ()  # marks of its present attempt


def in_order(*times: int) -> tuple[int, int, int, int]:
    """Times after the first, none before its neighbour: a step of the clock makes nothing run backwards.

    A task that is shorter than the clock can tell (seconds since the epoch are known to a quarter of a microsecond)
    takes a nanosecond: without a length no trace could show it, and tasks would be missing.
    """
    free, began, called, returned, ended = times
    began = max(began, free)
    called = max(called, began)
    returned = max(returned, called)
    ended = max(ended, returned)
    if began == ended:
        return began, called, returned + 1, ended + 1
    return began, called, returned, ended
