"""`--output_profile`: how often each type of task was executed and how long that took, as the original writes it.

`--input_profile` of a later run reads it, so that its scheduler knows long tasks from the start.
"""

from __future__ import annotations

import json
import os
from typing import Any

from pycompss.core.events import Reader
from pycompss.observe.records import TypeRecord


class Profile(Reader):
    """Writes the file when it is closed. Times are of the tasks' own code, in milliseconds."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._types: dict[int, TypeRecord] = {}
        self._counts: dict[int, int] = {}
        self._type_of: dict[int, int] = {}  # of tasks that have not ended
        self._nodes: list[str] = []

    def run_started(self, _time: float, _application: str, nodes: tuple[tuple[Any, ...], ...]) -> None:
        self._nodes = [str(node[0]) for node in nodes]

    def node_joined(self, _time: float, node: str, *_what: object) -> None:
        self._nodes.append(node)

    def type_registered(self, _time: float, type_: int, name: str) -> None:
        self._types[type_] = TypeRecord(type_, name)

    def task_created(self, _time: float, task: int, type_: int, *_rest: object) -> None:
        self._type_of[task] = type_

    def task_finished(self, _time: float, task: int, _node: str, _slot: object, _attempt: int, seconds: float) -> None:
        found = self._types.get(self._type_of.pop(task, -1))
        if found is None:
            return
        count = self._counts[found.number] = self._counts.get(found.number, 0) + 1
        found.total += seconds
        found.least = seconds if count == 1 else min(found.least, seconds)
        found.most = max(found.most, seconds)

    def task_cancelled(self, _time: float, task: int) -> None:
        self._type_of.pop(task, None)

    def close(self) -> None:
        """Replace the file as a whole. OSError."""
        implementations = {self._types[type_].name: _times(self._types[type_], n) for type_, n in self._counts.items()}
        nodes: dict[str, dict[str, Any]] = {node: {} for node in self._nodes}
        with open(f"{self._path}.tmp", "w", encoding="utf-8") as file:
            json.dump({"resources": nodes, "implementations": implementations, "cloud": {}}, file, indent=2)
            file.write("\n")
        os.replace(f"{self._path}.tmp", self._path)


def _times(kind: TypeRecord, count: int) -> dict[str, float]:
    seconds = {"minTime": kind.least, "avgTime": kind.total / count, "maxTime": kind.most}
    return {"executions": count, **{name: round(value * 1e3, 3) for name, value in seconds.items()}}


def expected(path: str) -> dict[str, float]:
    """Mean seconds by type of task, of a file that `Profile` wrote. Raises OSError, ValueError."""
    with open(path, encoding="utf-8") as file:
        told = json.load(file)
    try:
        return {name: float(times["avgTime"]) / 1e3 for name, times in told["implementations"].items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"it is no profile of tasks: {error!r}") from None
