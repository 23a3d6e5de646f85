"""What is told of a cluster that does not answer."""

from __future__ import annotations

import asyncio

import pytest

from pycompss.engines.dask import cluster, clusters, stay


def test_of_what_dask_says_the_root_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_args: object, **_keywords: object) -> None:
        root = ConnectionRefusedError(111, "Connection refused")
        raise OSError("Timed out trying to connect: in <TCPConnector object at 0x7f>: Connection refused") from root

    async def connect() -> None:
        await clusters.Existing("tcp://127.0.0.1:9", "run", stay.session, cluster.new_security()).connect()

    monkeypatch.setattr(clusters, "connect", refused)
    with pytest.raises(clusters.Refused) as error:
        asyncio.run(connect())
    assert str(error.value).splitlines() == [
        "no Dask scheduler answers at tcp://127.0.0.1:9: [Errno 111] Connection refused",
        "    asked: tcp://127.0.0.1:9, within 5 s",
        "    try:   dask scheduler, and the address that it prints",
    ]
