"""`@binary`: the task is a program, its command line is made of the arguments."""

from __future__ import annotations

from typing import ClassVar

from pycompss.api.container import Container
from pycompss.api.kind import CHECKED, FOLDER, LEGACY, KindOfTask, optional_text, text
from pycompss.core.task import Definition


class Binary(KindOfTask):
    """The decorator; stands above `@task`, whose function only has a signature.

    binary: the program, a name on PATH or a path. args: a template of the command line, else all parameters in order.
    working_dir: made and kept; else a private one. fail_by_exit_value: whether another exit code than 0 is a failure.
    """

    name = "binary"
    mandatory: ClassVar = {"binary": text}
    optional: ClassVar = {"args": optional_text, **FOLDER, **CHECKED}
    legacy = LEGACY
    deprecated: ClassVar = {"engine": "@container", "image": "@container"}

    def note(self, definition: Definition) -> None:
        super().note(definition)
        if "image" in self.others:
            Container(**self.others).note(definition)


binary = Binary

__all__ = ["Binary", "binary"]
