"""Starting the runtime of this process, and stopping it.

A program never needs to: its first task call starts the runtime as the environment says (`python app.py`), the
command line starts it before the program (`pycompss run app.py`), a notebook calls `pycompss.interactive.start`.
All of them come here. One runtime at a time; after it stopped, the next may start.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from typing import Any

from pycompss.core.equipment import CPU, counted
from pycompss.errors import PyCOMPSsException
from pycompss.runtime import config as configuration
from pycompss.runtime import current, ending
from pycompss.runtime.caller import Caller
from pycompss.runtime.config import Config

_lock = threading.RLock()  # two threads may call their first task at the same time


def from_environment() -> Caller:
    """The caller of this process, started as environment and configuration file say.

    Raises ConfigurationError for a setting that makes no sense, PyCOMPSsException when the program is over.
    """
    with _lock:
        caller = current.peek()
        if caller is not None:
            return caller
        if ending.is_over():
            raise PyCOMPSsException("the runtime has stopped, because the program is over; call tasks before its end")
        try:
            return start(configuration.build(application=_program(), app_args=sys.argv[1:]))
        except PyCOMPSsException:
            ending.show_errors()
            raise


def start(config: Config) -> Caller:
    """Start what `config` describes and let it answer the program's calls.

    Raises PyCOMPSsException when this process has a runtime already.
    """
    with _lock:
        if is_running():
            raise PyCOMPSsException("the runtime is already running; stop it (compss_stop) before starting another")
        sys.path[:0] = [entry for entry in config.pythonpath if entry not in sys.path]
        if config.library_path:
            _offer_libraries(config.library_path)
        caller = _started(config)
        current.set_(caller)
        ending.watch(caller, config)
        return caller


def _offer_libraries(folders: Sequence[str]) -> None:
    """Before workers start: the loader reads the variable once, when a process begins."""
    there = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    more = [folder for folder in folders if folder not in there]
    os.environ["LD_LIBRARY_PATH"] = os.pathsep.join([*more, *filter(None, there)])


def stop(code: int = 0, *, hard: bool = False) -> None:
    """Stop the runtime of this process, if there is one; later calls of tasks run at once, in sequence.

    code, hard: as in `Caller.stop`.
    Raises TaskError when a task failed and nobody was told; it has stopped all the same.
    """
    from pycompss.engines.inline import InlineCaller  # noqa: PLC0415  (only at the end)

    with _lock:
        caller = current.peek()
        if caller is None:
            return
        try:
            caller.stop(code, hard=hard)
        finally:
            current.set_(InlineCaller())


def is_running() -> bool:
    """Whether this process has a parallel runtime that was not stopped."""
    caller = current.peek()
    return caller is not None and caller.parallel and not getattr(caller, "stopped", False)


def _started(config: Config) -> Caller:
    if config.engine == "inline":
        from pycompss.engines.inline import InlineCaller  # noqa: PLC0415  (one engine is loaded)

        return InlineCaller()
    from pycompss.runtime.session import Session  # noqa: PLC0415  (the same)
    from pycompss.worker import streams  # noqa: PLC0415  (the same)

    streams.occupy()
    session = Session(config)
    try:
        session.start()
    except BaseException:
        session.values.close()
        session.folder.discard()
        raise
    told = [(node.name, node.told_units) for node in config.nodes]
    if config.engine == "dask":
        told = [(node.name, counted(node.units, CPU)) for node in session.core.nodes]
    nodes = ", ".join(f"{name} ({units})" for name, units in told)
    session.folder.log(f"{config.application or 'interactive session'}, process {os.getpid()}: started on {nodes}")
    return session


def _program() -> str:
    """The program that runs in this process, as Python was told."""
    name = sys.argv[0] if sys.argv else ""
    return "" if name in ("", "-c", "-") else os.path.abspath(name)


def _forget_in_child(*_: Any) -> None:
    """A forked child has none of its parent's threads: it starts a runtime of its own if it calls tasks."""
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()
    current.set_(None)


os.register_at_fork(after_in_child=_forget_in_child)
