"""An application as Python code: read, compiled, and executed once as the `__main__` of this process.

As under `python app.py`: `__name__` is "__main__", `__file__` the application's, its folder is first on `sys.path`,
`sys.modules["__main__"]` is the program itself, so that what it defines can be pickled by name and found. In addition
`sys` stands in its namespace, and the working directory on its path, because programs count on both.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FrameType, ModuleType

from pycompss.runtime import console, ending, uncaught

Execute = Callable[[], int]


class CannotRun(Exception):  # noqa: N818  (what it says)
    """The application cannot even begin; `str()` names its file and line."""


class _Terminated(SystemExit):
    """SIGTERM arrived."""


def load(path: str) -> CodeType:
    """Compile the application; raises CannotRun."""
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        raise CannotRun(_unreadable(path, error)) from None
    try:
        return compile(source, os.path.abspath(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise CannotRun(_misspelt(path, error)) from None
    except ValueError as error:  # null bytes
        raise CannotRun(f"{path} is not a Python program: {error}") from None


def _unreadable(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        hint = f" (did you mean {path}.py?)" if os.path.isfile(f"{path}.py") else ""
        return f"The application {path} does not exist in {os.getcwd()}{hint}"
    return f"The application {path} cannot be read: {error.strerror}"


def _misspelt(path: str, error: SyntaxError) -> str:
    lines = [f"The application has a syntax error at {path}:{error.lineno}: {error.msg}"]
    if error.text:
        stripped = error.text.lstrip()
        lines.append(f"    {stripped.rstrip()}")
        if error.offset:
            lines.append(f"    {' ' * (error.offset - 1 - len(error.text) + len(stripped))}^")
    return "\n".join(lines)


def search_path(path: Sequence[str], application: str, pythonpath: Sequence[str]) -> list[str]:
    """`sys.path` of the application: its folder, what `--pythonpath` names, the working directory, then the rest.

    The first entry of `path` is where the `pycompss` command lies, or the working directory: it goes.
    """
    first = [os.path.dirname(os.path.abspath(application)), *pythonpath, os.getcwd()]
    rest = [entry for entry in path[_first_of_python() :] if entry not in first]
    return [*dict.fromkeys(first), *rest]


def _first_of_python() -> int:
    """1; or 0 under `python -P`, which puts nothing before the path (Python 3.11)."""
    return 0 if getattr(sys.flags, "safe_path", False) else 1


def execute(code: CodeType, application: str, args: Sequence[str]) -> int:
    """Run the program as the main module; returns the exit code it asks for. Problems are printed."""
    sys.argv = [application, *args]
    with _sigterm_raises():
        try:
            exec(code, vars(sys.modules["__main__"]))  # noqa: S102  (this is what running a program means)
        except SystemExit as error:
            return _exited(error)
        except KeyboardInterrupt:
            sys.stderr.write("Interrupted.\n")
            return ending.INTERRUPTED
        except BaseException as error:  # noqa: BLE001  (whatever the program raises)
            uncaught.show(error)
            return 1
    return 0


def become_main(code: CodeType) -> None:
    """Make an empty main module for the program, before the runtime starts: it watches the globals of that module."""
    main = ModuleType("__main__")
    vars(main).update(__file__=code.co_filename, __builtins__=__builtins__, __spec__=None, __loader__=None, sys=sys)
    sys.modules["__main__"] = main


def _exited(error: SystemExit) -> int:
    """The exit code of a program that called `sys.exit`; says so when it is an error."""
    if isinstance(error, _Terminated):
        sys.stderr.write("Terminated.\n")
        return ending.TERMINATED
    code = ending.exit_code(error.code)
    if code and not isinstance(error.code, int):
        sys.stderr.write(f"{error.code}\n")
    if code:
        console.complain(f"User program ended with exitcode {code}.")
    return code


@contextlib.contextmanager
def _sigterm_raises() -> Iterator[None]:
    """Let SIGTERM end the program as Ctrl-C does, so that its tasks are ended, too."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is _terminate:
            signal.signal(signal.SIGTERM, before)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one is meant
    raise _Terminated(ending.TERMINATED)
