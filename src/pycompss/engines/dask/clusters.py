"""The cluster of a run: its own, or one that exists and belongs to somebody else.

In a cluster of its own (`Own`) the agents have our plugin from the start. In the other (`Existing`) each worker gets
the plugin when a run comes, under names of that run, and drops it when the run leaves.
"""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from distributed import Scheduler, Security
from distributed.comm import connect
from distributed.comm.core import Comm
from distributed.core import send_recv

from pycompss.engines.dask import gateways
from pycompss.engines.dask.cluster import Hosting, new_security
from pycompss.engines.dask.connections import Keys, Lost

PATIENCE = 5.0  # seconds that the scheduler of an existing cluster may take to answer


class Member(NamedTuple):
    """A worker of a cluster, as its scheduler knows it. memory: bytes; 0: not limited."""

    name: str
    threads: int
    memory: int


class Refused(Exception):  # noqa: N818
    """A cluster or a worker that cannot be used; the text is for the user."""


class Cluster(Keys, Protocol):
    """What agents are found in."""

    async def members(self) -> dict[str, Member]:
        """By their addresses. Raises one of `Lost` when the scheduler is gone."""

    async def admit(self, address: str) -> None:
        """Have that worker host our agents. Raises Refused, or one of `Lost`."""

    async def expel(self, address: str) -> None:
        """That worker is not used after all. Raises like `admit`."""

    async def close(self) -> None: ...


class Own:
    """A scheduler in this process, for this run alone; whoever joins it is an agent already."""

    protocol, role, mark = "tls", "worker", ""

    def __init__(self, security: Security, scheduler: Scheduler) -> None:
        self.security = security
        self.address = str(scheduler.address)
        self._scheduler = scheduler

    async def members(self) -> dict[str, Member]:
        workers = self._scheduler.workers
        return {address: Member(str(state.name), 0, 0) for address, state in workers.items()}

    async def admit(self, address: str) -> None:
        """Nothing to do."""

    async def expel(self, address: str) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        await self._scheduler.close()


async def own(host: str) -> Own:
    security = new_security()
    return Own(
        security,
        await Scheduler(
            host=host,
            port=0,
            protocol=Own.protocol,
            security=security,
            dashboard=False,
            dashboard_address="127.0.0.1:0",
        ),
    )


class Existing:
    """A cluster that others have started, with the keys of Dask's own configuration, or those that a gateway gives."""

    role = "client"

    def __init__(
        self, address: str, run: str, session: Callable[..., Awaitable[None]], keys: Security | None = None
    ) -> None:
        """Raises Refused for an address that cannot be one. keys: those of a gateway, behind which it is."""
        self.security = keys or Security()
        self.protocol = "tls" if keys else urlsplit(address).scheme
        self._is_behind_gateway = keys is not None
        self.mark = f"_{run}"
        self._address = address
        self._plugin = Hosting(session, self.mark, is_guest=True)
        self._comm: Comm | None = None
        self._arguments = self.security.get_connection_args(self.role)
        if self.protocol == "tls" and self._arguments["ssl_context"] is None:
            raise Refused(
                f"{address} wants keys, and Dask's configuration has none: set distributed.comm.tls.ca-file, "
                "client.cert and client.key there (~/.config/dask/*.yaml), or DASK_DISTRIBUTED__COMM__TLS__CA_FILE, …"
            )

    async def connect(self) -> None:
        """Raises Refused when nobody answers there, or somebody else does."""
        try:
            self._comm = await connect(self._address, timeout=PATIENCE, **self._arguments)
            answer = await asyncio.wait_for(self._ask(), PATIENCE)
        except (*Lost, ValueError, TypeError, RuntimeError) as error:
            raise Refused(
                f"no Dask scheduler answers at {self._address}: {_root(error)}\n"
                f"    asked: {self._address}, within {PATIENCE:.0f} s\n"
                "    try:   dask scheduler, and the address that it prints"
            ) from None
        if answer.get("type") != "Scheduler":
            raise Refused(f"at {self._address} there is no Dask scheduler, but a {answer.get('type')}")

    async def _ask(self) -> dict[str, Any]:
        if self._comm is None or self._comm.closed():
            self._comm = await connect(self._address, **self._arguments)
        answer: dict[str, Any] = await send_recv(self._comm, op="identity")
        return answer

    async def members(self) -> dict[str, Member]:
        workers = (await self._ask())["workers"]
        return {
            address: Member(str(found["name"]), found["nthreads"], found["memory_limit"] or 0)
            for address, found in workers.items()
            if found.get("status", "running") in ("running", "paused", "init")
        }

    async def admit(self, address: str) -> None:
        try:
            await self._say(address, op="plugin-add", plugin=pickle.dumps(self._plugin), name=self._plugin.name)
        except Lost as error:
            if self._is_behind_gateway and address in await self.members():
                raise Refused(
                    f"it is not reached from here: {_root(error)}; a gateway's proxy leads to the scheduler only, "
                    "so run the program where it and the workers reach each other directly, such as in a notebook "
                    "server or job beside the gateway"
                ) from None
            raise
        except Exception as error:  # noqa: BLE001  (whatever that worker's Python says of our plugin)
            raise Refused(f"it cannot host an agent: {error!r}") from None

    async def expel(self, address: str) -> None:
        await self._say(address, op="plugin-remove", name=self._plugin.name)

    async def _say(self, address: str, **words: Any) -> None:
        comm = await connect(address, **self._arguments)
        try:
            answer = await send_recv(comm, **words)
        finally:
            comm.abort()
        if answer.get("status") != "OK":
            raise Refused(f"it cannot host an agent: {answer}")

    async def close(self) -> None:
        if self._comm is not None:
            await self._comm.close()


async def existing(address: str, run: str, session: Callable[..., Awaitable[None]]) -> Existing:
    """That cluster, whose scheduler has answered. Raises Refused."""
    try:
        keys = await gateways.security(address) if gateways.is_one(address) else None
    except gateways.Closed as error:
        raise Refused(str(error)) from None
    found = Existing(address, run, session, keys)
    await found.connect()
    return found


def _root(error: BaseException | None) -> str:
    """What the exception says from which this one follows: Dask wraps it into several that only repeat it."""
    said = repr(error)
    while error is not None:
        said = str(error) or said
        error = error.__cause__ or error.__context__
    return said
