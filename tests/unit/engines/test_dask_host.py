"""What an agent fetches for tasks that come, and go again before it has all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import MagicMock

import pytest

from pycompss.core.resources import Node
from pycompss.engines import protocol
from pycompss.engines.dask import messages
from pycompss.engines.dask.host import Host
from pycompss.engines.dask.numbering import first_arena
from pycompss.engines.dask.pulling import Pulling
from pycompss.engines.dask.values import NodeValues
from pycompss.store.descriptor import BUFFERS, Range
from pycompss.worker import wire

SLOT = 7
FIRST: Range = (first_arena(0) + 1, 0, 4096)
SECOND: Range = (first_arena(0) + 1, 4096, 4096)
PLACES = {FIRST: (0,), SECOND: (0,)}


class Source:
    """Node 0: gives what is asked for when it may."""

    def __init__(self) -> None:
        self.asked: list[Range] = []
        self.may_give = asyncio.Event()

    async def pull(self, address: str, run: str, key: Range, into: memoryview, behind: Any = ()) -> None:
        self.asked.append(key)
        await self.may_give.wait()


@contextmanager
def agent(source: Source) -> Iterator[tuple[Host, NodeValues]]:
    pulling = Pulling("run", source, (OSError,))
    pulling.addresses[0] = "there"
    values = NodeValues(1, 1 << 20, pulling)
    host = Host(MagicMock(), Node(1, "second", 1), values, pulling, lambda message: None)
    try:
        yield host, values
    finally:
        host.stop()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def reader() -> tuple[Any, ...]:
    return (1, 0, ((wire.READ, 0), (wire.READ, 1)), None, tuple((BUFFERS, b"", (key,)) for key in PLACES), 1, None)


def run(host: Host) -> None:
    host._slots[SLOT] = MagicMock()
    host.handle((messages.RUN, SLOT, None, [], [reader()], PLACES.copy()))


def taken_back(host: Host) -> None:
    run(host)
    host.handle((messages.TAKE_BACK, SLOT))


def interrupted(host: Host) -> None:
    run(host)
    host.handle((messages.INTERRUPT, SLOT, 1))


def kept(host: Host) -> None:
    host.handle((messages.KEEP, 0, PLACES.copy()))


@pytest.mark.parametrize("wants", [taken_back, interrupted, kept])
def test_what_is_released_before_its_turn_is_not_fetched(wants: Callable[[Host], None]) -> None:
    """It would stay under a name that another value has later."""

    async def check() -> None:
        source = Source()
        with agent(source) as (host, values):
            wants(host)
            await settle()
            host.handle((messages.RELEASE, [SECOND]))
            source.may_give.set()
            await settle()
            assert source.asked == [FIRST]
            assert list(values.copies.of) == [FIRST]

    asyncio.run(check())


def test_what_is_released_at_once_is_not_fetched() -> None:
    async def check() -> None:
        source = Source()
        with agent(source) as (host, _):
            kept(host)
            host.handle((messages.RELEASE, [FIRST, SECOND]))
            await settle()
            assert source.asked == []

    asyncio.run(check())


def test_nothing_begins_any_more_in_a_slot_whose_worker_has_died() -> None:
    """The program is about to hear of it, and to send these tasks elsewhere."""

    async def check() -> None:
        source = Source()
        with agent(source) as (host, _):
            run(host)
            await settle()
            host._emit([(protocol.LOST, SLOT, 0, "it died", None)])
            source.may_give.set()
            await settle()
            host.handle((messages.RUN, SLOT, None, [], [reader()], PLACES.copy()))
            host.handle((messages.TAKE_BACK, SLOT))
            engine: Any = host._engine
            engine.run.assert_not_called()
            engine.take_back.assert_not_called()

    asyncio.run(check())
