"""One call of a task that is more than a function, as a kind of task sees it."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pycompss.core.parameter import Stream
from pycompss.errors import LaunchError, ProgramError
from pycompss.worker.launchers import commandline, programs
from pycompss.worker.launchers.commandline import Parameter
from pycompss.worker.launchers.programs import Streams

LAST_LINES: Final = 20  # of what a program said, shown when it fails
_TAIL: Final = 8192  # bytes in which they are looked for
_SHOWN: Final = 300  # characters of a command in a message

Body = Callable[[], Any]


class Launch:
    """Options and values of one call.

    options: of the kind's decorator, with variables of the environment expanded; values: arguments by name, in the
    order of the command line (those of `*args` are one `Several`); sandbox: the task's directory; home: the program's.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        values: Mapping[str, Any],
        parameters: Mapping[str, Parameter],
        home: str,
        body: Body,
    ) -> None:
        self.options = options
        self.values = values
        self.parameters = parameters
        self.home = home
        self.sandbox = os.getcwd()
        self.body = body

    # -- texts -------------------------------------------------------------------------------------------------------

    def folder(self) -> str:
        """The working directory of the program: what `working_dir` says, made if need be; else the sandbox."""
        given = self.options.get("working_dir")
        if not given:
            return self.sandbox
        folder = os.path.join(self.home, self.text(given))
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise LaunchError(f"working_dir {folder} cannot be made: {error.strerror}") from None
        return folder

    def text(self, template: str) -> str:
        """A template with the values of parameters in it."""
        return commandline.filled(template, self.values)

    def words(self, template: str) -> list[str]:
        """A template as words of a command line."""
        return commandline.words_of_template(template, self.values, self.parameters, self.folder())

    def path(self, name: str) -> str:
        """A file of the program's: relative ones are looked for where it was started."""
        path = os.path.join(self.home, self.text(name))
        if not os.path.exists(path):
            raise LaunchError(f"there is no file {path}")
        return path

    def arguments(self) -> list[str]:
        """What follows the program on the command line: the template `args`, else all parameters."""
        template = self.options.get("args")
        if template is not None:
            return self.words(template)
        return commandline.words_of(self.values, self.parameters, self.folder())

    # -- programs ----------------------------------------------------------------------------------------------------

    def execute(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
        """Run the task's program, with its standard streams where parameters say; its exit code.

        environment: what to add to that of this process. Raises ProgramError for another exit code than 0, unless
        `fail_by_exit_value` is False, and LaunchError.
        """
        is_checked = self.options.get("fail_by_exit_value", True)
        return self._execute(command, self.folder(), self._streams(), environment or {}, is_checked=is_checked)

    def aside(self, options: Mapping[str, Any]) -> None:
        """Run the program of a prolog or an epilog: in the sandbox, with its output among the task's."""
        words = commandline.words_of_template(options.get("args") or "", self.values, self.parameters, self.sandbox)
        command = [self.text(options["binary"]), *words]
        self._execute(command, self.sandbox, Streams(), {}, is_checked=options["fail_by_exit_value"])

    def _execute(
        self, command: Sequence[str], folder: str, streams: Streams, environment: Mapping[str, str], *, is_checked: bool
    ) -> int:
        path = programs.find(command[0], (folder, self.home))
        before = _flushed()
        code = programs.run([path, *command[1:]], folder, streams, {**os.environ, **environment})
        if code and is_checked:
            raise _failure(command, code, _last_words(streams, before))
        return code if code >= 0 else 128 - code

    def _streams(self) -> Streams:
        paths: dict[Stream, str] = {}
        for name, value in self.values.items():
            parameter = self.parameters.get(name)
            if parameter is not None and value is not None and parameter.stream is not Stream.UNSPECIFIED:
                paths[parameter.stream] = os.fspath(value)
        return Streams(paths.get(Stream.STDIN), paths.get(Stream.STDOUT), paths.get(Stream.STDERR))


def _flushed() -> tuple[int, int]:
    """Have what Python has printed come before what the program prints; how much there is of both."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return _length(1), _length(2)


def _length(fd: int) -> int:
    """The length of the file that a stream leads to; -1: it is no file."""
    try:
        status = os.fstat(fd)
    except OSError:
        return -1
    return status.st_size if stat.S_ISREG(status.st_mode) else -1


def _failure(command: Sequence[str], code: int, words: str) -> ProgramError:
    shown = shlex.join(command)
    how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
    error = ProgramError(f"{shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'} {how}{words}")
    error.exit_code = code if code >= 0 else 128 - code
    error.command = tuple(command)
    return error


def _signal_name(number: int) -> str:
    import signal  # noqa: PLC0415  (only for the message)

    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_words(streams: Streams, before: tuple[int, int]) -> str:
    """What the program said last: its standard error, else its output."""
    for fd, path, start in ((2, streams.stderr, before[1]), (1, streams.stdout, before[0])):
        lines = _tail(fd, path, start).decode(errors="replace").splitlines()[-LAST_LINES:]
        if lines:
            what = "standard error" if fd == 2 else "output"  # noqa: PLR2004
            return f"\n  the end of its {what}:\n" + "\n".join(f"    {line}" for line in lines)
    return ""


def _tail(fd: int, path: str | None, start: int) -> bytes:
    try:
        if path is not None:
            with open(path, "rb") as file:
                return _end_of(file.fileno(), 0)
        return _end_of(fd, start) if start >= 0 else b""
    except OSError:
        return b""


def _end_of(fd: int, start: int) -> bytes:
    length = os.fstat(fd).st_size
    start = max(start, length - _TAIL)
    return os.pread(fd, length - start, start)
