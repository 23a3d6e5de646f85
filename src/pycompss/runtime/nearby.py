"""Of several messages, the one for a worker on the program's own core goes last.

A woken worker takes the core from the program, which would have the others still to send: workers that could begin at
the same time would work one after the other. (On two cores that was 0.2 to 1.3 ms for every step of a stencil.)
"""

from __future__ import annotations

from pycompss.core import commands as cmd
from pycompss.engines.protocol import Engine

_MAY_GO_FIRST = frozenset({cmd.Run, cmd.Wake, cmd.Free, cmd.Report})  # what slots do not follow each other for


def nearby_last(commands: list[cmd.Command], engine: Engine) -> None:
    """Put them in that order; nothing else changes it, and what takes slots away leaves it as it was decided."""
    kinds = list(map(type, commands))
    if kinds.count(cmd.Run) > 1 and _MAY_GO_FIRST.issuperset(kinds):
        nearby = engine.slot_nearby()
        if nearby:
            commands.sort(key=lambda command: type(command) is cmd.Run and command.slot.id == nearby)
