"""Many runs of programs in one job: files are packed, unpacked again and hashed by `gzip`, `sha256sum` and `sort`.

    python examples/bundle.py --files 100

Each run is a task; the dependencies are the files. Packing takes a whole computing unit and memory, hashes of all files
gather in one file that many tasks append to at the same time, and when the last is there it is sorted.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from pathlib import Path

import pycompss
from pycompss.api.api import compss_wait_on_file
from pycompss.api.binary import binary
from pycompss.api.constraint import constraint
from pycompss.api.parameter import FILE_CONCURRENT_STDOUT, FILE_IN, FILE_IN_STDIN, FILE_OUT_STDOUT
from pycompss.api.task import task

SOURCES = Path(pycompss.__file__).parent


@constraint(computing_units=1, memory_size=0.01)
@binary(binary="gzip", args="-{{level}} -c {{file}}")
@task(file=FILE_IN, packed=FILE_OUT_STDOUT)
def pack(file, level, packed):
    pass


@binary(binary="gzip", args="-d")
@task(packed=FILE_IN_STDIN, file=FILE_OUT_STDOUT)
def unpack(packed, file):
    pass


@binary(binary="sha256sum")
@task(file=FILE_IN_STDIN, hashes=FILE_CONCURRENT_STDOUT)
def note_hash(file, hashes):
    pass


@binary(binary="sort", args="{{hashes}}")
@task(hashes=FILE_IN, ordered=FILE_OUT_STDOUT)
def sort(hashes, ordered):
    pass


def in_parallel(files: list[Path], folder: Path) -> list[str]:
    """The sorted hashes of all files, each packed and unpacked on the way."""
    hashes, ordered = str(folder / "hashes"), str(folder / "ordered")
    Path(hashes).touch()
    for number, file in enumerate(files):
        packed, again = str(folder / f"{number}.gz"), str(folder / f"{number}.txt")
        pack(str(file), 1 + number % 9, packed)
        unpack(packed, again)
        note_hash(again, hashes)
    sort(hashes, ordered)
    compss_wait_on_file(ordered)
    return [line.split()[0] for line in Path(ordered).read_text().splitlines()]


def real_files(limit: int) -> list[Path]:
    found = [path for path in sorted(SOURCES.glob("**/*.py")) if path.stat().st_size]
    return found[:limit]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=100, help="how many files (default: 100)")
    files = real_files(parser.parse_args().files)
    with tempfile.TemporaryDirectory() as folder:
        found = in_parallel(files, Path(folder))
    expected = sorted(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
    if found != expected:
        print(f"WRONG: {len(set(expected) - set(found))} of {len(files)} hashes differ")
        return 1
    print(f"right: {len(files)} files packed, unpacked and hashed by {3 * len(files) + 1} runs of programs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
