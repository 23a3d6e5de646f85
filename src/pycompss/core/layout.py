"""How a collection is dealt out to the ranks of an MPI task (programming model, section 11.3).

Block b is `block_length` elements from `b * stride`; blocks go round the ranks like cards, so blocks may overlap, leave
elements out, and be fewer than the ranks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Layout:
    """`block_count` None: as many as there are ranks."""

    block_count: int | None = None
    block_length: int = 1
    stride: int = 1

    def selection(self, values: Sequence[Any], rank: int, ranks: int) -> Any:
        """What one rank gets: a list; a single element comes without one. Raises ValueError as `check` does."""
        self.check(len(values), ranks)
        blocks = range(rank, self._blocks(ranks), ranks)
        found = [value for block in blocks for value in self._block(values, block)]
        return found[0] if len(found) == 1 else found

    def check(self, length: int, ranks: int) -> None:
        """Raise ValueError if a collection of this length ends before the last block does."""
        end = (self._blocks(ranks) - 1) * self.stride + self.block_length
        if end > length:
            raise ValueError(
                f"its {self._blocks(ranks)} blocks of {self.block_length}, {self.stride} apart, take {end} elements; "
                f"the collection has {length}"
            )

    def _blocks(self, ranks: int) -> int:
        return ranks if self.block_count is None else self.block_count

    def _block(self, values: Sequence[Any], block: int) -> Sequence[Any]:
        start = block * self.stride
        return values[start : start + self.block_length]
