"""A graph of tasks in rows, small enough to be looked at.

A task stands one row below the lowest of those that it waits for. Where many tasks of one type and stage share a row
they are *folded* into one symbol that tells how many they are, and where there are too many rows, neighbours become
one. So the picture of 100,000 tasks is as readable, and as quickly made, as that of fifty; a small graph is not folded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pycompss.observe.records import Stage, TaskRecord

FOLD = 12  # tasks of one kind in a row, from which on they are folded
WIDEST = 40  # symbols in a row, from which on all kinds are folded
ROWS = 60


@dataclass(slots=True, eq=False)
class Symbol:
    """One task, or several of one type and stage in one row."""

    type: int
    stage: Stage
    row: int
    tasks: list[TaskRecord] = field(default_factory=list)
    place: float = 0.0  # from the left, 0, 1, …


@dataclass(slots=True)
class Picture:
    """Symbols by row, each from left to right, and arrows with the number of dependencies that they stand for."""

    rows: list[list[Symbol]]
    arrows: dict[tuple[int, int], int]  # by `id` of the symbols
    tasks: int
    levels: int

    @property
    def is_folded(self) -> bool:
        return sum(map(len, self.rows)) < self.tasks


def picture(tasks: Iterable[TaskRecord]) -> Picture:
    """The rows of these tasks; dependencies on tasks that are not among them are left out."""
    chosen = list(tasks)
    levels = sorted({task.level for task in chosen})
    per_row = -(-len(levels) // ROWS) or 1
    row_of = {level: index // per_row for index, level in enumerate(levels)}
    rows: list[list[TaskRecord]] = [[] for _ in range(-(-len(levels) // per_row))]
    for task in chosen:
        rows[row_of[task.level]].append(task)
    symbols = [_folded(number, row) for number, row in enumerate(rows)]
    found = Picture(symbols, {}, len(chosen), len(levels))
    _connect(found)
    _order(found)
    return found


def _folded(number: int, tasks: list[TaskRecord]) -> list[Symbol]:
    kinds: dict[tuple[int, Stage], list[TaskRecord]] = {}
    for task in tasks:
        kinds.setdefault((task.type, task.stage), []).append(task)
    limit = 1 if len(tasks) > WIDEST and len(kinds) > WIDEST // FOLD else FOLD
    symbols = []
    for (type_, stage), members in kinds.items():
        groups = [members] if len(members) > limit else [[member] for member in members]
        symbols += [Symbol(type_, stage, number, group) for group in groups]
    return symbols


def _connect(found: Picture) -> None:
    home = {task.id: symbol for row in found.rows for symbol in row for task in symbol.tasks}
    for row in found.rows:
        for symbol in row:
            for task in symbol.tasks:
                for producer in task.producers:
                    tail = home.get(producer)
                    if tail is not None and tail is not symbol:
                        arrow = id(tail), id(symbol)
                        found.arrows[arrow] = found.arrows.get(arrow, 0) + 1


def _order(found: Picture) -> None:
    """Every symbol as near as may be below those that it waits for, so that few arrows cross."""
    before: dict[int, list[int]] = {}
    for tail, head in found.arrows:
        before.setdefault(head, []).append(tail)
    places: dict[int, float] = {}
    for row in found.rows:
        wishes = {
            id(symbol): _mean([places[tail] for tail in before.get(id(symbol), ()) if tail in places]) for symbol in row
        }
        row.sort(key=lambda symbol: (wishes[id(symbol)], symbol.tasks[0].id))
        for index, symbol in enumerate(row):
            symbol.place = index - (len(row) - 1) / 2
            places[id(symbol)] = symbol.place


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0
