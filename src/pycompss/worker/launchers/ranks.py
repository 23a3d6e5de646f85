"""A Python function in every rank: the arguments go into one file, what each rank gives comes out of one of its own.

Only the folder's name is on the command line. Files are those of the task's sandbox, the same for all ranks; of objects
that the task changes, those of rank 0 count.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from pycompss.errors import LaunchError, ProgramError
from pycompss.worker.elsewhere import Elsewhere
from pycompss.worker.launchers import parcel, rank, trial
from pycompss.worker.launchers.launch import Launch
from pycompss.worker.launchers.runner import Runner
from pycompss.worker.report import RemoteTraceback

_NOT_THERE: tuple[Any, ...] = ("",)


def run(launch: Launch, mpirun: Runner, ranks: int) -> Elsewhere:
    """What the ranks give, in their order; without a list, if there is one rank."""
    with tempfile.TemporaryDirectory(prefix=".ranks-", dir=launch.private) as folder:
        _ask(folder, launch, ranks)
        ended: ProgramError | None = None
        try:
            mpirun.start([(ranks, [sys.executable, os.path.abspath(rank.__file__), folder])])
        except ProgramError as error:
            ended = error
        replies = [_reply(folder, number) for number in range(ranks)]
    _complain(replies, ended, mpirun, ranks)
    values = [reply[1] for reply in replies]
    return Elsewhere(values if ranks > 1 else values[0], _changed(launch, replies[0]))


def _ask(folder: str, launch: Launch, ranks: int) -> None:
    body = launch.body
    header = {"ranks": ranks, "path": [path or launch.home for path in sys.path]}
    with open(os.path.join(folder, rank.HEADER), "w", encoding="utf-8") as file:
        json.dump(header, file)
    layouts, written = launch.options["layouts"], launch.written()
    request = rank.Request(body.task, body.portable(), body.args, dict(body.named), body.names, layouts, written)
    parcel.write(os.path.join(folder, rank.REQUEST), request, body.task, "an argument")


def _reply(folder: str, number: int) -> tuple[Any, ...]:
    try:
        reply: tuple[Any, ...] = parcel.read(os.path.join(folder, rank.REPLY.format(number)))
    except FileNotFoundError:
        return _NOT_THERE
    return reply


def _changed(launch: Launch, reply: tuple[Any, ...]) -> list[tuple[Any, Any]]:
    args, named = launch.body.args, launch.body.named
    return [(args[i], new) for i, new in reply[2].items()] + [(named[name], new) for name, new in reply[3].items()]


def _complain(replies: Sequence[tuple[Any, ...]], ended: ProgramError | None, mpirun: Runner, ranks: int) -> None:
    """Raise what the first rank to fail raised; or say which ranks gave nothing."""
    for reply in replies:
        if reply[0] == rank.ODD:
            mpirun.sweep()  # Open MPI leaves something when every rank is a world of its own
            raise LaunchError(_odd(mpirun, ranks, *reply[1:]))
    failed = [(reply[1], number) for number, reply in enumerate(replies) if reply[0] == rank.RAISED]
    if failed:
        _, number = min(failed)
        _, _, error, text = replies[number]
        raise error from RemoteTraceback(text, f"rank {number} of {ranks}")
    silent = [number for number, reply in enumerate(replies) if reply == _NOT_THERE]
    if ended is not None:
        ended.message += f"\n  {_named(silent)} gave nothing" if silent else ""
        raise ended
    if silent:
        raise ProgramError(
            f"{_named(silent)} of {ranks} ended without giving anything (by os._exit, or {mpirun} has not started them)"
        )


def _odd(mpirun: Runner, ranks: int, size: int, library: str) -> str:
    if size == 1:
        return trial.alone(mpirun, library)
    return f"{mpirun} was asked for {ranks} ranks and started {size}; look at its flags"


def _named(numbers: Sequence[int]) -> str:
    return f"rank{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
