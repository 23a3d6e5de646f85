"""What starts MPI programs: the command line that a runner wants, and what it finds in its environment.

Its family is what `--version` says, asked once in each worker, unless `COMPSS_MPIRUN_TYPE` names it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence

from pycompss.core.resources import THIS_MACHINE
from pycompss.errors import LaunchError, ProgramError
from pycompss.worker import testament
from pycompss.worker.hosts import ADDRESSES
from pycompss.worker.launchers import families, leftovers, programs
from pycompss.worker.launchers.families import Family
from pycompss.worker.launchers.launch import Launch
from pycompss.worker.units import THREAD_VARIABLES

Program = tuple[int, Sequence[str]]  # ranks, words

_known: dict[str, Family] = {}  # by path of the runner, as long as this process lives


class Runner:
    """The runner of one call. words: its name, and flags of its own; path: where it is; hosts: of the task's nodes."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.words = launch.words(launch.options["runner"])
        self.flags = launch.words(launch.options.get("flags") or "")
        if not self.words:
            raise LaunchError("the runner is an empty text; it is mpirun, mpiexec, srun or the like")
        self.path = self.program(self.words[0])
        hosts = os.environ.get(ADDRESSES, "").split(",")
        self.hosts = hosts if len(set(hosts)) > 1 else [THIS_MACHINE] * len(hosts)
        self.family = self._family()
        self._since = time.time()  # that the ranks have begun, seconds of the epoch

    def __str__(self) -> str:
        return f"{self.words[0]} ({self.path}, {self.family.name})"

    def program(self, name: str) -> str:
        """The path of a program. Raises LaunchError if there is none."""
        return programs.find(self.launch.text(name), (self.launch.folder(), self.launch.home))

    def command(self, parts: Sequence[Program]) -> list[str]:
        """The command line that starts these programs as one."""
        if len(parts) > 1 and not self.family.joins:
            raise LaunchError(f"{self} cannot start several programs as one; mpirun can")
        words = [*self.words, *self.family.hosts(self.hosts, sum(count for count, _ in parts))]
        for number, (count, program) in enumerate(parts):
            words += [*([":"] if number else []), "-n", str(count), *self.flags, *program]
        return words

    def environment(self, threads: int, **more: str) -> dict[str, str]:
        """What the runner and its ranks find besides; `threads` are those of one rank."""
        told = self.family.environment(self.hosts, self.launch.private)
        told.update(dict.fromkeys(THREAD_VARIABLES, str(threads)), **more)
        return {**told, **self.family.exported(self.hosts, self.flags, {**os.environ, **told})}

    def start(self, parts: Sequence[Program]) -> int:
        """Run these programs as one, as the task's; the exit code. Raises what `Launch.execute` does."""
        self._since = time.time()
        sweeping = [sys.executable, "-I", "-S", os.path.abspath(leftovers.__file__), str(self._since)]
        private = self.launch.private
        with testament.left(self.launch.sandbox if private else "", sweeping):
            try:
                ranks = str(sum(count for count, _ in parts))
                environment = self.environment(self.launch.options["threads"], COMPSS_NUM_PROCS=ranks)
                return self.launch.execute(self.command(parts), environment)
            except ProgramError:
                self.sweep()
                raise

    def sweep(self) -> None:
        """Remove what the ranks have left in shared memory since `start`."""
        leftovers.remove(self._since)

    def output_of(self, command: Sequence[str], environment: dict[str, str]) -> tuple[int, str]:
        """Exit code and output of a command that is no part of the task."""
        with tempfile.TemporaryDirectory(prefix=".runner-", dir=self.launch.private) as folder:
            path = os.path.join(folder, "output")
            code = programs.run(command, folder, programs.Streams(None, path, path), {**os.environ, **environment})
            with open(path, errors="replace") as file:
                return code, file.read()

    def _family(self) -> Family:
        told = families.of_type(os.environ.get("COMPSS_MPIRUN_TYPE", ""))
        if told is not None:
            return told
        if self.path not in _known:
            _known[self.path] = families.of_version(self.output_of([self.path, "--version"], {})[1])
        return _known[self.path]
