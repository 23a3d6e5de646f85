"""`pycompss trace-report` in text."""

from __future__ import annotations

from collections.abc import Iterator

from pycompss.observe.analysis import Figures


def shares(figures: Figures) -> list[tuple[str, float]]:
    """What all units' time went into, as fractions of it."""
    whole = figures.units * figures.span or 1.0
    parts = [("code of tasks", figures.useful), ("arguments and results", figures.overhead), *figures.idle.items()]
    return [(name, seconds / whole) for name, seconds in parts]


def headline(figures: Figures) -> list[tuple[str, str]]:
    """The figures that matter most, in words."""
    executions = sum(kind.count for kind in figures.types)
    bound = figures.critical / figures.span if figures.span else 0.0
    return [
        ("executions of tasks", f"{executions}"),
        ("computing units", f"{figures.units}"),
        ("from the first call to the end of the last task", f"{figures.span:.3f} s"),
        ("parallel efficiency", f"{figures.efficiency:.1%}"),
        ("load balance of the workers", f"{figures.balance:.1%}"),
        ("critical path", f"{figures.critical:.3f} s, {bound:.1%} of the time"),
        ("the program waited", f"{figures.waited:.3f} s"),
    ]


def lines(figures: Figures) -> Iterator[str]:
    """The report."""
    yield f"Run of {figures.application} on {', '.join(f'{name} ({units})' for name, units in figures.nodes)}"
    yield ""
    for name, value in headline(figures):
        yield f"  {name:<50}{value}"
    yield ""
    yield "Where the time of all computing units went"
    for name, share in shares(figures):
        yield f"  {name:<26}{share:>7.1%}  {'█' * round(40 * share)}"
    yield ""
    yield f"  {'type of task':<36}{'count':>9}{'total s':>11}{'mean ms':>11}{'min ms':>11}{'max ms':>11}{'CPU s':>10}"
    for kind in figures.types:
        mean = kind.total / kind.count * 1e3
        times = f"{kind.total:>11.3f}{mean:>11.3f}{kind.least * 1e3:>11.3f}{kind.most * 1e3:>11.3f}{kind.cpu:>10.3f}"
        yield f"  {kind.name[-36:]:<36}{kind.count:>9}{times}"
    yield ""
    yield "Critical path: " + " + ".join(f"{count} x {name}" for name, count in figures.path)
