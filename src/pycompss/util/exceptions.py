"""The exceptions of the project at the path of the programming model."""

from __future__ import annotations

from pycompss.errors import (
    CancelError,
    DDSException,
    MissingImplementedException,
    NotImplementedException,
    NotInPyCOMPSsException,
    PyCOMPSsException,
    SerializerException,
    TimeOutError,
)

__all__ = [
    "CancelError",
    "DDSException",
    "MissingImplementedException",
    "NotImplementedException",
    "NotInPyCOMPSsException",
    "PyCOMPSsException",
    "SerializerException",
    "TimeOutError",
]
