"""An agent as the bridge sees it: a line, what is to be said on it, and whether the other end is alive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pycompss.engines.dask.connections import Line, Lost
from pycompss.engines.dask.stay import SILENCE, Outbox, Patience

PULSE = 0.5  # least seconds after which an agent that was told nothing is asked whether it lives
QUESTIONS = 2000  # most a second, of all nodes together, as long as silence can still be told


def pulse(nodes: int, silence: float) -> float:
    """How often each of so many nodes is asked: four times until it, or we for it, would be given up."""
    return min(max(PULSE, nodes / QUESTIONS), silence / 4, SILENCE / 4)


class Peer:
    """silence: seconds without an answer after which it is given up. nodes: how many there are."""

    def __init__(self, line: Line, silence: float, nodes: Callable[[], int]) -> None:
        self._line = line
        self._silence = silence
        self._nodes = nodes
        self._outbox = Outbox()
        self.say = self._outbox.put

    async def serve(self, take: Callable[[list[bytes]], None]) -> str:
        """Pass on what it says, until it leaves or is lost; why."""
        loop = asyncio.get_running_loop()
        patience = Patience(self._line, self._silence)
        helpers = [loop.create_task(self._outbox.send_all(self._line, self._pulse)), loop.create_task(patience.run())]
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

    def _pulse(self) -> float:
        return pulse(self._nodes(), self._silence)

    def leave(self) -> None:
        """End the session."""
        self._line.abort()
