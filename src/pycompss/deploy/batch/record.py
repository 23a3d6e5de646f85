"""The jobs that a user submitted: `~/.COMPSs/envs/jobs.json`, one entry a job.

Submissions at the same time, from other shells or nodes, wait for each other by a lock beside the file; the file itself
is replaced as a whole.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from pycompss.deploy.environments.active import folder
from pycompss.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Entry:
    """What is remembered of one job."""

    app_name: str = ""
    enqueue_args: list[str] = field(default_factory=list)
    extra_env_vars: dict[str, str] = field(default_factory=dict)
    extra_env_mods: list[str] = field(default_factory=list)
    batch_system: str = ""
    job_name: str = ""
    job_execution_dir: str = ""
    status: str = ""
    timestamp: str = ""  # UTC
    environment: str = "default"


def now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())


def entries() -> dict[str, Entry]:
    """All jobs, oldest first."""
    known = {entry.name for entry in fields(Entry)}
    return {
        job: Entry(**{name: value for name, value in told.items() if name in known}) for job, told in _read().items()
    }


def add(job: str, entry: Entry) -> None:
    """Remember a job."""
    with _changing() as told:
        told.pop(job, None)  # numbers of jobs come again when a batch system is installed anew
        told[job] = asdict(entry)


def set_status(job: str, status: str) -> None:
    """Remember the last known state of a job, if it is one of ours."""
    with _changing() as told:
        if job in told:
            told[job]["status"] = status


@contextlib.contextmanager
def _changing() -> Iterator[dict[str, Any]]:
    os.makedirs(folder(), mode=0o700, exist_ok=True)
    path = _path()
    with open(f"{path}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = _read()
        yield told
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            json.dump(told, file, indent=1)
        os.replace(f"{path}.new", path)


def _read() -> dict[str, Any]:
    try:
        with open(_path(), encoding="utf-8") as file:
            told: dict[str, Any] = json.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{_path()}: cannot be read: {error}") from None
    return told


def _path() -> str:
    return os.path.join(folder(), "jobs.json")
