"""A working set of three times the store's limit, against the speed of the disk.

Tasks make blocks, three times as many as memory takes; then other tasks read them all. What goes to the disk and comes
back, in bytes a second of the whole program, is compared with the disk's own sequential speed: as many bytes of blocks
of the same size to one file and back, by plain `write`, one `fsync` and plain `read`, or past the page cache
(O_DIRECT), whatever is faster here.

The page cache would make both look better than they are, so like is measured with like: what was written has reached
the disk before the clock stops (we write past the cache, the plain file is synced), and before anything is read the
cache is emptied of the file, in both cases. Three rounds in turn; since a virtual disk is twice as fast in one minute
as in the next, each of ours is compared with the disk right after it, and the median counts.

    python benchmarks/spilling.py [--limit 256] [--block 8] [--directory DIR]     megabytes; prints one line of JSON
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import tempfile
import time
from typing import Any

import numpy as np

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.task import task
from pycompss.runtime import current

MEGABYTE = 1 << 20
TIMES_LIMIT = 3
ROUNDS = 3


@task(returns=1)
def make(number: int, size: int) -> np.ndarray:
    return np.full(size, number, dtype=np.uint8)


@task(returns=1)
def first_and_sum(block: np.ndarray) -> tuple[int, int]:
    return int(block[0]), int(block.sum(dtype=np.int64))


def spilled(count: int, size: int) -> dict[str, float]:
    """Seconds and bytes of the program that does not fit into memory."""
    spilling: Any = current.get().spilling  # type: ignore[attr-defined]  # (the parallel caller has it)
    written, read = spilling.spilled.bytes, spilling.restored.bytes
    began = time.perf_counter()
    blocks = [make(number % 251, size) for number in range(count)]
    compss_barrier()
    os.fsync(spilling.file.fd)
    seconds = time.perf_counter() - began
    drop_cache(spilling.file.fd)
    began = time.perf_counter()
    found = compss_wait_on([first_and_sum(block) for block in blocks])
    seconds += time.perf_counter() - began
    if found != [(number % 251, number % 251 * size) for number in range(count)]:
        message = "a block came back as something else"
        raise ValueError(message)
    return {
        "seconds": seconds,
        "written": spilling.spilled.bytes - written,
        "read": spilling.restored.bytes - read,
    }


def plain(written: int, read: int, size: int, directory: str) -> float:
    """Seconds that the disk takes for as many bytes: one after another to one file, and back, in the faster way."""
    return min(_sequential(written, read, size, directory, flags) for flags in (0, os.O_DIRECT))


def _sequential(written: int, read: int, size: int, directory: str, flags: int) -> float:
    block = mmap.mmap(-1, size)  # aligned, as O_DIRECT wants it
    block.write(np.arange(size, dtype=np.uint8).tobytes())
    fd = os.open(directory, os.O_TMPFILE | os.O_RDWR | flags, 0o600)
    try:
        began = time.perf_counter()
        for _ in range(written // size):
            os.write(fd, block)
        os.fsync(fd)
        seconds = time.perf_counter() - began
        drop_cache(fd)
        began = time.perf_counter()
        for number in range(read // size):
            os.preadv(fd, [block], number * size)
        return seconds + time.perf_counter() - began
    finally:
        os.close(fd)
        block.close()


def drop_cache(fd: int) -> None:
    """What was written is on the disk, and only there."""
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)


def compare(limit: int, size: int, directory: str) -> dict[str, Any]:
    count = TIMES_LIMIT * limit // size
    rounds = []
    for _ in range(ROUNDS):
        ours = spilled(count, size)
        moved = ours["written"] + ours["read"]
        disk = moved / plain(int(ours["written"]), int(ours["read"]), size, directory) / 1e6
        speed = moved / ours["seconds"] / 1e6
        rounds.append({**ours, "ours_mb_s": speed, "disk_mb_s": disk, "of_disk": speed / disk})
        compss_barrier()
    middle = sorted(rounds, key=lambda each: each["of_disk"])[ROUNDS // 2]
    return {
        "program": "spilling",
        "limit_mb": limit / 1e6,
        "working_set_mb": count * size / 1e6,
        "spilled_mb": middle["written"] / 1e6,
        "restored_mb": middle["read"] / 1e6,
        "ours_mb_s": middle["ours_mb_s"],
        "disk_mb_s": middle["disk_mb_s"],
        "of_disk": middle["of_disk"],
        "goal_of_disk": 0.5,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=256)
    parser.add_argument("--block", type=int, default=8)
    parser.add_argument("--directory", default=os.getcwd())
    given = parser.parse_args()
    limit, size = given.limit * MEGABYTE, given.block * MEGABYTE
    with tempfile.TemporaryDirectory(dir=given.directory) as directory:
        os.environ |= {"PYCOMPSS_STORE_LIMIT": str(limit), "PYCOMPSS_SPILL_DIRECTORY": directory}
        compss_wait_on(first_and_sum(make(0, size)))  # the workers have started
        print(json.dumps(compare(limit, size, directory)))


if __name__ == "__main__":
    main()
