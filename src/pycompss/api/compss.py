"""`@compss`: the task is a program of this programming model, run by a runtime of its own."""

from __future__ import annotations

from typing import ClassVar

from pycompss.api.kind import CHECKED, FOLDER, LEGACY, NODES, KindOfTask, optional_text, text
from pycompss.errors import PyCOMPSsException


def true_or_false(value: object) -> str:
    given = str(value).lower() if isinstance(value, (bool, str)) else ""
    if given not in ("true", "false"):
        raise PyCOMPSsException('it is "true" or "false"')
    return given


class COMPSs(KindOfTask):
    """The decorator; stands above `@task`, whose function only has a signature.

    app_name: the program. runcompss: what runs it, else this Python. flags: of it. worker_in_master: whether the
    node on which it begins runs tasks, too (if it is the only one, it does). For the others see `@binary`.
    """

    name = "compss"
    mandatory: ClassVar = {"app_name": text}
    optional: ClassVar = {
        "runcompss": optional_text,
        "flags": optional_text,
        "worker_in_master": true_or_false,
        "args": optional_text,
        **FOLDER,
        **CHECKED,
        **NODES,
    }
    defaults: ClassVar = {"worker_in_master": "true"}
    legacy: ClassVar = {**LEGACY, "appName": "app_name", "workerInMaster": "worker_in_master"}


compss = COMPSs

__all__ = ["COMPSs", "compss"]
