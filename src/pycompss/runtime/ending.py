"""How a program ends, and what its run does then.

A sequential program is done when its last line is; a parallel one still has tasks then. So the end of the program waits
for them, brings their files home and stops the runtime, in an `atexit` function: after the program's threads have
ended, whoever started the program. If the program ended badly there is nothing to wait for: what is left is cancelled.

Python does not tell `atexit` functions how the program ended, so three signs are read. The instruction at which the
frame of the main module stopped: a return, or the one that raised. `sys.last_value`: the uncaught exception, if it
was one. The last call of `sys.exit` (or `exit`): its code, when the program really ended by it.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

from pycompss.runtime import current, last_word, uncaught
from pycompss.runtime.caller import Caller
from pycompss.runtime.config import Config

INTERRUPTED = 130  # as a shell reports a program that SIGINT ended
TERMINATED = 143  # SIGTERM


def exit_code(asked: object) -> int:
    """The exit code of a process that calls `sys.exit(asked)`."""
    if asked is None:
        return 0
    return asked & 0xFF if isinstance(asked, int) else 1


class _Watch:
    """What is known about the end of this process's program."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.frame = _main_frame()
        self.asked: object = None  # what the last sys.exit was given
        self.code: int | None = None  # said by a launcher, which saw the end itself
        self.stops: list[Callable[[], object]] = []  # at the end of a run, before the tasks are waited for or after
        self.afterwards: list[Callable[[int], object]] = []  # called with the exit code

    def result(self) -> int:
        """The exit code with which the program ends, as far as its own doing goes."""
        if self.code is not None:
            return self.code
        if hasattr(sys, "ps1") or sys.flags.interactive or _returned(self.frame):
            return 0
        error = getattr(sys, "last_value", None)
        if error is not None:
            return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
        return exit_code(self.asked)


_watch: _Watch | None = None
_over = False


def is_over() -> bool:
    """Whether the program of this process has ended."""
    return _over and _watch is not None and _watch.process == os.getpid()


def watch(caller: Caller, config: Config) -> None:
    """Have the run of `caller` ended with the program."""
    observed = _observed()
    if caller.parallel and config.progress is not False and sys.stderr is not None and sys.stderr.isatty():
        from pycompss.observe.progress import Progress  # noqa: PLC0415  (only on a terminal)

        progress = Progress(caller, sys.stderr)  # type: ignore[arg-type]
        progress.start()
        observed.stops.append(progress.stop)


def afterwards(call: Callable[[int], object]) -> None:
    """Call something with the exit code after the run has ended."""
    _observed().afterwards.append(call)


def show_errors() -> None:
    """Have uncaught exceptions shown without our frames."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = uncaught.hook


def ended_with(code: int) -> None:
    """Say how the program ended; for launchers, which see it."""
    _observed().code = code


def finish(code: int | None = None) -> int:
    """End the run of this process now; returns the exit code, which a failed task makes 1.

    code: how the program ended; None = find out.
    """
    observed = _observed()
    code = observed.result() if code is None else code
    caller = current.peek()
    if caller is not None:
        code = _end(caller, code)
        current.set_(None)
    for stop in _taken(observed.stops):
        stop()
    for call in _taken(observed.afterwards):
        call(code)
    observed.code = observed.asked = None
    return code


def _taken(calls: list[Any]) -> list[Any]:
    taken, calls[:] = list(calls), []
    return taken


def _end(caller: Caller, code: int) -> int:
    """Wait for the tasks of a program that ended well, then stop; never raises."""
    try:
        caller.stop(code)
    except KeyboardInterrupt:
        return _end_hard(caller, INTERRUPTED)
    except BaseException as error:  # noqa: BLE001  (whatever happened, the process must end)
        uncaught.show(error)
        return _end_hard(caller, exit_code(error.code) if isinstance(error, SystemExit) else 1)
    return code


def _end_hard(caller: Caller, code: int) -> int:
    try:
        caller.stop(code, hard=True)
    except BaseException as error:  # noqa: BLE001  (the same; a second Ctrl-C ends up here, too)
        uncaught.show(error)
    return code


def _observed() -> _Watch:
    """The watch of this process; the first call sets it up."""
    global _watch  # noqa: PLW0603
    if _watch is None or _watch.process != os.getpid():
        _watch = _Watch()
        _hook()
    return _watch


def _hook() -> None:
    atexit.register(_at_exit)
    show_errors()
    if sys.exit is not _exit:
        sys.exit = _exit
    try:
        from _sitebuiltins import Quitter  # noqa: PLC0415  (python -S has no `exit()`)
    except ImportError:
        return
    Quitter.__call__ = _quit  # type: ignore[method-assign, assignment]


def _exit(status: Any = None, /) -> NoReturn:
    """Exit the interpreter by raising SystemExit(status); the end of the run wants to know the status."""
    if _watch is not None and threading.current_thread() is threading.main_thread():
        _watch.asked = status
    raise SystemExit(status)


def _quit(_quitter: Any, code: Any = None) -> NoReturn:
    _exit(code)


def _at_exit() -> None:
    global _over  # noqa: PLW0603
    if _watch is None or _watch.process != os.getpid():  # a forked child; the run is its parent's
        return
    ended = _watch.result()
    code = finish(ended)
    _over = True
    _watch.frame = None  # it would keep the program's globals until Python can destroy nothing properly any more
    if code != ended:
        last_word.exit_with(code)


def _main_frame() -> FrameType | None:
    """The frame in which the main module's code runs now."""
    main = sys.modules.get("__main__")
    frame = sys._current_frames().get(threading.main_thread().ident or 0)  # noqa: SLF001
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_globals is getattr(main, "__dict__", None):
            return frame
        frame = frame.f_back
    return None


def _returned(frame: FrameType | None) -> bool:
    """Whether the code of a frame that is over reached its end."""
    if frame is None:
        return False
    import opcode  # noqa: PLC0415  (only at the end)

    return opcode.opname[frame.f_code.co_code[frame.f_lasti]].startswith("RETURN_")
