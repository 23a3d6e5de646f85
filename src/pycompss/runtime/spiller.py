"""The thread that takes values out of memory.

It works in rounds of two phases, so that nobody waits for the disk: under the run's lock it chooses versions, without
the lock it writes their values to the file, and under the lock again it puts the new descriptors in place of those
whose values nobody has begun to use meanwhile. A value that somebody has begun to use, or even to change, was written
in vain; its range of the file is free again.

Memory that becomes free goes first to those who ask for it: what lies in the arena of the first of them, it can use
as it is; all other pages go back to the system and make its share larger.
"""

from __future__ import annotations

import threading
import time
import traceback
from typing import TYPE_CHECKING

from pycompss.core.versions import Version
from pycompss.runtime.values import MASTER_ARENA
from pycompss.store.descriptor import BUFFERS, Descriptor, Range
from pycompss.store.memory import remove_pages
from pycompss.store.ranges import pages
from pycompss.store.spill import SPILL

if TYPE_CHECKING:
    from pycompss.runtime.spilling import Spilling

AT_ONCE = 64 << 20  # bytes of a round
LOOKS = 7  # at whether idle workers have given back what they hold in vain: after 1 ms, then after twice as long, …
PAUSE = 1.0  # seconds after which a disk that was full is tried again

Written = tuple[Version, Descriptor, Descriptor]  # version, its value in memory, the same in the file


class Spiller:
    """Starts at the first need."""

    def __init__(self, spilling: Spilling) -> None:
        self._spilling = spilling
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_stopping = False
        self._full_until = 0.0

    def wake(self) -> None:
        """There is something to do (the run's lock is held)."""
        if self._thread is None and not self._is_stopping:
            self._thread = threading.Thread(target=self._work, name="pycompss-spiller", daemon=True)
            self._thread.start()
        self._wanted.set()

    def stop(self) -> None:
        self._is_stopping = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        try:
            while self._wanted.wait() and not self._is_stopping:
                self._wanted.clear()
                self._relieve()
        except BaseException:  # noqa: BLE001  (a mistake of ours must not leave the program waiting)
            run = self._spilling.run
            with run.lock:
                run.failures.break_down(f"internal error, please report it:\n{traceback.format_exc()}")
                self._spilling.give_up()

    def _relieve(self) -> None:
        spilling = self._spilling
        try:
            spilling.open()
        except OSError as error:
            with spilling.run.lock:
                spilling.refuse(error)
            return
        self._collect()
        while not self._is_stopping and self._round():
            pass

    def _collect(self) -> None:
        """Have free memory come back that others hold, if that is all that is missing."""
        spilling = self._spilling
        for look in range(LOOKS):
            with spilling.run.lock:
                spilling.serve()
                if not spilling.is_only_shared_out():
                    return
                spilling.rooms.cut(spilling.asks[0].arena)
                may_help = spilling.run.engine.reclaim()
            spilling.values.arena.cool_down()
            if not may_help and look:
                return
            time.sleep(0.001 * 2**look)

    def _round(self) -> bool:
        """Whether there may be more to do."""
        spilling = self._spilling
        with spilling.run.lock:
            spilling.serve()
            if spilling.asks:
                spilling.rooms.cut(spilling.asks[0].arena)
                spilling.run.engine.reclaim()
                spilling.serve()
            wanted = spilling.wanted()
            is_full = time.monotonic() < self._full_until
            chosen = spilling.choose(min(wanted, AT_ONCE)) if wanted > 0 and not is_full else []
            if not chosen:
                spilling.give_up()
                return False
        written = self._write(chosen)
        with spilling.run.lock:
            free = self._commit(written)
        for key in free:
            remove_pages(spilling.values.mappings.shared(*key))
        with spilling.run.lock:
            for number, offset, length in free:
                spilling.run.engine.release([(number, offset, length)])
                spilling.rooms.move(number, pages(length))
        spilling.values.arena.cool_down()
        return True

    def _write(self, chosen: list[tuple[Version, Descriptor]]) -> list[Written]:
        """Copy values to the file, until the disk is full."""
        written: list[Written] = []
        for version, value in chosen:
            places: list[Range] = []
            try:
                places.extend(map(self._copy, value[2]))  # (keeps those that were written when one fails)
            except OSError:
                self._spilling.discard(places)
                self._full_until = time.monotonic() + PAUSE
                break
            written.append((version, value, (BUFFERS, value[1], tuple(places))))
        return written

    def _copy(self, key: Range) -> Range:
        spilling = self._spilling
        assert spilling.file is not None
        number, offset, length = key
        place = (SPILL, spilling.file.allocate(length), length)
        try:
            spilling.file.write(place[1], spilling.values.mappings.shared(number, offset, pages(length)))
        except OSError:
            spilling.discard([place])
            raise
        return place

    def _commit(self, written: list[Written]) -> list[Range]:
        """Put the new descriptors in place; ranges whose pages should go back to the system."""
        spilling = self._spilling
        busy = spilling.in_use()
        free = [key for entry in written for key in spilling.replace(*entry, busy)]
        asking = spilling.asks[0].arena if spilling.asks else -1
        at_hand = [key for key in free if key[0] in (asking, MASTER_ARENA) or self._is_busy(key[0])]
        spilling.run.engine.release(at_hand)
        return [key for key in free if key not in at_hand]

    def _is_busy(self, arena: int) -> bool:
        """Whether nobody asks, so that a worker that has work may keep its pages."""
        return not self._spilling.asks and arena in self._spilling.values.memory.rooms
