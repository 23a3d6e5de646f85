"""Whether a runner starts ranks that know of each other.

A launcher that does not belong to the program's MPI library starts N programs that are alone, each believing that it is
the whole world, and nobody says so. So a program must not be linked with another MPI than the runner's, as far as one
can see; and before its first program, a runner has to start two small ones, or one on each of the task's nodes, that
tell how many they are. (Ranks in Python look for themselves, see `rank`.)
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from pycompss.errors import LaunchError
from pycompss.worker.launchers import families, linkage, world
from pycompss.worker.launchers.runner import Runner

_PAIR = 2  # ranks of a trial on one node
_LINES = 10  # of what a failed trial said, shown

_passed: set[tuple[str, ...]] = set()  # runners and their flags, as long as this process lives


def check(runner: Runner, ranks: int, programs: Sequence[str]) -> None:
    """Whether this runner can start so many ranks of these programs (paths). Raises LaunchError if it cannot."""
    if ranks > 1:  # one is alone with any runner
        for program in programs:
            _compare(runner, program)
        _try(runner)


def _compare(runner: Runner, program: str) -> None:
    """Raise LaunchError if the program is linked with another MPI than the runner's."""
    linked = families.of_libraries(linkage.libraries(program))
    if linked is not None and runner.family.libraries and linked[0] is not runner.family:
        theirs, library = linked[0].name, linked[1]
        raise LaunchError(
            f"{program} is linked with {theirs} ({library}), to which {runner} does not belong: it would start "
            "programs that do not know of each other, each a world of one rank. Give the runner of "
            f"{theirs}, by its path or by PATH, or build the program with the mpicc of {runner.family.name}"
        )


def _try(runner: Runner) -> None:
    """Try the runner out, once, with the flags of the call."""
    is_far = len(set(runner.hosts)) > 1  # whether it has to reach other machines
    key = (runner.path, *runner.words[1:], *runner.flags, str(is_far))
    if key in _passed:
        return
    tried = max(_PAIR, len(runner.hosts))
    command = runner.command([(tried, [sys.executable, "-I", "-S", os.path.abspath(world.__file__)])])
    code, text = runner.output_of([runner.path, *command[1:]], runner.environment(1))
    sizes = world.sizes(text)
    if sizes != [tried] * tried:
        raise LaunchError(alone(runner) if sizes and set(sizes) == {1} else _unfit(runner, code, text, tried, sizes))
    _passed.add(key)


def alone(runner: Runner, library: str = "") -> str:
    """The message that ranks do not know of each other. library: the MPI library that they use, if it is known."""
    theirs = f" (it is {library})" if library else ""
    return (
        f"{runner} starts programs that do not know of each other, each a world of one rank: it does not belong to "
        f"their MPI library{theirs}. Give the runner that does, by its path or by PATH, or the flags that it needs "
        "(srun: --mpi=pmi2 for MPICH, --mpi=pmix for Open MPI)"
    )


def _unfit(runner: Runner, code: int, text: str, tried: int, sizes: Sequence[int]) -> str:
    how = f"ended with exit code {code}" if code else f"started {len(sizes)}"
    last = "".join(f"\n    {line}" for line in text.splitlines()[-_LINES:])
    return (
        f"{runner} does not start MPI programs: asked for {tried} ranks it {how}{f', and said{last}' if last else ''}"
    )
