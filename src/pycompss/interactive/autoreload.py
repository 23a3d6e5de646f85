"""IPython's `%autoreload`: what it has loaded again before a cell, or mended in place, workers load again, too.

It looks when a cell begins, at modules whose files have changed since it last did; so do we, right after it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

EVENT = "pre_run_cell"


class Autoreload:
    """What the extension has done, as its own list of files' times tells."""

    def __init__(self, shell: Any, tell: Callable[[str], object]) -> None:
        self._shell = shell
        self._tell = tell
        self._times = self._present()

    def attach(self) -> None:
        """Look in the cell that begins, after the extension, whenever that was loaded."""
        self.detach()
        self._shell.events.register(EVENT, self.look)

    def detach(self) -> None:
        if self.look in self._shell.events.callbacks[EVENT]:
            self._shell.events.unregister(EVENT, self.look)

    def look(self, *_info: Any) -> None:
        before, self._times = self._times, self._present()
        for module, time in self._times.items():
            if before.get(module, time) != time:
                self._tell(module)

    def _present(self) -> dict[str, float]:
        extension = self._shell.magics_manager.registry.get("AutoreloadMagics")
        return dict(getattr(getattr(extension, "_reloader", None), "modules_mtimes", {}))
