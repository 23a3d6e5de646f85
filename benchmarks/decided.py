"""The sketch with this project's core: what Python costs that decides, but keeps no other promise.

Processes, sockets and messages are those of `sketch`; the core is told of tasks and ends, and says what goes where and
what travels together. There are no arguments to look at, no futures that are dropped, no failures, threads, locks,
journal or values but numbers; a worker does nothing but call functions and take the time.

    python benchmarks/measure.py decided W1 W2 W3 W4 W12
"""

from __future__ import annotations

import marshal
import select
import socket
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sketch import LOOK, SIZE, forked

from pycompss.core.commands import Run
from pycompss.core.coordinator import Coordinator
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Node, Requirement
from pycompss.core.task import Definition
from pycompss.core.versions import Datum, Version

_NEED = Requirement()


class Decided:
    """Forked workers, a socket pair for each; the core decides. A handle is a datum of the core, or None."""

    def __init__(self, workers: int, functions: Sequence[Callable[..., Any]], silent: Sequence[Any] = ()) -> None:
        self.workers = workers
        self.core = Coordinator([Node(0, "here", workers)])
        self.types = {f: Definition(f, f.__name__) for f in functions}
        self.numbers = {definition: number for number, definition in enumerate(self.types.values())}
        self.silent = frozenset(silent)  # functions that return nothing
        self.socks = [forked(partial(_run, functions)) for _ in range(workers)]
        self.of_slot: dict[int, socket.socket] = {}

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Datum | None:
        core = self.core
        task = core.new_task(self.types[function], _NEED, arguments)
        datum = None
        reads = [argument.current for argument in arguments if type(argument) is Datum]
        if reads:
            core.data.access_all(task, reads)
        if function not in self.silent:
            datum = core.data.result(task)
        if core.submit(task):
            core.assign()
        if core.commands:
            self._send()
        if core.last_task % LOOK == 0:
            self._look(0)
        return datum

    def value(self, handle: Datum) -> Any:
        while handle.current.value is None:
            self._look(None)
        return handle.current.value

    def wait(self, handles: Sequence[Any]) -> None:
        del handles
        while self.core.live:
            self._look(None)

    def stop(self) -> None:
        for sock in self.socks:
            sock.close()

    def _look(self, seconds: float | None) -> None:
        """Take in what has ended, send what may begin now."""
        core = self.core
        for sock in select.select(self.socks, [], [], seconds)[0]:
            for number, values, took in marshal.loads(sock.recv(SIZE)):
                core.finished(core.unfinished[number], values, took)
        core.assign()
        self._send()

    def _send(self) -> None:
        for command in self.core.take_commands():
            if type(command) is Run:  # with tasks that end at once, nothing need be taken back; nothing fails
                sock = self.of_slot.setdefault(command.slot.id, self.socks[len(self.of_slot) % self.workers])
                sock.send(marshal.dumps([self._wired(task) for task in command.tasks]))

    def _wired(self, task: Invocation) -> tuple[Any, ...]:
        reads = iter(task.reads)
        values = [_input(next(reads)) if type(one) is Datum else one for one in task.payload]
        return task.id, self.numbers[task.definition], values, len(task.writes)


def _input(version: Version) -> Any:
    """A number, or the task before it in its message that makes it."""
    return (version.producer.id,) if version.value is None and version.producer is not None else version.value


def _run(functions: Sequence[Callable[..., Any]], bundle: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    done: list[tuple[Any, ...]] = []
    made: dict[int, Any] = {}
    for number, function, values, returns in bundle:
        start = time.perf_counter()
        value = functions[function](*[made[v[0]] if type(v) is tuple else v for v in values])
        made[number] = value
        done.append((number, (value,) if returns else (), time.perf_counter() - start))
    return done
