"""Which run a command means: a folder, a file in it, or the latest run."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from pycompss.observe.journalfile import NAME


def folder_of(word: str | None) -> str:
    """The folder of the run. FileNotFoundError, in words, if there is no journal."""
    found = _latest() if word is None else _named(word)
    if not os.path.isfile(os.path.join(found, NAME)):
        raise FileNotFoundError(
            f"{found} holds no journal ({NAME}): run the program with -g, -t, --summary or --log_level=info"
        )
    return found


def _named(word: str) -> str:
    path = os.path.abspath(word)
    if os.path.isdir(path):
        return path
    known = os.path.join(base(), word)  # `app.py_01`
    if os.path.isdir(known):
        return known
    if os.path.exists(path):
        parent = os.path.dirname(path)
        return os.path.dirname(parent) if os.path.basename(parent) in ("monitor", "trace") else parent
    raise FileNotFoundError(f"{word}: there is no such run")


def _latest() -> str:
    folder = base()
    runs = [entry.path for entry in os.scandir(folder) if entry.is_dir()] if os.path.isdir(folder) else []
    observed = [run for run in runs if os.path.isfile(os.path.join(run, NAME))]
    if not observed:
        raise FileNotFoundError(f"{folder} holds no run with a journal: name the folder of one")
    return max(observed, key=lambda run: os.path.getmtime(os.path.join(run, NAME)))


def base() -> str:
    """Where the folders of runs are."""
    return os.path.join(os.environ.get("PYCOMPSS_LOG_DIR") or os.path.expanduser("~"), ".COMPSs")


def complain(text: str) -> None:
    """A notice on stderr."""
    sys.stderr.write(f"[ WARNING ]: {text}\n")


@contextlib.contextmanager
def naming(path: str) -> Iterator[None]:
    """An OSError of writing, which names no file by itself, names this one."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, path) from None
        raise


def failed(error: BaseException) -> int:
    """One message for what cannot be done; the exit code."""
    said = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else error
    sys.stderr.write(f"[ ERROR ]: {said}\n")
    return 1
