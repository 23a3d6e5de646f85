"""`%load_ext pycompss`, then `%compss status`, `%compss tasks`, … ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pycompss.interactive import views, watching
from pycompss.runtime import current
from pycompss.runtime.stopped import StoppedCaller


def status() -> None:
    """One line: how many tasks are in which state."""
    caller = current.peek()
    if caller is None or isinstance(caller, StoppedCaller):
        print("The runtime is not running; start it with ipycompss.start()")
        return
    if not hasattr(caller, "statistics"):
        print(watching.IN_SEQUENCE)
        return
    counts = caller.statistics()
    print(
        f"{counts.total} tasks: {counts.done} done, {counts.running} running, {counts.waiting} waiting, "
        f"{counts.failed} failed, {counts.cancelled} cancelled; {counts.seconds:.1f} s since the start"
    )


WORDS: dict[str, Callable[[], None]] = {
    "status": status,
    "tasks": views.tasks_info,
    "graph": views.complete_task_graph,
    "current": views.current_task_graph,
    "resources": views.resources_status,
    "statistics": views.statistics,
    "progress": views.progress,
}


def compss(line: str) -> None:
    """%compss status|tasks|graph|current|resources|statistics|progress."""
    word = line.strip() or "status"
    if word in WORDS:
        WORDS[word]()
    else:
        print(f"%compss {word}: expected one of {', '.join(WORDS)}")


def load(ipython: Any) -> None:
    """Give the magic to a shell."""
    ipython.register_magic_function(compss, "line", "compss")
    ipython.set_hook("complete_command", lambda _self, _event: list(WORDS), str_key="%compss")
