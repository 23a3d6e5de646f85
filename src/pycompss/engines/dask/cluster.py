"""Dask's workers, and our plugin in them.

We use Dask for membership, authenticated transport and deployment. Its tasks are not used: a plugin adds three handlers
to each worker. `pycompss_session` turns a connection into the line between a run and its agent on that worker, for the
whole run. `pycompss_pull` sends values. `pycompss_greet` comes first, and tells whether the worker can take part.

Only this module, `connections.py`, `clusters.py` and `gateways.py` touch Dask.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import dask
from distributed import Security, Worker, WorkerPlugin
from distributed.comm.core import Comm
from distributed.core import Status

from pycompss.engines.dask import greeting
from pycompss.engines.dask.connections import GREET, PULL, SESSION, Connections, Line, Lost, View, puller

CONNECTING = (2.0, 10.0)  # least and most seconds that a connection may take,
ALIVE = (12.0, 30.0)  # and that it may take to find that the other end is gone; Dask cannot have less
FAREWELL = 60.0  # seconds that runs have to let a node go
Farewell = Callable[[], Coroutine[Any, Any, None]]

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
