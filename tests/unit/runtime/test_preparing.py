from __future__ import annotations

import sys
from pickle import dumps
from typing import Any

import numpy as np
import pytest

from pycompss.core.data import Data
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Requirement
from pycompss.core.task import Definition
from pycompss.core.versions import Status
from pycompss.runtime.preparing import has_earlier_versions, load_modules, oldest
from pycompss.store.descriptor import BUFFERS, PICKLED


@pytest.fixture
def data() -> Data:
    return Data()


def invocation(number: int) -> Invocation:
    task = Invocation(number, Definition(lambda: None, "update"), Requirement(1, 0), None)
    task.reads, task.writes = [], []
    return task


def updates(data: Data, count: int) -> Any:
    """A result that `count` tasks update, and its versions."""
    datum = data.result(invocation(1))
    versions = [datum.current]
    for number in range(count):
        task = invocation(2 + number)
        data.read(task, datum)
        versions.append(data.write(task, datum))
    return versions


def test_the_way_back_from_an_awaited_version_ends_at_what_is_there_first(data: Data) -> None:
    versions = updates(data, 3)
    assert oldest(versions[3]) is versions[0]
    versions[0].status = versions[1].status = Status.READY
    assert oldest(versions[3]) is versions[1]


def test_results_as_they_were_returned_tell_nothing_beforehand(data: Data) -> None:
    versions = updates(data, 1)
    assert [has_earlier_versions(version) for version in versions] == [False, True]
    versions[1].status = Status.READY
    assert not has_earlier_versions(versions[1])


def test_the_modules_of_a_large_value_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    pickle = dumps(np.zeros(5), 5, buffer_callback=lambda _: None)
    needed = [name for name in sys.modules if name.startswith("numpy") and name.encode() in pickle]
    for name in needed:
        monkeypatch.delitem(sys.modules, name)
    loaded: list[str] = []
    monkeypatch.setattr("importlib.import_module", loaded.append)
    load_modules((BUFFERS, pickle, ()))
    assert "numpy" in loaded[0]


@pytest.mark.parametrize("descriptor", [7, None, (PICKLED, b"cnowhere\nnothing\n."), (BUFFERS, b"N.", ())])
def test_nothing_is_loaded_for_small_values(monkeypatch: pytest.MonkeyPatch, descriptor: Any) -> None:
    loaded: list[str] = []
    monkeypatch.setattr("importlib.import_module", loaded.append)
    load_modules(descriptor)
    assert loaded == []


def test_a_module_that_cannot_be_loaded_is_left_to_unpickling() -> None:
    class Elsewhere:
        def __reduce__(self) -> Any:
            return _named, ()

    pickle = dumps(Elsewhere(), 5).replace(__name__.encode(), b"x" * len(__name__))
    load_modules((BUFFERS, pickle, ()))
    assert "x" * len(__name__) not in sys.modules


def _named() -> None:
    pass
