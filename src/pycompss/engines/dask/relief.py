"""Memory of a node that runs short: values go to a file on its disk, and nobody elsewhere has to know.

A value keeps its name, which is the range in which it was made. When it is spilled, its pages go back to the system,
its place stays taken, and the file's range counts as the node's copy of it (`copies`): tasks and other nodes get that
one. Who updates a value where it lies gets it back there first. Which values go, and when, is decided as on one machine
(`core/spilling`): least recently used ones first, never what somebody may be looking at (`usage`). A value for which no
room can be made is written to the file by whoever made it, and named after the file (`numbering.spill_arena`).

Everything happens in the thread of the agent's event loop; only the disk is left to another.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from pycompss.core.spilling import Marks
from pycompss.engines.dask.copies import Copies
from pycompss.engines.dask.disk import Chosen, Disk
from pycompss.engines.dask.numbering import node_of, spill_arena
from pycompss.engines.dask.roomseekers import MOST_ATTEMPTS, Seeker
from pycompss.engines.dask.usage import Usage
from pycompss.store.descriptor import Range
from pycompss.store.memory import remove_pages
from pycompss.store.ranges import pages
from pycompss.store.rooms import Rooms
from pycompss.store.shared import SharedMemory
from pycompss.store.spill import SPILL, SpillFile, no_room

AT_ONCE = 64 << 20  # bytes of a round
LOOKS = 7  # at whether idle workers have given back what they hold in vain: after 1 ms, then after twice as long, …


class Relief:
    """release, reclaim: of the node's engine. tell: what was spilled, and what is read back, in bytes."""

    def __init__(self, node: int, limit: int, memory: SharedMemory, copies: Copies, file: SpillFile) -> None:
        self.usage = Usage()
        self._file = file
        self.handed: dict[int, list[Range]] = {}  # ranges of the file that running tasks were told to fill
        self.release: Callable[[Iterable[Range]], object] = list
        self.reclaim: Callable[[], bool] = bool
        self.tell: Callable[[list[int], list[int]], None] = lambda _out, _back: None
        self._node = node
        self._number = spill_arena(node)
        self._memory = memory
        self._copies = copies
        self._live: Counter[int] = Counter()
        self._rooms = Rooms(limit, memory.rooms, self._live)
        self._limit = limit
        self._marks = Marks(limit)
        self._order: dict[Range, object] = {}  # values in memory, least recently used first; with a mark of their own
        self._parked: set[Range] = set()  # made here, and on the disk now
        self._seekers: list[Seeker] = []
        self._task: asyncio.Task[None] | None = None
        self._disk = Disk(file, memory)

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._disk.stop()

    # -- what the node tells -------------------------------------------------------------------------------------------

    def made(self, ranges: Iterable[Range]) -> None:
        """These hold values now: made here, or copied to here."""
        for key in ranges:
            if key in self._parked:
                continue
            if self._order.pop(key, None) is None:
                place = self._place(key)
                self._live[place[0]] += pages(place[2])
            self._order[key] = object()
        if self._marks.excess(self._live.total()):
            self._wake()

    def used(self, ranges: Iterable[Range]) -> None:
        """Tasks are about to read these, by their names."""
        for key in ranges:
            mark = self._order.pop(key, None)
            if mark is not None:
                self._order[key] = mark

    def begin(self, slot: int, tasks: Iterable[tuple[Any, ...]]) -> None:
        """Tasks go to a worker, which reads what they name from where it lies."""
        places = self.usage.begun(slot, tasks)
        if places:
            self.used(places)  # those that have no copies: they lie where they were made
            back = [place[2] for place in places if place[0] == SPILL]
            if back:
                self.tell([], back)

    def dropped(self, ranges: Iterable[Range]) -> None:
        """Nobody needs these any more; copies of them are still known."""
        for key in ranges:
            if self._order.pop(key, None) is not None:
                place = self._place(key)
                self._live[place[0]] -= pages(place[2])
            elif key in self._parked:
                self._parked.discard(key)
                self._rooms.unpark(key[0], pages(key[2]))
                self._rooms.move(key[0], pages(key[2]))

    def named(self, ranges: Iterable[Range]) -> dict[Range, Range]:
        """Names for ranges of the file that somebody has filled."""
        names = {}
        for place in ranges:
            names[place] = key = (self._number, place[1], place[2])
            self._copies.add(key, place)
        if names:
            self.tell([key[2] for key in names], [])
        return names

    def settle(self, task: int, filled: Iterable[Range]) -> None:
        """A task has ended: what it was told to fill and has not handed over is free."""
        kept = set(filled)
        self._disk.discard(place for place in self.handed.pop(task, ()) if place not in kept)

    def any_parked(self, keys: Iterable[Range]) -> bool:
        """Whether one of these is on the disk instead of where it was made."""
        return not self._parked.isdisjoint(keys)

    # -- who needs room ------------------------------------------------------------------------------------------------

    def seek(self, seeker: Seeker) -> None:
        """It gets an answer: there is room now, or where in the file to put the value."""
        room = self._memory.rooms.get(seeker.arena)
        if room is not None:
            seeker.freed = room.take_freed
        if not self._grant(seeker):
            self._seekers.append(seeker)
            self._wake()

    async def find(self, arena: int, length: int, attempt: int) -> Range | None:
        """The same for the agent itself."""
        answer: asyncio.Future[Range | None] = asyncio.get_running_loop().create_future()

        def told(place: Range | None, _freed: object) -> None:
            if not answer.done():
                answer.set_result(place)

        def refused(error: BaseException) -> None:
            if not answer.done():
                answer.set_exception(error)

        self.seek(Seeker(arena, length, attempt, told, refused))
        return await answer

    async def bring_back(self, key: Range) -> None:
        """The value is about to be updated where it was made, unless it is there already."""
        if key not in self._parked:
            return
        own, length = self._memory.arena.number, key[2]
        place = await self.find(own, length, 0)
        if place is not None:  # there is no room but where it was
            self._disk.discard([place])
        if key not in self._parked:
            return
        into, source = self._memory.mappings.shared(*key), self._copies.of[key]
        await asyncio.get_running_loop().run_in_executor(None, self._disk.read, source, into)
        if key not in self._parked:
            return
        if place is None:
            self._memory.rooms[own].allowed -= pages(length)
        self._parked.discard(key)
        self._rooms.unpark(key[0], pages(length))
        self.release(self._copies.drop([key]))
        self.made([key])
        self.tell([], [length])

    def _grant(self, seeker: Seeker) -> bool:
        if seeker.attempt >= MOST_ATTEMPTS or not self._rooms.grant(seeker.arena, seeker.length):
            return False
        seeker.answer(None)
        return True

    # -- the work ------------------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._relieve())

    async def _relieve(self) -> None:
        try:
            self._disk.open()
        except OSError as error:
            seekers, self._seekers = self._seekers, []
            for seeker in seekers:
                seeker.refuse(no_room(seeker.length, self._file.directory, error))
            return
        await self._collect()
        while await self._round():
            pass

    async def _collect(self) -> None:
        """Have free memory come back that idle workers hold, if that is all that is missing."""
        for look in range(LOOKS):
            self._serve()
            need = sum(pages(seeker.length) for seeker in self._seekers if self._can_fit(seeker))
            if not need or not self._marks.allow(self._live.total() + need):
                return
            self._rooms.cut(self._seekers[0].arena)
            if not self.reclaim() and look:
                return
            await asyncio.sleep(0.001 * 2**look)

    async def _round(self) -> bool:
        """Whether there may be more to do."""
        self._serve()
        if self._seekers:
            self._rooms.cut(self._seekers[0].arena)
            self.reclaim()
            self._serve()
        missing = [self._rooms.missing(s.arena, s.length) for s in self._seekers if self._can_fit(s)]
        wanted = max([self._marks.excess(self._live.total()), *missing])
        chosen = self._choose(min(wanted, AT_ONCE)) if wanted > 0 and not self._disk.is_full else []
        written = await asyncio.get_running_loop().run_in_executor(None, self._disk.write, chosen) if chosen else []
        sizes = [one[0][2] for one in written if self._commit(*one)]
        if not sizes:
            self._give_up()
            return False
        self.tell(sizes, [])
        self._memory.arena.cool_down()
        return True

    def _serve(self) -> None:
        self._seekers = [seeker for seeker in self._seekers if not self._grant(seeker)]

    def _choose(self, wanted: int) -> list[Chosen]:
        busy, chosen = self.usage.ranges(), []
        for key, mark in self._order.items():
            if wanted <= 0:
                break
            place = self._place(key)
            if place not in busy and not self._copies.is_held(place):
                chosen.append((key, mark, place))
                wanted -= pages(place[2])
        return chosen

    def _commit(self, key: Range, mark: object, before: Range, place: Range) -> bool:
        """The value was written: from now on it lies there, unless somebody has begun to use it."""
        is_busy = before in self.usage.ranges() or self._copies.is_held(before)
        if self._order.get(key) is not mark or self._place(key) != before or is_busy:
            self._disk.discard([place])
            return False
        del self._order[key]
        self._live[before[0]] -= pages(key[2])
        if node_of(key[0]) == self._node:
            self._copies.add(key, place)
            remove_pages(self._memory.mappings.shared(before[0], before[1], pages(before[2])))
            self._parked.add(key)
            self._rooms.park(key[0], pages(key[2]))
        else:
            self.release([self._copies.move(key, place)])
        return True

    def _give_up(self) -> None:
        """Nothing more can leave memory: whoever needs room writes to the file."""
        self._marks.is_relieving = False
        seekers, self._seekers = self._seekers, []
        for seeker in seekers:
            place = self._disk.reserve(seeker.length)
            if seeker.task:
                self.handed.setdefault(seeker.task, []).append(place)
            seeker.answer(place)

    def _can_fit(self, seeker: Seeker) -> bool:
        return seeker.attempt < MOST_ATTEMPTS and seeker.length <= self._limit

    def _place(self, key: Range) -> Range:
        return self._copies.of.get(key, key)
