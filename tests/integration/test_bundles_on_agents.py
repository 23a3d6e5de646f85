"""How many messages agents get for tasks with input: counted, as time would say nothing on a busy machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.task import task
from pycompss.engines.dask import messages
from pycompss.worker import wire
from tests.support.rendezvous import await_mark, mark
from tests.support.sessions import running

TASKS = 1000
NUMBERS = 1 << 16  # of 8 bytes: large enough to lie in shared memory


@task(returns=1)
def one_more(x: int) -> int:
    return x + 1


@task(returns=1)
def make(n: int) -> Any:
    return np.full(NUMBERS, n)


@task(returns=1)
def element(array: Any, n: int) -> int:
    return int(array[n]) + n


@task(returns=1)
def await_file(x: int, path: str) -> int:
    await_mark(Path(path))
    return x


@pytest.fixture(scope="module")
def caller(no_leaks_of_module: None) -> Iterator[Any]:
    with running(workers=2, engine="dask") as caller:
        compss_wait_on([one_more(n) for n in range(20)])  # from now on these count as short
        compss_wait_on([element(make(1), n) for n in range(20)])
        yield caller


@pytest.fixture
def sent(caller: Any, monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """Messages with tasks, by node."""
    found: Counter[int] = Counter()
    send = caller.engine._send

    def counted(message: tuple[Any, ...]) -> None:
        if message[0] == messages.SEND and wire.unpack(message[2], [])[0][0] == messages.RUN:
            found[message[1]] += 1
        send(message)

    monkeypatch.setattr(caller.engine, "_send", counted)
    return found


def test_a_chain_stays_on_one_node_and_its_links_share_messages(caller: Any, sent: Counter[int]) -> None:
    x: Any = 0
    for _ in range(TASKS):
        x = one_more(x)
    assert compss_wait_on(x) == TASKS
    assert sent.total() < TASKS / 10


def test_readers_of_a_value_share_messages_to_where_it_lies(caller: Any, sent: Counter[int], tmp_path: Path) -> None:
    value = make(7)
    compss_barrier()
    blocked = [await_file(n, str(tmp_path / "open")) for n in range(2)]
    found = [element(value, n) for n in range(TASKS)]
    mark(tmp_path / "open")
    assert compss_wait_on(found) == [7 + n for n in range(TASKS)]
    assert compss_wait_on(blocked) == [0, 1]
    assert sent.total() < TASKS / 5
