"""Starting the runtime inside the test's own process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import pytest

from pycompss.runtime import current
from pycompss.runtime.caller import Caller

both_engines = pytest.mark.parametrize("engine", ["local", "inline"], indirect=True, scope="module")
"""Runs a test, and the `session` it uses, in parallel and in sequence."""


def with_workers(*numbers: int) -> pytest.MarkDecorator:
    """Runs a test, and the `session` it uses, with each of these numbers of computing units."""
    return pytest.mark.parametrize("workers", numbers, indirect=True, scope="module")


@contextlib.contextmanager
def running(workers: int = 2, engine: str = "local", **fields: object) -> Iterator[Caller]:
    """A started runtime with one node of `workers` computing units; `fields` are further ones of `Config`."""
    from pycompss.runtime import start
    from pycompss.runtime.config import Config, NodeSpec

    node = NodeSpec("localhost", workers)
    settings = {"log_dir": os.environ["PYCOMPSS_LOG_DIR"], "progress": False, "nodes": (node,), **fields}
    caller = start.start(Config(engine=engine, **settings))
    try:
        yield caller
    finally:
        caller.stop()
        current.set_(None)  # not the one that answers after the end
