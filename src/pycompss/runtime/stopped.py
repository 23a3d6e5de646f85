"""Who answers after `compss_stop`, or that of notebooks: what is called now runs at once, in the program's process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pycompss.core.task import Definition
from pycompss.engines.inline import InlineCaller
from pycompss.runtime.places import warn


class StoppedCaller(InlineCaller):
    """The sequential caller, which says once that it is no longer the parallel one."""

    def __init__(self, stopped_by: str = "compss_stop", starts: str = "compss_start()") -> None:
        super().__init__()
        self._by, self._starts = stopped_by, starts
        self._said = False

    def call(self, definition: Definition, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if not self._said:
            self._said = True
            warn(
                f"{definition.name} is called after the runtime stopped ({self._by}), so it runs here, in sequence, "
                f"like all tasks from now on; {self._starts} starts the runtime again"
            )
        return super().call(definition, args, kwargs)
