"""The exceptions of the project at the path of the programming model."""

from __future__ import annotations

from pycompss.errors import (
    CancelError,
    DDSException,
    LaunchError,
    MissingImplementedException,
    NotImplementedException,
    NotInPyCOMPSsException,
    ProgramError,
    PyCOMPSsException,
    SerializerException,
    ServiceError,
    SynchronisationWarning,
    TaskError,
    TaskWarning,
    TimeOutError,
    UnschedulableTask,
)

__all__ = [
    "CancelError",
    "DDSException",
    "LaunchError",
    "MissingImplementedException",
    "NotImplementedException",
    "NotInPyCOMPSsException",
    "ProgramError",
    "PyCOMPSsException",
    "SerializerException",
    "ServiceError",
    "SynchronisationWarning",
    "TaskError",
    "TaskWarning",
    "TimeOutError",
    "UnschedulableTask",
]
