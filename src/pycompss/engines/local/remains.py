"""What a dead worker leaves: why it ended, and what its last task had printed."""

from __future__ import annotations

import os
import signal

from pycompss.engines.local.forking import describe
from pycompss.engines.local.worker import WorkerHandle

MOST = 1 << 20  # bytes that are kept of each stream, counted from the end


def reason(code: int, worker: WorkerHandle) -> str:
    """Why a worker ended, for people. `code`: its exit code, or the negated signal that killed it."""
    process = f"its worker process {worker.pid}" if worker.pid else "its worker process"
    if worker.excuse:
        return f"{process} could not start: {worker.excuse}"
    if worker.killed:
        return f"{process} was killed: {worker.killed}"
    if code >= 0:
        return f"{process} ended with {describe(code)}"
    return f"{process} was killed by {describe(code)}{_HINTS.get(-code, '')}"


_HINTS: dict[int, str] = {
    signal.SIGKILL: " (out of memory?)",
    signal.SIGBUS: " (out of shared memory?)",
    signal.SIGXCPU: " (its limit of processor time is used up)",
}


def output(worker: WorkerHandle, folder: str) -> tuple[bytes, bytes]:
    """What the task that ran last printed on standard output and error."""
    begins = worker.output_begins
    paths = (os.path.join(folder, "workers", f"{worker.name}.{end}") for end in ("out", "err"))
    out, err = (_tail(path, begin) for path, begin in zip(paths, begins, strict=True))
    return out, err


def not_shown(worker: WorkerHandle, printed: tuple[bytes, bytes]) -> list[tuple[int, bytes]]:
    """The part of a dead task's output that it did not tell us live: (stream, text)."""
    ends = zip((1, 2), printed, worker.output_begins, worker.output_shown, strict=True)
    rest = [(stream, text[max(shown - begin, 0) :]) for stream, text, begin, shown in ends]
    return [(stream, text) for stream, text in rest if text]


def _tail(path: str, begin: int) -> bytes:
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(begin, size - MOST))
            return file.read(MOST)
    except OSError:
        return b""
