"""Where tasks wait on their node until what they need is here: values, room in memory, and files.

A bundle of tasks begins when it has everything; bundles of a slot begin in order. Tasks whose values cannot be had are
not begun, and the program hears of it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

from pycompss.core.resources import Slot
from pycompss.engines import protocol
from pycompss.engines.dask import messages
from pycompss.engines.dask.apart import Apart
from pycompss.engines.dask.bundles import Bundle, needs
from pycompss.engines.dask.descriptors import ranges_of_task, renamed
from pycompss.engines.dask.pulling import Missing
from pycompss.engines.dask.values import NodeValues, Places
from pycompss.engines.local.engine import LocalEngine
from pycompss.engines.protocol import Event
from pycompss.errors import StorageFull
from pycompss.store.descriptor import Range, ranges_in
from pycompss.worker import wire

STORAGE = "storage"  # cause of a failure: see worker/report.py


class Anteroom:
    """Bundles of one run on one node that have not begun."""

    def __init__(
        self, engine: LocalEngine, values: NodeValues, tell: Callable[[Any], None], apart: Apart | None = None
    ) -> None:
        self._apart = apart
        self._engine = engine
        self._values = values
        self._relief = values.relief
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._slots: dict[int, Slot] = {}
        self._waiting: dict[int, deque[Bundle]] = {}  # by slot
        self._busy: set[asyncio.Task[None]] = set()
        self._orders: dict[int, Places] = {}  # what is to be fetched

    def _emit(self, events: list[Event]) -> None:
        """Tell the program what became of tasks."""
        raise NotImplementedError

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

    def _drop_waiting(self, number: int) -> list[int]:
        """The tasks of a slot that have not begun."""
        bundles = self._waiting.pop(number, ())
        for bundle in bundles:
            self._unpin(bundle)
        return [task[0] for bundle in bundles for task in bundle.tasks]

    async def _prepare(self, number: int, bundle: Bundle) -> None:
        """Fetch what the bundle needs; then it may begin, in its turn."""
        began = time.time()
        is_told = self._engine.settings.observed and not self._values.has_all(bundle.places)
        for key, nodes in in_turn(bundle.places):
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


def in_turn(places: Places) -> Iterator[tuple[Range, Sequence[int]]]:
    """One after the other, those that are still in it."""
    for key in list(places):
        if key in places:
            yield key, places[key]
