"""What is told of workers behind a gateway that are not reached."""

from __future__ import annotations

import asyncio

import dask
import pytest

from pycompss.engines.dask import cluster, clusters, connections, gateways, stay


def test_a_worker_that_only_the_scheduler_reaches_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that the scheduler does not know any more has just been lost."""
    there = {"tls://127.0.0.1:9": clusters.Member("one", 1, 0)}

    async def members(self: clusters.Existing) -> dict[str, clusters.Member]:
        return there

    async def admit() -> None:
        found = clusters.Existing("gateway://127.0.0.1:1/mine", "run", stay.session, cluster.new_security())
        assert found.protocol == "tls"
        with pytest.raises(clusters.Refused, match=r"not reached from here: .*leads to the scheduler only, so run the"):
            await found.admit("tls://127.0.0.1:9")
        there.clear()
        with pytest.raises(connections.Lost):
            await found.admit("tls://127.0.0.1:9")

    monkeypatch.setattr(clusters.Existing, "members", members)
    with dask.config.set({"distributed.comm.timeouts.connect": "50ms"}):
        asyncio.run(admit())


def test_a_gateway_is_known_by_its_scheme() -> None:
    assert gateways.is_one("gateway://host:8000/mine")
    assert not gateways.is_one("tls://host:8786")
