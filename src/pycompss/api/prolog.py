"""`@prolog`: a program runs before the task, in its directory."""

from __future__ import annotations

from typing import ClassVar

from pycompss.api.kind import CHECKED, KindOfTask, optional_text, text


class Prolog(KindOfTask):
    """The decorator; stands above `@task` and all that says how it is run.

    binary: the program. args: a template of its arguments. fail_by_exit_value: whether the task fails with it.
    """

    name = "prolog"
    mandatory: ClassVar = {"binary": text}
    optional: ClassVar = {"args": optional_text, **CHECKED}
    defaults: ClassVar = {"fail_by_exit_value": True}
    is_body = False


prolog = Prolog

__all__ = ["Prolog", "prolog"]
