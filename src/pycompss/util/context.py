"""Where a program is: `CONTEXT` tells whether tasks run in parallel, and whether this is a task."""

from __future__ import annotations

import os
import sys

from pycompss.runtime import current


class Context:
    """Questions about the process; answering them starts nothing."""

    def in_pycompss(self) -> bool:
        """Whether task calls go to a parallel runtime (if none is started yet: whether they would)."""
        caller = current.peek()
        return os.environ.get("PYCOMPSS_ENGINE") != "inline" if caller is None else caller.parallel

    def in_worker(self) -> bool:
        """Whether this process runs tasks."""
        return "pycompss.worker.process" in sys.modules

    def in_master(self) -> bool:
        """Whether this process is the program's."""
        return self.in_pycompss() and not self.in_worker()

    def is_nesting_enabled(self) -> bool:
        """Tasks may always call tasks."""
        return True


CONTEXT = Context()

__all__ = ["CONTEXT"]
