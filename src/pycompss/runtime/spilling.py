"""When memory runs short: the least recently used values go to the disk, and come back when somebody reads them.

This is the side that the run sees, always under its lock: which versions are large and when they were last used, who
asks for room, what was handed out. A thread does the work (`spiller`). What spilled versions become is an ordinary
descriptor that names the spill file instead of an arena, so nobody else has to know.

A value for which nothing can be made room, because everything in memory is in use or it is larger than all of it, is
written to the file by whoever made it. So nobody waits for room for ever; only a full disk is an error.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from pycompss.core.events import Kind
from pycompss.core.resources import Slot
from pycompss.core.spilling import Marks, choose, in_use
from pycompss.core.versions import Status, Version
from pycompss.errors import StorageFull
from pycompss.runtime.asks import MOST_ATTEMPTS, Ask, ProgramAsk, WorkerAsk
from pycompss.runtime.spiller import Spiller
from pycompss.runtime.tally import Tally
from pycompss.runtime.values import MASTER_ARENA
from pycompss.store.descriptor import BUFFERS, Descriptor, Range, ranges_of
from pycompss.store.ranges import pages
from pycompss.store.rooms import Rooms
from pycompss.store.spill import SPILL, is_spilled, no_room

if TYPE_CHECKING:
    from pycompss.runtime.run import Run
    from pycompss.store.spill import SpillFile

EXAMINED = 4096  # versions that are looked at in one go


class Spilling:
    """The values that could go, and those who need room."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.values = run.values
        memory = run.values.memory
        self.file: SpillFile | None = memory.spill
        self.rooms = Rooms(run.values.limit, memory.rooms, run.values.live)
        self.asks: list[Ask] = []
        self.spilled, self.restored = Tally(), Tally()
        self.by_node: dict[str, Tally] = {}  # what nodes have spilled by themselves
        self.is_watching = False  # memory has been short: it matters who reads what
        self._marks = Marks(run.values.limit)
        self._order: dict[Version, None] = {}  # versions with large values in memory, least recently used first
        self.handed: dict[int, list[Range]] = {}  # ranges of the file that running tasks were told to fill
        self._spiller = Spiller(self)

    def start(self) -> None:
        """From now on the program's arena asks, too."""
        if self.file is not None:
            memory = self.values.memory
            memory.rooms[MASTER_ARENA].allowed = memory.share
            self.values.arena.grow = self._grow

    def stop(self) -> None:
        """The run is over: end the thread, and say what was spilled."""
        self._spiller.stop()
        for ask in self.asks:
            ask.refuse(StorageFull("the run has ended"))
        if self.spilled.bytes:
            self.run.folder.log(f"spilled to disk: {self.spilled}; read back: {self.restored}")
        for node, tally in self.by_node.items():
            self.run.folder.log(f"spilled to the disk of {node}: {tally}")

    # -- what the run tells --------------------------------------------------------------------------------------------

    def made(self, versions: Iterable[Version], values: Iterable[Descriptor], *, takes_memory: bool = True) -> None:
        """These versions are about to have these values."""
        if self.file is None:
            return
        is_open = self.file.fd >= 0
        for version, value in zip(versions, values, strict=False):
            if type(value) is tuple and value[0] == BUFFERS:
                if is_open and is_spilled(value):
                    self._count(self.spilled, Kind.SPILLED, version, value)
                else:
                    self._order[version] = None
        if takes_memory and self._marks.excess(self.values.in_memory):
            self.is_watching = True
            self._spiller.wake()

    def read(self, versions: Iterable[Version]) -> None:
        """Somebody is about to read these."""
        for version in versions:
            value = version.value
            if version in self._order:
                self._touch(version)
            elif type(value) is tuple and value[0] == BUFFERS and is_spilled(value):
                self._count(self.restored, Kind.RESTORED, version, value)

    def handed_on(self, before: Version, version: Version) -> None:
        """This version has taken over the value of that one, which was just used."""
        if self.file is not None:
            self._order.pop(before, None)
            self._order[version] = None

    def freed(self, version: Version) -> None:
        self._order.pop(version, None)

    def task_ended(self, task: int, values: Sequence[Any] | None, *, well: bool) -> None:
        """What a task was told to fill, and did not hand in, is free."""
        ranges = self.handed.pop(task, ())
        if well:
            return
        reported = {key for value in values or () for key in ranges_of(value)}
        self.discard(key for key in ranges if key not in reported and not self.values.knows(key))

    def on_node(self, index: int, out: Sequence[int], back: Sequence[int]) -> None:
        """A node has spilled values, and reads others back; it says how many bytes each has."""
        node, journal = self.run.core.nodes[index].name, self.run.core.journal
        for tally, kind, sizes in ((self.spilled, Kind.SPILLED, out), (self.restored, Kind.RESTORED, back)):
            for size in sizes:
                tally.add(size)
                if kind == Kind.SPILLED:
                    self.by_node.setdefault(node, Tally()).add(size)
                if journal is not None:
                    journal.append((kind, time.time(), "", size, node))

    def slot_lost(self, slot: int) -> None:
        """A worker died: nobody waits for an answer."""
        self.asks = [ask for ask in self.asks if not (isinstance(ask, WorkerAsk) and ask.slot == slot)]

    # -- who needs room ------------------------------------------------------------------------------------------------

    def worker_asks(self, slot: Slot, number: int, task: int, arena: int, length: int, attempt: int) -> None:
        """A worker waits for the answer to its request `number`."""
        run = self.run

        def reply(ok: bool, value: Any) -> None:
            run.engine.reply(slot, number, ok, value if ok else self.values.codec.encode(value))

        ask = WorkerAsk(arena, length, attempt, slot=slot.id, task=task, reply=reply)
        room = self.values.memory.rooms.get(arena)
        if room is not None:
            ask.freed = room.take_freed
        self._take(ask)

    def make_room(self, attempt: int) -> bool:
        """The program's arena is full: False when the value must go elsewhere. The lock is not held."""
        if self.file is None or attempt >= MOST_ATTEMPTS or self.values.arena.wanted > self.values.limit:
            return False
        return self._wait(attempt) is None

    def _wait(self, attempt: int) -> Range | None:
        ask = ProgramAsk(MASTER_ARENA, self.values.arena.wanted, attempt)
        with self.run.lock:
            self._take(ask)
        place = ask.wait()
        if place is not None:  # `place` finds another one, when the arena has given up
            self.discard([place])
        return place

    def _take(self, ask: Ask) -> None:
        if ask.attempt < MOST_ATTEMPTS and self.rooms.grant(ask.arena, ask.length):
            ask.answer(None)
        else:
            self.asks.append(ask)
            self.is_watching = True
            self._spiller.wake()

    def _grow(self, length: int) -> bool:
        with self.run.lock:
            return self.rooms.grant(MASTER_ARENA, length)

    def place(self, raw: memoryview) -> Range:
        """The program stores a value for which there is no room in memory. Raises StorageFull."""
        assert self.file is not None
        place = (SPILL, self.file.allocate(raw.nbytes), raw.nbytes)
        try:
            self.open()
            self.file.write(place[1], raw)
        except OSError as error:
            self.discard([place])
            raise no_room(raw.nbytes, self.file.directory, error) from None
        return place

    # -- what the spiller does, under the lock but for `open` ----------------------------------------------------------

    def open(self) -> None:
        """Make the file, and let everybody map it. Raises OSError."""
        if self.file is not None and not self.values.mappings.knows(SPILL):
            self.file.open()
            self.values.mappings.attach(SPILL, self.file.fd)

    def serve(self) -> None:
        """Answer those for whom there is room now."""
        asks, self.asks = self.asks, []
        for ask in asks:
            if ask.attempt < MOST_ATTEMPTS and self.rooms.grant(ask.arena, ask.length):
                ask.answer(None)
            else:
                self.asks.append(ask)

    def wanted(self) -> int:
        """Bytes that should leave memory."""
        missing = [self.rooms.missing(a.arena, a.length) for a in self.asks if self._can_fit(a)]
        return max([self._marks.excess(self.values.in_memory), *missing])

    def is_only_shared_out(self) -> bool:
        """Whether there is memory for those who ask, only in other hands."""
        need = sum(pages(ask.length) for ask in self.asks if self._can_fit(ask))
        return need > 0 and self._marks.allow(self.values.in_memory + need)

    def choose(self, wanted: int) -> list[tuple[Version, Descriptor]]:
        """Versions to spill, with their values; those that cannot go count as used just now."""
        busy = self.in_use()
        staying = []

        def size(version: Version) -> int:
            if self._may_go(version, busy):
                return sum(pages(length) for _, _, length in version.value[2])
            staying.append(version)
            return 0

        chosen = choose(islice(self._order, EXAMINED), wanted, size)
        for version in staying:
            if version.status is Status.READY:
                self._touch(version)
            else:
                self.freed(version)
        return [(version, version.value) for version in chosen]

    def replace(self, version: Version, old: Descriptor, new: Descriptor, busy: set[Version]) -> list[Range]:
        """The value was written to the file: what is free in memory now; nothing if somebody has begun to use it."""
        if version.value is not old or version not in self._order or not self._may_go(version, busy):
            self.discard(ranges_of(new))
            return []
        version.value = new
        del self._order[version]
        self._count(self.spilled, Kind.SPILLED, version, new)
        return self.values.replace(old, new)

    def in_use(self) -> set[Version]:
        """Versions that must stay where they are."""
        core = self.run.core
        return in_use(core.scheduler.slots.values()) | self.run.wiring.nested.held_by_tasks()

    def give_up(self) -> None:
        """Nothing more can leave memory: whoever asks writes to the file itself."""
        self._marks.is_relieving = False
        asks, self.asks = self.asks, []
        for ask in asks:
            assert self.file is not None
            place = (SPILL, self.file.allocate(ask.length), ask.length)
            if isinstance(ask, WorkerAsk):
                self.handed.setdefault(ask.task, []).append(place)
            ask.answer(place)

    def refuse(self, error: OSError) -> None:
        """There is no file to write to."""
        assert self.file is not None
        asks, self.asks = self.asks, []
        for ask in asks:
            ask.refuse(no_room(ask.length, self.file.directory, error))

    def discard(self, ranges: Iterable[Range]) -> None:
        """Ranges of the file that hold nothing."""
        for _, offset, length in ranges:
            assert self.file is not None
            self.file.free(offset, length)

    def _can_fit(self, ask: Ask) -> bool:
        return ask.attempt < MOST_ATTEMPTS and ask.length <= self.values.limit

    def _may_go(self, version: Version, busy: set[Version]) -> bool:
        value = version.value
        return version not in busy and type(value) is tuple and value[0] == BUFFERS and self.values.is_exclusive(value)

    def _touch(self, version: Version) -> None:
        del self._order[version]
        self._order[version] = None

    def _count(self, tally: Tally, kind: int, version: Version, value: Descriptor) -> None:
        size = sum(length for number, _, length in value[2] if number == SPILL)
        tally.add(size)
        if self.run.core.journal is not None:
            self.run.core.journal.append((kind, time.time(), version.label, size, ""))
