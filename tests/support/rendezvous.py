"""How tasks of tests meet each other: by files, with a deadline, so that no test depends on how fast things are.

A file is the one thing that the program, its tasks and their tasks all see, whatever runs them. `mark` says that a
point has been reached, `await_mark` waits for somebody to say so; a task that waits in vain fails loudly.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

DEADLINE = 20.0  # seconds; only ever used up by a test that fails


def mark(path: str | os.PathLike[str], text: str = "") -> None:
    """Say that the point called `path` has been reached; whoever sees the file sees all of `text`."""
    path = os.fspath(path)
    scratch = f"{path}.{os.getpid()}.new"
    with open(scratch, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(scratch, path)


def reached(path: str | os.PathLike[str]) -> bool:
    return os.path.exists(path)


def await_mark(path: str | os.PathLike[str], seconds: float = DEADLINE) -> str:
    """Wait until somebody marks `path`; the text that they left."""
    await_true(lambda: reached(path), f"{os.fspath(path)} was not reached", seconds)
    with open(path, encoding="utf-8") as file:
        return file.read()


def await_true(condition: Callable[[], bool], complaint: str, seconds: float = DEADLINE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{complaint} within {seconds} s")
        time.sleep(0.002)


def meet(folder: str | os.PathLike[str], name: str, others: list[str], seconds: float = DEADLINE) -> str:
    """Be in `folder` at the same time as each of `others`, or fail; returns `name`."""
    mark(os.path.join(folder, name))
    for other in others:
        await_mark(os.path.join(folder, other), seconds)
    return name


@contextmanager
def alone(path: str | os.PathLike[str]) -> Iterator[None]:
    """Fail when somebody else is inside `alone(path)` at the same time."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL))
    try:
        time.sleep(0.005)  # the work during which somebody else could come in
        yield
    finally:
        os.unlink(path)


@contextmanager
def counted(folder: str | os.PathLike[str], name: str, seconds: float = 0.05) -> Iterator[int]:
    """Be inside for `seconds`; yields how many are inside by then, oneself included."""
    own = os.path.join(folder, name)
    mark(own)
    time.sleep(seconds)  # the work of the task
    try:
        yield sum(not entry.endswith(".new") for entry in os.listdir(folder))
    finally:
        os.unlink(own)


def note(path: str | os.PathLike[str], line: str) -> None:
    """Append one line; lines of several processes never mix."""
    with open(path, "a", encoding="utf-8") as file:
        file.write(line + "\n")


def notes(path: str | os.PathLike[str]) -> list[str]:
    """The lines noted so far."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()
