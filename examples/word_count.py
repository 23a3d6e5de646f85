"""Word count over real text: the licences and copyright notices that the machine has installed.

    python examples/word_count.py --files 200 --parts 8
    python examples/word_count.py --directory ~/books

A task counts the words of some files (a collection of files, so each is a file parameter of its own); the partial
counts are added up by a tree of tasks.
"""

from __future__ import annotations

import argparse
import itertools
import re
import sys
import sysconfig
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import COLLECTION_FILE_IN
from pycompss.api.task import task
from pycompss.functions.reduce import merge_reduce

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
REPOSITORY = Path(__file__).resolve().parent.parent


def words_of(path: str) -> Counter[str]:
    return Counter(WORD.findall(Path(path).read_text(errors="replace").lower()))


@task(paths=COLLECTION_FILE_IN, returns=1)
def count_words(paths: list[str]) -> Counter[str]:
    return sum(map(words_of, paths), Counter())


@task(returns=1)
def add(one: Counter[str], other: Counter[str]) -> Counter[str]:
    return one + other


def installed_texts() -> Iterator[Path]:
    """Licences of the system and of Python packages, the documentation of this repository, copyright notices."""
    yield from sorted(Path("/usr/share/common-licenses").glob("*"))
    for name in ("stdlib", "purelib"):
        yield from sorted(Path(sysconfig.get_path(name)).glob("**/LICENSE*"))
    yield from sorted(REPOSITORY.glob("*.md")) + sorted(REPOSITORY.glob("docs/*.md"))
    yield from sorted(Path("/usr/share/doc").glob("*/copyright"))


def real_files(paths: Iterable[Path], limit: int) -> list[str]:
    found = (str(path) for path in paths if path.is_file() and not path.is_symlink())
    return list(itertools.islice(found, limit))


def count_in_parallel(files: list[str], parts: int) -> Counter[str]:
    partial = [count_words(files[k::parts]) for k in range(min(parts, len(files)))]
    return compss_wait_on(merge_reduce(add, partial))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--directory", type=Path, help="count the *.txt and *.md files below this directory instead")
    options.add_argument("--files", type=int, default=200, help="read at most so many files")
    options.add_argument("--parts", type=int, default=8, help="number of counting tasks")
    given = options.parse_args()
    texts = installed_texts()
    if given.directory:
        texts = itertools.chain(given.directory.glob("**/*.txt"), given.directory.glob("**/*.md"))
    files = real_files(texts, given.files)
    if not files:
        print("no text found; name a --directory", file=sys.stderr)
        return 1
    found = count_in_parallel(files, given.parts)
    print(f"{found.total():,} words, {len(found):,} different ones, in {len(files)} files; the most frequent:")
    print("  " + ", ".join(f"{word} {number}" for word, number in found.most_common(8)))
    right = found == sum(map(words_of, files), Counter())
    print("right: the same as in sequence" if right else "WRONG: differs from the sequential count")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
