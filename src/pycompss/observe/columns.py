"""Numbers by task, in arrays: what is remembered of a million tasks must not be a million dictionaries' entries."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

FAR = 1 << 20  # a number of a task that is so much beyond all others is kept by itself: it may be damage
_SLACK = 10_000


class Column:
    """Integers by number of a task; `default` where there is none."""

    def __init__(self, default: int) -> None:
        self._default = default
        self._numbers = array("q")
        self._far: dict[int, int] = {}

    def __getitem__(self, task: int) -> int:
        if 0 <= task < len(self._numbers) and not (self._far and task in self._far):
            return self._numbers[task]
        return self._far.get(task, self._default)

    def __setitem__(self, task: int, value: int) -> None:
        missing = task + 1 - len(self._numbers)
        if task < 0 or missing > FAR or (self._far and task in self._far):
            self._far[task] = value
            return
        if missing > 0:
            self._numbers.extend([self._default] * missing)
        self._numbers[task] = value

    def items(self) -> Iterator[tuple[int, int]]:
        """In order of tasks, those by themselves last."""
        yield from ((task, value) for task, value in enumerate(self._numbers) if value != self._default)
        yield from ((task, value) for task, value in sorted(self._far.items()) if value != self._default)


class Changes:
    """Which tasks have changed, in that order; each change has a number, from 1."""

    def __init__(self) -> None:
        self.count = 0
        self._last = Column(0)  # number of the last change, by task
        self._known = 0
        self._numbers = array("q")
        self._tasks = array("q")

    def __getitem__(self, task: int) -> int:
        """The number of its last change; 0: it has none."""
        return self._last[task]

    def note(self, task: int) -> None:
        self.count += 1
        if not self._last[task]:
            self._known += 1
        self._last[task] = self.count
        self._numbers.append(self.count)
        self._tasks.append(task)
        if len(self._numbers) > 2 * self._known + _SLACK:
            self._forget_earlier_ones()

    def _forget_earlier_ones(self) -> None:
        numbers, tasks = array("q"), array("q")
        for number, task in self._all(0):
            if self._last[task] == number:
                numbers.append(number)
                tasks.append(task)
        self._numbers, self._tasks = numbers, tasks

    def since(self, number: int) -> Iterator[int]:
        """Tasks that have changed after that change, each once, the earliest first."""
        return (task for at, task in self._all(bisect_right(self._numbers, number)) if self._last[task] == at)

    def _all(self, start: int) -> Iterator[tuple[int, int]]:
        return ((self._numbers[index], self._tasks[index]) for index in range(start, len(self._numbers)))
