"""Which run a command means: a folder, a file in it, or the latest run."""

from __future__ import annotations

import os
import sys

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


def failed(error: BaseException) -> int:
    """One message for what cannot be done; the exit code."""
    sys.stderr.write(f"[ ERROR ]: {error}\n")
    return 1
