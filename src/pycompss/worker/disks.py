"""What a task is told whose disk is full: which folder it is, on which machine, and the way out."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
LITTLE = 1 << 20  # bytes: a disk that has not more is full
REMEDY = "free space there, or use another place: --worker_working_dir=FOLDER for what tasks write, TMPDIR, --log_dir"


def is_full(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in FULL


def what_is_full(error: BaseException) -> str:
    """Empty if the failure is another one."""
    if not isinstance(error, OSError) or not is_full(error):
        return ""
    here = os.uname().nodename
    folders = list(_named(error)) or [folder for folder in _likely() if _free(folder) <= LITTLE]
    if not folders:
        return f"a disk of {here} is full, perhaps that of {_place(os.getcwd())}, or your share of it; {REMEDY}"
    return f"the disk of {_place(folders[0])} on {here} is full; {REMEDY}"


def _place(folder: str) -> str:
    """Without the folders that runs and tasks have there for themselves."""
    return re.split(r"/(?:pycompss-|sandbox_)", folder, maxsplit=1)[0] or "/"


def named(error: OSError, source: str, target: str) -> OSError:
    """The same error; of a full disk, where that is."""
    if not is_full(error) or error.filename2 is not None:
        return error
    return OSError(error.errno, error.strerror, source, None, target)


def _named(error: OSError) -> Iterator[str]:
    """The folder of the file that the system has named."""
    for name in (error.filename2, error.filename):
        if isinstance(name, (str, bytes)):
            yield os.path.dirname(os.path.abspath(os.fsdecode(name)))


def _likely() -> Iterator[str]:
    """Where tasks write."""
    import tempfile  # noqa: PLC0415  (slow to import, rarely needed)

    yield os.getcwd()
    yield tempfile.gettempdir()


def _free(folder: str) -> int:
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize
