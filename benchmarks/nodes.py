"""The master of 10 to 10,000 nodes of 48 units: everything is real but the nodes.

A program calls tasks; session, core, the engine for several nodes and its messages are those of every run. Behind the
engine stand agents that are only pretended: what a message tells them to run has ended a moment later. So the figures
say what one master can do, whatever the nodes are, and nothing of networks.

    python benchmarks/nodes.py [--nodes 10 100 1000 10000] [--json FILE] [--picture FILE.svg]

sent, ended: as many tasks as there are units are sent while none ends, then all end. flow: tasks whose type is known to
be short, twice as many as there are units (100,000 at most), so that they share messages. data: as many tasks that make
1 MB, and tasks that read it where it lies, while units are idle.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

import curves
import machine
import psutil

NODES = (10, 100, 1000, 10_000)
UNITS = 48
LEAST = 20_000  # tasks of each kind
MEGABYTE = 1_000_000


class Agents:
    """All nodes at once, in the place of the bridge: its channel takes messages, and gives answers."""

    count = 0
    one: Agents

    def __init__(self, _opening: Any, _arena: int) -> None:
        self.channel = self
        self.sock, self._bell = socket.socketpair()
        self.sock.setblocking(False)
        self._bell.setblocking(False)
        self._answers: deque[Any] = deque()
        self._held: list[Any] = []
        self.holds = False
        self.messages = self.bytes_sent = self.bytes_got = self.tasks = 0
        self._made: dict[int, int] = {}
        type(self).one = self

    def await_nodes(self, _count: int) -> list[Any]:
        from pycompss.core.resources import Node  # noqa: PLC0415  (loaded by the run)

        return [Node(index, f"node{index}", UNITS, address=f"10.0.0.{index}") for index in range(self.count)]

    def send(self, message: Any, _fds: tuple[int, ...] = ()) -> bool:
        if message[0] == messages.SEND:
            self._obey(message[1], message[2])
        return False

    def _obey(self, node: int, data: bytes) -> None:
        self.messages += 1
        self.bytes_sent += len(data)
        order = wire.unpack(data, [])[0]
        if order[0] != messages.RUN:
            return
        self.tasks += len(order[4])
        done = [(task[0], wire.OK, self._results(node, task), 0.0001, None) for task in order[4]]
        answer = wire.pack((messages.EVENTS, [(protocol.COMPLETED, order[1], done)]))
        self.bytes_got += len(answer)
        message = (messages.FROM, node, [answer])
        if self.holds:
            self._held.append(message)
        else:
            self._answers.append(message)
            self._ring()

    def _results(self, node: int, task: tuple[Any, ...]) -> Any:
        """What a worker reports: tasks with results make a large value each."""
        if not task[5]:
            return None
        offset = self._made[node] = self._made.get(node, -MEGABYTE) + MEGABYTE
        return [(BUFFERS, b"pickled", ((first_arena(node) + 1, offset, MEGABYTE),))]

    def let_end(self) -> None:
        self.holds = False
        self._answers.extend(self._held)
        self._held = []
        self._ring()

    def _ring(self) -> None:
        try:
            self._bell.send(b"x")
        except BlockingIOError:
            pass  # it rings already

    def receive(self) -> Any:
        if not self._answers:
            try:
                self.sock.recv(1 << 16)
            except BlockingIOError:
                return None
        return (self._answers.popleft(), []) if self._answers else None

    def flush(self) -> bool:
        return True

    def stop(self) -> None:
        """Nobody is there."""

    def close(self) -> None:
        self.sock.close()
        self._bell.close()


def measure(nodes: int, least: int) -> dict[str, float]:
    """Figures of one number of nodes, in this process; least: tasks of each kind."""
    Agents.count = nodes
    setattr(engine, "Bridging", Agents)  # noqa: B010  (a stand-in of another type)
    own = psutil.Process()

    empty, make, read = task()(_nothing), task(returns=1)(_make), task()(_nothing)
    compss_barrier()
    agents, units = Agents.one, nodes * UNITS
    before, rounds = own.memory_info().rss, max(1, least // units)
    figures: dict[str, float] = {"nodes": nodes, "units": units}
    sent = ended = 0.0
    for _ in range(rounds):
        agents.holds, start, aim = True, time.perf_counter(), agents.tasks + units
        for number in range(units):
            empty(number)
        if agents.tasks != aim:
            message = f"{aim - agents.tasks} units are idle"
            raise ValueError(message)
        middle = time.perf_counter()
        figures["memory_mb"] = (own.memory_info().rss - before) / 1e6
        agents.let_end()
        compss_barrier()
        sent, ended = sent + middle - start, ended + time.perf_counter() - middle
    figures["sent_per_s"], figures["ended_per_s"] = rounds * units / sent, rounds * units / ended
    figures["bytes_of_first"] = agents.bytes_sent / agents.tasks

    tasks = max(least, min(2 * units, 100_000))
    for kind in ("flow", "data"):
        agents.holds = kind == "flow"
        count, octets, start = agents.messages, agents.bytes_sent + agents.bytes_got, time.perf_counter()
        made = [make(number) if kind == "data" else empty(number) for number in range(tasks)]
        for value in made if kind == "data" else ():
            read(value)
        agents.let_end()
        compss_barrier()
        whole = tasks * (2 if kind == "data" else 1)
        figures[f"{kind}_per_s"] = whole / (time.perf_counter() - start)
        figures[f"{kind}_messages"] = (agents.messages - count) / whole
        figures[f"{kind}_bytes"] = (agents.bytes_sent + agents.bytes_got - octets) / whole
        del made
    return figures


def _nothing(_value: Any) -> None:
    pass


def _make(_number: int) -> bytes:
    return b""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=NODES)
    parser.add_argument("--least", type=int, default=LEAST, help="tasks of each kind, at least")
    parser.add_argument("--json", help="write everything there")
    parser.add_argument("--picture", help="draw the curves there")
    options = parser.parse_args()
    if os.environ.get("PYCOMPSS_ENGINE") == "dask":
        print(json.dumps(measure(options.nodes[0], options.least)))
        return
    found = []
    for nodes in options.nodes:
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "PYCOMPSS_ENGINE": "dask", "PYCOMPSS_LOG_DIR": folder}
            done = subprocess.run(
                [sys.executable, __file__, "--nodes", str(nodes), "--least", str(options.least)],
                env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=900,
            )  # fmt: skip
        print(done.stdout.strip(), flush=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    if options.json:
        Path(options.json).write_text(json.dumps({"machine": machine.description(), "nodes": found}, indent=1))
    if options.picture:
        Path(options.picture).write_text(curves.picture(found))


if __name__ == "__main__":
    from pycompss.api.api import compss_barrier
    from pycompss.api.task import task
    from pycompss.engines import protocol
    from pycompss.engines.dask import engine, messages
    from pycompss.engines.dask.numbering import first_arena
    from pycompss.store.descriptor import BUFFERS
    from pycompss.worker import wire

    main()
