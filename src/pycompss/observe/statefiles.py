"""Files that tell how a run stands now: `COMPSs_state.xml` and `current_graph.dot`, rewritten while it goes on.

Tools made for COMPSs read them; people have the monitor's page. Each is replaced as a whole, so that who reads it never
sees half of one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from pycompss.core.events import Event
from pycompss.observe import dottext
from pycompss.observe.records import NodeRecord, Stage, TaskRecord, TypeRecord
from pycompss.observe.runview import RunView

SHARE = 20  # pause after writing, in multiples of what it took
SHOWN = 1000  # tasks in the graph; more would be no picture
_HEADER = dottext.HEADER.replace("  newrank=true;\n", "")


class StateFiles(RunView):
    """Writes into a folder, at most once in `period` seconds. OSError when it cannot."""

    def __init__(self, folder: str, period: float, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(outlines_only=True)
        self._folder = folder
        self._period = period
        self._clock = clock
        self._next = 0.0
        self._is_new = True

    def read(self, events: Iterable[Event]) -> None:
        super().read(events)
        self._is_new = True

    def look(self) -> None:
        """Write what is new, if it is time."""
        start = self._clock()
        if self._is_new and start >= self._next:
            self.close()
            end = self._clock()
            self._next = max(start + self._period, end + SHARE * (end - start))

    def close(self) -> None:
        self._is_new = False
        self._replace("COMPSs_state.xml", state(self))
        self._replace("current_graph.dot", current_graph(self))

    def _replace(self, name: str, pieces: Iterable[str]) -> None:
        path = os.path.join(self._folder, name)
        with open(f"{path}.tmp", "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(pieces)
        os.replace(f"{path}.tmp", path)


# -- COMPSs_state.xml


def state(view: RunView) -> Iterator[str]:
    """The file: counts, types with their times in milliseconds, nodes with what they run."""
    ended = sum(view.stages[stage] for stage in (Stage.FINISHED, Stage.FAILED, Stage.CANCELLED))
    total = len(view.tasks)
    yield '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<COMPSsState>\n  <TasksInfo>\n'
    yield '    <Application id="1">\n'
    yield from _fields(6, TotalCount=total, InProgress=total - ended, Completed=ended)
    yield "    </Application>\n  </TasksInfo>\n  <CoresInfo>\n"
    for type_ in sorted(view.types.values(), key=lambda one: one.number):
        yield from _core(type_)
    yield "  </CoresInfo>\n  <ResourceInfo>\n"
    for node in (node for node in view.nodes.values() if not node.is_gone):
        yield from _resource(node, view)
    yield "  </ResourceInfo>\n  <Statistics>\n    <Statistic>\n"
    yield from _fields(6, Key="Accumulated Cost", Value=0.0)
    yield "    </Statistic>\n  </Statistics>\n</COMPSsState>\n"


def _core(type_: TypeRecord) -> Iterator[str]:
    yield f'    <Core id="{type_.number}">\n      <Impl id="0">\n'
    milliseconds = {
        f"{word}ExecutionTime": round(seconds * 1e3)
        for word, seconds in (("Mean", type_.mean), ("Min", type_.least), ("Max", type_.most))
    }
    yield from _fields(8, Signature=type_.name, **milliseconds, ExecutedCount=type_.stages[Stage.FINISHED])
    yield "      </Impl>\n    </Core>\n"


def _resource(node: NodeRecord, view: RunView) -> Iterator[str]:
    yield f"    <Resource id={quoteattr(_shown(node.name))}>\n"
    units = {f"Total{kind}ComputingUnits": node.devices.get(kind, 0) for kind in ("GPU", "FPGA", "OTHER")}
    memory = round((node.memory or 0) / 2**30, 3)
    yield from _fields(6, TotalCPUComputingUnits=node.units, **units, Memory=memory, Disk=float(node.storage))
    yield from _fields(6, Provider="", Image="", Status="Running")
    yield "      <Actions>\n"
    for queue in node.slots.values():
        for task in queue:
            name = view.types[task.type].name if task.type in view.types else f"type {task.type}"
            yield from _fields(8, Action=f"ExecutionAction ( Task {task.id}, CE name {name})")
    yield "      </Actions>\n    </Resource>\n"


def _fields(indent: int, **values: object) -> Iterator[str]:
    for name, value in values.items():
        yield f"{' ' * indent}<{name}>{escape(_shown(str(value)))}</{name}>\n"


def _shown(text: str) -> str:
    """XML 1.0 has no way to write some characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


# -- current_graph.dot


def current_graph(view: RunView) -> Iterator[str]:
    """Tasks that have not ended, in boxes by what they wait for, and by node."""
    waiting, ready = [], []
    by_node: dict[str, tuple[list[TaskRecord], list[TaskRecord]]] = {name: ([], []) for name in view.nodes}
    shown = _unfinished(view)
    for task in shown:
        if task.stage is Stage.WAITING:
            waiting.append(task)
        elif task.node in by_node:
            by_node[task.node][task.stage is not Stage.RUNNING].append(task)
        else:
            ready.append(task)
    yield _HEADER
    yield from _box("Blocked", "red", [])  # tasks that no node could run are refused when they are called
    yield from _box("No Assigned", "orange", ready)
    yield from _box("Pending", "blue", waiting)
    for number, (name, (running, behind)) in enumerate(by_node.items()):
        yield f'subgraph clusterNode{number} {{\nshape=rect;\ncolor="#A9A9A9";\nlabel="{dottext.label_of(name)}";\n'
        yield from _box("Running", "green", running, str(number))
        yield from _box("Resource Blocked", "red", behind, str(number))
        yield "}\n"
    known = {task.id for task in shown}
    yield from (f"{p} -> {task.id};\n" for task in shown for p in task.producers if p in known)
    left = len(view.tasks) - sum(view.stages[s] for s in (Stage.FINISHED, Stage.FAILED, Stage.CANCELLED)) - len(shown)
    if left > 0:
        yield f'more[shape=plaintext, label="{left} more tasks"];\n'
    yield "  }\n"
    yield from dottext.legend((one.number, one.name) for one in sorted(view.types.values(), key=lambda one: one.number))
    yield "}\n"


def _unfinished(view: RunView) -> list[TaskRecord]:
    """Those that are furthest: that run, are ready, wait; at most `SHOWN`."""
    found: dict[Stage, list[TaskRecord]] = {Stage.RUNNING: [], Stage.READY: [], Stage.WAITING: []}
    for task in view.tasks.unfinished():
        if task.stage in found and len(found[task.stage]) < SHOWN:
            found[task.stage].append(task)
    return (found[Stage.RUNNING] + found[Stage.READY] + found[Stage.WAITING])[:SHOWN]


def _box(label: str, colour: str, tasks: Iterable[TaskRecord], place: str = "") -> Iterator[str]:
    yield f'subgraph cluster{label.replace(" ", "")}{place} {{\nshape=rect;\ncolor={colour};\nlabel="{label}";\n'
    yield from (dottext.node(task.id, task.type, "circle") + "\n" for task in tasks)
    yield "}\n"
