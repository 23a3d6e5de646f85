"""Programs mean the same on several nodes: a representative part of the specification's tests, on two agents."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

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
