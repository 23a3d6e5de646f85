"""An agent looks at its workers, and tells the program what it sees: which tasks run, how much memory workers hold."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from pycompss.engines.dask import messages
from pycompss.engines.local.engine import LocalEngine

PERIOD = 0.2  # seconds between two looks at what runs; short tasks are not seen
OFTEN = 0.1  # the same, when memory is looked at, too


async def observe(engine: LocalEngine, tell: Callable[[Any], None], *, memory: bool) -> None:
    """Until it is cancelled."""
    before: list[tuple[int, int, float]] = []
    while True:
        await asyncio.sleep(OFTEN if memory else PERIOD)
        running = engine.running()
        held = [one for _, _, looks in engine.memory() for one in looks] if memory else None
        if running != before or held is not None:
            tell((messages.SEEN, running if running != before else None, held, time.time()))
            before = running
