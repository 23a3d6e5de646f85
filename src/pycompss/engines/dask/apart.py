"""A node that shares no folder with the program: files that its tasks read are fetched, what they make is brought home.

Everything lies in one folder of the node, which goes with the run: `files/` mirrors the names of files at home, `code/`
has the program's own modules, `run/` is the run's folder as workers know it. A task that is sent names files as they
are called at home; it gets the names in the mirror, and its outputs go home before it counts as ended.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from pycompss.engines import protocol
from pycompss.engines.dask import transfers
from pycompss.engines.protocol import Event
from pycompss.worker import wire

EXCEPTION, DEFINITE = "exception", "definite"  # causes of failures: see worker/report.py
_LATER = 0.2  # seconds after which output of tasks is looked for, if nothing has ended
_Task = tuple[Any, ...]


class Files(Protocol):
    """Connections over which files come and go."""

    async def fetch_file(self, address: str, path: str, into: str) -> bool: ...

    async def store_file(self, address: str, path: str, to: str) -> None: ...


class Apart:
    """root: the folder of the run on this node; home: that of the run at home, whose jobs/ and workers/ are filled.

    program: the address of who gives and takes files. broken: what connections raise that break.
    """

    def __init__(
        self, root: str, home: str, program: str, files: Files, broken: tuple[type[BaseException], ...]
    ) -> None:
        self.run, self.code, self.temporary, self.directory = (
            os.path.join(root, name) for name in ("run", "code", "tmp", "home")
        )
        self._mirror = os.path.join(root, "files")
        self._home = home
        self._program = program
        self._files = files
        self._broken: tuple[type[BaseException], ...] = (transfers.Refused, OSError, *broken)
        self._locks: dict[str, asyncio.Lock] = {}
        self._outputs: dict[int, list[str]] = {}  # of tasks that are here, by number of the output, as called at home
        self._posted: asyncio.Queue[list[Event]] = asyncio.Queue()
        self._told: dict[str, int] = {}  # files with what tasks printed that are at home, and how long they were

    def make(self) -> None:
        """Raises OSError."""
        for folder in (self.run, self.code, self.temporary, self.directory, self._mirror):
            os.makedirs(folder, mode=0o700, exist_ok=True)
        for name in ("jobs", "workers"):
            os.makedirs(os.path.join(self.run, name), mode=0o700, exist_ok=True)

    async def fetch_code(self, modules: Iterable[tuple[str, str, str]]) -> None:
        """The program's own modules: (name of the file, where it is at home, what differs when it does)."""
        for name, path, _ in modules:
            await self._files.fetch_file(self._program, path, os.path.join(self.code, name))

    # -- tasks that come ----------------------------------------------------------------------------------------------

    @staticmethod
    def concerns(tasks: Iterable[_Task]) -> bool:
        """Whether any of them has files."""
        return any(task[6] is not None and "files" in task[6] for task in tasks)

    async def receive(self, task: _Task) -> _Task | tuple[str, str]:
        """The task with the names that its files have here; or cause and reason why it cannot run."""
        if task[6] is None or "files" not in task[6]:
            return task
        inputs = list(task[4] or ())
        for mode, position, _ in _files_of([task[2], task[3]]):
            if mode & 7 == wire.FILE_SHARED:
                return DEFINITE, "a CONCURRENT file needs a folder that all nodes share, and this node shares none"
            if position >= 0 and type(inputs[position]) is str:
                try:
                    inputs[position] = await self._fetched(inputs[position])
                except self._broken as error:
                    return EXCEPTION, f"{inputs[position]} cannot be fetched: {error}"
        extras = dict(task[6])
        homes = self._outputs[task[0]] = list(extras.get("paths", ()))
        if homes:
            extras["paths"] = tuple(path and self._here(path) for path in homes)
        kept = type(task[4])(inputs) if task[4] is not None else None
        return (*task[:4], kept, task[5], extras)

    async def _fetched(self, path: str) -> str:
        here = path if path.startswith(f"{self._mirror}/") else self._here(path)
        if here != path:
            async with self._locks.setdefault(path, asyncio.Lock()):
                await self._files.fetch_file(self._program, path, here)
        return here

    def _here(self, path: str) -> str:
        return self._mirror + os.path.abspath(path)

    # -- what goes home -----------------------------------------------------------------------------------------------

    def post(self, events: list[Event]) -> None:
        """These are to be told when what they tell of is at home; in order."""
        self._posted.put_nowait(events)

    async def deliver_all(self, tell: Callable[[list[Event]], None]) -> None:
        """Until it is cancelled. What is kept of tasks that went well is written after they were reported."""
        while True:
            try:
                events = await asyncio.wait_for(self._posted.get(), _LATER)
            except asyncio.TimeoutError:
                await self._deliver_output()
            else:
                tell([await self._delivered(event) for event in events])

    async def _delivered(self, event: Event) -> Event:
        """The same event, with names as they are at home; what it tells of is there then."""
        if event[0] == protocol.RETURNED:
            for task in event[1]:
                self._outputs.pop(task, None)
        if event[0] != protocol.COMPLETED:
            return event
        completions = [await self._with_outputs(completion) for completion in event[2]]
        await self._deliver_output()
        return (*event[:2], completions, *event[3:])

    async def _with_outputs(self, completion: tuple[Any, ...]) -> tuple[Any, ...]:
        task, status, values = completion[:3]
        homes = self._outputs.pop(task, [])
        if not any(homes) or values is None:
            return completion
        brought = list(values)
        for number, home in enumerate(homes):
            if home and type(brought[number]) is str:
                try:
                    await self._files.store_file(self._program, brought[number], home)
                except self._broken as error:
                    why = f"its output {os.path.basename(home)} cannot be brought home: {error}"
                    return (task, wire.FAILED, None, completion[3], (EXCEPTION, why, why, None))
                brought[number] = home
        return (task, status, tuple(brought), *completion[3:])

    async def _deliver_output(self) -> None:
        """What tasks have printed, as far as it is kept; best effort, as it is for people."""
        for path, name in transfers.grown(os.path.join(self.run, "jobs"), self.run, self._told):
            try:
                await self._files.store_file(self._program, path, os.path.join(self._home, name))
            except self._broken:
                self._told.pop(path, None)


def _files_of(value: Any) -> Iterator[tuple[int, int, int]]:
    """(mode, input, output) of all files among wire arguments."""
    kind = type(value)
    if kind is tuple and value and value[0] == wire.FILE and len(value) == _FILE_PARTS:
        yield value[1], value[2], value[4]
    elif kind is tuple or kind is list:
        for item in value:
            yield from _files_of(item)
    elif kind is dict:
        for item in value.values():
            yield from _files_of(item)


_FILE_PARTS = 6
