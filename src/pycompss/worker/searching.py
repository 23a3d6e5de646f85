"""Modules in folders that the program put on `sys.path` while it ran (`sys.path.insert(0, "lib")`).

Workers start with the program's path as it was, on other nodes before the program begins. Instead of telling them of
every change, a worker that misses a module asks for the program's path, and looks through what it did not have.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class ProgramPath:
    """The last finder on `sys.meta_path`."""

    def __init__(self, ask: Callable[[], list[str] | None]) -> None:
        """`ask()` gives the program's path, or None if there is nobody to ask now."""
        self._ask = ask

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where a module is that nothing else found; parts of packages are where their package is."""
        if path is not None or threading.current_thread() is not threading.main_thread():
            return None
        new = [entry for entry in self._ask() or () if entry not in sys.path and os.path.exists(entry)]
        sys.path.extend(new)
        return PathFinder.find_spec(name, new, target) if new else None
