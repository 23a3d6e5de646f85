"""Values whose nodes were lost: what is kept to make them again, and how long they are asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pycompss.api.api import compss_wait_on
from pycompss.api.task import task
from pycompss.core.data import Data
from pycompss.core.remaking import ABSENT
from pycompss.core.versions import Status
from pycompss.errors import Unreachable
from pycompss.runtime.membership import Membership


def test_an_input_that_was_lost_while_the_call_ran_is_none_that_is_kept() -> None:
    run: Any = SimpleNamespace(config=SimpleNamespace(engine="dask"))
    version = Data().new_datum().current
    version.status, version.value = Status.READY, 5
    assert Membership(run)._input(version).value == 5
    version.status, version.value = Status.PENDING, None
    assert Membership(run)._input(version).value is ABSENT


@task(returns=1)
def large():
    return np.ones(100_000)


def test_a_value_that_its_node_does_not_give_is_asked_for_until_the_loss_is_known(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much else is reported meanwhile."""
    asked, bring = [], session.engine.bring

    def late(descriptor: Any, moves: Any = None) -> Any:
        asked.append(1)
        if len(asked) < 100:
            message = "its node was lost"
            raise Unreachable(message)
        return bring(descriptor, moves)

    value = large()
    monkeypatch.setattr(session.engine, "bring", late)
    monkeypatch.setattr(session, "poll", lambda seconds=0.0: None)
    assert compss_wait_on(value).sum() == 100_000


def test_of_a_value_that_another_one_stands_for_that_one_is_made_again() -> None:
    run: Any = SimpleNamespace(config=SimpleNamespace(engine="dask"))
    data = Data()
    target, version = data.new_datum().current, data.new_datum().current
    data.make_alias(version, target)
    target.status = version.status = Status.READY
    assert Membership(run)._input(version).version is target
