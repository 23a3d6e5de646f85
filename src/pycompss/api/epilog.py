"""`@epilog`: a program runs after the task, in its directory."""

from __future__ import annotations

from typing import ClassVar

from pycompss.api.kind import CHECKED, KindOfTask, optional_text, text


class Epilog(KindOfTask):
    """The decorator; stands above `@task` and all that says how it is run.

    binary: the program. args: a template of its arguments. fail_by_exit_value: whether the task fails with it.
    """

    name = "epilog"
    mandatory: ClassVar = {"binary": text}
    optional: ClassVar = {"args": optional_text, **CHECKED}
    defaults: ClassVar = {"fail_by_exit_value": False}
    is_body = False


epilog = Epilog

__all__ = ["Epilog", "epilog"]
