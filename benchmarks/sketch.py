"""The cheapest task engine that we could think of in Python: what is left when everything is left out.

Tasks with dependencies, bundles, one message for what ended together; nothing else: no failures, no values but small
ones, one thread, no lock, nothing that is released, no node or queue to choose. It runs the workloads of numbers, so
that a figure of the project can be held against a floor measured on the same machine in the same minute:

    python benchmarks/measure.py sketch W1 W2 W3 W4 W12
"""

from __future__ import annotations

import marshal
import os
import select
import socket
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

BUNDLE = 64  # tasks in a message, at most
LOOK = 16  # submissions between two looks at what has ended
SIZE = 1 << 17


class Handle:
    __slots__ = ("arguments", "followers", "function", "is_done", "missing", "number", "value")

    def __init__(self, number: int, function: int, arguments: list[Any]) -> None:
        self.number, self.function, self.arguments = number, function, arguments
        self.followers: list[Handle] = []
        self.missing = 0
        self.is_done = False
        self.value: Any = None


class Sketch:
    """Forked workers, a socket pair for each; a worker gets its next bundle when it has half of one left."""

    def __init__(self, workers: int, functions: Sequence[Callable[..., Any]]) -> None:
        self.workers = workers
        self.numbers = {function: number for number, function in enumerate(functions)}
        self.unfinished: dict[int, Handle] = {}
        self.ready: deque[Handle] = deque()
        self.last = 0
        self.socks = [forked(partial(_run, functions)) for _ in range(workers)]
        self.load = dict.fromkeys(self.socks, 0)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Handle:
        self.last += 1
        task = Handle(self.last, self.numbers[function], list(arguments))
        for argument in arguments:
            if type(argument) is Handle and not argument.is_done:
                argument.followers.append(task)
                task.missing += 1
        self.unfinished[self.last] = task
        if not task.missing:
            self.ready.append(task)
        if self.last % LOOK == 0:
            self._look(0)
        return task

    def value(self, handle: Handle) -> Any:
        while not handle.is_done:
            self._look(None)
        return handle.value

    def wait(self, handles: Sequence[Handle]) -> None:
        del handles
        while self.unfinished:
            self._look(None)

    def stop(self) -> None:
        for sock in self.socks:
            sock.close()

    def _look(self, seconds: float | None) -> None:
        """Send what is ready, take in what has ended."""
        self._send()
        for sock in select.select(self.socks, [], [], seconds)[0]:
            for number, value in marshal.loads(sock.recv(SIZE)):
                self.load[sock] -= 1
                self._end(self.unfinished.pop(number), value)
        self._send()

    def _end(self, task: Handle, value: Any) -> None:
        task.value, task.is_done = value, True
        for follower in task.followers:
            follower.missing -= 1
            if not follower.missing:
                self.ready.append(follower)
        task.followers = task.arguments = []

    def _send(self) -> None:
        ready = self.ready
        for sock in sorted(self.socks, key=self.load.__getitem__):
            if not ready:
                return
            if self.load[sock] <= BUNDLE // 2:
                count = min(BUNDLE, len(ready) // self.workers + 1)
                bundle = [ready.popleft() for _ in range(min(count, len(ready)))]
                sock.send(marshal.dumps([(t.number, t.function, _values(t.arguments)) for t in bundle]))
                self.load[sock] += len(bundle)


def _values(arguments: list[Any]) -> list[Any]:
    return [one.value if type(one) is Handle else one for one in arguments]


def forked(run: Callable[[Any], Any]) -> socket.socket:
    """A process that answers each message with what `run` makes of it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        ours.close()
        while message := theirs.recv(SIZE):
            theirs.send(marshal.dumps(run(marshal.loads(message))))
        os._exit(0)
    theirs.close()
    return ours


def _run(functions: Sequence[Callable[..., Any]], bundle: list[tuple[Any, ...]]) -> list[tuple[int, Any]]:
    return [(number, functions[function](*values)) for number, function, values in bundle]
