"""How many computing units tasks have, in the words of numeric libraries."""

from __future__ import annotations

import os
import sys

THREAD_VARIABLES = (
    "COMPSS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


class Units:
    """The number that this process's libraries have been told."""

    def __init__(self) -> None:
        """One, before any library is loaded."""
        self.units = 1
        self._tell()

    def set(self, units: int, environment: dict[str, str]) -> None:
        """The slot changed: tell tasks and numeric libraries."""
        os.environ.update(environment)
        if units != self.units:
            self.units = units
            self._tell()
            _limit_threads(units)

    def _tell(self) -> None:
        text = str(self.units)
        for name in THREAD_VARIABLES:
            os.environ[name] = text


def _limit_threads(units: int) -> None:
    """Apply a new number of threads to libraries that are loaded already."""
    if "numpy" in sys.modules or "scipy" in sys.modules:
        from threadpoolctl import threadpool_limits  # noqa: PLC0415

        threadpool_limits(units)
