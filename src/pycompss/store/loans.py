"""Arrays that one task after another gets: each is made once, and lent as long as nobody has kept or changed it.

To map a range, to unpickle the array on it, and to end the map again costs more than many a task on a block; and the
next task often reads the same block. So what the first one got stays here, and each task gets a view of it.

The task may do with its array whatever it likes. When it has ended, there is one of three answers. Something still
refers to the memory: the array is the task's now, and a claim on the range. A page of a private map was written: the
map ends. Else it is lent again; meanwhile it is no claim, because a clean private map shows what lies in the range,
whatever is put there later (`kept`). To write a page of a private map that is clean takes a page fault; so as long as
the kernel has not counted any since the last look, nothing was written, and the page tables need not be read.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from collections.abc import Callable
from resource import RUSAGE_SELF, getrusage
from sys import getrefcount
from typing import Any, Final

from pycompss.store.codec import Codec, loads_at_rest
from pycompss.store.descriptor import Descriptor, Range
from pycompss.store.filling import AROUND
from pycompss.store.kept import is_clean, open_pagemap
from pycompss.store.mappings import Mappings
from pycompss.store.memory import address_of
from pycompss.store.ranges import pages
from pycompss.store.spill import SPILL

MOST: Final = 256  # arrays of either kind that wait for the next task; they take page tables only
MOST_TOUCHED: Final = 1 << 20  # bytes of a new map, up to which it is touched; of a larger one, a task may read a part
_MINOR, _MAJOR = 6, 7  # of what `getrusage` gives: page faults


class Loan:
    """An array. Nobody ever gets `array` itself, so its shape and type stay as they are.

    root: what all views of it have as their base. alone: references to that when there are no views.
    """

    __slots__ = ("_dtype", "_form", "address", "alone", "array", "claim", "data", "key", "length", "root")

    def __init__(self, descriptor: Descriptor, array: Any, address: int, claim: Callable[[], None]) -> None:
        self.data, self.key = descriptor[1], descriptor[2]
        self.array = array
        self.root = array.base
        self.address = address  # of a private map; 0: shared memory
        self.length = pages(self.key[0][2])
        self.claim = claim
        self.alone = getrefcount(self.root)
        self._dtype = array.dtype
        self._form = (array.shape, array.strides, array.flags.num)

    def is_kept(self) -> bool:
        """Whether anybody else refers to the memory."""
        return getrefcount(self.root) != self.alone

    def is_as_it_was(self, value: Any) -> bool:
        """Whether `value` is a view of all of it, so that pickling it would give the same again."""
        return (
            type(value) is type(self.array)
            and value.base is self.root
            and value.dtype is self._dtype
            and (value.shape, value.strides, value.flags.num) == self._form
        )


class Loans:
    """The arrays of one worker; in its main thread only."""

    def __init__(self, codec: Codec, mappings: Mappings) -> None:
        self._codec = codec
        self._mappings = mappings
        self._idle: tuple[dict[Any, Loan], dict[Any, Loan]] = ({}, {})  # private ones, shared ones; oldest first
        self._lent: list[Loan] = []  # to the task that runs
        self._shared: list[Loan] = []  # those of them that it may change where they lie
        self._pagemap = -1
        self._can_count = faults_are_counted()
        self._faults = -1  # as of the last look; what is idle was clean then

    def read(self, descriptor: Descriptor) -> Any:
        """The value of a descriptor with buffers, for a task that reads it: what it writes is its own."""
        loan = self._idle[0].pop(descriptor[2], None)
        if loan is None or loan.data != descriptor[1]:
            return self._first(descriptor, self._lent)
        self._lent.append(loan)
        return loan.array.view()

    def update(self, descriptor: Descriptor) -> tuple[Any, Loan | None]:
        """The same for a task that changes it where it lies, and what it is a loan of."""
        loan = self._idle[1].pop(descriptor[2], None)
        if loan is not None and loan.data == descriptor[1]:
            self._shared.append(loan)
            return loan.array.view(), loan
        before = len(self._shared)
        value = self._first(descriptor, self._shared)
        return value, self._shared[-1] if len(self._shared) > before else None

    def kept(self) -> list[Range]:
        """What the task that ends has changed where it lay, and somebody still refers to."""
        return [place for loan in self._shared if loan.is_kept() for place in loan.key]

    def settle(self) -> None:
        """The task has ended, and nothing here refers to its objects."""
        if self._shared:
            idle = self._idle[1]
            for loan in self._shared:
                if getrefcount(loan.root) != loan.alone:  # as `is_kept`
                    loan.claim()
                else:
                    idle[loan.key] = loan
            self._shared.clear()
            if len(idle) > MOST:
                _drop_oldest(idle)
        if self._lent:
            idle, is_quiet = self._idle[0], self._has_not_faulted()
            for loan in self._lent:
                if getrefcount(loan.root) != loan.alone:
                    loan.claim()
                elif is_quiet or is_clean(loan.address, loan.length, self._open_pagemap()):
                    idle[loan.key] = loan
            self._lent.clear()
            if len(idle) > MOST:
                _drop_oldest(idle)

    def close(self) -> None:
        """Nothing is lent any more."""
        for idle in self._idle:
            idle.clear()
        if self._pagemap >= 0:
            os.close(self._pagemap)
            self._pagemap = -1

    def _first(self, descriptor: Descriptor, lent: list[Loan]) -> Any:
        """The value, which is a loan from now on if it can be one."""
        places = descriptor[2]
        is_shared = lent is self._shared
        if len(places) != 1 or places[0][0] == SPILL:
            return self._codec.decode(descriptor, shared=is_shared)
        view, claim = self._mappings.lend(places[0], shared=is_shared)
        if view.nbytes <= MOST_TOUCHED:
            self._touch(view)
        value = loads_at_rest(descriptor[1], buffers=[view])
        if not _is_all_of(value, places[0][2]):
            claim()
            return value
        address = 0 if is_shared else address_of(view)
        del view
        lent.append(Loan(descriptor, value, address, claim))
        return value.view()

    def _touch(self, view: memoryview) -> None:
        """Have the pages of a new map now, so that the task takes no faults for them, which would look like writing.

        What is idle is as clean as at the last look: since then no task has had any of it.
        """
        view[::AROUND].tobytes()
        self._faults = _faults()

    def _has_not_faulted(self) -> bool:
        """Whether no page can have been written for the first time since the last look."""
        if not self._can_count:
            return False
        before, self._faults = self._faults, _faults()
        return before == self._faults

    def _open_pagemap(self) -> int:
        if self._pagemap < 0:
            try:
                self._pagemap = open_pagemap()
            except OSError:  # `is_clean` finds that out, too
                return -1
        return self._pagemap


def _drop_oldest(idle: dict[Any, Loan]) -> None:
    while len(idle) > MOST:
        del idle[next(iter(idle))]


def _is_all_of(value: Any, length: int) -> bool:
    """Whether it is an array on all of the memory that it was made of."""
    numpy = sys.modules.get("numpy")
    return (
        numpy is not None
        and type(value) is numpy.ndarray
        and value.nbytes == length
        and type(value.base) is numpy.ndarray
        and type(value.base.base) is memoryview
        and (value.flags.c_contiguous or value.flags.f_contiguous)
    )


def _faults() -> int:
    usage = getrusage(RUSAGE_SELF)
    return int(usage[_MINOR] + usage[_MAJOR])


def faults_are_counted() -> bool:
    """Whether the kernel counts the fault of a page that is written first: not every one does (gVisor)."""
    if not sys.platform.startswith("linux"):
        return False
    with mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE) as page:
        address = ctypes.addressof(ctypes.c_char.from_buffer(page))
        before = _faults()
        ctypes.memset(address, 1, 1)
        return _faults() > before
