"""Counting calls of Python functions: a budget that no clock disturbs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def count_calls(run: Callable[[], Any]) -> int:
    """Python functions that this thread calls."""
    calls = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(None)
    return calls
