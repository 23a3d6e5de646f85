"""Of several messages, the one for a worker on the program's own core goes last.

A woken worker takes the core from the program, which would have the others still to send: workers that could begin at
the same time would work one after the other. (On two cores that was 0.2 to 1.3 ms for every step of a stencil.)
"""

from __future__ import annotations

from pycompss.core import commands as cmd
from pycompss.engines.protocol import Engine

_MAY_GO_FIRST = frozenset({cmd.Wake, cmd.Free, cmd.Report})  # besides: what slots do not follow each other for


def nearby_last(commands: list[cmd.Command], engine: Engine) -> None:
    """Put them in that order; nothing else changes it, and what takes slots away leaves it as it was decided."""
    runs = 0
    for command in commands:
        if type(command) is cmd.Run:
            runs += 1
        elif type(command) not in _MAY_GO_FIRST:
            return
    nearby = engine.slot_nearby() if runs > 1 else 0
    if nearby:
        _put_last(commands, nearby)


def _put_last(commands: list[cmd.Command], slot: int) -> None:
    """What goes to that slot, of which there may be two messages."""
    commands.sort(key=lambda command: type(command) is cmd.Run and command.slot.id == slot)
