"""One run on one node: what the program says becomes calls of the local engine, and its events go to the program.

Where bundles of tasks wait until they may begin: `anteroom`. Everything happens in the thread of the agent's event
loop; the local engine's own thread hands its events over.
"""

from __future__ import annotations

import contextlib
import pickle
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from pycompss.core.resources import Node, Slot
from pycompss.engines import protocol
from pycompss.engines.dask import memory_news, messages
from pycompss.engines.dask.anteroom import Anteroom, in_turn
from pycompss.engines.dask.apart import Apart
from pycompss.engines.dask.bundles import Bundle
from pycompss.engines.dask.descriptors import renamed
from pycompss.engines.dask.observing import observe
from pycompss.engines.dask.pulling import Missing, Pulling
from pycompss.engines.dask.values import NodeValues, Places
from pycompss.engines.local.engine import LocalEngine
from pycompss.engines.protocol import Event
from pycompss.errors import StorageFull
from pycompss.store.descriptor import PICKLED
from pycompss.worker import wire


class Host(Anteroom):
    """`tell` takes messages for the program."""

    def __init__(
        self,
        engine: LocalEngine,
        node: Node,
        values: NodeValues,
        pulling: Pulling,
        tell: Callable[[Any], None],
        apart: Apart | None = None,
    ) -> None:
        """apart: what brings files, where no folder is shared."""
        super().__init__(engine, values, tell, apart)
        self._node = node
        self._reactions: dict[int, Callable[..., None]] = {
            messages.RUN: self._run,
            messages.CLOSE: self._close,
            messages.TAKE_BACK: self._take_back,
            messages.INTERRUPT: self._interrupt,
            messages.REPLY: self._reply,
            messages.RELEASE: self._release,
            messages.ADDRESSES: pulling.addresses.update,
            messages.GONE: pulling.lost,
            messages.KEEP: self._keep,
            messages.CLOCK: lambda asked: tell((messages.TIME, asked, time.time())),
        }

    def start(self) -> None:
        if self._apart is not None:
            self._spawn(self._apart.deliver_all(lambda told: self._tell((messages.EVENTS, told))))
        self._engine.start(self._report)
        if self._relief is not None:
            self._relief.release = self._engine.release
            self._relief.reclaim = self._engine.reclaim
            self._relief.tell = lambda out, back: self._tell((messages.SPILLED, out, back))

    def observe(self, *, memory: bool) -> None:
        """Tell the program what runs here, and how much memory the workers hold."""
        self._spawn(observe(self._engine, self._tell, memory=memory))

    def stop(self) -> None:
        for task in self._busy:
            task.cancel()
        self._engine.stop(force=True)
        self._values.close()

    def handle(self, message: tuple[Any, ...]) -> None:
        """Do what the program says."""
        self._reactions[message[0]](*message[1:])

    # -- what the program says ----------------------------------------------------------------------------------------

    def _run(self, number: int, reservation: bytes | None, functions: Any, tasks: Any, places: Places | None) -> None:
        if reservation is not None:
            self._open(number, reservation)
        table = self._engine.functions()
        for index, payload in functions:
            table.extend([b""] * (index + 1 - len(table)))
            table[index] = payload
        bundle = Bundle(tasks, places or {}, changed=self._changed_by(tasks))
        waiting = self._waiting.get(number)
        if not waiting and self._is_at_hand(bundle):
            self._begin(number, bundle)
            return
        if self._relief is not None:
            self._relief.usage.pin(bundle.changed)
            bundle.is_pinned = True
        self._waiting.setdefault(number, deque()).append(bundle)
        self._order(bundle.places, self._prepare(number, bundle))

    def _open(self, number: int, reservation: bytes) -> None:
        requirement, allotment, others = pickle.loads(reservation)
        nodes = [Node(index, name, 0, address=address) for index, name, address in others]
        parts = tuple(Slot(number, node, requirement) for node in nodes)
        slot = self._slots[number] = Slot(number, self._node, requirement, parts)
        slot.allotment = allotment

    def _close(self, number: int) -> None:
        slot = self._slots.pop(number, None)
        if self._relief is not None:
            self._relief.usage.lost(number)
        if slot is not None:
            self._engine.close_slot(slot)

    def _take_back(self, number: int) -> None:
        tasks = self._drop_waiting(number)
        if tasks:
            self._emit([(protocol.RETURNED, tasks)])
        if number in self._slots:
            self._engine.take_back(self._slots[number])

    def _interrupt(self, number: int, task: int) -> None:
        for bundle in self._waiting.get(number, ()):
            if bundle.remove(task):
                self._emit([(protocol.COMPLETED, number, [(task, wire.CANCELLED, None, 0.0, None)])])
                return
        if number in self._slots:
            self._engine.interrupt(self._slots[number], task)

    def _reply(self, number: int, request: int, ok: bool, value: Any, places: Places | None) -> None:
        if places and not self._values.has_all(places):
            self._order(places, self._reply_later(number, request, ok, value, places))
        elif number in self._slots:
            here = renamed(value, self._values.copies.of)
            if self._relief is not None:
                self._relief.usage.told(number, here)
            self._engine.reply(self._slots[number], request, ok, here)

    async def _reply_later(self, number: int, request: int, ok: bool, value: Any, places: Places) -> None:
        try:
            await self._fetch(places)
        except (Missing, StorageFull) as error:
            ok, value = False, (PICKLED, pickle.dumps(StorageFull(f"a value could not be fetched: {error}")))
        self._reply(number, request, ok, value, None)

    def _release(self, keys: Any) -> None:
        for places in self._orders.values():
            for key in keys:  # whoever needed it does not run here; soon it may be the name of another value
                places.pop(key, None)
        self._engine.release(self._values.release(keys))

    def _keep(self, leaving: int, places: Places) -> None:
        self._order(places, self._keep_all(leaving, places))

    async def _keep_all(self, leaving: int, places: Places) -> None:
        for key, nodes in in_turn(places):
            with contextlib.suppress(Missing, StorageFull):  # then it is lost, or made again
                await self._fetch({key: nodes})
        self._tell((messages.KEPT, leaving))

    # -- what the local engine reports --------------------------------------------------------------------------------

    def _report(self, events: list[Event]) -> None:
        """In the local engine's thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._emit, events)

    def _emit(self, events: list[Event]) -> None:
        told = [event for event in map(self._told, events) if event is not None]
        if told and self._apart is not None:
            self._apart.post(told)
        elif told:
            self._tell((messages.EVENTS, told))

    def _answer(self, number: int, request: int, ok: bool, value: Any) -> None:
        if number in self._slots:
            self._engine.reply(self._slots[number], request, ok, value)

    def _told(self, event: Event) -> Event | None:
        """What the program hears of an event: copies are our business, and so is memory."""
        if self._relief is not None:
            told = memory_news.take(self._relief, event, self._answer)
            if told is None:
                return None
            event = told
        copies = self._values.copies
        if event[0] == protocol.OBSERVED:
            return (*event, time.time())
        if event[0] == protocol.LOST:  # the program sends all tasks of the slot elsewhere, also those on their way here
            self._drop_waiting(event[1])
            self._slots.pop(event[1], None)
        if event[0] == protocol.CLAIMED:
            others = copies.hold(event[1], event[2])
            return (protocol.CLAIMED, event[1], others) if others else None
        if event[0] == protocol.UNCLAIMED:
            kept, free = copies.let_go(event[1], event[2])
            if free:
                self._engine.release(free)
            return (protocol.UNCLAIMED, event[1], kept) if kept or kept is None else None
        return event
