"""`@container`: the task runs in a container: its program, or its Python function."""

from __future__ import annotations

from typing import ClassVar

from pycompss.api.kind import KindOfTask, optional_text, text
from pycompss.errors import PyCOMPSsException

ENGINES = ("DOCKER", "PODMAN", "SINGULARITY", "APPTAINER", "UDOCKER")


def engine_name(value: object) -> str:
    """One of `ENGINES` in any case, or "$VAR"."""
    name = text(value)
    if "$" in name:
        return name
    if name.upper() not in ENGINES:
        raise PyCOMPSsException(f"there is no such engine; possible are {', '.join(ENGINES)}")
    return name.upper()


class Container(KindOfTask):
    """The decorator; stands above `@task`, or above `@binary` and its like.

    engine: see `ENGINES`. image: name or path. options: further options of the engine.
    """

    name = "container"
    mandatory: ClassVar = {"engine": engine_name, "image": text}
    optional: ClassVar = {"options": optional_text}
    deprecated: ClassVar = dict.fromkeys(
        ("binary", "args", "working_dir", "workingDir", "fail_by_exit_value"), "@binary"
    )
    is_body = False


container = Container

__all__ = ["Container", "container"]
