"""`@ompss`: the task is an OmpSs program."""

from __future__ import annotations

from typing import ClassVar

from pycompss.api.kind import CHECKED, FOLDER, LEGACY, NODES, KindOfTask, optional_text, text


class OmpSs(KindOfTask):
    """The decorator; stands above `@task`, whose function only has a signature. For its arguments see `@binary`."""

    name = "ompss"
    mandatory: ClassVar = {"binary": text}
    optional: ClassVar = {"args": optional_text, **FOLDER, **CHECKED, **NODES}
    legacy = LEGACY


ompss = OmpSs

__all__ = ["OmpSs", "ompss"]
