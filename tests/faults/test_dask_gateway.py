"""Programs whose nodes are the workers of a cluster behind a real dask-gateway."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support import gateway
from tests.support.gateway import DaskGateway
from tests.support.launch import Result

pytestmark = pytest.mark.timeout(600)  # the first run makes the environment

PROGRAM = """\
import os
from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import FILE_OUT, FILE_IN
from pycompss.api.task import task
from tests.support.rendezvous import await_mark, mark

@task(returns=1)
def meet(mine, other):
    mark(mine)
    await_mark(other)
    return os.environ["COMPSS_NODES"]

@task(returns=1)
def large(x):
    return [x] * 100_000

@task(returns=1)
def total(a, b):
    return sum(a) + sum(b)

print("nodes:", len({*compss_wait_on([meet("a", "b"), meet("b", "a")])}))
xs = [large(x) for x in range(8)]
print("totals:", *set(compss_wait_on([total(a, b) for a, b in zip(xs, reversed(xs))])), sum(compss_wait_on(xs[3])))
"""
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory, place: str) -> Iterator[tuple[DaskGateway, str, str]]:
    """A gateway, and the addresses of a cluster with two workers and one without."""
    with gateway.gateway(tmp_path_factory.mktemp("gateway")) as found:
        yield found, found.new_cluster(2), found.new_cluster(0)


def test_workers_behind_a_gateway_are_the_nodes(clusters: tuple[DaskGateway, str, str], run: Run) -> None:
    """Its proxy leads to the scheduler; one that it does not know, and no workers, are told."""

    def start(address: str) -> Result:
        flags = [f"--scheduler_address={address}"]
        return run(PROGRAM, launcher="runcompss", flags=flags, engine=None, workers=None, python=gateway.PYTHON)

    server, address, empty = clusters
    assert address.startswith(f"gateway://127.0.0.1:{server.port}/")
    for _ in range(2):  # the first leaves it as it was
        result = start(address).succeeded()
        assert "nodes: 2\ntotals: 700000 300000\n" in result.stdout
        assert f"Nodes: the workers of the Dask cluster {address}" in result.stdout
    none = f"gateway://127.0.0.1:{server.port}/none"
    unknown = start(none)
    assert unknown.returncode == 1
    assert f"{none}: the dask-gateway at {server.url} gives no keys for cluster none: " in unknown.stderr
    assert f"the Dask cluster at {empty} has no workers; ask for some: dask_gateway.Gateway()" in start(empty).stderr
    assert "Traceback" not in unknown.stderr
