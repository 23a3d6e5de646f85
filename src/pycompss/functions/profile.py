"""`@profile()`: the memory of a task's process before, after and at most, in MiB.

Lines go to the file that `COMPSS_PROFILING_FILE` names, else to the task's output. Stands below `@task`.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from pycompss.errors import PyCOMPSsException

P = ParamSpec("P")
R = TypeVar("R")

_FIELDS = {"psutil": "rss", "psutil_uss": "uss", "psutil_pss": "pss"}
_MIB = 1 << 20


class profile:  # noqa: N801  (name given by the programming model)
    """The decorator.

    full_report: memory before, after and difference, too, not only the most that the process ever had.
    precision: digits after the point.
    backend: "psutil" (resident memory), "psutil_uss" (its own) or "psutil_pss" (its share).
    """

    def __init__(self, full_report: bool = True, precision: int = 1, backend: str = "psutil") -> None:
        if backend not in _FIELDS:
            raise PyCOMPSsException(f"@profile: backend is one of {', '.join(_FIELDS)}, not {backend!r}")
        self.full_report = full_report
        self.precision = precision
        self.field = _FIELDS[backend]

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def measured(*args: P.args, **kwargs: P.kwargs) -> R:
            before = self._memory()
            try:
                return function(*args, **kwargs)
            finally:
                _write(self._line(function, before, self._memory()))

        return measured

    def _memory(self) -> float:
        import psutil  # noqa: PLC0415  (slow to import)

        process = psutil.Process()
        info: Any = process.memory_info() if self.field == "rss" else process.memory_full_info()
        return float(getattr(info, self.field)) / _MIB

    def _line(self, function: Callable[..., Any], before: float, after: float) -> str:
        figures = [("peak", _peak())]
        if self.full_report:
            figures = [("before", before), ("after", after), ("increment", after - before), *figures]
        text = ", ".join(f"{name} {value:.{self.precision}f} MiB" for name, value in figures)
        return f"{function.__module__}.{function.__qualname__}: {text}\n"


def _peak() -> float:
    """The most resident memory that this process ever had."""
    import resource  # noqa: PLC0415  (rare)

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (_MIB if sys.platform == "darwin" else 1 << 10)


def _write(line: str) -> None:
    name = os.environ.get("COMPSS_PROFILING_FILE")
    if not name:
        sys.stdout.write(line)
        return
    with open(name, "a", encoding="utf-8") as file:
        file.write(line)


Profile = profile
PROFILE = profile

__all__ = ["PROFILE", "Profile", "profile"]
