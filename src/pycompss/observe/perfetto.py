"""Traces for ui.perfetto.dev and chrome://tracing: JSON with slices, arrows for dependencies, and counters."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from pycompss.observe import pcf
from pycompss.observe.executions import Ran
from pycompss.observe.spool import Spool
from pycompss.observe.threads import SIZES, Threads
from pycompss.observe.waits import waits_of

_TRANSFERS = 0  # thread of a node that shows what came to it
_PROGRAM = 0  # process of the program and the counters; node n is process n + 1


class PerfettoTrace(Threads):
    """Writes a trace when it is closed. base: path without ending; dependencies: draw them."""

    def __init__(self, base: str, *, dependencies: bool = True) -> None:
        super().__init__()
        self.base = base
        self._dependencies = dependencies
        self._spool = Spool()
        self._flows = 0
        self._bytes = 0
        self._sizes: dict[str, int] = {}

    def ran(self, run: Ran) -> None:
        where = self._place(run.thread)
        name = self.types.get(run.type, str(run.type))
        details = {"task": run.task, "cpu_ms": round(run.cpu * 1e3, 3), "units": run.need.units}
        self._slice(name, "task", where, run.began, run.ended, details)
        phases = (("arguments", run.began, run.called), ("results", run.returned, run.ended))
        for phase, began, ended in phases:
            if began < ended:
                self._slice(phase, "phase", where, began, ended, {})
        for time, type_, value in run.marks:
            if type_ not in SIZES and type_ != pcf.PHASE:
                self._mark(where, time, type_, value)
        for began, ended in waits_of(run):
            self._slice("wait", "phase", where, began, ended, {})
        self._spool.add(run.began, 2, "+")
        self._spool.add(run.ended, 2, "-")

    def depends(self, producer: tuple[int, int], consumer: Ran) -> None:
        if not self._dependencies:
            return
        self._flows += 1
        place, ended = producer
        common = {"cat": "dependency", "name": "dependency", "id": self._flows}
        self._add(ended, {"ph": "s", **common, **self._place(place)}, shift=-1)
        self._add(max(consumer.began, ended), {"ph": "f", "bp": "e", **common, **self._place(consumer.thread)})

    def waited(self, call: str, began: int, ended: int) -> None:
        self._slice(call, "api", {"pid": _PROGRAM, "tid": 1}, began, ended, {})

    def counted(self, time: int) -> None:
        self._counter(time, "ready tasks", self.ready)

    def streamed(self, time: int) -> None:
        self._counter(time, "items in streams", self.items)

    def moved(self, label: str, size: int, source: int, target: int, began: int, ended: int) -> None:
        details = {"bytes": size, "from": "the program" if source < 0 else self.nodes[source][0]}
        self._slice(label or "a value", "transfer", {"pid": target + 1, "tid": _TRANSFERS}, began, ended, details)

    def marked(self, time: int, type_: int, value: int) -> None:
        self._mark({"pid": _PROGRAM, "tid": 1}, time, type_, value)

    def version_ready(self, time: float, label: str, size: int, _node: str) -> None:
        if size:
            self._sizes[label] = size
            self._hold(time, size)

    def version_freed(self, time: float, label: str) -> None:
        self._hold(time, -self._sizes.pop(label, 0))

    def _hold(self, time: float, change: int) -> None:
        self._bytes += change
        self._counter(self.ns(time), "bytes of values", self._bytes)

    # -- records ------------------------------------------------------------------------------------------------------

    def _place(self, thread: int) -> dict[str, int]:
        worker = self.workers[thread]
        return {"pid": worker.node + 1, "tid": worker.number}

    def _slice(self, name: str, kind: str, where: dict[str, int], began: int, ended: int, args: dict[str, Any]) -> None:
        duration = (ended - began) / 1e3
        self._add(began, {"ph": "X", "name": name, "cat": kind, "dur": duration, **where, "args": args})

    def _mark(self, where: dict[str, int], time: int, type_: int, value: int) -> None:
        name, values = self.own_names.get(type_, (f"event {type_}", {}))
        self._add(time, {"ph": "i", "s": "t", "name": f"{name}: {values.get(value, value)}", "cat": "user", **where})

    def _counter(self, time: int, name: str, value: int) -> None:
        self._add(time, {"ph": "C", "name": name, "pid": _PROGRAM, "args": {"value": value}})

    def _add(self, time: int, record: dict[str, Any], shift: int = 0) -> None:
        self._spool.add(time, 1, json.dumps({"ts": max(0, time + shift) / 1e3, **record}, separators=(",", ":")))

    # -- the file -----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Write the file."""
        os.makedirs(os.path.dirname(self.base), mode=0o700, exist_ok=True)
        with open(f"{self.base}.json", "w", encoding="ascii", newline="\n") as file:
            file.write('{"displayTimeUnit":"ms","traceEvents":[\n')
            file.writelines(f"{line},\n" for line in self._lines())
            file.write('{"ph":"M","name":"process_name","pid":0,"args":{"name":"program"}}\n]}\n')

    def _lines(self) -> Iterator[str]:
        running = 0
        for time, _, text in self._spool.lines():
            if text in "+-":
                running += 1 if text == "+" else -1
                counter = {"ts": time / 1e3, "ph": "C", "name": "running tasks", "pid": _PROGRAM}
                yield json.dumps({**counter, "args": {"value": running}}, separators=(",", ":"))
            else:
                yield text
        yield from (json.dumps(name, separators=(",", ":")) for name in self._names())

    def _names(self) -> Iterator[dict[str, Any]]:
        yield {"ph": "M", "name": "thread_name", "pid": _PROGRAM, "tid": 1, "args": {"name": "main"}}
        yield {"ph": "M", "name": "thread_name", "pid": _PROGRAM, "tid": _TRANSFERS, "args": {"name": "transfers"}}
        for number, (node, _) in enumerate(self.nodes, start=1):
            yield {"ph": "M", "name": "process_name", "pid": number, "args": {"name": node}}
            yield {"ph": "M", "name": "thread_name", "pid": number, "tid": _TRANSFERS, "args": {"name": "transfers"}}
        for thread in range(len(self.workers)):
            where = self._place(thread)
            yield {"ph": "M", "name": "thread_name", **where, "args": {"name": f"worker {where['tid']}"}}
