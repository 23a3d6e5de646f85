"""What the page asks for, as values for JSON."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from itertools import islice
from typing import Any

from pycompss.observe import svg
from pycompss.observe.dot import DotGraph
from pycompss.observe.journalfile import NAME, read
from pycompss.observe.records import ENDED, STAGES, NodeRecord, Stage, TaskRecord, TypeRecord
from pycompss.observe.runview import RunView

MOST_REPEATED = 2_000  # attempts for the timeline
MOST = 20_000  # tasks in one answer; the page asks again for the rest
EXCERPT = 8_000  # bytes of a log
COLUMNS = (
    "id", "type", "stage", "level", "node", "lane", "attempt",
    "created", "started", "ended", "producers", "outcome", "message",
)  # fmt: skip

_LOAD = (Stage.RUNNING, Stage.READY, Stage.WAITING)


def run(view: RunView, since: int, now: float) -> dict[str, Any]:
    """The run as it is `now`, and the tasks that have changed after change `since`."""
    changed = view.changed_since(since, MOST)
    last = view.recent[changed[-1].id] if changed else view.changes
    return {
        "application": os.path.basename(view.application) or "interactive session",
        "began": view.began,
        "now": now,
        "ended": view.ended,
        "state": view.state,
        "exit_code": view.exit_code,
        "stages": [view.stages[stage] for stage in STAGES],
        "retries": view.retries,
        "types": [_type(kind) for kind in view.types.values()],
        "nodes": [{**_node(node), "used": view.used(node)} for node in view.nodes.values()],
        "memory": {
            "stored": view.stored,
            "most": view.most_stored,
            "spilled": view.to_disk,
            "restored": view.from_disk,
        },
        "places": view.places,
        "repeated": list(islice(_repeated(view), MOST_REPEATED)),
        "needs": list(view.needs.values()),
        "load": [*view.load.looks, (now, *(view.stages[stage] for stage in _LOAD))],
        "columns": COLUMNS,
        "tasks": [_row(task) for task in changed],
        "more": last < view.changes,
        "changes": last,
    }


def _repeated(view: RunView) -> Iterator[tuple[object, ...]]:
    """Attempts that failed and were repeated: task, node, lane, began, ended."""
    for task, attempts in view.attempts.items():
        yield from ((task, one.node, one.lane, one.began, one.ended) for one in attempts if one.outcome == "retry")


def _type(kind: TypeRecord) -> dict[str, Any]:
    return {
        "number": kind.number,
        "name": kind.name,
        "stages": [kind.stages[stage] for stage in STAGES],
        "retries": kind.retries,
        "mean": kind.mean,
        "least": kind.least,
        "most": kind.most,
        "total": kind.total,
    }


def _node(node: NodeRecord) -> dict[str, Any]:
    return {
        "name": node.name,
        "units": node.units,
        "memory": node.memory,
        "running": node.running,
        "finished": node.finished,
        "failed": node.failed,
        "busy": node.busy,
        "devices": node.devices,
        "storage": node.storage,
        "gone": node.is_gone,
        "reason": node.reason,
        "tasks": [queue[0].id for queue in node.slots.values()],
    }


def _row(task: TaskRecord) -> list[Any]:
    return [getattr(task, name) for name in COLUMNS]


def task(view: RunView, folder: str, number: int) -> dict[str, Any] | None:
    """Everything about one task; None if there is none."""
    found = view.tasks.get(number)
    if found is None:
        return None
    kind = view.types.get(found.type)
    return {
        **{name: getattr(found, name) for name in (*COLUMNS, "groups", "parent", "cpu", "memory", "seconds", "place")},
        "name": kind.name if kind is not None else "",
        "why": why(view, found),
        "need": view.needs.get(found.need, "") if found.need is not None else "",
        "attempts": view.attempts.get(number, []),
        "followers": list(islice((one.id for one in view.tasks.outlines() if number in one.producers), 50)),
        "logs": _logs(folder, number),
    }


def drawing(view: RunView, *, is_current: bool) -> str:
    """The graph as SVG. is_current: of the tasks that have not ended."""
    return svg.svg(list(view.tasks.unfinished()) if is_current else view.tasks.outlines(), view.types)


def dot(folder: str) -> str:
    """The graph as in `complete_graph.dot`, of the journal as it is now."""
    graph = DotGraph()
    graph.read(read(os.path.join(folder, NAME), lambda _damage: None))
    return graph.text()


def why(view: RunView, found: TaskRecord) -> str:
    """Why a task is where it is, in words."""
    match found.stage:
        case Stage.WAITING:
            open_ = [p for p in found.producers if p in view.tasks and view.tasks[p].stage not in ENDED]
            tasks = ", ".join(f"{p} ({view.tasks[p].stage.name.lower()})" for p in open_[:5])
            if open_:
                return f"waits for data of task {tasks}{', …' * (len(open_) > 5)}"  # noqa: PLR2004
            before = ", ".join(map(str, view.sharers(found.id)[:5]))
            return f"waits for its turn: task {before} changes the same" if before else "waits for the program"
        case Stage.READY:
            need = view.needs.get(found.need, "") if found.need is not None else ""
            where = f"was sent to {found.nodes}, where others are before it" if found.node else "waits for a free place"
            return f"all its data is there; {where}{f' ({need})' if need else ''}"
        case Stage.RUNNING:
            return f"runs on {found.nodes}"
        case Stage.FINISHED:
            return f"finished on {found.nodes}"
        case Stage.FAILED:
            return f"failed on {found.nodes}: {found.message}"
    return f"was cancelled{': ' * bool(found.message)}{found.message}"


def _logs(folder: str, number: int) -> list[dict[str, str]]:
    """The last part of everything that attempts of a task have printed."""
    paths = sorted(glob.glob(os.path.join(glob.escape(folder), "jobs", f"job{number}_*.*")), key=os.path.getmtime)
    return [{"name": os.path.basename(path), "text": text} for path in paths if (text := _tail(path))]


def _tail(path: str) -> str:
    try:
        with open(path, "rb") as file:
            file.seek(max(os.path.getsize(path) - EXCERPT, 0))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
