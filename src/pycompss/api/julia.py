"""`@julia`: the task is a Julia script."""

from __future__ import annotations

from typing import ClassVar

from pycompss.api.kind import CHECKED, FOLDER, LEGACY, NODES, KindOfTask, optional_text, text


class Julia(KindOfTask):
    """The decorator; stands above `@task`, whose function only has a signature.

    script: the file. executor: the program that runs it. For the others see `@binary`.
    """

    name = "julia"
    mandatory: ClassVar = {"script": text}
    optional: ClassVar = {"executor": text, "args": optional_text, **FOLDER, **CHECKED, **NODES}
    defaults: ClassVar = {"executor": "julia"}
    legacy = LEGACY


julia = Julia

__all__ = ["Julia", "julia"]
