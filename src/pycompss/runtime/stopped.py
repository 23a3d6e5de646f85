"""Who answers after `compss_stop`: tasks that are called now run at once, in the program's process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pycompss.core.task import Definition
from pycompss.engines.inline import InlineCaller
from pycompss.runtime.places import warn


class StoppedCaller(InlineCaller):
    """The sequential caller, which says once that it is no longer the parallel one."""

    said = False

    def call(self, definition: Definition, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if not self.said:
            self.said = True
            warn(
                f"{definition.name} is called after the runtime stopped (compss_stop), so it runs here, in sequence, "
                "like all tasks from now on; compss_start() starts the runtime again"
            )
        return super().call(definition, args, kwargs)
