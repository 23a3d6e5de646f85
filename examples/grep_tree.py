"""Parallel grep over a tree of source files: by default Python's own standard library.

    python examples/grep_tree.py 'raise NotImplementedError'
    python examples/grep_tree.py 'TODO|FIXME' --directory src --parts 16

Every task searches a share of the files and returns the lines that match; the answer is compared with a sequential
search.
"""

from __future__ import annotations

import argparse
import re
import sys
import sysconfig
from collections import Counter
from pathlib import Path

from pycompss.api.api import compss_wait_on
from pycompss.api.task import task

Match = tuple[str, int, str]  # path, line number, line


def search(pattern: str, paths: list[str]) -> list[Match]:
    wanted = re.compile(pattern)
    found = []
    for path in paths:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
        found += [(path, number, line.strip()) for number, line in enumerate(lines, 1) if wanted.search(line)]
    return found


@task(returns=1)
def grep(pattern: str, paths: list[str]) -> list[Match]:
    return search(pattern, paths)


def in_parallel(pattern: str, paths: list[str], parts: int) -> list[Match]:
    found = compss_wait_on([grep(pattern, paths[k::parts]) for k in range(parts)])
    return sorted(match for part in found for match in part)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("pattern", nargs="?", default=r"\braise NotImplementedError\b", help="regular expression")
    options.add_argument("--directory", type=Path, default=Path(sysconfig.get_path("stdlib")))
    options.add_argument("--files", default="*.py", help="which files, as a pattern of the shell")
    options.add_argument("--parts", type=int, default=8, help="number of tasks")
    given = options.parse_args()
    if not given.directory.is_dir():
        options.error(f"{given.directory} is not a directory")
    tree = given.directory.rglob(given.files)
    paths = sorted(str(path) for path in tree if path.is_file() and "site-packages" not in path.parts)
    found = in_parallel(given.pattern, paths, given.parts)
    print(f"{len(found)} lines match {given.pattern!r} in {len(paths)} files below {given.directory}; most in:")
    for path, number in Counter(match[0] for match in found).most_common(5):
        print(f"{number:5d}  {Path(path).relative_to(given.directory)}")
    right = found == sorted(search(given.pattern, paths))
    print("right: the same as in sequence" if right else "WRONG: differs from the sequential search")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
