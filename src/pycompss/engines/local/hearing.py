"""What workers and the fork server say becomes events.

Whoever calls this holds the reader's lock (`reading`), so events are reported in the order in which they came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycompss.engines import protocol
from pycompss.engines.local import binding
from pycompss.engines.local.forking import Forking
from pycompss.engines.local.worker import WorkerHandle
from pycompss.engines.protocol import Event
from pycompss.worker import forkserver, wire

if TYPE_CHECKING:
    from pycompss.engines.local.staff import Staff


class Hearing:
    """Takes messages out of sockets, tells the engine what concerns it, and says what is to be reported."""

    def __init__(self, engine: Staff) -> None:
        self._engine = engine
        self._deadlines = engine.deadlines

    # -- workers -------------------------------------------------------------------------------------------------------

    def next_of(self, worker: WorkerHandle, events: list[Event]) -> bool:
        """The next thing that a worker has said is added to `events`; False if there is none."""
        try:
            message, fds = wire.receive(worker.sock)
        except (OSError, wire.Closed):
            return False
        slot = worker.slot.id if worker.slot is not None else 0
        if message[0] != wire.DONE:
            events += self._rarely(worker, slot, message, fds)
            return True
        _, completions, held, given_up, notes = message
        if notes:
            events += binding.news(slot, worker)
            events.append((protocol.OBSERVED, slot, worker.number, notes))
        if held:
            events.append((protocol.CLAIMED, worker.number, held))
        if completions:
            if self._deadlines.entries:
                self._deadlines.met(completions)
            events.append((protocol.COMPLETED, slot, completions))
        if given_up:
            events.append((protocol.UNCLAIMED, worker.number, given_up))
        return True

    def all_of(self, worker: WorkerHandle) -> list[Event]:
        """Everything that a worker has said."""
        events: list[Event] = []
        while worker.alive and self.next_of(worker, events):
            pass
        return events

    def _rarely(self, worker: WorkerHandle, slot: int, message: tuple[Any, ...], fds: list[int]) -> list[Event]:
        kind = message[0]
        if kind == wire.REQUEST:
            return [(protocol.REQUESTED, slot, *message[1:])]
        if kind == wire.SEND:
            return [(protocol.SAID, slot, *message[1:])]
        if kind == wire.RETURNED:
            return [(protocol.RETURNED, message[1])]
        if kind == wire.OUTPUT:
            return [(protocol.OUTPUT, *message[1:])]
        if kind == wire.HELLO:
            self._engine.said_hello(worker, fds[0])
        elif kind == wire.EXCUSE:
            worker.excuse = message[1]
        return []

    # -- the fork server -----------------------------------------------------------------------------------------------

    def fork_server(self, forking: Forking) -> list[Event]:
        """What it has said of workers that began or ended, or that it is gone itself."""
        events: list[Event] = []
        while True:
            try:
                message = forking.hear()
            except (wire.Closed, OSError):
                return events + self._engine.fork_server_died(forking)
            if message is None:
                return events
            kind, number, fact = message
            if kind == forkserver.FORKED:
                self._engine.was_forked(number, fact)
            else:
                worker = self._engine.workers.get(number)
                if worker is not None:
                    events += self.all_of(worker)  # what it said before it died counts
                events += self._engine.died(number, fact)
