"""A graph of tasks in rows, small enough to be looked at.

A task stands one row below the lowest of those that it waits for. Where many tasks of one type and stage share a row
they are *folded* into one symbol that tells how many they are, and where there are too many rows, neighbours become
one. So the picture of 100,000 tasks is as readable, and as quickly made, as that of fifty; a small graph is not folded.

Tasks are gone through three times (which kinds there are, who is where, who waits for whom), so that a million need not
be remembered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from pycompss.observe.columns import Column
from pycompss.observe.records import Stage

FOLD = 12  # tasks of one kind in a row, from which on they are folded
WIDEST = 40  # symbols in a row, from which on all kinds are folded
ROWS = 60

Kind = tuple[int, int, Stage]  # row, type, stage


class Drawn(Protocol):
    """What is known of a task."""

    @property
    def id(self) -> int: ...
    @property
    def type(self) -> int: ...
    @property
    def stage(self) -> Stage: ...
    @property
    def level(self) -> int: ...
    @property
    def producers(self) -> tuple[int, ...]: ...


@dataclass(slots=True, eq=False)
class Symbol:
    """One task, or several of one type and stage in one row."""

    type: int
    stage: Stage
    row: int
    first: int  # the first task
    count: int = 0
    place: float = 0.0  # from the left, 0, 1, …


@dataclass(slots=True)
class Picture:
    """Symbols by row, each from left to right, and arrows with the number of dependencies that they stand for."""

    rows: list[list[Symbol]]
    arrows: dict[tuple[int, int], int]  # by `id` of the symbols
    tasks: int
    levels: int


def picture(tasks: Iterable[Drawn]) -> Picture:
    """The rows of these tasks; dependencies on tasks that are not among them are left out."""
    by_level = Counter((task.level, task.type, task.stage) for task in tasks)
    levels = sorted({level for level, _, _ in by_level})
    per_row = -(-len(levels) // ROWS) or 1
    row_of = {level: index // per_row for index, level in enumerate(levels)}
    kinds: Counter[Kind] = Counter()
    for (level, type_, stage), count in by_level.items():
        kinds[row_of[level], type_, stage] += count
    symbols, home = _symbols(tasks, row_of, _folded(kinds))
    rows: list[list[Symbol]] = [[] for _ in range(-(-len(levels) // per_row))]
    for symbol in symbols:
        rows[symbol.row].append(symbol)
    found = Picture(rows, _arrows(tasks, symbols, home), kinds.total(), len(levels))
    _order(found)
    return found


def _folded(kinds: Counter[Kind]) -> set[Kind]:
    """Kinds whose tasks are one symbol."""
    widths: Counter[int] = Counter()
    variety: Counter[int] = Counter()
    for (row, _, _), count in kinds.items():
        widths[row] += count
        variety[row] += 1
    crowded = {row for row, width in widths.items() if width > WIDEST and variety[row] > WIDEST // FOLD}
    return {kind for kind, count in kinds.items() if count > (1 if kind[0] in crowded else FOLD)}


def _symbols(tasks: Iterable[Drawn], row_of: dict[int, int], folded: set[Kind]) -> tuple[list[Symbol], Column]:
    """All symbols, and by task the position of its own."""
    symbols: list[Symbol] = []
    home = Column(-1)
    positions: dict[Kind, int] = {}
    for task in tasks:
        kind = row_of[task.level], task.type, task.stage
        position = positions.get(kind, -1)
        if position < 0:
            position = len(symbols)
            symbols.append(Symbol(task.type, task.stage, kind[0], task.id))
            if kind in folded:
                positions[kind] = position
        symbols[position].count += 1
        home[task.id] = position
    return symbols, home


def _arrows(tasks: Iterable[Drawn], symbols: list[Symbol], home: Column) -> dict[tuple[int, int], int]:
    counts: dict[tuple[int, int], int] = {}
    for task in tasks:
        head = home[task.id]
        for producer in task.producers:
            tail = home[producer]
            if tail not in (-1, head):
                counts[tail, head] = counts.get((tail, head), 0) + 1
    return {(id(symbols[tail]), id(symbols[head])): count for (tail, head), count in counts.items()}


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
        row.sort(key=lambda symbol: (wishes[id(symbol)], symbol.first))
        for index, symbol in enumerate(row):
            symbol.place = index - (len(row) - 1) / 2
            places[id(symbol)] = symbol.place


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0
