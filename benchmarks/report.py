"""From measurements to tables: medians over rounds, and how far we are from what we want."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from workloads import WORKLOADS, Workload

Rounds = list[dict[str, dict[str, float]]]  # engine -> workload -> measured, for each round
OURS = "pycompss"
_PACKAGES = ("numpy", "distributed", "ray")
BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"


def ratio(workload: Workload, ours: float, theirs: float) -> float:
    """How many times better we are."""
    return ours / theirs if workload.more_is_better else theirs / ours


def medians(rounds: Rounds) -> dict[str, dict[str, float]]:
    """Workload -> engine -> median."""
    found: dict[str, dict[str, list[float]]] = {}
    for one in rounds:
        for engine, results in one.items():
            for name, measured in results.items():
                found.setdefault(name, {}).setdefault(engine, []).append(measured)
    return {
        name: {engine: statistics.median(values) for engine, values in engines.items()}
        for name, engines in found.items()
    }


def peer_of(workload: Workload, line: dict[str, float]) -> str:
    """The engine that the goal names; "" if it was not measured."""
    if workload.peer != "best":
        return workload.peer if workload.peer in line else ""
    others = [engine for engine in line if engine not in (OURS, "plain")]
    best = max if workload.more_is_better else min
    return best(others, key=line.__getitem__, default="")


def summary(rounds: Rounds) -> dict[str, dict[str, Any]]:
    """For each workload the medians, the peer, the ratio to it, and whether that is what we want."""
    lines: dict[str, dict[str, Any]] = {}
    for name, line in medians(rounds).items():
        workload = WORKLOADS[name]
        peer = peer_of(workload, line)
        times = ratio(workload, line[OURS], line[peer]) if peer and OURS in line else None
        is_met = None if times is None else times >= workload.goal
        lines[name] = {
            "unit": workload.unit,
            **line,
            "peer": peer,
            "ratio": times,
            "goal": workload.goal,
            "met": is_met,
        }
    return lines


def table(lines: dict[str, dict[str, Any]], engines: Iterable[str]) -> str:
    """Markdown, one line a workload; ratios above 1 mean that we are better."""
    engines = list(engines)
    rows = [["workload", "unit", *engines, "times better than", "wanted"]]
    for name, line in lines.items():
        numbers = [_number(line[engine]) if engine in line else "–" for engine in engines]
        against = f"{line['ratio']:.2f} × {line['peer']}" if line["ratio"] is not None else "–"
        wanted = "–" if line["met"] is None else f"{line['goal']:.2f} {'✓' if line['met'] else '✗'}"
        rows.append([f"{name} {WORKLOADS[name].title}", line["unit"], *numbers, against, wanted])
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "system": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def insert(page: str, text: str) -> str:
    """The page with what stands between the marks replaced."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{text}\n{END}{after}"
