"""How often, and how much."""

from __future__ import annotations

from pycompss.store.sizes import amount


class Tally:
    """Counts values and their bytes."""

    def __init__(self) -> None:
        self.values = 0
        self.bytes = 0

    def __str__(self) -> str:
        return f"{amount(self.bytes)}, {self.values} times a value"

    def add(self, size: int) -> None:
        self.values += 1
        self.bytes += size
