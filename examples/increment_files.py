"""Counters in files: tasks that read and rewrite a file, each depending on the one before.

    python examples/increment_files.py --counters 4 --rounds 5

Every counter is a file that holds a number. `FILE_INOUT` makes the increments of one counter run one after the other
while different counters advance in parallel; `compss_open` waits for the last version of a file.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from pycompss.api.api import compss_open
from pycompss.api.parameter import FILE_INOUT, FILE_OUT
from pycompss.api.task import task


@task(counter=FILE_OUT)
def initialise(counter: str, value: int) -> None:
    Path(counter).write_text(f"{value}\n")


@task(counter=FILE_INOUT)
def increment(counter: str) -> None:
    path = Path(counter)
    path.write_text(f"{int(path.read_text()) + 1}\n")


def read(counter: str) -> int:
    with compss_open(counter) as file:
        return int(file.read())


def count(directory: str, counters: int, rounds: int) -> list[int]:
    """Start counter k at 10 k, increment each `rounds` times, and return what the files hold."""
    files = [str(Path(directory) / f"counter{k}.txt") for k in range(counters)]
    for k, file in enumerate(files):
        initialise(file, 10 * k)
    for _ in range(rounds):
        for file in files:
            increment(file)
    return [read(file) for file in files]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--counters", type=int, default=4)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        found = count(directory, given.counters, given.rounds)
    expected = [10 * k + given.rounds for k in range(given.counters)]
    print(f"{given.counters} counters after {given.rounds} increments each: {found}")
    print("right" if found == expected else f"WRONG, expected {expected}")
    return 0 if found == expected else 1


if __name__ == "__main__":
    sys.exit(main())
