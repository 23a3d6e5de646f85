"""How a job is doing: what the batch system says; once it has forgotten the job, what the job's errors say."""

from __future__ import annotations

import os
import re

from pycompss.deploy.batch import record
from pycompss.deploy.batch.record import Entry
from pycompss.deploy.batch.refused import Refused
from pycompss.deploy.batch.systems.system import System

ENDED_WELL, ENDED_BADLY = "COMPLETED_SUCCESS", "COMPLETED:ERROR"
ENDED = frozenset(
    ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE", "PREEMPTED")
)  # as batch systems say it
_LONGEST = 1 << 24  # bytes of errors that are looked at


def of(job: str, system: System) -> str:
    """The state of a job, remembered for `history`; raises Refused when nobody knows the job."""
    entry = record.entries().get(job)
    state = system.state(job) or (entry and _by_its_errors(job, entry))
    if not state:
        raise Refused(
            f"job {job} is unknown",
            asked=f"the state of job {job}",
            found=f"{system.name} does not know it, and it was not submitted from here",
            attempt="pycompss job list, or pycompss job history",
        )
    record.set_status(job, state)
    return state


def _by_its_errors(job: str, entry: Entry) -> str:
    path = os.path.join(entry.job_execution_dir, f"compss-{job.partition('.')[0]}.err")
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(_LONGEST)
    except OSError:
        return entry.status
    return ENDED_BADLY if re.search("error", text, re.IGNORECASE) else ENDED_WELL
