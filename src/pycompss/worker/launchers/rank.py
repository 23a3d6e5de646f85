"""One rank of a Python MPI task: `rank.py FOLDER`, started by the runner.

It first makes sure that it is one of as many as were asked for, then runs the task's function on its share of the
arguments, and leaves what came of it in a file of its own. A rank that fails takes the others with it.

The world is what mpi4py says; without mpi4py it is what the launcher says by the environment.
"""

from __future__ import annotations

import json
import os
import sys

if __name__ == "__main__":
    with open(os.path.join(sys.argv[1], "header"), encoding="utf-8") as _header:
        sys.path[:] = json.load(_header)["path"]  # as in the worker; that of this file has names of others

import time
import traceback
from typing import Any, NamedTuple, NoReturn

from pycompss.worker.launchers import parcel, world
from pycompss.worker.parts import portable

HEADER, REQUEST = "header", "request"
GAVE, RAISED, ODD = "gave", "raised", "odd"
REPLY = "rank{}"


class World(NamedTuple):
    """rank, size: of this process; library: the MPI library of mpi4py; mpi: its module, if there is one."""

    rank: int
    size: int
    library: str = ""
    mpi: Any = None


class Request(NamedTuple):
    """names: of positional arguments; layouts: by name, of collections; written: names of what the task changes."""

    task: str
    function: Any
    args: tuple[Any, ...]
    named: dict[str, Any]
    names: tuple[str, ...]
    layouts: dict[str, Any]
    written: list[str]


def main(folder: str) -> None:
    os.environ["PYCOMPSS_ENGINE"] = "inline"  # tasks that the function calls run here
    with open(os.path.join(folder, HEADER), encoding="utf-8") as file:
        asked: int = json.load(file)["ranks"]
    here = _world()
    if here.size != asked:
        _leave(folder, here, (ODD, here.size, here.library), "")
    task = ""
    try:
        request: Request = parcel.read(os.path.join(folder, REQUEST))
        task = request.task
        _reply(folder, here, _run(request, here), task)
    except BaseException as error:  # noqa: BLE001  (whatever the task raises)
        text = "".join(traceback.format_exception(_without_our_frame(error)))
        told = portable(error.with_traceback(None)) or RuntimeError(text.rstrip().splitlines()[-1])
        _leave(folder, here, (RAISED, time.time(), told, text), task)


def _world() -> World:
    try:
        from mpi4py import MPI  # noqa: PLC0415  (optional)
    except (ImportError, RuntimeError):  # there is none, or it finds no MPI library
        return World(*world.place(os.environ))
    communicator = MPI.COMM_WORLD
    library = MPI.Get_library_version().splitlines()[0].rstrip("\0")
    return World(communicator.Get_rank(), communicator.Get_size(), library, MPI)


def _run(request: Request, here: World) -> tuple[Any, ...]:
    """What this rank gives; the first also tells what became of the objects that the task changes."""

    def share(name: str, value: Any) -> Any:
        layout = request.layouts.get(name)
        return value if layout is None else layout.selection(value, here.rank, here.size)

    args = [share(name, value) for name, value in zip(request.names, request.args, strict=True)]
    named = {name: share(name, value) for name, value in request.named.items()}
    value = request.function(*args, **named)
    if here.rank:
        return GAVE, value, {}, {}
    changed = {i: args[i] for i, name in enumerate(request.names) if name in request.written}
    return GAVE, value, changed, {name: named[name] for name in named if name in request.written}


def _reply(folder: str, here: World, reply: tuple[Any, ...], task: str) -> None:
    parcel.write(os.path.join(folder, REPLY.format(here.rank)), reply, task, f"what rank {here.rank} gives")


def _leave(folder: str, here: World, reply: tuple[Any, ...], task: str) -> NoReturn:
    """End this rank, and with it all others."""
    _reply(folder, here, reply, task)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    if here.mpi is not None and here.size > 1:
        here.mpi.COMM_WORLD.Abort(1)
    elif here.mpi is not None:
        here.mpi.Finalize()
    os._exit(1)


def _without_our_frame(error: BaseException) -> BaseException:
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return error.with_traceback(trace)


if __name__ == "__main__":
    main(sys.argv[1])
