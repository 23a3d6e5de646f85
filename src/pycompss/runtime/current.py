"""Who answers API calls in this process.

`get()` is on the path of every task call: one global read when a caller is set. Until then the first call starts a
session from the environment (see `pycompss.runtime.start`).
"""

from __future__ import annotations

from pycompss.runtime.caller import Caller

caller: Caller | None = None


def get() -> Caller:
    """The caller of this process; the first use starts one."""
    if caller is not None:
        return caller
    from pycompss.runtime import start  # noqa: PLC0415  (the runtime loads only when a task is called)

    return start.from_environment()


def peek() -> Caller | None:
    """The caller of this process, if one was started."""
    return caller


def set_(new: Caller | None) -> None:
    """Make `new` answer from now on."""
    global caller  # noqa: PLW0603
    caller = new
