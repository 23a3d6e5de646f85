"""The least that W7 costs with tasks that are sent one by one: no engine, just processes, sockets and shared memory.

    python benchmarks/floor.py [--rounds 3]      prints a line of JSON a round: seconds of each way to do the same work

`plain`: one process; `apart`: two that share the work and never speak; `sketch`: two that get each multiply-add by a
message from a third and answer by another, with one more waiting; blocks lie in shared memory, are mapped when a
process reads them first, and stay mapped. The sketch knows beforehand who computes what: it has no dependencies,
versions, failures, memory to give back or anything else that an engine promises. `decided`: the same, but this
project's core is told of tasks and ends, and decides what is sent where (its bookkeeping alone: no values, futures or
journal, and workers still as simple). `here`: this project.
"""

from __future__ import annotations

import argparse
import json
import marshal
import mmap
import os
import selectors
import socket
import time
from typing import Any

import bodies
import hardware
import numpy as np
from workloads import blocks

from pycompss.core.commands import Run
from pycompss.core.coordinator import Coordinator
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Node, Requirement
from pycompss.core.task import Definition

SIDE, SIZE, WORKERS = 8, 256, 2
BYTES = SIZE * SIZE * 8
_STOP = b"stop"
Task = tuple[int, int, int]


class Blocks:
    """The three matrices in one anonymous file; each process maps what it uses."""

    def __init__(self) -> None:
        self.fd = os.memfd_create("blocks")
        os.ftruncate(self.fd, 3 * SIDE * SIDE * BYTES)
        self._mapped: dict[int, Any] = {}
        for number in range(2 * SIDE * SIDE):
            os.pwrite(self.fd, bodies.block(number, SIZE).tobytes(), number * BYTES)

    def get(self, matrix: int, row: int, column: int) -> Any:
        """A block of the third matrix is shared, of the others private."""
        number = (matrix * SIDE + row) * SIDE + column
        found = self._mapped.get(number)
        if found is None:
            flags = mmap.MAP_SHARED if matrix == 2 else mmap.MAP_PRIVATE
            memory = mmap.mmap(self.fd, BYTES, flags=flags, offset=number * BYTES)
            found = self._mapped[number] = np.frombuffer(memory).reshape(SIZE, SIZE)
        return found


def sketch() -> float:
    shared = Blocks()
    tasks: list[list[Task]] = [[] for _ in range(WORKERS)]
    for k in range(SIDE):
        for i in range(SIDE):
            for j in range(SIDE):
                tasks[(i * SIDE + j) % WORKERS].append((i, j, k))
    ends = [_start(shared, worker) for worker in range(WORKERS)]
    selector = selectors.DefaultSelector()
    start = time.perf_counter()
    for end, waiting in zip(ends, tasks, strict=True):
        selector.register(end, selectors.EVENT_READ, waiting)
        for _ in range(2):
            end.send(marshal.dumps(waiting.pop(0)))
    left = SIDE**3
    while left:
        for key, _ in selector.select():
            ready: Any = key.fileobj
            ready.recv(64)
            left -= 1
            if key.data:
                ready.send(marshal.dumps(key.data.pop(0)))
    seconds = time.perf_counter() - start
    _end(ends)
    selector.close()
    os.close(shared.fd)
    return seconds


def decided() -> float:
    """The sketch's workers and messages; the core decides. Seconds, with what submitting takes, as for `here`."""
    shared = Blocks()
    ends = [_start(shared, worker) for worker in range(WORKERS)]
    selector = selectors.DefaultSelector()
    for end in ends:
        selector.register(end, selectors.EVENT_READ)
    start = time.perf_counter()
    core, tasks = _submitted()
    of_slot: dict[int, socket.socket] = {}
    sent: dict[Task, Invocation] = {}
    left = SIDE**3
    core.assign()
    while True:
        for command in core.take_commands():
            if isinstance(command, Run):
                end = of_slot.setdefault(command.slot.id, ends[len(of_slot) % WORKERS])
                for task in command.tasks:
                    sent[tasks[task.id]] = task
                    end.send(marshal.dumps(tasks[task.id]))
        if not left:
            break
        for key, _ in selector.select():
            ready: Any = key.fileobj
            core.finished(sent.pop(marshal.loads(ready.recv(64))), [None], 0.0008)
            left -= 1
        core.assign()
    seconds = time.perf_counter() - start
    _end(ends)
    selector.close()
    os.close(shared.fd)
    return seconds


def _submitted() -> tuple[Coordinator, dict[int, Task]]:
    """A core that was told of all multiply-adds."""
    core = Coordinator([Node(0, "here", WORKERS)])
    definition, need = Definition(bodies.add_product, "add_product"), Requirement()
    definition.statistics = 0.0008  # seconds; as is known by the second round
    blocks = [core.data.initial(None) for _ in range(3 * SIDE * SIDE)]
    tasks: dict[int, Task] = {}
    for k in range(SIDE):
        for i in range(SIDE):
            for j in range(SIDE):
                task = core.new_task(definition, need, None)
                task.reads, task.writes = [], []
                core.data.read(task, blocks[i * SIDE + k])
                core.data.read(task, blocks[SIDE * SIDE + k * SIDE + j])
                block = blocks[2 * SIDE * SIDE + i * SIDE + j]
                core.data.read(task, block)
                core.data.write(task, block)
                tasks[task.id] = (i, j, k)
                core.submit(task)
    return core, tasks


def _start(shared: Blocks, worker: int) -> socket.socket:
    """A process on a core of its own, and how to speak to it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork():
        theirs.close()
        return ours
    ours.close()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[worker % len(cores)]})
    while (data := theirs.recv(64)) != _STOP:
        i, j, k = marshal.loads(data)
        bodies.add_product(shared.get(2, i, j), shared.get(0, i, k), shared.get(1, k, j))
        theirs.send(data)
    os._exit(0)


def _end(ends: list[socket.socket]) -> None:
    for end in ends:
        end.send(_STOP)
        os.wait()
        end.close()


def of_sketch(engine: str, workers: int, scale: float) -> dict[str, float]:
    """W7: seconds of the sketch, which has its own size and number of workers."""
    del engine, workers, scale
    return {"W7": sketch()}


def of_decided(engine: str, workers: int, scale: float) -> dict[str, float]:
    """The same where the core decides."""
    del engine, workers, scale
    return {"W7": decided()}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    rounds = options.parse_args().rounds
    apart = [
        (hardware.product("", WORKERS, 1.0)["W7"], sketch(), decided()) for _ in range(rounds)
    ]  # before any thread
    from engines import Plain, Tasks  # noqa: PLC0415

    engine = Tasks(WORKERS)
    engine.wait([engine.submit(bodies.ones, 10) for _ in range(20 * WORKERS)])
    for without, sketched, by_core in apart:
        plain, here = blocks(Plain(1), 1.0)["W7"], blocks(engine, 1.0)["W7"]
        found = {"plain": plain, "apart": without, "sketch": sketched, "decided": by_core, "here": here}
        print(json.dumps(found), flush=True)
    engine.stop()


if __name__ == "__main__":
    main()
