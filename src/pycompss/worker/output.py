"""What tasks print: the worker's standard output and error are files, and each task owns a stretch of them."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

KEEP = 1 << 20  # a file of output nobody will read is emptied beyond this length


class Output:
    """Standard output and error of this worker, cut at task boundaries.

    keep: write the stretch of every task to its job files; otherwise only those of failed tasks are. begun: told where
    in the two files the output of the next task begins, so that it can be found if the worker dies.
    """

    def __init__(self, directory: str, name: str, *, keep: bool, begun: Callable[[int, int], object]) -> None:
        self.jobs = os.path.join(directory, "jobs")
        self.keep = keep
        self._begun = begun
        self._start = [0, 0]
        folder = Path(directory, "workers")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.paths = [str(folder / f"{name}.{end}") for end in ("out", "err")]
        for fd, path in zip((1, 2), self.paths, strict=True):
            sink = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
            os.dup2(sink, fd)
            os.close(sink)
        with contextlib.suppress(AttributeError, ValueError):
            sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  (what a dying task says counts)

    def flush(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # the task may have closed or replaced it
                stream.flush()

    def finish(self, label: str, *, failed: bool) -> bool:
        """The task named `label` ("job1_NEW") ended; True when it printed something."""
        self.flush()
        ends = [_size(1), _size(2)]
        if ends == self._start and not failed:
            return False
        if failed or self.keep:
            self._save(label, ends)
        printed = ends != self._start
        self._start = ends
        if max(ends) > KEEP:
            self._empty()
        self._begun(*self._start)
        return printed

    def stretch(self, stream: int) -> bytes:
        """What the current task printed so far on stream 1 or 2."""
        self.flush()
        with open(self.paths[stream - 1], "rb") as source:
            source.seek(self._start[stream - 1])
            return source.read()

    def _save(self, label: str, ends: list[int]) -> None:
        os.makedirs(self.jobs, mode=0o700, exist_ok=True)
        for index, suffix in enumerate(("out", "err")):
            with open(self.paths[index], "rb") as source:
                source.seek(self._start[index])
                text = source.read(ends[index] - self._start[index])
            with open(os.path.join(self.jobs, f"{label}.{suffix}"), "wb") as target:
                target.write(text)

    def _empty(self) -> None:
        for index in (0, 1):
            os.ftruncate(index + 1, 0)
            self._start[index] = 0


def _size(fd: int) -> int:
    try:
        return os.fstat(fd).st_size
    except OSError:
        return 0
