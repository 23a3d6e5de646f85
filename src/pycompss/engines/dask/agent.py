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
import tempfile
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pycompss.engines.dask import cluster
from pycompss.engines.dask.address import own_address
from pycompss.engines.dask.stay import session

_STDIN = 0
_ALONE = 3  # times the silence after which a node is given up: so long it may come back
_LONGEST = 30.0  # seconds


class Company:
    """Tells by `ended` that the run has been away for so many seconds: it does not come back to us."""

    def __init__(self, seconds: float, ended: asyncio.Event) -> None:
        self._seconds = seconds
        self._ended = ended
        self._sessions = 0
        self._alone: asyncio.TimerHandle | None = None

    async def session(self, *words: Any) -> None:
        if self._alone is not None:
            self._alone.cancel()
        self._sessions += 1
        try:
            await session(*words)
        finally:
            self._sessions -= 1
            if not self._sessions:
                self._alone = asyncio.get_running_loop().call_later(self._seconds, self._ended.set)


async def serve(
    scheduler: str, name: str, host: str, keys: Mapping[str, str], silence: float, leash: int | None = None
) -> None:
    """Be a worker of the scheduler until it closes us, or we are told to end, or left alone.

    silence: seconds until the run gives up a node. leash: whose end is ours, too.
    """
    ended = asyncio.Event()
    plugin = cluster.Hosting(Company(min(_LONGEST, _ALONE * silence), ended).session)
    worker = await cluster.start_worker(scheduler, name, host, dict(keys), plugin)
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
    silence: float,
    directory: str,
    cores: tuple[int, ...],
    leash: int | None = None,
) -> None:
    """The whole life of an agent's process."""
    if cores:
        os.sched_setaffinity(0, cores)
    cluster.configure(directory, silence)
    asyncio.run(serve(scheduler, name, host, keys, silence, leash))


# -- on another machine


def main(name: str, directory: str) -> None:
    """Wait for what the bridge says, then serve."""
    told = b""
    while not told.endswith(b"\n") and (part := os.read(_STDIN, 1 << 16)):
        told += part
    if not told:
        return
    with contextlib.ExitStack() as stack:
        if not os.path.isdir(os.path.dirname(directory)):  # that of the program's machine alone
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="pycompss-agent-"))
        scheduler, keys, silence = json.loads(told)
        run(scheduler, name, own_address(str(urlsplit(scheduler).hostname)), keys, silence, directory, (), _STDIN)


if __name__ == "__main__":
    main(*sys.argv[1:])
