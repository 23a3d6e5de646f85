"""Streams between tasks; their time comes with a later release."""

from __future__ import annotations

from typing import Any

from pycompss.errors import NotAvailableYet

AT_MOST_ONCE = "AT_MOST_ONCE"
AT_LEAST_ONCE = "AT_LEAST_ONCE"


class RegistrationException(Exception):  # noqa: N818  (name given by the programming model)
    """A stream could not be registered."""


class BackendException(Exception):  # noqa: N818  (name given by the programming model)
    """What carries the stream failed."""


class _Stream:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotAvailableYet(f"{type(self).__name__} (pycompss.streams) is not available yet in this release")


class FileDistroStream(_Stream):
    """New files in a directory."""


class ObjectDistroStream(_Stream):
    """Objects from producers to consumers."""


class PscoDistroStream(_Stream):
    """Persistent objects from producers to consumers."""
