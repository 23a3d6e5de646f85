"""Hears when the program loads a module again, so that workers do the same before its next tasks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


class Reloads:
    """The first of the finders of modules: finds none, but `importlib.reload` asks it with the module as it is."""

    def __init__(self, tell: Callable[[str], object]) -> None:
        self.tell = tell

    def install(self) -> None:
        sys.meta_path.insert(0, self)  # find_spec alone is enough

    def remove(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, _path: Any = None, target: ModuleType | None = None) -> None:
        """Python's protocol of finders; `target` is what is loaded again."""
        if target is not None:
            self.tell(name)
