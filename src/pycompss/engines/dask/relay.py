"""Values for nodes that do not reach those that have them: the bridge gets them, and passes them on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from pycompss.engines.dask.pulling import Missing, Pulling
from pycompss.store.descriptor import Range


class Relay:
    """One value at a time, as it is in the bridge's own memory meanwhile."""

    def __init__(self, pulling: Pulling) -> None:
        self._pulling = pulling
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def view(self, key: Range, nodes: Sequence[int]) -> AsyncIterator[memoryview]:
        """The bytes of a value that one of the nodes has. Raises KeyError when none gives it."""
        async with self._turn:
            raw = memoryview(bytearray(key[2]))
            try:
                await self._pulling.pull(key, nodes, raw)
            except Missing:
                raise KeyError(key) from None
            yield raw
