"""What master and worker say to each other: tuples of plain values, by `marshal`, one datagram each.

`marshal` is the fastest encoder of plain values there is; both ends run the same interpreter on the same machine, and
the sockets are anonymous pairs, so its two limits (no versioning, no protection against forged input) do not matter.

A datagram that would not fit into a socket's buffer travels as an anonymous file whose descriptor is sent instead.

    task        (id, function, arguments, keywords | None, inputs | None, returns, extras | None)
    completion  (id, status, values | None, seconds, extras | None)

`arguments` holds literal descriptors and the tagged tuples below; `inputs` the descriptors that READ and UPDATE name
by position. A task without inputs and extras has plain arguments only. An input may also be what an earlier task is
going to report (the inputs are a list then, to be filled in): one of the same message (LOCAL), or of another one,
perhaps in another worker (HANDED, see `board`); if that one does not end well, or the worker waits for it in vain, the
task is returned. `returns` is inverted (~) if others wait for what the task makes: it goes to the board.
"""

from __future__ import annotations

import array
import marshal
import os
import socket
import tempfile
from collections.abc import Callable
from typing import Any, Final

# -- tags of arguments (0 and 1 are descriptors)
READ: Final = 10  # (READ, input)
UPDATE: Final = 11  # (UPDATE, input, input | -1): goes back as an output; the object of an earlier READ, or its own
CREATE: Final = 12  # (CREATE, class descriptor | None): an OUT object, default-constructed, goes back as an output
LIST: Final = 13  # (LIST, (argument, …), is output)
DICT: Final = 14  # (DICT, ((key, value), …))
FILE: Final = 15  # (FILE, FileMode, input | -1, base name, number of the output | -1, keep the internal name)
VALUE: Final = 16  # (VALUE, descriptor): a descriptor with buffers that has no version
SAME: Final = 17  # (SAME, input): the very object that an earlier argument of the call has got

# -- an input that a task of the same message makes
LOCAL: Final = 18  # (LOCAL, task, number of its output)

HANDED: Final = 19  # (HANDED, task, number of its output): of a task of another message

# -- modes of files
FILE_IN: Final = 0
FILE_OUT: Final = 1
FILE_INOUT: Final = 2
FILE_SHARED: Final = 3  # CONCURRENT: all members write the same file
DIRECTORY: Final = 8  # added to the mode

# -- master to worker
# (TASKS, [(number, function payload), …], [task, …], [(offset, length) freed in its arena, …],
#  (units, environment) | None, news); news: how many messages before this one told the worker a function, a setting or
# an arena. A worker that has read fewer knows that one was taken back, and returns these tasks
TASKS: Final = 0
ARENA: Final = 1  # (ARENA, number) with the file descriptor of another worker's arena
STOP: Final = 2
# -- on the control socket, announced by a signal (CANCEL, RETURN) or awaited (the others)
CANCEL: Final = 3  # (CANCEL, task)
RETURN: Final = 4  # (RETURN,): give back what has not begun
REPLY: Final = 5  # (REPLY, request, ok, value)

# -- worker to master
# (DONE, [completion, …], [ranges that these tasks left mapped], [ranges given up], notes | None); notes are made of an
# observed run: (from the monotonic clock to the system's, load of the processor, core.events.RUN of tasks that are
# worth it). Others of these completions have the time when the user's code ended instead of extras
DONE: Final = 0
RETURNED: Final = 1  # (RETURNED, [task id, …])
REQUEST: Final = 2  # (REQUEST, request id, method, task, arguments): answered by a REPLY
SEND: Final = 3  # (SEND, method, task, arguments): not answered
HELLO: Final = 4  # (HELLO, pid) with the file descriptor of its arena
OUTPUT: Final = 5  # (OUTPUT, task, stream, text)
EXCUSE: Final = 6  # (EXCUSE, text): why it cannot start

# -- status of a completion
OK: Final = 0  # extras: None
FAILED: Final = 1  # extras: (cause, message, text, exception descriptor | None)
RAISED: Final = 2  # COMPSsException; extras: message
CANCELLED: Final = 3
UNCHANGED: Final = 4  # as OK, but the values are only what it returned: all that it was to change in place it has left
# where it lay, of the same type and shape, so that is described as before. Of workers that share memory with the core

LARGEST: Final = 60_000  # bytes of a datagram; kernels take 200 kB, several of them must fit
_LONGEST: Final = LARGEST + 64
_BIG: Final = b"\xff"  # no marshal stream of ours starts with it
BEGAN_AT: Final = 40  # where in the page that master and worker share an observed worker notes when its task began
ROOM_AT: Final = 64  # where in the page that master and worker share the worker's `Room` lies

_WORD = array.array("i").itemsize
_ROOM = socket.CMSG_LEN(4 * _WORD)  # for four file descriptors


class Closed(Exception):  # noqa: N818
    """The other end is gone."""


pack: Callable[[Any], bytes] = marshal.dumps


def send(sock: socket.socket, data: bytes, fds: tuple[int, ...] = ()) -> None:
    """Send one datagram; raises BlockingIOError when a non-blocking socket is full."""
    if len(data) <= LARGEST:
        if fds:
            socket.send_fds(sock, [data], fds)
        else:
            sock.send(data)
        return
    fd = anonymous_file("pycompss-message")
    try:
        with open(fd, "wb", closefd=False) as stream:
            stream.write(data)
        socket.send_fds(sock, [_BIG + len(data).to_bytes(8, "little")], (fd, *fds))
    finally:
        os.close(fd)


def receive(sock: socket.socket, flags: int = 0) -> tuple[Any, list[int]]:
    """One message and the file descriptors that came with it; raises Closed at the end of the stream.

    flags: of `recvmsg`, such as MSG_DONTWAIT (`socket.recv_fds` ignores its flags).
    """
    data, ancillary, _, _ = sock.recvmsg(_LONGEST, _ROOM, flags)
    if data and not ancillary:
        return marshal.loads(data), []
    fds: list[int] = []
    for _, _, payload in ancillary:
        words = array.array("i")
        words.frombytes(payload[: len(payload) - len(payload) % _WORD])
        fds.extend(words)
    return unpack(data, fds)


def unpack(data: bytes, fds: list[int]) -> tuple[Any, list[int]]:
    """The message in a datagram; raises Closed for the empty one that marks the end."""
    if not data:
        raise Closed
    if data[:1] == _BIG:
        with open(fds.pop(0), "rb") as stream:
            stream.seek(0)
            data = stream.read(int.from_bytes(data[1:9], "little"))
    return marshal.loads(data), fds


def anonymous_file(name: str) -> int:
    """A file without a name, in memory where the system has that."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name, os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as stream:
        return os.dup(stream.fileno())


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected sockets that keep message boundaries, with room for several messages."""
    kind = getattr(socket, "SOCK_SEQPACKET", socket.SOCK_DGRAM)
    ends = socket.socketpair(socket.AF_UNIX, kind)
    for end in ends:
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            end.setsockopt(socket.SOL_SOCKET, option, 1 << 20)
    return ends
