"""The least that W7 costs with tasks that are sent one by one: no engine, just processes, sockets and shared memory.

    python benchmarks/floor.py [--rounds 3]      prints a line of JSON a round: seconds of each way to do the same work

`plain`: one process; `apart`: two that share the work and never speak; `sketch`: two that get each multiply-add by a
message from a third and answer by another, with one more waiting; blocks lie in shared memory, are mapped when a
process reads them first, and stay mapped. The sketch knows beforehand who computes what: it has no dependencies,
versions, failures, memory to give back or anything else that an engine promises. `here`: this project.
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
    for end in ends:
        end.send(_STOP)
        os.wait()
        end.close()
    selector.close()
    os.close(shared.fd)
    return seconds


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


def figures(engine: str, workers: int, scale: float) -> dict[str, float]:
    """W7: seconds of the sketch, which has its own size and number of workers."""
    del engine, workers, scale
    return {"W7": sketch()}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    rounds = options.parse_args().rounds
    apart = [(hardware.product("", WORKERS, 1.0)["W7"], sketch()) for _ in range(rounds)]  # forks: before any thread
    from engines import Plain, Tasks  # noqa: PLC0415

    engine = Tasks(WORKERS)
    engine.wait([engine.submit(bodies.ones, 10) for _ in range(20 * WORKERS)])
    for without, sketched in apart:
        plain, here = blocks(Plain(1), 1.0)["W7"], blocks(engine, 1.0)["W7"]
        print(json.dumps({"plain": plain, "apart": without, "sketch": sketched, "here": here}), flush=True)
    engine.stop()


if __name__ == "__main__":
    main()
