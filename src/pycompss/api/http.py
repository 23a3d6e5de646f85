"""`@http`: the task is a request to a web service."""

from __future__ import annotations

from pycompss.api.later import Later


class HTTP(Later):
    """The task is a request to a web service."""

    name = "http"


http = HTTP

__all__ = ["HTTP", "http"]
