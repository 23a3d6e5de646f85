"""Events in words: a line for each, as `pycompss log` shows them."""

from __future__ import annotations

from collections.abc import Callable
from time import localtime, strftime
from typing import Any

from pycompss.core.events import Reader
from pycompss.core.parameter import Direction

Say = Callable[[float, str, "int | None", str], object]  # time, word for filters, task, text


class Wording(Reader):
    """Says what happens: `say(time, word, task, text)`. word: what filters ask for (`pycompss log --only`)."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._types: dict[int, str] = {}
        self._of: dict[int, int] = {}  # type of tasks that have not ended

    def _task(self, time: float, word: str, task: int, what: str) -> None:
        name = self._types.get(self._of.get(task, -1), "?")
        self._say(time, word, task, f"task {task} ({name}) {what}")

    def run_started(self, time: float, application: str, nodes: tuple[Any, ...]) -> None:
        where = ", ".join(f"{node} ({units} computing units)" for node, units, *_ in nodes)
        self._say(time, "run", None, f"run of {application} on {where}")

    def node_joined(self, time: float, node: str, units: int, *_what: object) -> None:
        self._say(time, "node", None, f"node {node} ({units} computing units) joins")

    def node_left(self, time: float, node: str, reason: str) -> None:
        self._say(time, "node", None, f"node {node} was lost: {reason}" if reason else f"node {node} leaves")

    def stream_opened(self, time: float, stream: int, type_: str, alias: str, folder: str) -> None:
        name = f" {alias}" if alias else ""
        self._say(time, "stream", None, f"stream {stream}{name} of {type_} is there{' for ' * bool(folder)}{folder}")

    def stream_used(self, time: float, task: int, stream: int, direction: int) -> None:
        what = "writes to" if direction == Direction.OUT.value else "reads from"
        self._say(time, "stream", task, f"task {task} {what} stream {stream}")

    def run_ended(self, time: float, exit_code: int) -> None:
        self._say(time, "run", None, f"run ended with exit code {exit_code}")

    def type_registered(self, _time: float, type_: int, name: str) -> None:
        self._types[type_] = name

    def task_created(
        self, time: float, task: int, type_: int, accesses: Any, writes: Any, groups: Any, _shared: Any, *rest: Any
    ) -> None:
        self._of[task] = type_
        reads = ", ".join(f"{label}" for _, _, label, *_ in accesses if label)
        parts = [f"reads {reads}" if reads else "", f"writes {', '.join(writes)}" if writes else ""]
        parts += [f"in {' > '.join(groups)}" if groups else "", f"called at {_place(rest[-1])}" if rest[-1] else ""]
        self._task(time, "created", task, "; ".join(["created", *filter(None, parts)]))

    def task_ready(self, time: float, task: int) -> None:
        self._task(time, "ready", task, "is ready")

    def task_assigned(self, time: float, task: int, node: str, slot: int, attempt: int) -> None:
        self._task(time, "sent", task, f"is sent to {node}, slot {slot}, attempt {attempt}")

    def task_spread(self, time: float, task: int, nodes: tuple[str, ...]) -> None:
        self._task(time, "sent", task, f"has {', '.join(nodes)}")

    def task_returned(self, time: float, task: int) -> None:
        self._task(time, "returned", task, "comes back without having begun")

    def task_started(self, time: float, task: int, node: str, *_rest: object) -> None:
        self._task(time, "running", task, f"runs on {node}")

    def task_ran(
        self,
        ended: float,
        node: str,
        _slot: int,
        worker: int,
        task: int,
        began: float,
        called: float,
        returned: float,
        _ended: float,
        cpu: float,
        memory: int | None,
        *_rest: object,
    ) -> None:
        used = f", {cpu:.3f} s of processor time" + (f", {memory / 1e6:.0f} MB" if memory else "")
        parts = f"{called - began:.6f} + {returned - called:.6f} + {ended - returned:.6f} s"
        self._task(ended, "ran", task, f"ran in worker {worker} of {node}: arguments + code + results {parts}{used}")

    def task_finished(self, time: float, task: int, node: str, *rest: Any) -> None:
        self._task(time, "finished", task, f"finished on {node} after {rest[-1]:.6f} s")
        self._of.pop(task, None)

    def task_failed(
        self, time: float, task: int, node: str, _slot: int, attempt: int, outcome: str, message: str
    ) -> None:
        self._task(time, "failed", task, f"failed on {node}, attempt {attempt} ({outcome}): {message}")
        if outcome != "retry":
            self._of.pop(task, None)

    def task_retried(self, time: float, task: int, attempt: int) -> None:
        self._task(time, "retried", task, f"will be tried again, attempt {attempt}")

    def task_cancelled(self, time: float, task: int) -> None:
        self._task(time, "cancelled", task, "is cancelled")
        self._of.pop(task, None)

    def synchronised(self, time: float, label: str, producer: int | None) -> None:
        of = f" of task {producer}" if producer is not None else ""
        self._say(time, "program", producer, f"the program has waited for {label}{of}")

    def barrier(self, time: float, group: str | None, last: tuple[int, ...]) -> None:
        name = f"barrier of group {group}" if group is not None else "barrier"
        self._say(time, "program", None, f"{name}; {len(last)} tasks were unfinished")

    def api_called(self, time: float, call: str, began: float) -> None:
        self._say(time, "program", None, f"the program comes back from {call} after {time - began:.6f} s")

    def user_event(self, time: float, type_: int, value: int) -> None:
        self._say(time, "program", None, f"event {type_}: {value}")

    def version_ready(self, time: float, label: str, size: int, node: str) -> None:
        self._say(time, "data", None, f"{label} is on {node or 'the program'}, {size} bytes")

    def version_freed(self, time: float, label: str) -> None:
        self._say(time, "data", None, f"{label} is given back")

    def spilled(self, time: float, label: str, size: int, node: str = "") -> None:
        self._say(time, "data", None, f"{label or 'a value'} goes to disk{_of(node)}, {size} bytes")

    def restored(self, time: float, label: str, size: int, node: str = "") -> None:
        self._say(time, "data", None, f"{label or 'a value'} is read from disk{_of(node)}, {size} bytes")

    def transferred(self, time: float, label: str, size: int, source: str, target: str, began: float) -> None:
        way = f"{source or 'the program'} to {target or 'the program'}"
        self._say(time, "data", None, f"{label} went from {way}, {size} bytes in {time - began:.6f} s")

    def stream_published(self, time: float, stream: int, task: int | None, items: int) -> None:
        self._say(time, "stream", task, f"{_who(task)} publishes {_counted(items)} in stream {stream}")

    def stream_polled(self, time: float, stream: int, task: int | None, items: int, began: float) -> None:
        text = f"{_who(task)} gets {_counted(items)} of stream {stream} after {time - began:.6f} s"
        self._say(time, "stream", task, text)

    def reused(self, time: float, task: int, label: str, size: int, node: str) -> None:
        self._say(time, "data", task, f"{label} is on {node} already for task {task}, {size} bytes")

    def task_staged(self, time: float, task: int, node: str, began: float) -> None:
        self._task(time, "staged", task, f"has its data on {node} after {time - began:.6f} s")

    def fetched(self, time: float, label: str, size: int, began: float) -> None:
        self._say(time, "data", None, f"the program has taken {label}, {size} bytes in {time - began:.6f} s")

    def worker_bound(self, time: float, node: str, worker: int, cores: tuple[int, ...], devices: Any) -> None:
        parts = [f"cores {', '.join(map(str, cores))}" if cores else ""]
        parts += [f"{kind} {', '.join(names)}" for kind, names in devices]
        what = " and ".join(filter(None, parts)) or "no core of its own"
        self._say(time, "node", None, f"worker {worker} of {node} has {what}")

    def worker_lost(self, time: float, node: str, slot: int, reason: str) -> None:
        self._say(time, "lost", None, f"a worker of {node} (slot {slot}) died: {reason}")


def clock(time: float) -> str:
    """The time of day, to the millisecond."""
    return strftime("%H:%M:%S", localtime(time)) + f".{int(time * 1000) % 1000:03}"


def line(time: float, text: str) -> str:
    """One entry of a log; if the text has several lines, these stand below each other, beside the time."""
    return f"{clock(time)}  {text}".replace("\n", "\n" + 14 * " ")


def _place(place: tuple[str, int]) -> str:
    return f"{place[0]}:{place[1]}"


def _counted(items: int) -> str:
    return f"{items} item{'s' * (items != 1)}"


def _who(task: int | None) -> str:
    return "the program" if task is None else f"task {task}"


def _of(node: str) -> str:
    return f" of {node}" if node else ""
