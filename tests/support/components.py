"""Programs that some tests need but not every machine has."""

from __future__ import annotations

import importlib
import os
import shutil
from typing import NoReturn

import pytest


def need(*programs: str) -> None:
    """Skip the test, saying why, if a program is missing; on CI, where all must be there, fail it."""
    missing = [program for program in programs if shutil.which(program) is None]
    if not missing:
        return
    unusable(", ".join(missing), "not installed (see scripts/debian-packages.txt)")


def packages_must_be_there() -> None:
    """On CI a missing package fails the tests that ask for it by `pytest.importorskip`."""
    pytest.importorskip = lambda name, *_, **__: importlib.import_module(name)


def unusable(component: str, why: str) -> NoReturn:
    """The same for a component that is there but does not work."""
    reason = f"{component}: {why}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
