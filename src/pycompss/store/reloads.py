"""Modules that the program has loaded again, with `importlib.reload` or by IPython's autoreload: workers do so, too.

Which ones, and how often, goes with each reference to a function that is made afterwards, as what a global means (see
`names`): its pickle loads in a worker what the worker has loaded less often.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from typing import Any

NAME = "<modules loaded again>"  # of the binding

_counts: dict[str, int] = {}  # of this process


class Reloads:
    """How often each module was loaded again, in the order of the last times."""

    def __init__(self, counts: dict[str, int]) -> None:
        self.counts = counts

    def __reduce__(self) -> Any:
        return load_again, (self.counts,)

    def after(self, module: str) -> Reloads:
        """Once more."""
        others = {name: count for name, count in self.counts.items() if name != module}
        return Reloads({**others, module: self.counts.get(module, 0) + 1})


def is_the_programs(module: str) -> bool:
    """Whether workers are to follow: Python's own modules (`reload(logging)`), and ours, are as they were."""
    package = module.partition(".")[0]
    return package != "pycompss" and package not in sys.stdlib_module_names


def load_again(counts: dict[str, int]) -> None:
    """Load modules again that were loaded less often; what fails is told, and its module stays as far as it came."""
    for name, count in counts.items():
        if _counts.get(name, 0) >= count:
            continue
        _counts[name] = count
        module = sys.modules.get(name)
        if module is not None:
            try:
                importlib.reload(module)
            except Exception:  # noqa: BLE001  (whatever a module raises; the program was told the same)
                traceback.print_exc()
