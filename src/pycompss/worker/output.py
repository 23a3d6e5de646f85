"""What tasks print: the worker's standard output and error are files, and each task owns a stretch of them.

Whoever writes moves the position that all descriptors of an open file share (also those of programs that a task has
started), although everything is appended. So between two tasks it is put where no output ends, and as long as it is
there, nothing was printed and both streams lead where they should. Asking for it costs a quarter of asking for the
file's length and identity.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

KEEP = 1 << 20  # bytes; a file of output nobody will read is emptied beyond this length
LOOK = 0.05  # seconds between looks for something to show live
CHUNK = 32_768  # bytes shown at a time
PART = 1 << 20  # bytes copied at a time: a task may print more than there is memory
UNTOUCHED = (0x7E57_A5C1, 0x7E57_A5C3)  # positions in the two files that tell that nobody has written

BEGUN, SHOWN = range(2)  # what is noted: where the output of the task begins, and how far it was shown

Show = Callable[[int, bytes], object]
Note = Callable[[int, int, int], object]


class Output:
    """Standard output and error of this worker, cut at task boundaries.

    keep: write the stretch of every task to its job files; otherwise only those of failed tasks are. note: told
    positions in the two files (BEGUN, SHOWN), so that the stretch can be found if the worker dies. show: told what is
    printed on stream 1 or 2 soon after it was written (None: nobody looks).
    """

    def __init__(self, directory: str, name: str, *, keep: bool, note: Note, show: Show | None = None) -> None:
        """Raises OSError when the files cannot be made."""
        self.jobs = os.path.join(directory, "jobs")
        self.keep = keep
        self._note = note
        self._start = [0, 0]
        self._shown = [0, 0]
        self._show = show
        # Whether somebody looks at the output of every task: then it must be there before the task's result.
        self.is_watched = keep or show is not None
        self._showing = threading.Lock()
        folder = Path(directory, "workers")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.paths = [str(folder / f"{name}.{end}") for end in ("out", "err")]
        self._files = [os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600) for path in self.paths]
        self._own = [_identity(fd) for fd in self._files]
        self._streams = (sys.stdout or _stream(1), sys.stderr or _stream(2))
        self._repair([None, None])
        self._mark()
        with contextlib.suppress(AttributeError, ValueError):
            sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # what a dying task says counts

    def start(self) -> None:
        """Begin to show what is printed, if somebody looks."""
        if self._show is not None:
            threading.Thread(target=self._show_forever, daemon=True).start()

    # -- at the end of a task ----------------------------------------------------------------------------------------

    def flush(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # the task may have closed or replaced it
                stream.flush()

    def is_untouched(self) -> bool:
        """Whether nothing was printed since the last task ended, and both streams lead where they should."""
        out, err = self._streams
        if sys.stdout is not out or sys.stderr is not err:
            return False
        try:
            out.flush()
            err.flush()
            return (os.lseek(1, 0, os.SEEK_CUR), os.lseek(2, 0, os.SEEK_CUR)) == UNTOUCHED
        except Exception:  # noqa: BLE001  (the task may have closed them)
            return False

    def finish(self, label: str, *, failed: bool) -> bool:
        """The task named `label` ("job1_NEW") ended; True when it printed something."""
        self.flush()
        now = [_identity(1), _identity(2)]
        if now != self._own or sys.stdout is not self._streams[0] or sys.stderr is not self._streams[1]:
            self._repair(now)
        self._mark()
        ends = [os.fstat(fd).st_size for fd in self._files]
        if ends == self._start and not (failed or self.keep):
            return False
        if failed or self.keep:
            with contextlib.suppress(OSError):  # the disk is full; the task's result is worth more
                self._save(label, ends)
        printed = ends != self._start
        if self._show is not None:
            self._show_rest()
        self._start = ends
        if max(ends) > KEEP:
            self._empty()
        self._note(BEGUN, *self._start)
        return printed

    def complain(self, text: str) -> None:
        """Add something to the task's standard error, whatever it has done to it."""
        with contextlib.suppress(Exception):
            sys.stderr.flush()
        with contextlib.suppress(OSError):
            os.write(self._files[1], text.encode(errors="backslashreplace"))

    def _repair(self, now: list[tuple[int, int] | None]) -> None:
        """Streams that a task closed or turned elsewhere: the next one gets them back."""
        for index, identity in enumerate(now):
            if identity != self._own[index]:
                os.dup2(self._files[index], index + 1)
        sys.stdout, sys.stderr = self._streams

    def _mark(self) -> None:
        with contextlib.suppress(OSError):  # a file system without such positions: every task is looked at closely
            for fd, place in zip(self._files, UNTOUCHED, strict=True):
                os.lseek(fd, place, os.SEEK_SET)

    def _save(self, label: str, ends: list[int]) -> None:
        os.makedirs(self.jobs, mode=0o700, exist_ok=True)
        for index, suffix in enumerate(("out", "err")):
            place = self._start[index]
            with open(os.path.join(self.jobs, f"{label}.{suffix}"), "wb") as target:
                while text := os.pread(self._files[index], min(ends[index] - place, PART), place):
                    target.write(text)
                    place += len(text)

    def _empty(self) -> None:
        with self._showing:
            for index, fd in enumerate(self._files):
                os.ftruncate(fd, 0)
                self._start[index] = self._shown[index] = 0
            self._note(SHOWN, 0, 0)

    # -- live --------------------------------------------------------------------------------------------------------

    def _show_forever(self) -> None:
        with contextlib.suppress(OSError):  # the master is gone
            while True:
                time.sleep(LOOK)
                self._show_rest()

    def _show_rest(self) -> None:
        """Show what has been printed since the last look."""
        if self._show is None:
            return
        with self._showing:
            for index, fd in enumerate(self._files):
                while text := os.pread(fd, CHUNK, self._shown[index]):
                    self._shown[index] += len(text)
                    self._show(index + 1, text)
                    self._note(SHOWN, *self._shown)


def _stream(fd: int) -> TextIO:
    """For a program that has no standard output or error: its tasks do."""
    return open(fd, "w", buffering=1, errors="backslashreplace", closefd=False)


def _identity(fd: int) -> tuple[int, int] | None:
    """Which file a descriptor leads to; None: it is closed."""
    try:
        status = os.fstat(fd)
    except OSError:
        return None
    return status.st_dev, status.st_ino
