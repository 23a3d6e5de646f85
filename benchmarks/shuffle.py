"""Map, shuffle, reduce: every reduction reads a part of what every map has made.

`parts` maps make random numbers and split them by range; `parts` reductions sort what falls into their range. With
1 GB in 64 parts, 4,096 pieces of 250 kB go from maps to reductions, and each is read once.

    python benchmarks/shuffle.py [--parts 64] [--megabytes 1000]      prints one line of JSON; times are in seconds
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import COLLECTION_IN
from pycompss.api.task import task

Summary = tuple[int, float, float]  # how many, smallest, largest


def split(seed: int, count: int, parts: int) -> list[np.ndarray]:
    values = np.random.default_rng(seed).random(count)
    owner = (values * parts).astype(np.int64)
    order = np.argsort(owner, kind="stable")
    return np.split(values[order], np.searchsorted(owner[order], np.arange(1, parts)))


@task(pieces=COLLECTION_IN, returns=1)
def sort_range(pieces: list[np.ndarray]) -> Summary:
    values = np.sort(np.concatenate(pieces))
    return (len(values), float(values[0]), float(values[-1])) if len(values) else (0, 0.0, 0.0)


def shuffle(parts: int, count: int) -> list[Any]:
    """Submit all maps and reductions; return the futures of the summaries."""
    map_task = task(returns=parts)(split)
    pieces = [map_task(seed, count, parts) for seed in range(parts)]
    return [sort_range([made[place] for made in pieces]) for place in range(parts)]


def check(summaries: list[Summary], parts: int, count: int) -> None:
    """Nothing is lost, and every range holds what belongs to it."""
    if sum(number for number, _, _ in summaries) != parts * count:
        raise ValueError("values were lost")
    for place, (number, smallest, largest) in enumerate(summaries):
        if number and not place / parts <= smallest <= largest < (place + 1) / parts:
            message = f"range {place} holds {smallest} to {largest}"
            raise ValueError(message)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=64)
    parser.add_argument("--megabytes", type=float, default=1000)
    options = parser.parse_args()
    count = int(options.megabytes * 1e6 / 8 / options.parts)
    compss_barrier()
    began = time.perf_counter()
    summaries = compss_wait_on(shuffle(options.parts, count))
    seconds = time.perf_counter() - began
    check(summaries, options.parts, count)
    print(json.dumps({"program": "shuffle", "tasks": 2 * options.parts, "makespan_s": seconds}))


if __name__ == "__main__":
    main()
