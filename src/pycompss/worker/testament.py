"""Commands that end what a task has running elsewhere, should its worker be killed: a service's containers.

They are left beside the task's sandbox while they may be needed; the fork server carries out those of a dead worker.
"""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Iterator, Sequence

from pycompss.errors import PyCOMPSsException

ENDING = ".end"
PATIENCE = 20.0  # seconds that a command may take


@contextlib.contextmanager
def left(sandbox: str, command: Sequence[str]) -> Iterator[None]:
    """Inside, `command` is left to be carried out; here, too, if the inside does not end by itself.

    sandbox: "" if there is none, and nobody to find the command.
    """
    if not command:
        yield
        return
    path = f"{sandbox}{ENDING}"
    if sandbox:
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write("\0".join(command))
    try:
        yield
    except PyCOMPSsException:  # it has ended, well or badly
        raise
    except BaseException:
        _run(command)
        raise
    finally:
        if sandbox:
            os.unlink(path)


def carry_out(folder: str) -> None:
    """Carry out what was left in a folder of sandboxes."""
    for path in glob.glob(os.path.join(glob.escape(folder), f"*{ENDING}")):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            command = file.read().split("\0")
        os.unlink(path)
        _run(command)


def _run(command: Sequence[str]) -> None:
    import subprocess  # noqa: PLC0415  (the fork server hardly ever needs it)

    quiet = subprocess.DEVNULL
    with contextlib.suppress(OSError, subprocess.SubprocessError):  # it has ended, or its service has
        subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, check=False, timeout=PATIENCE)
