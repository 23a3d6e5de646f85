"""The commands of the batch system: run without a shell, in limited time; one message when they are missing."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import NamedTuple

from pycompss.deploy.batch.refused import Refused

_PATIENCE = 60  # seconds that a busy batch system may take to answer


class Answer(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


def run(*words: str, given: str = "") -> Answer:
    """Run a command; `given` is its standard input."""
    try:
        done = subprocess.run(
            words, input=given, capture_output=True, text=True, errors="replace", timeout=_PATIENCE, check=False
        )
    except FileNotFoundError:
        raise Refused(
            f"the command {words[0]} is missing",
            asked=" ".join(words),
            found=f"no {words[0]} on the PATH",
            attempt="use a login node of the cluster (perhaps after `module load` of its batch system)",
        ) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"{' '.join(words)}: {error}") from None
    return Answer(done.returncode, done.stdout, done.stderr)


def lines(words: Sequence[str]) -> list[str] | None:
    """What a command printed, if it is there and succeeded."""
    try:
        answer = run(*words)
    except Refused:
        return None
    return answer.out.splitlines() if answer.code == 0 else None
