"""A second process with its own interpreter and its own `__main__`, for round trips.

Started as a script it serves calls over a socket; `Peer` is the other end. The peer's arena has number 2, the arena of
the process that starts it number 1; both map both.
"""

from __future__ import annotations

import marshal
import os
import socket
import struct
import subprocess
import sys
import traceback
from typing import Any

from pycompss.store.arena import Arena, Mappings
from pycompss.store.codec import Codec
from pycompss.store.names import MainNames, resolve

LIMIT = 1 << 30


class Link:
    """Marshalled messages over a stream socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.file = sock.makefile("rb")

    def send(self, *message: Any) -> None:
        data = marshal.dumps(message)
        self.sock.sendall(struct.pack("q", len(data)) + data)

    def receive(self) -> Any:
        head = self.file.read(8)
        return marshal.loads(self.file.read(struct.unpack("q", head)[0])) if head else None

    def close(self) -> None:
        self.file.close()
        self.sock.close()


class Peer:
    """The other process, as seen from the master."""

    def __init__(self, names: MainNames) -> None:
        ours, theirs = socket.socketpair()
        self.names = names
        self.arena = Arena(1, LIMIT)
        self.mappings = Mappings()
        self.mappings.attach(1, self.arena.fd)
        self.codec = Codec(self.arena, self.mappings, names)
        self.fetched: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno()), str(self.arena.fd)],
            pass_fds=(theirs.fileno(), self.arena.fd),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        theirs.close()
        _, fds, _, _ = socket.recv_fds(ours, 1, 1)
        self.peer_fd = fds[0]
        self.mappings.attach(2, self.peer_fd)
        self.link = Link(ours)

    def call(self, function: Any, *arguments: Any) -> Any:
        """Run a function there; raises RuntimeError with the traceback of what it raised."""
        return self.codec.decode(self.run(self.names.function_reference(function), *map(self.codec.encode, arguments)))

    def run(self, reference: bytes, *descriptors: Any, shared: bool = False) -> Any:
        """The same with descriptors; the descriptor of the result."""
        self.link.send(reference, descriptors, shared)
        while True:
            kind, *answer = self.link.receive()
            if kind == "fetch":
                self.fetched.append(answer[0])
                self.link.send(self.names.definition(*answer))
            elif kind == "failed":
                raise RuntimeError(answer[0])
            else:
                return answer[0]

    def close(self) -> None:
        self.link.close()
        self.process.wait(30)
        os.close(self.peer_fd)
        self.arena.close()


def serve(sock_fd: int, arena_fd: int) -> None:
    sock = socket.socket(fileno=sock_fd)
    arena = Arena(2, LIMIT)
    socket.send_fds(sock, [b"x"], [arena.fd])
    link = Link(sock)
    mappings = Mappings()
    mappings.attach(1, arena_fd)
    mappings.attach(2, arena.fd)

    def fetch(name: str, serial: int) -> bytes:
        link.send("fetch", name, serial)
        return link.receive()[0]

    codec = Codec(arena, mappings, MainNames(fetch))
    while (message := link.receive()) is not None:
        reference, descriptors, shared = message
        try:
            values = [codec.decode(descriptor, shared=shared) for descriptor in descriptors]
            result = resolve(reference, codec)(*values)
            if shared:
                result, unused = codec.encode_in_place(result, [r for d in descriptors for r in d[2]])
                link.send("done", (result, unused))
            else:
                link.send("done", codec.encode(result, task="task", argument="result"))
        except Exception:  # noqa: BLE001
            link.send("failed", traceback.format_exc())


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
