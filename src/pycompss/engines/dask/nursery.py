"""The agents that a run starts: those of this machine are forked, once Dask is loaded and before there is any thread.

A child waits until it is told where the scheduler is. It dies with the bridge, whatever becomes of that. Agents on
other machines are reached by children such as `srun`, which pass on what they are told, and that nobody tells them
anything any more: then they end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pycompss.engines.dask.opening import Opening, Share
from pycompss.engines.local.forking import describe
from pycompss.util import stderr
from pycompss.worker.kinship import die_with_parent

AGENT = "pycompss.engines.dask.agent"
PATIENCE = 5.0  # seconds that agents may take to end


@dataclass(slots=True)
class Child:
    name: str
    pid: int
    pipe: int
    ended: str = ""
    is_remote: bool = False
    is_lost: bool = False  # it does not answer
    is_queued: bool = False  # it was asked for while the run went on, and perhaps waits in a queue
    start: tuple[str, ...] = ()  # what starts it on another machine
    words: str = ""  # the file with what that said; empty: it says it to the user


class Nursery:
    """The children, by the order of their birth."""

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._told = b""  # what all agents are told, once it is known
        self._commands: list[subprocess.Popen[bytes]] = []  # kept, as it is not they who are waited for

    def fork(self, share: Share, opening: Opening, besides: Iterable[int]) -> None:
        """Start the agent of one share. besides: what it shall not inherit."""
        theirs, ours = os.pipe()
        pid = os.fork()
        if pid == 0:
            _live(share, opening, theirs, (ours, *(child.pipe for child in self._children), *besides))
        os.close(theirs)
        self._children.append(Child(share.name, pid, ours))

    def send_for(self, share: Share, opening: Opening) -> None:
        """Start the agent of a share on its machine."""
        theirs, ours = os.pipe()
        words = _agent(share, _directory(share, opening))
        is_missing = shutil.which(share.start[0]) is None
        told = f"{_directory(share, opening)}.err" if share.by_shell or is_missing else ""
        if share.by_shell:  # it joins the words by spaces
            words = (shlex.join(words),)
        command = _complaint(share.start[0]) if is_missing else (*share.start, *words)
        with open(told or os.devnull, "wb") as error:
            # Not in our session: a Ctrl-C is for the program, which then ends all of this in order.
            started = subprocess.Popen(command, stdin=theirs, stderr=error if told else None, start_new_session=True)
        os.close(theirs)
        self._children.append(Child(share.name, started.pid, ours, is_remote=True, start=share.start, words=told))
        if self._told:
            self._children[-1].is_queued = True
            self._tell(self._children[-1])
        self._commands.append(started)

    def begin(self, scheduler: str, keys: dict[str, str], silence: float) -> None:
        """Tell all where the scheduler is, and how long it is patient."""
        self._told = json.dumps([scheduler, keys, silence]).encode() + b"\n"
        for child in self._children:
            self._tell(child)

    def _tell(self, child: Child) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(child.pipe, self._told)
        if not child.is_remote:
            os.close(child.pipe)

    def came(self, name: str) -> None:
        """The agent of that name is there."""
        for child in self._children:
            if child.name == name:
                child.is_queued = child.is_lost = False

    def release(self, name: str) -> None:
        """An agent on another machine may end, or need not begin."""
        for child in self._children:
            if child.name == name and not child.ended and child.pipe >= 0:
                self._let_go(child)

    def _let_go(self, child: Child) -> None:
        """Its end of the pipe is the end of an agent; what waits in a queue to start one is told by a signal."""
        os.close(child.pipe)
        child.pipe = -1
        if child.is_queued:
            os.kill(child.pid, signal.SIGTERM)

    def check(self, ended: Callable[[str, str], None]) -> None:
        """Call `ended(name, how)` for those that have ended since the last look."""
        for child in self._children:
            if not child.ended and self._reap(child):
                ended(child.name, child.ended)

    def last_words(self, name: str) -> str:
        """What was done to start an agent that has ended, and what was said."""
        child = next(child for child in self._children if child.name == name)
        if not child.words:
            return ""
        with open(child.words, encoding="utf-8", errors="replace") as file:
            said = [line.strip() for line in file if line.strip()]
        asked = shlex.join(child.start)
        return f"\n    asked: {asked}\n    found: {said[-1] if said else child.ended}\n    try:   {asked} true"

    def epitaph(self, name: str) -> str:
        """How the agent of that name ended, if it has; else it is lost for another reason."""
        for child in self._children:
            if child.name == name:
                if child.ended or self._reap(child):
                    return f"its agent ended with {child.ended}"
                child.is_lost = True
        return ""

    async def end(self) -> None:
        """Tell all to end, and wait until those have that can hear it."""
        for child in self._children:
            if child.is_remote:
                self.release(child.name)
            elif not child.ended:
                os.kill(child.pid, signal.SIGTERM)
        for _ in range(int(PATIENCE / 0.01)):
            left = [child for child in self._children if not child.ended and not self._reap(child)]
            if all(child.is_lost for child in left):
                return
            await asyncio.sleep(0.01)

    def kill(self) -> None:
        left = [child for child in self._children if not child.ended]
        for child in left:
            os.kill(child.pid, signal.SIGKILL)
        for child in left:
            os.waitpid(child.pid, 0)

    def _reap(self, child: Child) -> bool:
        pid, status = os.waitpid(child.pid, os.WNOHANG)
        if pid:
            child.ended = describe(os.waitstatus_to_exitcode(status))
        return bool(pid)


def _complaint(command: str) -> tuple[str, ...]:
    """What is run in the place of a command that does not exist: it fails as that would, and says why."""
    why = f"there is no command {command} here, in none of the folders {os.environ.get('PATH', '')}"
    return (sys.executable, "-c", "import sys; sys.exit(sys.argv[1])", why)


def _agent(share: Share, directory: str) -> tuple[str, ...]:
    """The words that start an agent on its machine."""
    own = share.deployment
    words = (own.interpreter or sys.executable, "-u", "-m", AGENT, share.name, directory)
    before = [f". {shlex.quote(script)} >&2" for script in own.scripts]
    for variable, folders in (("PYTHONPATH", own.path), ("LD_LIBRARY_PATH", own.libraries)):
        if folders:
            first = shlex.quote(os.pathsep.join(folders))
            before.append(f'export {variable}={first}"${{{variable}:+:${variable}}}"')
    if not before:
        return words
    return ("bash", "-c", " && ".join([*before, f"exec {shlex.join(words)}"]))


def _directory(share: Share, opening: Opening) -> str:
    return os.path.join(opening.terms.temporary, f"agent_{share.name}")


def _live(share: Share, opening: Opening, pipe: int, besides: Iterable[int]) -> None:
    """The child's whole life."""
    code = 1
    try:
        die_with_parent()
        for fd in besides:
            os.close(fd)
        told = b""
        while part := os.read(pipe, 1 << 16):
            told += part
        os.close(pipe)
        if told:
            scheduler, keys, silence = json.loads(told)
            from pycompss.engines.dask import agent  # noqa: PLC0415  (it loads Dask, as the bridge has by now)

            agent.run(scheduler, share.name, opening.host, keys, silence, _directory(share, opening), share.cores)
        code = 0
    except BaseException:  # noqa: BLE001  (the bridge's code must never go on in the child)
        stderr.write(traceback.format_exc())
    finally:
        os._exit(code)
