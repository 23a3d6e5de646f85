"""The sessions of the specification's tests.

Starting workers costs more than most statements, so a module's tests share one session of two workers (`local`) and
have sequential mode (`inline`) beside it; `engine` runs a test on both. What would disturb the neighbours (tasks that
fail for good, another number of workers) starts its own with `fresh`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pycompss.runtime.config import NodeSpec
from tests.support.answers import answering, running_aside


@pytest.fixture(scope="module")
def local_session(no_leaks_of_module: None) -> Iterator[Any]:
    with running_aside(workers=2) as session, answering(session):
        yield session


@pytest.fixture(scope="module")
def inline_caller(no_leaks_of_module: None) -> Iterator[Any]:
    with running_aside(engine="inline") as caller:
        yield caller


@pytest.fixture
def local(local_session: Any) -> Iterator[Any]:
    """Tasks run in two worker processes."""
    with answering(local_session):
        yield local_session
        local_session.barrier()  # what a test leaves behind must not meet the next


@pytest.fixture
def inline(inline_caller: Any) -> Iterator[Any]:
    """Sequential mode: tasks run inside the call."""
    with answering(inline_caller):
        yield inline_caller


@pytest.fixture(params=["local", "inline"])
def engine(request: pytest.FixtureRequest, local_session: Any, inline_caller: Any) -> str:
    """Both, one after the other; the name of the one at hand."""
    request.getfixturevalue(request.param)
    return str(request.param)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Start a session of this test's own: `fresh(workers=4)`, `fresh(nodes=[NodeSpec("localhost", 1)])`."""
    with ExitStack() as stack:

        def start(workers: int = 2, nodes: Iterable[NodeSpec] = (), **fields: Any) -> Any:
            if nodes:
                fields["nodes"] = tuple(nodes)
            session = stack.enter_context(running_aside(workers, log_dir=str(tmp_path), **fields))
            stack.enter_context(answering(session))
            return session

        yield start


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of the program, empty at first."""
    work = tmp_path / "program"
    work.mkdir()
    monkeypatch.chdir(work)
    return work
