"""One program from its start to its end, whatever happens meanwhile.

It is started without a shell, in a session of its own, and waited for in the main thread. A time-out or a cancellation
arrives there as an exception: then the program and everything that it started get SIGTERM, a moment to comply, and
SIGKILL. When this worker is killed, the fork server does the same (`worker.descendants`).
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pycompss.errors import LaunchError
from pycompss.worker import descendants

GRACE = 2.0  # seconds between SIGTERM and SIGKILL; the engine kills a worker whose task is late by 5
LOOK = 0.01  # seconds between looks at a program that was told to end
SHELL = "/bin/sh"  # runs scripts that do not say what they are written in

_DISTURBING = {signal.SIGUSR1, signal.SIGALRM, signal.SIGINT}
_serial = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Streams:
    """Files for the standard streams; None: nothing to read, and whatever this process writes to."""

    stdin: str | None = None
    stdout: str | None = None
    stderr: str | None = None


def run(command: Sequence[str], folder: str, streams: Streams, environment: Mapping[str, str]) -> int:
    """Run a program to its end; its exit code, or the negated number of the signal that ended it.

    command: begins with the path of the program (see `find`). Raises LaunchError if it cannot be started.
    """
    mark = descendants.new_mark(next(_serial))
    process: subprocess.Popen[bytes] | None = None
    try:
        with _opened(streams) as (stdin, stdout, stderr):
            process = _start(command, folder, (stdin, stdout, stderr), {**environment, descendants.MARK: mark})
        return process.wait()
    except LaunchError:
        raise
    except BaseException as error:  # noqa: BLE001  (a time-out, a cancellation, Ctrl-C)
        with _undisturbed():
            _end(process, mark)
        raise error.with_traceback(None) from None  # where we waited is of no interest


def find(program: str, folders: Sequence[str]) -> str:
    """The path of a program: a name is looked for on PATH, a relative path in `folders`. Raises LaunchError."""
    if os.sep not in program:
        found = shutil.which(program)
        if found is None:
            raise LaunchError(_missing(program, f"on PATH ({os.environ.get('PATH', '')})"))
        return found
    paths = [os.path.join(folder, program) for folder in folders]
    for path in paths:
        if os.path.isfile(path):
            if not os.access(path, os.X_OK):
                raise LaunchError(f"{path} is not executable (chmod +x makes it so)")
            return path
    for folder in filter(os.path.isdir, paths):
        raise LaunchError(f"{folder} is a directory, not a program")
    raise LaunchError(_missing(program, f"at {' nor at '.join(dict.fromkeys(paths))}"))


def _missing(program: str, where: str) -> str:
    hint = "; arguments of a program belong into args" if " " in program.strip() else ""
    return f"there is no program {program!r} {where}{hint}"


def _start(
    command: Sequence[str], folder: str, streams: tuple[int | None, ...], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    stdin, stdout, stderr = streams
    try:
        return subprocess.Popen(
            command, cwd=folder, stdin=stdin, stdout=stdout, stderr=stderr, env=environment, start_new_session=True
        )
    except OSError as error:
        if error.errno == errno.ENOEXEC and command[0] != SHELL:  # a script without #!, as in a shell
            return _start([SHELL, *command], folder, streams, environment)
        raise LaunchError(f"{command[0]} cannot be started: {error.strerror}") from None
    except ValueError as error:  # a null byte
        raise LaunchError(f"{command[0]} cannot be started: {error}") from None


@contextlib.contextmanager
def _opened(streams: Streams) -> Iterator[tuple[int | None, ...]]:
    """The files as descriptors; output is appended. Output and errors in one file share its descriptor."""
    modes = {streams.stdin or os.devnull: os.O_RDONLY, streams.stdout: _APPEND, streams.stderr: _APPEND}
    with contextlib.ExitStack() as stack:
        opened: dict[str | None, int | None] = {None: None}
        for path, flags in modes.items():
            if path is not None:
                opened[path] = fd = os.open(path, flags, 0o666)
                stack.callback(os.close, fd)
        yield opened[streams.stdin or os.devnull], opened[streams.stdout], opened[streams.stderr]


_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND


# -- ending what does not end by itself


def _end(process: subprocess.Popen[bytes] | None, mark: str) -> None:
    """End a program and all that it started; `process` is None if it was interrupted while it started."""
    _signal(process, mark, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while _is_left(process, mark) and time.monotonic() < deadline:
        time.sleep(LOOK)
    for _ in range(descendants.ROUNDS):
        if not _is_left(process, mark):
            break
        _signal(process, mark, signal.SIGKILL)
        time.sleep(LOOK)
    if process is not None:
        process.wait()


def _signal(process: subprocess.Popen[bytes] | None, mark: str, number: int) -> None:
    if process is not None and process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
    descendants.send(descendants.of_program(mark), number)


def _is_left(process: subprocess.Popen[bytes] | None, mark: str) -> bool:
    return (process is not None and process.poll() is None) or bool(descendants.of_program(mark))


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """What announces a time-out or a cancellation waits: one is being obeyed already."""
    before = None
    while before is None:
        with contextlib.suppress(BaseException):  # one that came at the same moment
            before = signal.pthread_sigmask(signal.SIG_BLOCK, _DISTURBING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
