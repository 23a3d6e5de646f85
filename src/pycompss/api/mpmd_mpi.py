"""`@mpmd_mpi`: the task is several MPI programs that run as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pycompss.api.kind import CHECKED, FOLDER, Check, KindOfTask, number, optional_text, text
from pycompss.errors import PyCOMPSsException
from pycompss.runtime.places import shown

_OF_PROGRAM: Mapping[str, Check] = {"binary": text, "processes": number, "args": optional_text}


def programs(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, (list, tuple)) or not value:
        raise PyCOMPSsException('it is a list of programs: [{"binary": "a", "processes": 2, "args": "{{x}}"}, …]')
    return [_program(item) for item in value]


def _program(given: object) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise PyCOMPSsException(f"each program is a dict with binary, processes and args, not {shown(given)}")
    unknown = given.keys() - _OF_PROGRAM.keys()
    if unknown or "binary" not in given:
        what = f"has no {', '.join(map(str, unknown))}" if unknown else "needs its binary"
        raise PyCOMPSsException(f"a program {what}: it has binary, processes and args")
    found = {"processes": 1}
    for name, value in given.items():
        try:
            found[name] = _OF_PROGRAM[name](value)
        except PyCOMPSsException as error:
            raise PyCOMPSsException(f"{name}={shown(value)} of a program: {error.message}") from None
    return found


class MPMDMPI(KindOfTask):
    """The decorator; stands above `@task`, whose function only has a signature.

    runner: what starts MPI programs. programs: dicts with binary, processes and args, a template; without `args` a
    program has none. For the others see `@mpi`.
    """

    name = "mpmd_mpi"
    mandatory: ClassVar = {"runner": text, "programs": programs}
    optional: ClassVar = {"processes_per_node": number, **FOLDER, **CHECKED}
    legacy: ClassVar = {"workingDir": "working_dir"}


mpmd_mpi = MPMDMPI

__all__ = ["MPMDMPI", "mpmd_mpi"]
