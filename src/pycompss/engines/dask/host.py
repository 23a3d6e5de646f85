"""One run on one node: what the program says becomes calls of the local engine, and its events go to the program.

A bundle of tasks begins when the values that it needs are here; bundles of a slot begin in order. Everything happens in
the thread of the agent's event loop; the local engine's own thread hands its events over.
"""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

from pycompss.core.resources import Node, Slot
from pycompss.engines import protocol
from pycompss.engines.dask import memory_news, messages
from pycompss.engines.dask.apart import Apart
from pycompss.engines.dask.bundles import Bundle, needs
from pycompss.engines.dask.descriptors import ranges_of_task, renamed
from pycompss.engines.dask.observing import observe
from pycompss.engines.dask.pulling import Missing, Pulling
from pycompss.engines.dask.values import NodeValues, Places
from pycompss.engines.local.engine import LocalEngine
from pycompss.engines.protocol import Event
from pycompss.errors import StorageFull
from pycompss.store.descriptor import PICKLED, Range, ranges_in
from pycompss.worker import wire

STORAGE = "storage"  # cause of a failure: see worker/report.py


class Host:
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
        self._apart = apart
        self._engine = engine
        self._node = node
        self._values = values
        self._relief = values.relief
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._slots: dict[int, Slot] = {}
        self._waiting: dict[int, deque[Bundle]] = {}  # by slot
        self._busy: set[asyncio.Task[None]] = set()
        self._orders: dict[int, Places] = {}  # what is to be fetched
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

    def _changed_by(self, tasks: Any) -> list[Range]:
        """Values that tasks change where they were made."""
        if self._relief is None:
            return []
        changing = [task for task in tasks if task[6] is not None and "in_place" in task[6]]
        return list(ranges_in([task[4][position] for task in changing for position in task[6]["in_place"]]))

    def _is_at_hand(self, bundle: Bundle) -> bool:
        if self._relief is not None and bundle.changed and self._relief.any_parked(bundle.changed):
            return False
        return self._values.has_all(bundle.places) and not (self._apart and self._apart.concerns(bundle.tasks))

    def _unpin(self, bundle: Bundle) -> None:
        if bundle.is_pinned and self._relief is not None:
            bundle.is_pinned = False
            self._relief.usage.unpin(bundle.changed)

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

    def _drop_waiting(self, number: int) -> list[int]:
        """The tasks of a slot that have not begun."""
        bundles = self._waiting.pop(number, ())
        for bundle in bundles:
            self._unpin(bundle)
        return [task[0] for bundle in bundles for task in bundle.tasks]

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
        for key, nodes in _in_turn(places):
            with contextlib.suppress(Missing, StorageFull):  # then it is lost, or made again
                await self._fetch({key: nodes})
        self._tell((messages.KEPT, leaving))

    # -- bundles ------------------------------------------------------------------------------------------------------

    async def _prepare(self, number: int, bundle: Bundle) -> None:
        """Fetch what the bundle needs; then it may begin, in its turn."""
        began = time.time()
        is_told = self._engine.settings.observed and not self._values.has_all(bundle.places)
        for key, nodes in _in_turn(bundle.places):
            try:
                await self._fetch({key: nodes})
            except Missing as error:
                bundle.missing[key] = str(error)
            except StorageFull as error:
                bundle.too_large[key] = str(error)
        for key in bundle.changed:
            if self._relief is not None:
                await self._relief.bring_back(key)
        if self._apart is not None:
            await self._bring_files(number, bundle, self._apart)
        bundle.is_ready = True
        if is_told:
            self._tell((messages.STAGED, [task[0] for task in bundle.tasks], began, time.time()))
        waiting = self._waiting.get(number)
        while waiting and waiting[0].is_ready:
            self._begin(number, waiting.popleft())

    async def _bring_files(self, number: int, bundle: Bundle, apart: Apart) -> None:
        """Tasks whose files cannot be had fail; the others get them under the names that they have here."""
        for task in list(bundle.tasks):
            told = await apart.receive(task)
            if len(told) == len(task):
                bundle.tasks = [told if other is task else other for other in bundle.tasks]
            elif bundle.remove(task[0]):
                cause, why = told
                self._emit([(protocol.COMPLETED, number, [(task[0], wire.FAILED, None, 0.0, (cause, why, why, None))])])

    async def _fetch(self, places: Places) -> None:
        try:
            await self._values.fetch(places)
        finally:
            fresh = self._values.take_fresh()
            if fresh:
                self._tell((messages.COPIED, fresh, time.time()))

    def _begin(self, number: int, bundle: Bundle) -> None:
        self._unpin(bundle)
        if bundle.missing or bundle.too_large:
            self._refuse_some(number, bundle)
        tasks = bundle.tasks
        if not tasks or number not in self._slots:
            return
        relief = self._relief
        if bundle.places or relief is not None:
            tasks = self._with_places_here(number, tasks)
        self._engine.run(self._slots[number], tasks, [key for task in tasks for key in ranges_of_task(task)])

    def _with_places_here(self, number: int, tasks: list[Any]) -> list[Any]:
        """The same tasks; what they read is named by where it lies, and stays there."""
        copies, relief = self._values.copies.of, self._relief
        if copies:
            if relief is not None:
                relief.used(ranges_in(tasks))
            tasks = renamed(tasks, copies)
        if relief is not None:
            relief.begin(number, tasks)
        return tasks

    def _refuse_some(self, number: int, bundle: Bundle) -> None:
        """Tasks without their values are not begun; the program decides what becomes of them."""
        if bundle.missing:
            without = bundle.take(lambda task: needs(task, bundle.missing))
            self._tell((messages.MISSING, list(bundle.missing.items())))
            self._emit([(protocol.RETURNED, [task[0] for task in without])])
        for task in bundle.take(lambda task: needs(task, bundle.too_large)):
            why = next(iter(bundle.too_large.values()))
            report = (STORAGE, why, why, None)
            self._emit([(protocol.COMPLETED, number, [(task[0], wire.FAILED, None, 0.0, report)])])

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)
        return task

    def _order(self, places: Places, work: Coroutine[Any, Any, None]) -> None:
        """Have `work` fetch these; what is released before its turn leaves `places`."""
        self._orders[id(places)] = places
        self._spawn(work).add_done_callback(lambda _: self._orders.pop(id(places)))

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


def _in_turn(places: Places) -> Iterator[tuple[Range, Sequence[int]]]:
    """One after the other, those that are still in it."""
    for key in list(places):
        if key in places:
            yield key, places[key]
