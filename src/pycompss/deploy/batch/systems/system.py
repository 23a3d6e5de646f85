"""What the rest of the project knows of a batch system.

A request is a list of directives. Each has the name by which a site file can forbid it (`DISABLE_QARG_<NAME>=true`),
and its text in the system's own words, or None when nothing is asked.
"""

from __future__ import annotations

import os
import pwd
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

from pycompss.deploy.batch import commands
from pycompss.deploy.batch.commands import Answer
from pycompss.deploy.batch.job import Job
from pycompss.deploy.batch.site import Site

Directives = Iterator[tuple[str, str | None]]

PENDING, RUNNING, COMPLETED, FAILED, CANCELLED = "PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"


class Listed(NamedTuple):
    """A job in the queue."""

    id: str
    state: str
    name: str


class Partition(NamedTuple):
    """Nodes of one kind that a queue has; None = not told."""

    queue: str
    is_default: bool = False
    nodes: int | None = None
    cores: int | None = None
    megabytes: int | None = None
    minutes: int | None = None  # longest job
    gpus: int | None = None


class System(ABC):
    """One batch system. The class attributes are its words; texts for scripts are in the shell's language."""

    key: str  # as `--batch_system` names it
    name: str
    prefix: str  # of a directive
    submission: tuple[str, ...]  # gets the script as its standard input
    job_variable: str  # in which a script finds the number of its job
    node_list: str  # shell: prints the nodes of the job, the first one first
    on_every_node: str  # shell: runs the command "$1" once on each of "${nodes[@]}"
    several_types = ""  # shell: prints the nodes of a job that has several types of them; empty: there are none
    on_node = ""  # shell: words before a command that is to run on "$node", with all of it; empty: not known
    preamble = ""  # shell: before everything else

    @abstractmethod
    def directives(self, job: Job, site: Site) -> Directives:
        """What the job asks for."""

    @abstractmethod
    def job_id(self, printed: str) -> str:
        """The number of the job in what the submission printed; "" = not there."""

    @abstractmethod
    def state(self, job: str) -> str | None:
        """The state of a job; None = the system does not know it (any more)."""

    @abstractmethod
    def jobs(self) -> list[Listed]:
        """The user's jobs that have not ended."""

    @abstractmethod
    def partitions(self) -> list[Partition]:
        """The queues there are, as far as the system tells; nothing = unknown."""

    @abstractmethod
    def cancellation(self, job: str) -> tuple[str, ...]:
        """The command that ends a job."""

    def cancel(self, job: str) -> Answer:
        return commands.run(*self.cancellation(job))


def user() -> str:
    """Who we are, whatever the environment says."""
    return pwd.getpwuid(os.getuid()).pw_name


def clock(minutes: int) -> str:
    """HH:MM."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def quoted(text: str) -> str:
    """A text in a directive. What `texts` lets through has no quotes in it."""
    return f'"{text}"' if " " in text or not text.isascii() else text


def extra(job: Job) -> Directives:
    """The directives that the user wrote."""
    for flag in job.extra_submit_flag:
        yield "extra", flag
