"""What happens after a task failed: the policy's decision, and the record that reaches the program.

A task is executed at most four times: twice on the first node, twice on another (programming model, section 10.1). If
the disk is full, it goes to another at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from pycompss.core.task import Policy

MAX_ATTEMPTS = 4
ATTEMPTS_PER_NODE = 2


class Cause(Enum):
    """Why an attempt failed."""

    EXCEPTION = "exception"
    TIME_OUT = "time_out"
    LOST = "lost"  # the worker died
    OUTPUT = "output"  # a file or a return value is missing
    DISK = "disk"  # a disk is full, which may be that of the node alone
    DEFINITE = "definite"  # cannot change by trying again: import error, unserialisable result


class Decision(Enum):
    RETRY = "retry"
    GIVE_UP = "failed"
    STOP = "stop"
    IGNORE = "ignored"
    CANCEL_SUCCESSORS = "cancel_successors"


@dataclass(slots=True)
class Failure:
    """A task that failed: what the program is told.

    message: one line; text: the report with the remote traceback; exception: the serialised original (opaque).
    """

    task: int
    name: str
    cause: Cause
    message: str
    text: str = ""
    exception: Any = None
    node: str = ""
    attempt: int = 1
    attempts: int = 1
    where: str = ""  # file:line of the call in the program
    call: str = ""  # the call with short arguments
    log: str = ""  # file with the task's output
    lost: str = ""  # the value that the task had made, if it is that which is gone
    reported: bool = False


def decide(policy: Policy, attempt: int, cause: Cause) -> Decision:
    """What to do after attempt number `attempt` (from 1) failed."""
    if policy is Policy.IGNORE:
        return Decision.IGNORE
    if policy is Policy.CANCEL_SUCCESSORS:
        return Decision.CANCEL_SUCCESSORS
    if policy is Policy.FAIL:
        return Decision.STOP
    if cause is Cause.DEFINITE or attempt >= MAX_ATTEMPTS:
        return Decision.GIVE_UP
    return Decision.RETRY
