"""Streams in a graph: a grey box each, and dashed edges from its producers and to its consumers."""

from __future__ import annotations

from collections.abc import Iterable

from pycompss.core.parameter import Direction
from pycompss.observe import dottext


class Streams:
    """What is known of streams. Their use is told before the task that uses them is drawn."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self._drawn: set[int] = set()
        self._uses: dict[int, list[str]] = {}  # lines to draw, by task

    def note(self, task: int, stream: int, direction: int) -> None:
        """The task, which comes next, produces for the stream (OUT) or consumes from it."""
        lines = self._uses.setdefault(task, [])
        if stream not in self._drawn:
            self._drawn.add(stream)
            lines.append(dottext.stream(stream, self.names.get(stream, "")))
        lines.append(dottext.stream_edge(stream, task, is_output=direction == Direction.OUT))

    def taken(self, task: int) -> Iterable[str]:
        """The lines to draw now that the task is there."""
        return self._uses.pop(task, ()) if self._uses else ()
