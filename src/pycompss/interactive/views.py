"""Graphs and tables of a run, below the cell that asks for them, live as long as the run goes on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from pycompss.interactive import content, watching
from pycompss.interactive.content import Content
from pycompss.interactive.panels import Panel, panels
from pycompss.interactive.watching import Watched
from pycompss.observe.runview import RunView
from pycompss.runtime import current

Section = Callable[[RunView], Content]


def current_task_graph(fit: bool = False, refresh_rate: float = 1, timeout: float = 0, widget: Any = None) -> None:
    """Show the graph of the tasks that have not ended.

    fit: as wide as the page. refresh_rate: seconds between two pictures. timeout: the cell goes on for so many seconds,
    or until the run is over; 0 = it ends at once. widget: of ipywidgets, to draw into.
    """

    def of(view: RunView) -> Content:
        return content.graph(view, list(view.tasks.unfinished()), fit=fit)

    _draw("current_task_graph", of, refresh_rate, timeout, widget)


def complete_task_graph(fit: bool = False, refresh_rate: float = 1, timeout: float = 0, widget: Any = None) -> None:
    """Show the graph of all tasks so far; arguments as in `current_task_graph`."""

    def of(view: RunView) -> Content:
        return content.graph(view, view.tasks.outlines(), fit=fit)

    _draw("complete_task_graph", of, refresh_rate, timeout, widget)


def tasks_info() -> None:
    """Show the types of tasks and how long they take."""
    _monitor("tasks_info", content.types)


def tasks_status() -> None:
    """Show how many tasks are at which stage."""
    _monitor("tasks_status", content.stages)


def statistics() -> None:
    """Show the run in numbers."""
    _monitor("statistics", content.numbers)


def resources_status() -> None:
    """Show the nodes and their load."""
    _monitor("resources_status", content.nodes)


def progress() -> None:
    """Show a bar that tells how far the tasks are."""
    watched = watching.latest
    if watched is None:
        watching.monitored()  # says why
    else:
        _panel("progress", watched, content.progress, watched.period or 0.5)


def monitor_address() -> str | None:
    """The address of the run's page, which a browser on this machine shows; None if there is none."""
    folder = getattr(current.peek(), "folder", None)
    if folder is None:  # no runtime, or one that runs tasks in sequence
        return None
    try:
        with open(os.path.join(folder.path, "monitor", "address"), encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return None


def monitoring_information() -> None:
    """Show everything about the run."""
    _monitor(
        "monitoring_information",
        lambda view: content.progress(view) + content.types(view) + content.nodes(view) + content.numbers(view),
    )


def _monitor(kind: str, section: Section) -> None:
    watched = watching.monitored()
    if watched is not None:
        _panel(kind, watched, section, watched.period)


def _draw(kind: str, section: Section, period: float, timeout: float, widget: Any) -> None:
    watched = watching.drawn()
    if watched is None:
        return
    _panel(kind, watched, section, period, widget)
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and not watched.is_over:
        time.sleep(min(period, max(deadline - time.monotonic(), 0)))


def _panel(kind: str, watched: Watched, section: Section, period: float, widget: Any = None) -> None:
    def draw() -> Content:
        with watched.look() as view:
            return section(view)

    panel = Panel(kind, watched, draw, period)
    panel.show(widget)
    panels.add(panel)
