"""`@software`: a file says what the task is."""

from __future__ import annotations

from pycompss.api.later import Later


class Software(Later):
    """A file says what the task is."""

    name = "software"


software = Software

__all__ = ["Software", "software"]
