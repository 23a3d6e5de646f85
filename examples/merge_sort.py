"""Merge sort: blocks are sorted in parallel, then merged.

    python examples/merge_sort.py --numbers 200000 --blocks 8

`merge_reduce` merges two blocks at a time in a tree of tasks; the answer is compared with `sorted`.
"""

from __future__ import annotations

import argparse
import heapq
import random
import sys

from pycompss.api.api import compss_wait_on
from pycompss.api.task import task
from pycompss.functions.reduce import merge_reduce


@task(returns=list)
def sort_block(block: list[int]) -> list[int]:
    return sorted(block)


@task(returns=list)
def merge(one: list[int], other: list[int]) -> list[int]:
    return list(heapq.merge(one, other))


def merge_sort(numbers: list[int], blocks: int) -> list[int]:
    return compss_wait_on(merge_reduce(merge, [sort_block(numbers[k::blocks]) for k in range(blocks)]))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--numbers", type=int, default=200_000)
    options.add_argument("--blocks", type=int, default=8)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    chance = random.Random(given.seed)
    numbers = [chance.randrange(10**9) for _ in range(given.numbers)]
    found = merge_sort(numbers, given.blocks)
    print(f"{len(found):,} numbers sorted in {given.blocks} blocks: {found[:3]} ... {found[-3:]}")
    right = found == sorted(numbers)
    print("right: the same as sorted()" if right else "WRONG: differs from sorted()")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
