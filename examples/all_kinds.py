"""All kinds of task in one workflow, over the source files of this project.

    python examples/all_kinds.py
    python examples/all_kinds.py --container podman --image docker.io/library/debian:12

Requests (`@http`) fetch the files from a little service, Python functions count their words, and a reduction adds the
counts up (`@reduction`). Words are sorted by a Python function or by `sort`, whichever may start (`@implement`); `gzip`
packs the lists, with memory of its own (`@constraint`), and their checksums come out of a container. An MPI function
counts the letters, some of the files in each rank. What your machine does not have is left out, and said.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
import threading
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pycompss.api.api import compss_wait_on, compss_wait_on_file
from pycompss.api.binary import binary
from pycompss.api.constraint import constraint
from pycompss.api.container import container
from pycompss.api.http import http
from pycompss.api.implement import implement
from pycompss.api.mpi import mpi
from pycompss.api.parameter import COLLECTION_IN, FILE_IN, FILE_IN_STDIN, FILE_OUT, FILE_OUT_STDOUT
from pycompss.api.reduction import reduction
from pycompss.api.task import task

REPOSITORY = Path(__file__).resolve().parent.parent
RANKS = 2


@task(words=FILE_OUT, returns=1)
def count(text, words):
    """How often each word is in a text; the words themselves go to a file."""
    found = text.split()
    Path(words).write_text("".join(f"{word}\n" for word in found))
    return Counter(found)


@reduction(chunk_size=4)
@task(counts=COLLECTION_IN, returns=1)
def total(counts):
    return sum(counts, Counter())


@constraint(computing_units=1)
@task(words=FILE_IN, ordered=FILE_OUT)
def order(words, ordered):
    Path(ordered).write_text("".join(sorted(Path(words).read_text().splitlines(keepends=True))))


@implement(source_class="__main__" if __name__ == "__main__" else __name__, method="order")
@binary(binary="sort", args="-o {{ordered}} {{words}}")
@task(words=FILE_IN, ordered=FILE_OUT)
def order_by_program(words, ordered):
    """The same, by a program."""


@constraint(computing_units=1, memory_size=0.01)
@binary(binary="gzip", args="-n -c {{file}}")
@task(file=FILE_IN, packed=FILE_OUT_STDOUT)
def pack(file, packed):
    """Compress a file."""


@mpi(runner="mpirun", processes="RANKS", texts_layout={"block_count": RANKS * 2, "block_length": 1, "stride": 1})
@task(texts=COLLECTION_IN, returns=1)
def letters(texts):
    """How many letters are in the texts of all ranks: every rank knows."""
    from mpi4py import MPI  # noqa: PLC0415  (ranks need it, the program does not)

    return MPI.COMM_WORLD.allreduce(sum(map(len, texts if isinstance(texts, list) else [texts])))


def fetching(url):
    """The task that asks this service for a file."""

    @http(service_name=url, resource="{{path}}", request="GET")
    @task(returns=1)
    def fetch(path):
        """The text of a file."""

    return fetch


def hashing(engine, image):
    """The task that makes a checksum in a container of this image."""

    @container(engine=engine, image=image)
    @binary(binary="sha256sum")
    @task(file=FILE_IN_STDIN, out=FILE_OUT_STDOUT)
    def checksum(file, out):
        """The checksum of a file."""

    return checksum


@contextlib.contextmanager
def serving():
    """A service that has the files of this project; its address."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            """Nothing: the example prints what counts."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(REPOSITORY)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def in_parallel(paths, folder, engine, image, *, has_mpi):
    """What the tasks find: (counts of words, contents of the packed lists, their checksums, letters of four files)."""
    lists = [str(folder / f"{number}.words") for number in range(len(paths))]
    packed = [f"{path}.gz" for path in lists]
    sums = [f"{path}.sum" for path in lists] if engine else []
    with serving() as url:
        fetch = fetching(url)
        texts = [fetch(path) for path in paths]
        counts = [count(text, path) for text, path in zip(texts, lists, strict=True)]
        for words, target in zip(lists, packed, strict=True):
            order(words, f"{words}.sorted")
            pack(f"{words}.sorted", target)
        for target, made in zip(packed, sums, strict=False):
            hashing(engine, image)(target, made)
        numbers = letters(texts[: 2 * RANKS]) if has_mpi else None
        words = compss_wait_on(total(counts))
        compss_wait_on_file(*packed, *sums)
        contents = [gzip.decompress(Path(path).read_bytes()).decode() for path in packed]
        checksums = [Path(path).read_text().split()[0] for path in sums]
        return words, contents, checksums, compss_wait_on(numbers) if has_mpi else [], packed


def wrong(paths, found):
    """What differs from what a sequential program finds, in words."""
    words, contents, checksums, numbers, packed = found
    texts = [(REPOSITORY / path).read_text() for path in paths]
    expected = ["".join(f"{word}\n" for word in sorted(text.split())) for text in texts]
    hashes = [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in packed]
    if words != sum((Counter(text.split()) for text in texts), Counter()):
        yield "words"
    if contents != expected:
        yield "sorted lists"
    if checksums and checksums != hashes:
        yield "checksums"
    if numbers and numbers != [sum(map(len, texts[: 2 * RANKS]))] * RANKS:
        yield "letters"


def missing(engine, *, has_mpi):
    """What this machine does not have, in words."""
    if not has_mpi:
        yield "an MPI with mpi4py (pip install mpich mpi4py)"
    if engine and shutil.which(engine) is None:
        yield f"the program {engine}"
    if not engine:
        yield "a container (--container=podman --image=…)"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=16, help="how many source files (4 or more)")
    parser.add_argument("--container", choices=("docker", "podman", "singularity", "apptainer", "udocker"))
    parser.add_argument("--image", help="has sha256sum")
    given = parser.parse_args()
    if bool(given.container) != bool(given.image) or given.files < 2 * RANKS:
        parser.error("--container and --image belong together; --files is 4 or more")
    os.environ["LC_ALL"] = "C"  # `sort` orders words as Python does
    has_mpi = shutil.which("mpirun") is not None and importlib.util.find_spec("mpi4py") is not None
    lacking = list(missing(given.container, has_mpi=has_mpi))
    if lacking:
        print(f"left out, because it is not here: {'; '.join(lacking)}")
    engine = given.container if given.container and shutil.which(given.container) else None
    files = sorted(str(path.relative_to(REPOSITORY)) for path in REPOSITORY.glob("src/pycompss/core/*.py"))[
        : given.files
    ]
    with tempfile.TemporaryDirectory() as folder:
        found = in_parallel(files, Path(folder), engine, given.image, has_mpi=has_mpi)
        differences = list(wrong(files, found))
    print(
        f"WRONG: {', '.join(differences)}"
        if differences
        else f"right: {sum(found[0].values())} words in {len(files)} files"
    )
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
