"""Values go from one process to the other whatever carries them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

pytest.importorskip("distributed")

import dask
from distributed.core import ConnectionPool, Server

from pycompss.engines.dask import connections

SIZE = 2 * connections.CHUNK + 12_345


@pytest.fixture(autouse=True)
def scratch_space(tmp_path: Path) -> Iterator[None]:
    with dask.config.set({"temporary-directory": str(tmp_path)}):
        yield


@pytest.mark.parametrize("protocol", ["tcp", "inproc"])
def test_a_value_of_several_parts_comes_as_it_was_and_the_connection_serves_again(protocol: str) -> None:
    value = os.urandom(SIZE)
    assert asyncio.run(pulled(protocol, value, ["here", "nowhere", "here"])) == [value, "missing", value]


def test_a_value_behind_a_message_comes_in_parts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LARGEST", 1 << 20)
    value = os.urandom(SIZE)
    assert asyncio.run(pulled("tcp", value, ["here"])) == [value]


async def pulled(protocol: str, value: bytes, keys: list[str]) -> list[bytes | str]:
    def view(key: tuple[str]) -> nullcontext[memoryview]:
        return nullcontext({("here",): memoryview(value)}[key])

    handlers = {connections.PULL: connections.puller(lambda _: view)}
    server = Server(handlers, needs_workdir=False)
    await server.listen("tcp://127.0.0.1:0" if protocol == "tcp" else "inproc://")
    pool = ConnectionPool()
    await pool.start()
    ours = connections.Connections(pool)
    found: list[bytes | str] = []
    try:
        for key in keys:
            into = memoryview(bytearray(len(value)))
            try:
                await ours.pull(server.address, "run", (key,), into)
                found.append(bytes(into))
            except KeyError:
                found.append("missing")
    finally:
        await ours.close()
        await server.close()
    return found
