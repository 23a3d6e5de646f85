"""An agent of our own: a Dask worker that does nothing but host runs. `python -m pycompss.engines.dask.agent`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping

from pycompss.engines.dask import cluster
from pycompss.engines.dask.stay import session


async def serve(scheduler: str, name: str, host: str, keys: Mapping[str, str]) -> None:
    """Be a worker of the scheduler until it closes us, or we are told to end."""
    plugin = cluster.Hosting(session)
    worker = await cluster.start_worker(scheduler, name, host, dict(keys), plugin)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    finished = loop.create_task(worker.finished())
    told = loop.create_task(ended.wait())
    await asyncio.wait([finished, told], return_when=asyncio.FIRST_COMPLETED)
    with contextlib.suppress(Exception):
        await asyncio.wait_for(worker.close(nanny=False), 5)
    told.cancel()


def run(scheduler: str, name: str, host: str, keys: Mapping[str, str], directory: str, cores: tuple[int, ...]) -> None:
    """The whole life of an agent's process."""
    if cores:
        os.sched_setaffinity(0, cores)
    cluster.configure(directory)
    asyncio.run(serve(scheduler, name, host, keys))
