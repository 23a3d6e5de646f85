"""What a debugging session says about the tasks that cells define: which are new, which replace older ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pycompss.core.task import Definition


class Definitions:
    """The tasks among a user's variables."""

    def __init__(self) -> None:
        self._known: dict[str, Definition] = {}

    def look(self, variables: Mapping[str, Any]) -> list[str]:
        """What there is to say since the last look."""
        said = []
        for name, value in list(variables.items()):
            definition = getattr(value, "definition", None)
            if name.startswith("_") or not isinstance(definition, Definition) or self._known.get(name) is definition:
                continue
            if name in self._known:
                said.append(f"WARNING! Task {name} has been redefined (the previous will be deprecated).")
            else:
                said += ["Task definition detected.", f"Found task: {name}"]
            self._known[name] = definition
        return said
