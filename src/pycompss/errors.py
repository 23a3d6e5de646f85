"""Every exception and warning of the project, in one tree.

`pycompss.util.exceptions` and `pycompss.api.exceptions` re-export them under the names of the programming model.
"""

from __future__ import annotations

import contextlib
import os
import sys

_OWN = os.path.dirname(os.path.abspath(__file__))


class PyCOMPSsException(Exception):  # noqa: N818  (name given by the programming model)
    """Root of what the runtime raises; `str()` starts with `PyCOMPSs Exception: `."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return f"PyCOMPSs Exception: {self.message}"

    def _render_traceback_(self) -> list[str]:
        """How IPython shows it: the lines of the user's program, and nothing of the runtime's frames."""
        return [*users_lines(self), f"{type(self).__name__}: {self.message}"]


def users_lines(error: BaseException) -> list[str]:
    """The lines of the user's program through which it went, for IPython."""
    from traceback import extract_tb  # noqa: PLC0415  (only for messages)

    frames = [frame for frame in extract_tb(error.__traceback__) if not frame.filename.startswith(_not_the_users())]
    return [f"    {_cell(frame.filename)}, line {frame.lineno}   {frame.line}" for frame in frames]


def _not_the_users() -> tuple[str, ...]:
    """Folders of the packages through which a cell's calls go, and the module of `with`."""
    packages = (sys.modules.get(name) for name in ("IPython", "ipykernel"))
    folders = (os.path.dirname(p.__file__) + os.sep for p in packages if p is not None and p.__file__)
    return (_OWN + os.sep, contextlib.__file__, *folders)


def _cell(file: str) -> str:
    """`Cell In[3]`, or the file's name."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    label = shell.compile.format_code_name(file) if shell is not None else None
    return " ".join(label) if label else file


class COMPSsException(Exception):  # noqa: N818  (name given by the programming model)
    """Raised by a task to cancel the other members of its groups; reaches the program at the group's barrier."""

    def __init__(self, message: object = "", target_direction: object = -1) -> None:
        super().__init__(message)
        self.message = message
        self.target_direction = target_direction


class TaskError(PyCOMPSsException):
    """A task failed for good; `__cause__` is the task's own exception."""

    def _render_traceback_(self) -> list[str]:
        """How IPython shows it: where it was called, the task's own traceback, and nothing of the runtime's frames."""
        cause: BaseException | None = self
        while cause is not None and not isinstance(cause, RemoteTraceback):
            cause = cause.__cause__
        remote = cause.text.rstrip().splitlines() if cause is not None else []
        said = {line.strip() for line in remote}
        first, *rest = self.message.splitlines()
        rest = [line for line in rest if line.strip() not in said]
        return [f"{type(self).__name__}: {first}", *rest, *(f"    {line}" for line in remote)]


class RemoteTraceback(Exception):  # noqa: N818
    """The traceback of a task as it was in its worker; shown as the cause of what the program gets."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"\n{self.text.rstrip()}"


class ProgramError(PyCOMPSsException):
    """A program that a task started ended with a non-zero exit code, or by a signal.

    exit_code: as a shell says it, 128 + number of the signal; command: its words.
    """

    exit_code = 1
    command: tuple[str, ...] = ()


class LaunchError(PyCOMPSsException):
    """A program cannot be started, and trying again would not help: it is missing, or its command makes no sense."""


class ServiceError(PyCOMPSsException):
    """A service did not give a task what it asked for: no answer, a refusal, or a reply of another form.

    status: of a refusal, else 0.
    """

    status = 0


class UnschedulableTask(PyCOMPSsException):
    """No node can ever run the task: it asks for more than the largest has."""


class SerializerException(PyCOMPSsException):
    """A value cannot be serialised; the message names the attribute path."""


class NotInPyCOMPSsException(PyCOMPSsException):
    """Something was used that works only under the runtime."""


class NotImplementedException(PyCOMPSsException):
    """A feature that exists only under the parallel runtime."""


class MissingImplementedException(PyCOMPSsException):
    """An implementation that something refers to was not declared."""


class DDSException(PyCOMPSsException):
    """A distributed data set was used in a way that has no meaning."""


class ConfigurationError(PyCOMPSsException):
    """A flag, variable, file or call that configures a run says something impossible; the message names it."""


class RegistrationException(PyCOMPSsException):
    """A stream cannot be made as it is asked for."""


class BackendException(PyCOMPSsException):
    """A stream does not take or give what it is asked for."""


class NotAvailableYet(PyCOMPSsException):
    """A documented feature that this release does not have yet."""


class Unreachable(PyCOMPSsException):
    """No node that should have a value gives it."""


class StorageFull(PyCOMPSsException):
    """Too little shared memory or disk."""


class SynchronisationWarning(UserWarning):
    """A future was used like a value, so the program waited for it."""


class TaskWarning(UserWarning):
    """Something about a task call is probably not what was meant."""


class CancelError(Exception):
    """Raised inside a task that is cancelled while it runs."""


class TimeOutError(Exception):
    """Raised inside a task that runs longer than its `time_out`."""
