"""Who answers API calls, for a while: several sessions live in one test process, one of them answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pycompss.runtime import current
from tests.support import sessions


@contextmanager
def answering(caller: Any) -> Iterator[None]:
    """`caller` answers inside; None: nobody, so that another can be started."""
    before = current.peek()
    current.set_(caller)
    try:
        yield
    finally:
        current.set_(before)


@contextmanager
def running_aside(workers: int = 2, engine: str = "local", **fields: object) -> Iterator[Any]:
    """A started caller that answers only inside `answering`, stopped at the end."""
    with answering(None):
        running = sessions.running(workers, engine, **fields)
        caller = running.__enter__()
    try:
        yield caller
    finally:
        with answering(caller):
            running.__exit__(None, None, None)
