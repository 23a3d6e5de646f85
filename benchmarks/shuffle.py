"""Map, shuffle, reduce: every reduction reads a part of what every map has made.

`parts` maps make random numbers and cut them by range; `parts` reductions sort what falls into their range. With
1 GB in 64 parts, 4,096 pieces of 250 kB go from maps to reductions, and each is read once.

    python benchmarks/shuffle.py [--parts 64] [--megabytes 1000] [--rounds 3] [--engines pycompss,dask,ray,limit]
"""

from __future__ import annotations

import argparse
import time

import kernels
import programs
from program_engines import Engine


def check(summaries: list[kernels.Summary], parts: int, count: int) -> None:
    """Nothing is lost, and every range holds what belongs to it."""
    if sum(number for number, _, _ in summaries) != parts * count:
        raise ValueError("values were lost")
    for place, (number, smallest, largest) in enumerate(summaries):
        if number and not place / parts <= smallest <= largest < (place + 1) / parts:
            message = f"range {place} holds {smallest} to {largest}"
            raise ValueError(message)


def count_of(given: argparse.Namespace) -> int:
    """Numbers that one map makes."""
    return int(given.megabytes * 1e6 / 8 / given.parts)


class Shuffle:
    name = "shuffle"
    sizes = {"parts": 64, "megabytes": 1000.0}  # noqa: RUF012

    def run(self, engine: Engine, given: argparse.Namespace) -> tuple[float, int]:
        parts, count = given.parts, count_of(given)
        began = time.perf_counter()
        made = [engine.call_many(kernels.split, parts, seed, count, parts) for seed in range(parts)]
        ranges = [engine.gather(kernels.sort_range, [pieces[place] for pieces in made]) for place in range(parts)]
        del made
        summaries = engine.values(ranges)
        seconds = time.perf_counter() - began
        check(summaries, parts, count)
        return seconds, 2 * parts

    def share(self, rank: int, of: int, given: argparse.Namespace) -> None:
        """Maps `rank`, `rank` + `of`, …, and as many reductions, of pieces that were made here."""
        parts = given.parts
        made = [kernels.split(seed, count_of(given), parts) for seed in range(rank, parts, of)]
        for place in range(rank, parts, of):
            kernels.sort_range([pieces[(place + shift) % parts] for shift in range(of) for pieces in made][:parts])


if __name__ == "__main__":
    programs.main(Shuffle(), __doc__)
