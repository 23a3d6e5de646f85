"""What the coordinator asks for. Engines carry out the first group, the session the second.

The two that come all the time are made and looked at in half of the time that a named tuple takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pycompss.core.failures import Failure
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Slot
from pycompss.core.versions import Version
from pycompss.core.watches import Watch


@dataclass(slots=True)
class Run:
    """Execute these tasks one after another in the slot."""

    slot: Slot
    tasks: list[Invocation]


class Close(NamedTuple):
    """The slot is given back; its worker is idle."""

    slot: Slot


class TakeBack(NamedTuple):
    """Return what the slot's worker has not begun (`Coordinator.returned`), if that is possible."""

    slot: Slot


class Resume(NamedTuple):
    """The task in the slot waited for tasks of its own: its watch is done and it has its units again."""

    slot: Slot
    watch: Watch


class Interrupt(NamedTuple):
    """Stop this running task; report `cancelled` (or whatever it ended with before)."""

    task: Invocation


@dataclass(slots=True)
class Free:
    """Nobody needs the values of these versions any more."""

    versions: list[Version]


class Wake(NamedTuple):
    """A thread of the program waits for this watch, which is done."""

    watch: Watch


class Report(NamedTuple):
    """An attempt failed; `outcome` is what follows ("retry", "failed", "ignored", "cancel_successors")."""

    failure: Failure
    outcome: str


Command = Run | Close | TakeBack | Resume | Interrupt | Free | Wake | Report
