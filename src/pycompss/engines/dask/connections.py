"""Connections between the bridge and agents, and between agents: lines of messages, values, files.

Values go from one shared memory into the other (`pour`, `fill`), files likewise (`transfers`). A connection that failed
half-way is not used again.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from distributed import Security
from distributed.comm import CommClosedError, connect
from distributed.comm.core import Comm
from distributed.core import ConnectionPool, Server, Status, send_recv
from distributed.protocol import to_serialize

from pycompss.engines.dask import transfers

GREET, SESSION, PULL = "pycompss_greet", "pycompss_session", "pycompss_pull"
HANDSHAKE = 15.0  # seconds that a worker may take to answer the first question
CHUNK = 4 << 20  # bytes of a value in a message,
LARGEST = 1 << 30  # or behind one
Lost = (CommClosedError, OSError, asyncio.TimeoutError)  # what a broken connection raises
# the bytes of a range, which stay where they are meanwhile; raises KeyError
View = Callable[[Any], contextlib.AbstractContextManager[memoryview]]
# the same of a range that one of these nodes has
Relay = Callable[[Any, Sequence[int]], contextlib.AbstractAsyncContextManager[memoryview]]
Handler = Callable[..., Awaitable[Any]]


class Keys(Protocol):
    """What opens connections in a cluster. role: as what; mark: what the names of our handlers end with."""

    security: Security
    protocol: str
    role: str
    mark: str


class Line:
    """A connection that carries lists of messages (bytes) in both directions."""

    def __init__(self, comm: Comm) -> None:
        self._comm = comm

    @property
    def peer(self) -> str:
        return str(self._comm.peer_address)

    async def send(self, messages: list[bytes]) -> None:
        await self._comm.write({"m": messages})

    async def receive(self) -> list[bytes]:
        """Raises one of `Lost` when the other end is gone."""
        received: list[bytes] = (await self._comm.read())["m"]
        return received

    def abort(self) -> None:
        self._comm.abort()


class Connections:
    """Connections to other processes, kept open for the next time."""

    def __init__(self, pool: ConnectionPool, mark: str = "") -> None:
        """mark: what the names of the handlers end with."""
        self._pool = pool
        self._mark = mark

    async def pull(self, address: str, run: str, key: Any, into: memoryview, behind: Sequence[int] = ()) -> None:
        """Fill `into` with the bytes of a range that lies there. Raises KeyError if it does not, or one of `Lost`.

        behind: it is the bridge's address, which shall get the range from one of these nodes.
        """
        comm = await self._pool.connect(address)
        try:
            more = {"behind": list(behind)} if behind else {}
            await comm.write({"op": PULL + self._mark, "run": run, "key": key, "reply": False, **more})
            await fill(comm, into, key)
        except BaseException as error:
            if not isinstance(error, KeyError):
                comm.abort()
            raise
        finally:
            self._pool.reuse(address, comm)

    async def greet(
        self, address: str, paths: list[str], working_dir: str, packages: list[str], patience: float
    ) -> dict[str, Any]:
        """What a worker has, and which of the paths it does not see. Raises one of `Lost`."""
        comm = await connect(address, **self._pool.connection_args)
        try:
            asked = {"paths": paths, "working_dir": working_dir, "packages": packages, "patience": patience}
            question = send_recv(comm, op=GREET + self._mark, **asked)
            answer: dict[str, Any] = await asyncio.wait_for(question, HANDSHAKE)
        finally:
            comm.abort()
        return answer

    async def fetch_file(self, address: str, path: str, into: str) -> bool:
        """Copy a file or directory from there, if there is one, and it differs. Raises Refused, OSError, or `Lost`."""
        have = transfers.signature_of(into)
        async with self._talk(address) as comm:
            told = await _asked(comm, {"op": transfers.FETCH + self._mark, "path": path, "unless": have})
            if told.get("number") == errno.ENOENT or told.get("entries", ()) is None:
                return False
            _accepted(told)
            await transfers.receive(comm, into, told["entries"], fill)
            _accepted(await comm.read())
        return True

    async def store_file(self, address: str, path: str, to: str) -> None:
        """Copy a file or directory to there. Raises Refused, OSError, or one of `Lost`."""
        entries = transfers.entries_of(path)
        async with self._talk(address) as comm:
            _accepted(await _asked(comm, {"op": transfers.STORE + self._mark, "path": to, "entries": entries}))
            await transfers.send(comm, path, entries, pour)
            _accepted(await comm.read())

    @contextlib.asynccontextmanager
    async def _talk(self, address: str) -> AsyncIterator[Comm]:
        """A connection that is kept for the next time, unless something goes wrong half-way."""
        comm = await self._pool.connect(address)
        try:
            yield comm
        except BaseException as error:
            if not isinstance(error, transfers.Refused):
                comm.abort()
            raise
        finally:
            self._pool.reuse(address, comm)

    async def open(self, address: str, opening: bytes) -> Line:
        """Begin a session with the agent there."""
        comm = await connect(address, **self._pool.connection_args)  # it is ours, for as long as the run lasts
        await comm.write({"op": SESSION + self._mark, "opening": opening, "reply": False})
        return Line(comm)

    async def close(self) -> None:
        await self._pool.close()


async def fill(comm: Comm, into: memoryview, key: Any) -> None:
    done = 0
    while done < into.nbytes:
        part = await comm.read()
        if not isinstance(part, dict):
            raise KeyError(key)
        if "follows" in part:
            done += await comm.stream.read_into(into[done : done + part["follows"]])
        else:
            raw = memoryview(part["data"]).cast("B")
            into[done : done + raw.nbytes] = raw
            done += raw.nbytes


async def pour(comm: Comm, view: memoryview) -> None:
    """The other end of `fill`: from one shared memory into the other, as messages would be copied once more."""
    stream = getattr(comm, "stream", None)  # those of Dask's `tcp` and `tls` have one
    for start in range(0, view.nbytes, LARGEST if stream is not None else CHUNK):
        if stream is None:
            part = {"data": to_serialize(view[start : start + CHUNK])}
            await comm.write(part, serializers=["dask", "pickle"])
        else:
            raw = view[start : start + LARGEST]
            await comm.write({"follows": raw.nbytes})
            await stream.write(raw)


async def _asked(comm: Comm, question: dict[str, Any]) -> dict[str, Any]:
    await comm.write(question)
    told: dict[str, Any] = await comm.read()
    return told


def _accepted(told: Mapping[str, Any]) -> None:
    if told["error"]:
        raise transfers.Refused(told["error"])


async def start(cluster: Keys) -> Connections:
    """Ready to connect to others of the cluster."""
    pool = ConnectionPool(connection_args=cluster.security.get_connection_args(cluster.role))
    await pool.start()
    return Connections(pool, cluster.mark)


def puller(view_of: Callable[[str], View], relay: Relay | None = None) -> Callable[..., Awaitable[Any]]:
    """A handler that sends ranges of a run; `view_of` finds them, or raises KeyError."""

    async def pull(comm: Comm, run: str, key: Any, behind: Sequence[int] = ()) -> Any:
        async with contextlib.AsyncExitStack() as stack:
            try:
                view = view_of(run)
                if relay is not None and behind:
                    raw = await stack.enter_async_context(relay(tuple(key), behind))
                else:
                    raw = stack.enter_context(view(tuple(key)))
            except KeyError:
                await comm.write("missing")
                return Status.dont_reply
            await pour(comm, raw)
        return Status.dont_reply

    return pull


async def serve(
    host: str, cluster: Keys, view_of: Callable[[str], View], relay: Relay, more: Mapping[str, Handler]
) -> Server:
    """A server that gives away values of the program; more: other handlers. Nothing that it is sent is unpickled."""
    handlers = {PULL: puller(view_of, relay), **more}
    server = Server(
        {name + cluster.mark: handler for name, handler in handlers.items()}, needs_workdir=False, deserialize=False
    )
    await server.listen(f"{cluster.protocol}://{host}:0", **cluster.security.get_listen_args(cluster.role))
    server.start_periodic_callbacks()
    return server
