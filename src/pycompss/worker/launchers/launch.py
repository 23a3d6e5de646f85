"""One call of a task that is more than a function, as a kind of task sees it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pycompss.core.parameter import Stream
from pycompss.errors import LaunchError, ProgramError
from pycompss.store.references import without_names
from pycompss.worker import testament
from pycompss.worker.launchers import commandline, outcome, programs
from pycompss.worker.launchers.commandline import Parameter
from pycompss.worker.launchers.programs import Streams


@dataclass(frozen=True, slots=True)
class Body:
    """The task's own function and its arguments; called, it runs here.

    task: its name; function: gives it; reference: by which other processes may find it; names: of the positional
    arguments.
    """

    task: str
    function: Callable[[], Callable[..., Any]]
    reference: bytes
    args: tuple[Any, ...]
    named: Mapping[str, Any]
    names: tuple[str, ...]

    def __call__(self) -> Any:
        return self.function()(*self.args, **self.named)

    def portable(self) -> Any:
        """The function as it pickles for a process that knows nothing of this one."""
        return without_names(self.reference) if self.reference else self.function()


class Launch:
    """Options and values of one call.

    options: of the kind's decorator, with variables of the environment expanded; values: arguments by name, in the
    order of the command line (those of `*args` are one `Several`); sandbox: the task's directory; home: the program's.
    around: options of the container in which programs run; shared: further directories that it is to have.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        values: Mapping[str, Any],
        parameters: Mapping[str, Parameter],
        home: str,
        body: Body,
        around: Mapping[str, Any] | None = None,
    ) -> None:
        self.options = options
        self.values = values
        self.parameters = parameters
        self.home = home
        self.sandbox = os.getcwd()
        self.body = body
        self.around = around
        self.shared: list[str] = []

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
        except ValueError as error:  # a null byte
            raise LaunchError(f"working_dir {folder!r} cannot be made: {error}") from None
        return folder

    @property
    def private(self) -> str | None:
        """A directory that goes with this worker, for what is no part of the task; None: the system's."""
        return os.path.dirname(self.sandbox) if self.sandbox != self.home else None

    def written(self) -> list[str]:
        """Names of the objects that the task may change."""
        return [name for name, parameter in self.parameters.items() if parameter.is_written]

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
        folder, streams = self.folder(), self._streams()
        if self.around is not None:
            return self._execute_inside(self.around, command, folder, streams, environment or {}, is_checked=is_checked)
        return self._execute(command, folder, streams, environment or {}, is_checked=is_checked)

    def aside(self, which: str, options: Mapping[str, Any]) -> None:
        """Run the program of a prolog or an epilog: in the sandbox, with its output among the task's."""
        try:
            words = commandline.words_of_template(options.get("args") or "", self.values, self.parameters, self.sandbox)
            command = [self.text(options["binary"]), *words]
            self._execute(command, self.sandbox, Streams(), {}, is_checked=options["fail_by_exit_value"])
        except (ProgramError, LaunchError) as error:
            error.message = f"the {which}: {error.message}"
            raise

    def _execute(
        self, command: Sequence[str], folder: str, streams: Streams, environment: Mapping[str, str], *, is_checked: bool
    ) -> int:
        path = programs.find(command[0], (folder, self.home))
        before = outcome.flushed(streams)
        code = programs.run([path, *command[1:]], folder, streams, {**os.environ, **environment})
        if code and is_checked:
            raise outcome.failure(command, code, outcome.last_words(streams, before))
        return code if code >= 0 else 128 - code

    def _execute_inside(
        self,
        around: Mapping[str, Any],
        command: Sequence[str],
        folder: str,
        streams: Streams,
        environment: Mapping[str, str],
        *,
        is_checked: bool,
    ) -> int:
        """The same, in a container: what the engine itself cannot do is no failure of the program."""
        from pycompss.worker.launchers import container  # noqa: PLC0415  (few tasks need it)

        made = container.container_of(around, f"pycompss-{uuid.uuid4().hex}", self.text)
        variables = {**container.passed_on(os.environ), **environment}
        mounted = container.mounts([self.sandbox, folder, self.home, *self._files(), *self.shared])
        place = container.Place(folder, mounted, variables, reads_input=streams.stdin is not None)
        with testament.left(self.sandbox if self.sandbox != self.home else "", made.ending()):
            try:
                code = self._execute(made.command(self._inside(command), place), folder, streams, {}, is_checked=True)
            except ProgramError as error:
                if made.failed_itself(error.exit_code, error.message):
                    raise LaunchError(f"no container of image {made.image!r} can be made: {error.message}") from None
                if is_checked:
                    raise
                code = error.exit_code
        return code

    def _inside(self, command: Sequence[str]) -> list[str]:
        """A command with the program's own files by their full names: the container has another idea of `.`."""
        program = os.path.join(self.home, command[0])
        is_own = os.sep in command[0] and not os.path.isabs(command[0]) and os.path.exists(program)
        return [program if is_own else command[0], *command[1:]]

    def _files(self) -> list[str]:
        return [
            path
            for name, value in self.values.items()
            if self.parameters.get(name, commandline.PLAIN).is_path
            for path in _paths(value)
        ]

    def _streams(self) -> Streams:
        paths: dict[Stream, str] = {}
        for name, value in self.values.items():
            parameter = self.parameters.get(name)
            if parameter is not None and value is not None and parameter.stream is not Stream.UNSPECIFIED:
                paths[parameter.stream] = os.fspath(value)
        return Streams(paths.get(Stream.STDIN), paths.get(Stream.STDOUT), paths.get(Stream.STDERR))


def _paths(value: Any) -> list[str]:
    """The paths in what was passed for a file, for several (a list, perhaps of lists, or `*args`), or for a stream."""
    if isinstance(value, (list, tuple)):
        return [path for item in value for path in _paths(item)]
    return [os.fspath(value)] if isinstance(value, (str, os.PathLike)) else []
