"""How much memory an arena may hold, agreed between its owner and the master by three numbers in a shared page.

The master says what is `allowed`; the owner says what is `used` by values and what is kept `warm` for the next ones.
Nobody sends a message for that. The owner asks the master only when what it needs is more than it may have. The master
may allow less at any time: the owner gives back what is warm as soon as it looks, and takes no more until it fits.
"""

from __future__ import annotations

import struct
from typing import Any

from pycompss.store.ranges import pages

Freed = tuple[int, int]  # offset, length (bytes)

_NUMBERS = struct.Struct("qqq")
_ALLOWED, _USED = struct.Struct("q"), struct.Struct("qq")


class Room:
    """One arena's share of the memory; all numbers are bytes.

    freed, punched: what the master knows and has not told the owner: ranges that are free, and how many of their
    bytes were already given back to the system. parked: bytes that the owner counts as used, and that hold nothing:
    where values lay that were spilled and keep their names.
    """

    def __init__(self, page: Any = None, at: int = 0) -> None:
        self._page = page if page is not None else bytearray(_NUMBERS.size)
        self._at = at
        self.freed: list[Freed] = []
        self.freed_bytes = 0  # whole pages
        self.punched = 0
        self.parked = 0

    @property
    def allowed(self) -> int:
        try:
            return _ALLOWED.unpack_from(self._page, self._at)[0]  # type: ignore[no-any-return]
        except ValueError:  # the page is closed
            return 0

    @allowed.setter
    def allowed(self, amount: int) -> None:
        _ALLOWED.pack_into(self._page, self._at, amount)

    @property
    def used(self) -> int:
        """What values take, without ranges that are free and not told yet."""
        return self._read()[1] - self.freed_bytes

    @property
    def held(self) -> int:
        """Used and warm, without what the master has given back."""
        _, used, warm = self._read()
        return used + warm - self.punched - self.parked

    @property
    def taken(self) -> int:
        """What nobody else can have."""
        allowed, used, warm = self._read()
        return max(allowed, used + warm - self.punched) - self.parked

    @property
    def own(self) -> int:
        """What the owner can put values into, once it knows what is free."""
        return self.allowed - self.used

    def tell(self, used: int, warm: int) -> None:
        """The owner says what it holds."""
        _USED.pack_into(self._page, self._at + _ALLOWED.size, used, warm)

    def free(self, offset: int, length: int) -> None:
        """Note a range that the owner will be told of."""
        self.freed.append((offset, length))
        self.freed_bytes += pages(length)

    def take_freed(self) -> list[Freed]:
        """The ranges that the owner is about to be told of."""
        freed, self.freed = self.freed, []
        self.freed_bytes = self.punched = 0
        return freed

    def _read(self) -> tuple[int, int, int]:
        try:
            return _NUMBERS.unpack_from(self._page, self._at)
        except ValueError:  # the owner has just died, and the page is closed
            return 0, 0, 0
