"""Programs mean the same on several nodes: a representative part of the specification's tests, on two agents."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from typing import Any

import pytest

from pycompss.api.api import compss_wait_on
from pycompss.api.task import task
from tests.integration.spec import (
    test_04_parameters,
    test_05_collections,
    test_05_files,
    test_05_objects,
    test_06_futures,
    test_06_returns,
    test_07_serialisation,
    test_08_nesting,
    test_09_api,
    test_09_groups,
    test_10_cancellation,
    test_10_failures,
    test_10_timeouts,
    test_14_streams,
)
from tests.support.answers import answering, running_aside

_MODULES = (
    test_04_parameters,
    test_05_collections,
    test_05_files,
    test_05_objects,
    test_06_futures,
    test_06_returns,
    test_07_serialisation,
    test_08_nesting,
    test_09_api,
    test_09_groups,
    test_10_cancellation,
    test_10_failures,
    test_10_timeouts,
    test_14_streams,
)


@pytest.fixture(scope="module")
def local_session(no_leaks_of_module: None) -> Iterator[Any]:
    """In the place of two workers in one node: two nodes."""
    with running_aside(workers=2, engine="dask") as session, answering(session):
        yield session


@pytest.fixture
def engine(local: Any) -> str:
    """The only one here."""
    return "local"


def _runs_here(name: str, test: Any) -> bool:
    """Whether it is a test that uses the session above."""
    return (
        name.startswith("test_")
        and inspect.isfunction(test)
        and not {"engine", "local"}.isdisjoint(inspect.signature(test).parameters)
    )


for _module in _MODULES:
    globals().update({name: test for name, test in vars(_module).items() if _runs_here(name, test)})


@task(returns=1, computing_nodes=2)
def seen_of_nodes():
    return [os.environ[name] for name in ("COMPSS_NUM_NODES", "COMPSS_HOSTNAMES", "PYCOMPSS_ADDRESSES")]


def test_a_task_that_takes_both_nodes_knows_them_and_where_they_are(local):
    """On one machine, that is one address for both."""
    number, names, addresses = compss_wait_on(seen_of_nodes())
    assert number == "2"
    assert sorted(names.split(",")) == ["localhost-1", "localhost-2"]
    assert addresses.split(",") == [os.uname().nodename] * 2


@task(returns=2, is_distributed=True)
def dealt(key):
    return os.environ["COMPSS_HOSTNAMES"], hash(key)


def test_texts_have_the_same_hash_on_all_nodes(local):
    """Tasks deal keys out by `hash(key) % buckets`, each on its node."""
    nodes, hashes = zip(*compss_wait_on([dealt("key") for _ in range(4)]), strict=True)
    assert set(nodes) == {"localhost-1", "localhost-2"}
    assert len(set(hashes)) == 1
