"""An agent of our own: a Dask worker that does nothing but host runs.

On another machine it is `python -m pycompss.engines.dask.agent NAME DIRECTORY`. Its standard input tells in one line
where the scheduler is and which keys open it; the end of that input is the end of the agent.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

from pycompss.engines.dask import cluster
from pycompss.engines.dask.address import own_address
from pycompss.engines.dask.stay import session

_STDIN = 0


async def serve(scheduler: str, name: str, host: str, keys: Mapping[str, str], leash: int | None = None) -> None:
    """Be a worker of the scheduler until it closes us, or we are told to end. leash: whose end is ours, too."""
    plugin = cluster.Hosting(session)
    worker = await cluster.start_worker(scheduler, name, host, dict(keys), plugin)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if leash is not None:
        loop.add_reader(leash, _pulled, leash, ended)
    finished = loop.create_task(worker.finished())
    told = loop.create_task(ended.wait())
    await asyncio.wait([finished, told], return_when=asyncio.FIRST_COMPLETED)
    with contextlib.suppress(Exception):
        await asyncio.wait_for(worker.close(nanny=False), cluster.FAREWELL + 5)
    told.cancel()


def _pulled(leash: int, ended: asyncio.Event) -> None:
    if not os.read(leash, 1):
        ended.set()


def run(
    scheduler: str,
    name: str,
    host: str,
    keys: Mapping[str, str],
    directory: str,
    cores: tuple[int, ...],
    leash: int | None = None,
) -> None:
    """The whole life of an agent's process."""
    if cores:
        os.sched_setaffinity(0, cores)
    cluster.configure(directory)
    asyncio.run(serve(scheduler, name, host, keys, leash))


# -- on another machine


def main(name: str, directory: str) -> None:
    """Wait for what the bridge says, then serve."""
    told = b""
    while not told.endswith(b"\n") and (part := os.read(_STDIN, 1 << 16)):
        told += part
    if told:
        scheduler, keys = json.loads(told)
        run(scheduler, name, own_address(str(urlsplit(scheduler).hostname)), keys, directory, (), _STDIN)


if __name__ == "__main__":
    main(*sys.argv[1:])
