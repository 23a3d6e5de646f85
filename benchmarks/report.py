"""From measurements to the table: medians over rounds, and how far we are from what we want.

A ratio is that of one round, since machines are faster in one minute than in the next; shown is the median of them, and
between which two they all lie.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from rows import OURS, PEERS, ROWS, Row, number

Measured = float | str  # a figure, or why there is none
Round = dict[str, dict[str, Measured]]  # engine -> figure -> measured
Medians = dict[str, dict[str, float]]  # figure -> engine -> median
COLUMNS = ("plain", "hardware", "sketch", "decided", *PEERS, OURS)
BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"


@dataclass(frozen=True)
class Line:
    """A row and what was found: our figure over what it is compared with. ratios: of the rounds that have both."""

    row: Row
    values: dict[str, float]
    failures: dict[str, str]
    ratio: float | None = None
    reference: str = ""
    is_met: bool | None = None
    ratios: tuple[float, ...] = ()


def medians(rounds: Sequence[Round]) -> Medians:
    found: dict[str, dict[str, list[float]]] = {}
    for one in rounds:
        for engine, figures in one.items():
            for figure, measured in figures.items():
                if not isinstance(measured, str):
                    found.setdefault(figure, {}).setdefault(engine, []).append(measured)
    return {
        figure: {engine: statistics.median(values) for engine, values in engines.items()}
        for figure, engines in found.items()
    }


def failures(rounds: Sequence[Round], figure: str) -> dict[str, str]:
    """Engine -> the last reason why this figure, or the workload that it belongs to, was not measured."""
    return {
        engine: measured
        for one in rounds
        for engine, figures in one.items()
        if isinstance(measured := figures.get(figure, figures.get(figure.partition(" ")[0])), str)
    }


def best_peer(row: Row, values: dict[str, float]) -> str:
    measured = [engine for engine in PEERS if engine in values]
    best = max if row.more_is_better else min
    return best(measured, key=values.__getitem__, default="")


def line(row: Row, rounds: Sequence[Round]) -> Line:
    found = medians(rounds)
    values, failed = found.get(row.figure, {}), failures(rounds, row.figure)
    reference = best_peer(row, values) if row.of == "best" else row.of or row.own
    ratios = tuple(_ratios(row, reference, rounds)) if reference else ()
    result = statistics.median(ratios) if ratios else values.get(OURS)
    if result is None or (reference and not ratios):
        return Line(row, values, failed, is_met=False if OURS in failed and row.goal is not None else None)
    is_met = None
    if row.goal is not None and (row.of != "best" or reference):
        is_met = result >= row.goal if row.more_is_better else result <= row.goal
    return Line(row, values, failed, result if reference else None, reference, is_met, ratios)


def _ratios(row: Row, reference: str, rounds: Sequence[Round]) -> Iterator[float]:
    for one in rounds:
        ours = one.get(OURS, {})
        mine, other = ours.get(row.figure), ours.get(row.own) if row.own else one.get(reference, {}).get(row.figure)
        if isinstance(mine, float | int) and isinstance(other, float | int) and other:
            yield mine / other


def lines(rounds: Sequence[Round], rows: Iterable[Row] = ROWS) -> list[Line]:
    """Those rows of which anything was measured, or tried."""
    made = [line(row, rounds) for row in rows]
    return [one for one in made if one.values or one.failures]


def table(found: Sequence[Line]) -> str:
    """Markdown: a line for each row, a column for each engine that measured anything."""
    engines = [engine for engine in COLUMNS if any(engine in one.values or engine in one.failures for one in found)]
    cells = [["workload", "unit", *engines, "ratio", "goal", ""], ["---"] * (len(engines) + 5)]
    cells += [
        [one.row.title, one.row.unit, *(_cell(one, engine) for engine in engines), *_verdict(one)] for one in found
    ]
    return _markdown(cells)


def summary(found: Sequence[Line]) -> str:
    """Markdown: what has a goal, what we reach, and what it is compared with."""
    cells = [["workload", "unit", "here", "compared with", "ratio", "goal", ""], ["---"] * 7]
    for one in found:
        if one.row.goal is None:
            continue
        compared = one.reference or "–"
        if one.reference in one.values and not one.row.own:
            compared += f" {number(one.values[one.reference])}"
        cells.append([one.row.title, one.row.unit, _cell(one, OURS), compared, *_verdict(one)])
    return _markdown(cells)


def _verdict(one: Line) -> list[str]:
    ratio = "–" if one.ratio is None else f"{number(one.ratio)} × {_short(one)}{_spread(one)}"
    return [ratio, one.row.wanted, {True: "✓", False: "✗", None: ""}[one.is_met]]


def _markdown(cells: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def _spread(one: Line) -> str:
    low, high = number(min(one.ratios)), number(max(one.ratios))
    return "" if low == high else f" ({low} to {high})"


def _short(one: Line) -> str:
    return "own" if one.row.own else one.reference


def _cell(one: Line, engine: str) -> str:
    if engine in one.values:
        return number(one.values[engine])
    return "failed" if engine in one.failures else "–"


def failed(found: Sequence[Line]) -> list[str]:
    """What went wrong, once for each engine and reason."""
    told = {(engine, reason): one.row.figure for one in reversed(found) for engine, reason in one.failures.items()}
    return [f"{engine}, {figure}: {reason}" for (engine, reason), figure in reversed(told.items())]


def as_data(found: Sequence[Line]) -> list[dict[str, object]]:
    return [asdict(one) for one in found]


def insert(page: str, text: str) -> str:
    """The page with what stands between the marks replaced."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{text}\n{END}{after}"
