"""A caller that only writes down what it is asked, and the sequential one."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

from pycompss.engines.inline import InlineCaller
from pycompss.runtime import current


class Recorder:
    """Answers like a parallel session, and remembers every question as (name, arguments…)."""

    def __init__(self) -> None:
        self.parallel = True
        self.stopped = False
        self.asked: list[tuple[Any, ...]] = []
        self.raises: dict[str, Exception] = {}

    def _ask(self, name: str, *values: Any) -> None:
        self.asked.append((name, *values))
        if name in self.raises:
            raise self.raises[name]

    def call(self, definition, args, kwargs):
        self._ask("call", definition, args, kwargs)
        return "result"

    def wait_on(self, value):
        self._ask("wait_on", value)
        return [f"value of {item}" for item in value] if isinstance(value, list) else f"value of {value}"

    def value_here(self, value):
        self._ask("value_here", value)
        return f"value of {value}"

    def open(self, name, mode):
        self._ask("open", name, mode)
        return io.StringIO(name)

    def file_exists(self, name):
        self._ask("file_exists", name)
        return name == "there"

    def delete_file(self, name):
        self._ask("delete_file", name)
        return False

    def delete_object(self, value):
        self._ask("delete_object", value)
        return True

    def number_of_resources(self):
        self._ask("number_of_resources")
        return 3

    def stop(self, code=0, *, hard=False):
        self._ask("stop", code, hard)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *values: self._ask(name, *values)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    before, caller = current.peek(), Recorder()
    current.set_(caller)
    yield caller
    current.set_(before)


@pytest.fixture
def inline() -> Iterator[InlineCaller]:
    before, caller = current.peek(), InlineCaller()
    current.set_(caller)
    yield caller
    current.set_(before)
