"""Which traces there are, what their files are called, and making them of a journal that is there."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

from pycompss.core.events import Event
from pycompss.observe.journalfile import NAME, read
from pycompss.observe.paraver import ParaverTrace
from pycompss.observe.perfetto import PerfettoTrace

KINDS = ("paraver", "perfetto")
Trace = ParaverTrace | PerfettoTrace
_BATCH = 10_000


def trace(kind: str, folder: str, application: str, label: str = "", *, dependencies: bool = False) -> Trace:
    """The trace of a run; it is written when it is closed, `<folder>/<application>[_<label>]_compss.*`."""
    program = os.path.basename(application).removesuffix(".py") or "run"
    words = [re.sub(r"[^\w.-]", "_", word) for word in (program, label, "compss") if word]
    base = os.path.join(folder, "_".join(words))
    if kind == "perfetto":
        return PerfettoTrace(base)
    return ParaverTrace(base, dependencies=dependencies)


def of_journal(
    run: str,
    kind: str,
    complain: Callable[[str], object],
    *,
    folder: str = "",
    label: str = "",
    dependencies: bool = True,
) -> Trace:
    """Make a trace of the run in a folder. OSError or ValueError: there is no journal, or none that can be read."""
    events = read(os.path.join(run, NAME), complain)
    first = next(events, None)
    application = str(first[2]) if first is not None and len(first) > 2 else os.path.basename(run)  # noqa: PLR2004
    made = trace(kind, folder or os.path.join(run, "trace"), application, label, dependencies=dependencies)
    if first is not None:
        made.read([first])
    for batch in _batches(events):
        made.read(batch)
    made.close()
    return made


def _batches(events: Iterable[Event]) -> Iterable[list[Event]]:
    batch: list[Event] = []
    for event in events:
        batch.append(event)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    yield batch
