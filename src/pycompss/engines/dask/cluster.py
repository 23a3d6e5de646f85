"""Dask's workers, our plugin in them, and the connections between them.

We use Dask for membership, authenticated transport and deployment. Its tasks are not used: a plugin adds three handlers
to each worker. `pycompss_session` turns a connection into the line between a run and its agent on that worker, for the
whole run. `pycompss_pull` sends values. `pycompss_greet` comes first, and tells whether the worker can take part.

Only this module, `clusters.py` and `gateways.py` touch Dask.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol

import dask
from distributed import Security, Worker, WorkerPlugin
from distributed.comm import CommClosedError, connect
from distributed.comm.core import Comm
from distributed.core import ConnectionPool, Server, Status, send_recv
from distributed.protocol import to_serialize

from pycompss.engines.dask import greeting, transfers

GREET, SESSION, PULL = "pycompss_greet", "pycompss_session", "pycompss_pull"
CONNECTING = (2.0, 10.0)  # least and most seconds that a connection may take,
ALIVE = (12.0, 30.0)  # and that it may take to find that the other end is gone; Dask cannot have less
HANDSHAKE = 15.0  # seconds that a worker may take to answer the first question
FAREWELL = 60.0  # seconds that runs have to let a node go
CHUNK = 4 << 20  # bytes of a value in a message,
LARGEST = 1 << 30  # or behind one
Lost = (CommClosedError, OSError, asyncio.TimeoutError)  # what a broken connection raises
# the bytes of a range, which stay where they are meanwhile; raises KeyError
View = Callable[[Any], contextlib.AbstractContextManager[memoryview]]
# the same of a range that one of these nodes has
Relay = Callable[[Any, Sequence[int]], contextlib.AbstractAsyncContextManager[memoryview]]
Farewell = Callable[[], Coroutine[Any, Any, None]]
Handler = Callable[..., Awaitable[Any]]

_QUIET: dict[str, Any] = {
    "distributed.worker.profile.enabled": False,  # it would look at threads that have nothing to say
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.worker-ttl": None,  # who is alive is the bridge's to find out
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.scheduler.http.routes": [],  # nothing is told without a key
    "distributed.worker.http.routes": [],
}


def configure(directory: str, silence: float) -> None:
    """Dask's settings in a process of our own. directory: for its temporary files; silence: that loses a node."""
    timeouts = {"connect": _within(CONNECTING, silence), "tcp": _within(ALIVE, 3 * silence)}
    patience = {f"distributed.comm.timeouts.{name}": f"{seconds:g}s" for name, seconds in timeouts.items()}
    dask.config.set({**_QUIET, **patience, "temporary-directory": directory})
    logging.getLogger("distributed").setLevel(logging.CRITICAL)


def _within(bounds: tuple[float, float], seconds: float) -> float:
    least, most = bounds
    return max(least, min(most, seconds))


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


async def connections(cluster: Keys) -> Connections:
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


# -- a cluster of our own --------------------------------------------------------------------------------------------


def new_security() -> Security:
    """Keys for one run: whoever has them may connect, nobody else."""
    return Security.temporary()


def keys_of(security: Security) -> dict[str, str]:
    """What others need to connect."""
    return {name: getattr(security, name) for name in ("tls_ca_file", "tls_worker_key", "tls_worker_cert")}


def security_of(keys: dict[str, str]) -> Security:
    """What `keys_of` has told; without keys, what Dask's own configuration says."""
    if not keys:
        return Security()
    roles = ("client", "worker", "scheduler")
    own = {f"tls_{role}_{part}": keys[f"tls_worker_{part}"] for role in roles for part in ("key", "cert")}
    return Security(require_encryption=True, tls_ca_file=keys["tls_ca_file"], **own)


async def start_worker(scheduler: str, name: str, host: str, keys: dict[str, str], plugin: WorkerPlugin) -> Worker:
    security = security_of(keys)
    return await Worker(
        scheduler,
        name=name,
        nthreads=1,
        memory_limit=0,
        host=host,
        protocol=_protocol(security),
        security=security,
        dashboard=False,
        dashboard_address="127.0.0.1:0",
        plugins=(plugin,),
    )


def _protocol(security: Security) -> str:
    return "tls" if security.require_encryption else "tcp"


class Hosting(WorkerPlugin):
    """Lets a Dask worker host agents: one for every run that opens a session with it.

    session: `session(line, opening, connections, runs, farewells)` is one run's stay; runs: how to find values, by run;
    farewells: what is awaited before the worker may close. mark: what the names of the handlers end with. is_guest: the
    worker is not ours, and nothing is left when the session ends.
    """

    def __init__(self, session: Callable[..., Awaitable[None]], mark: str = "", *, is_guest: bool = False) -> None:
        self.name = f"pycompss{mark}"
        self._session = session
        self._mark = mark
        self._is_guest = is_guest

    def setup(self, worker: Worker) -> None:
        runs: dict[str, View] = {}
        self._farewells: set[Farewell] = set()
        connections = Connections(worker.rpc, self._mark)

        async def pycompss_session(comm: Comm, opening: bytes) -> Any:
            try:
                await self._session(Line(comm), opening, connections, runs, self._farewells)
            finally:
                if self._is_guest:
                    self._leave(worker)
                with contextlib.suppress(*Lost):
                    await comm.close()
            return Status.dont_reply

        async def pycompss_greet(
            paths: list[str], working_dir: str, packages: list[str], patience: float
        ) -> dict[str, Any]:
            return await greeting.answer(paths, working_dir, packages, patience)

        worker.handlers[GREET + self._mark] = pycompss_greet
        worker.handlers[SESSION + self._mark] = pycompss_session
        worker.handlers[PULL + self._mark] = puller(runs.__getitem__)

    async def teardown(self, worker: Worker) -> None:
        """The worker is about to close."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.gather(*[farewell() for farewell in self._farewells]), FAREWELL)
        self._leave(worker)

    def _leave(self, worker: Worker) -> None:
        for name in (GREET, SESSION, PULL):
            worker.handlers.pop(name + self._mark, None)
        worker.plugins.pop(self.name, None)
