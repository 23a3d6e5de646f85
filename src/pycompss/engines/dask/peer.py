"""An agent as the bridge sees it: a line, what is to be said on it, and whether the other end is alive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pycompss.engines.dask.cluster import Line, Lost
from pycompss.engines.dask.stay import Outbox, Patience

PULSE = 0.5  # seconds after which an agent that was told nothing is asked whether it lives


class Peer:
    """silence: seconds without an answer after which it is given up."""

    def __init__(self, line: Line, silence: float) -> None:
        self._line = line
        self._silence = silence
        self._outbox = Outbox()
        self.say = self._outbox.put

    async def serve(self, take: Callable[[list[bytes]], None]) -> str:
        """Pass on what it says, until it leaves or is lost; why."""
        loop = asyncio.get_running_loop()
        patience = Patience(self._line, self._silence)
        helpers = [loop.create_task(self._outbox.send_all(self._line, PULSE)), loop.create_task(patience.run())]
        try:
            while True:
                received = await self._line.receive()
                patience.heard()
                if received:
                    take(list(received))
        except Lost:
            return patience.verdict or "the connection to its agent broke"
        finally:
            for helper in helpers:
                helper.cancel()
            self._line.abort()

    def leave(self) -> None:
        """End the session."""
        self._line.abort()
