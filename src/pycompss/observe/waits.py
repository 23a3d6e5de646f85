"""When a task waited for tasks of its own, or for a stream: others had its computing units meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

from pycompss.observe import pcf
from pycompss.observe.executions import Ran


def waits_of(run: Ran) -> Iterator[tuple[int, int]]:
    """Beginning and end of each, within the execution."""
    since = -1
    for at, type_, value in run.marks:
        if type_ == pcf.PHASE:
            time = min(max(at, run.began), run.ended)
            if since >= 0 and time > since:
                yield since, time
            since = time if value == pcf.WAIT else -1
    if 0 <= since < run.ended:
        yield since, run.ended
