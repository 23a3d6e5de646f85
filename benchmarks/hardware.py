"""What the machine gives to plain processes that work at the same time, without any engine.

    python benchmarks/hardware.py WORKERS      prints the speed of one of them, as a share of what it has alone

Two cores of a virtual machine may be threads of one, and cores share caches and memory; then twice the speed of one
process is out of reach for everybody. And what else the machine does holds up whoever runs. These figures say what is
in reach.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

import bodies
import numpy as np

Blocks = dict[tuple[int, int], np.ndarray]
Work = Callable[[], object]
ITERATIONS = 100_000  # of the stencil's kernel: some tenths of a second
ROUNDS = 3
TURN = 12e-6  # seconds that each of two processes computes in a round trip, which is then about as long as ours
LOOK = 200e-6  # seconds that they look for a message before they sleep


def product(engine: str, workers: int, scale: float) -> dict[str, float]:
    """W7: seconds for the same multiply-adds, each process with its share of the blocks."""
    del engine
    size = max(4, int(256 * scale))

    def prepare(share: int) -> Work:
        places = [(i, j) for i in range(8) for j in range(8)]
        a = {(i, k): bodies.block(i * 8 + k, size) for i, k in places}
        b = {(k, j): bodies.block(1000 + k * 8 + j, size) for k, j in places}
        c = {place: bodies.zeros(size) for place in places[share::workers]}
        return partial(_multiply, a, b, c)

    return {"W7": together(workers, prepare)}


def _multiply(a: Blocks, b: Blocks, c: Blocks) -> None:
    for k in range(8):
        for i, j in c:
            bodies.add_product(c[i, j], a[i, k], b[k, j])


def trips(engine: str, workers: int, scale: float) -> dict[str, float]:
    """W2: microseconds of a round trip between two processes, each of which computes in Python for a moment.

    They look for messages for a while before they sleep, and one is bound to a core, as a worker is. Such a trip is
    about as long as one with an engine, so it meets as many interruptions.
    """
    del engine, workers
    count = _additions(TURN)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        ours.close()
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        while message := _look_for_message(theirs):
            _add(count)
            theirs.send(message)
        os._exit(0)
    theirs.close()
    measured = []
    for _ in range(int(1000 * scale)):
        began = time.perf_counter()
        _add(count)
        ours.send(b"1")
        _look_for_message(ours)
        measured.append(time.perf_counter() - began)
    ours.close()
    os.wait()
    measured.sort()
    return {"W2": statistics.median(measured) * 1e6, "W2 p99": measured[int(len(measured) * 0.99)] * 1e6}


def _look_for_message(sock: socket.socket) -> bytes:
    end = time.perf_counter() + LOOK
    while time.perf_counter() < end:
        try:
            return sock.recv(100, socket.MSG_DONTWAIT)
        except BlockingIOError:
            pass
    return sock.recv(100)


def _add(count: int) -> int:
    total = 0
    for number in range(count):
        total += number
    return total


def _additions(seconds: float) -> int:
    """How many of them take so long."""
    times = []
    for _ in range(100):
        began = time.perf_counter()
        _add(1000)
        times.append(time.perf_counter() - began)
    return max(1, round(1000 * seconds / statistics.median(times)))


def efficiency(workers: int) -> float:
    """That share, measured in a process without threads: only such a one may fork."""
    command = [sys.executable, __file__, str(workers)]
    return float(subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout)


def _alone_by_together(workers: int) -> float:
    def prepare(share: int) -> Work:
        del share
        return lambda: bodies.busy(ITERATIONS)

    return together(1, prepare) / together(workers, prepare)


def together(workers: int, prepare: Callable[[int], Work]) -> float:
    """Seconds from the first start to the last end of works that forked processes begin at the same time."""
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(workers)
    pipes = [fork.Pipe(duplex=False) for _ in range(workers)]
    processes = [
        fork.Process(target=_timed, args=(prepare, share, barrier, pipe[1])) for share, pipe in enumerate(pipes)
    ]
    for process in processes:
        process.start()
    times = [receiving.recv() for receiving, _ in pipes]
    for process in processes:
        process.join()
    return float(max(ended for _, ended in times) - min(began for began, _ in times))


def _timed(prepare: Callable[[int], Work], share: int, barrier: Barrier, told: Connection) -> None:
    work = prepare(share)
    barrier.wait()
    began = time.monotonic()
    work()
    told.send((began, time.monotonic()))


if __name__ == "__main__":
    print(statistics.median(_alone_by_together(int(sys.argv[1])) for _ in range(ROUNDS)))
