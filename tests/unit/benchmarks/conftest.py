"""The modules of `benchmarks/`, which import one another by bare names, as scripts do."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = str(Path(__file__).resolve().parents[3] / "benchmarks")


@pytest.fixture(scope="module")
def benchmark() -> Iterator[Callable[[str], Any]]:
    before = set(sys.modules)
    sys.path.insert(0, FOLDER)
    try:
        yield importlib.import_module
    finally:
        sys.path.remove(FOLDER)
        for name in set(sys.modules) - before:
            if FOLDER in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]
