"""The bridge's process, from the program's side: its start, its nodes, its end."""

from __future__ import annotations

import pickle
import select
import time

from pycompss.core.membership import seat
from pycompss.core.resources import Node
from pycompss.engines.dask import messages
from pycompss.engines.dask.channel import Channel
from pycompss.engines.dask.opening import Description, Opening
from pycompss.engines.local.forking import spawn, wait_for
from pycompss.errors import PyCOMPSsException
from pycompss.util import stderr
from pycompss.worker import wire

PROGRAM = "import sys; sys.path[:0] = [p for p in {path!r} if p not in sys.path]; \
from pycompss.engines.dask.setting_out import main; main({fd})"

PATIENCE = 60.0  # seconds that nodes may take to come
MOST = 20  # names in a message
FAREWELL = 10.0  # seconds that the bridge may take to end


class Bridging:
    """A bridge that was started. Raises PyCOMPSsException if it cannot be."""

    def __init__(self, opening: Opening, arena: int) -> None:
        self._pid, sock = spawn(PROGRAM)
        wire.send(sock, wire.pack((messages.OPEN, pickle.dumps(opening))), (arena,))
        self.channel = Channel(sock)
        self._nodes: dict[int, Node] = {}
        self._names = [share.name for share in opening.shares]
        self._expected = 0

    def await_nodes(self, count: int) -> list[Node]:
        """The first nodes; count: of those that the run starts, 0: of an existing cluster, as many as it has.

        Raises PyCOMPSsException when they do not come.
        """
        self._expected = count
        deadline = time.monotonic() + PATIENCE
        while not self._nodes or len(self._nodes) < self._expected:
            left = deadline - time.monotonic()
            if left <= 0:
                raise PyCOMPSsException(self._who_is_missing())
            select.select([self.channel.sock], [], [], left)
            self._hear()
        found: list[Node] = []
        for node in self._nodes.values():
            seat(found, node)  # one that was lost on the way and came back has another index than at first
        return found

    def _who_is_missing(self) -> str:
        there = {node.name for node in self._nodes.values()}
        missing = [name for name in self._names if name not in there]
        return (
            f"{len(there)} of {self._expected or 'several'} nodes have joined after {PATIENCE:g} s\n"
            f"    missing: {', '.join(missing[:MOST]) or 'others'}{', …' if len(missing) > MOST else ''}\n"
            "    try:     whether they reach this machine, also at ports above 1024"
        )

    def _hear(self) -> None:
        try:
            received = self.channel.receive()
        except wire.Closed:
            raise PyCOMPSsException("the process that talks to the nodes has ended; what it said is above") from None
        if received is None:
            return
        message = received[0]
        if message[0] == messages.JOINED:
            self._nodes[message[1]] = node_of_description(*message[1:3])
        elif message[0] == messages.LEFT:
            self._nodes.pop(message[1], None)
        elif message[0] == messages.EXPECT:
            self._expected = message[1]
        elif message[0] == messages.REMARK:
            stderr.write(f"WARNING: {message[1]}\n")
        elif message[0] in (messages.FAILED, messages.REFUSED):
            raise PyCOMPSsException(message[1])

    def stop(self) -> None:
        """End it, with all agents that it has started, and wait for that."""
        self.channel.send((messages.STOP,))
        wait_for(self._pid, FAREWELL)

    def close(self) -> None:
        """Nobody listens any more."""
        self.channel.close()


def node_of_description(index: int, data: bytes) -> Node:
    description: Description = pickle.loads(data)
    share = description.share
    return Node(index, share.name, share.units, share.memory, share.limit, share.equipment, description.host)
