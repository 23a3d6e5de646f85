"""The bridge's process, from the program's side: its start, its nodes, its end."""

from __future__ import annotations

import pickle
import select
import time

from pycompss.core.resources import Node
from pycompss.engines.dask import messages
from pycompss.engines.dask.channel import Channel
from pycompss.engines.dask.opening import Description, Opening
from pycompss.engines.local.forking import spawn, wait_for
from pycompss.errors import PyCOMPSsException
from pycompss.worker import wire

PROGRAM = "import sys; sys.path[:0] = [p for p in {path!r} if p not in sys.path]; \
from pycompss.engines.dask.bridge import main; main({fd})"
PATIENCE = 60.0  # seconds that nodes may take to come
FAREWELL = 10.0  # seconds that the bridge may take to end


class Bridging:
    """A bridge that was started. Raises PyCOMPSsException if it cannot be."""

    def __init__(self, opening: Opening, arena: int) -> None:
        self._pid, sock = spawn(PROGRAM)
        wire.send(sock, wire.pack((messages.OPEN, pickle.dumps(opening))), (arena,))
        self.channel = Channel(sock)

    def await_nodes(self, count: int) -> list[Node]:
        """The first nodes. Raises PyCOMPSsException when they do not come."""
        nodes: list[Node] = []
        deadline = time.monotonic() + PATIENCE
        while len(nodes) < count:
            left = deadline - time.monotonic()
            if left <= 0:
                raise PyCOMPSsException(f"{len(nodes)} of {count} nodes have joined after {PATIENCE:g} s")
            select.select([self.channel.sock], [], [], left)
            nodes += self._joined()
        return sorted(nodes, key=lambda node: node.index)

    def _joined(self) -> list[Node]:
        try:
            received = self.channel.receive()
        except wire.Closed:
            raise PyCOMPSsException("the process that talks to the nodes has ended; what it said is above") from None
        if received is None:
            return []
        message = received[0]
        if message[0] == messages.FAILED:
            raise PyCOMPSsException(message[1])
        return [node_of_description(*message[1:])] if message[0] == messages.JOINED else []

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
