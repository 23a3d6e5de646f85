from __future__ import annotations

import sys
import textwrap
from types import ModuleType

import pytest

from pycompss.store import current
from pycompss.store.names import MainNames
from tests.unit.store.peer import Peer


@pytest.fixture
def main(monkeypatch):
    """An empty main module of a program; `run(source)` executes source in it."""
    module = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    module.run = lambda source: exec(
        compile(textwrap.dedent(source), "program.py", "exec", dont_inherit=True), vars(module)
    )
    return module


@pytest.fixture
def peer(main, monkeypatch):
    """A second process that runs functions of the program in `main`."""
    monkeypatch.setattr(current, "_names", None)
    peer = Peer(MainNames(main=main))
    yield peer
    peer.close()
