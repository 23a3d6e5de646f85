"""Why something cannot be submitted: what was asked, what was found, and what to try instead."""

from __future__ import annotations

from pycompss.errors import ConfigurationError


class Refused(ConfigurationError):  # noqa: N818  (what it says)
    """A job that would not start, or not do what it was asked to."""

    def __init__(self, problem: str, *, asked: str = "", found: str = "", attempt: str = "") -> None:
        lines = [problem]
        told = (("asked", asked), ("found", found), ("try", attempt))
        lines += [f"    {f'{name}:':<7}{text}" for name, text in told if text]
        super().__init__("\n".join(lines))
