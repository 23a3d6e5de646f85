"""What is different in a Jupyter kernel: interrupts, the end.

ipykernel puts Python's own handler of SIGINT in place before each cell and takes it away afterwards, so ours is
installed again before each cell. And a kernel that is shut down or restarted does not wait for tasks whose results
nobody can look at any more: it cancels them, so that it is gone at once and leaves nothing running. (A kernel that is
killed leaves nothing, either: workers end with their master.)
"""

from __future__ import annotations

import atexit
import sys
from typing import Any

from pycompss.interactive.autoreload import Autoreload
from pycompss.interactive.definitions import Definitions
from pycompss.interactive.panels import is_notebook, panels
from pycompss.runtime import start as runtime
from pycompss.runtime.ending import TERMINATED

_installs: list[tuple[str, Any]] = []  # what was registered with the shell: event, function
_autoreload: Autoreload | None = None


def attach(caller: Any) -> None:
    """A runtime has started in this process; does nothing outside of kernels."""
    if not is_notebook():
        return
    interrupts = getattr(caller, "interrupts", None)
    if interrupts is not None:
        _register("pre_execute", interrupts.install)
    reloads = getattr(caller, "reloads", None)
    if reloads is not None:
        global _autoreload  # noqa: PLW0603  (one runtime in a process)
        _autoreload = Autoreload(_shell(), reloads.tell)
        _register("pre_execute", _autoreload.attach)
    config = getattr(caller, "config", None)  # a run in sequence has none
    if config is not None and config.logs("debug"):
        definitions = Definitions()
        definitions.look(_shell().user_ns)
        _register("post_execute", lambda: _say(definitions))
    atexit.unregister(_leave)
    atexit.register(_leave)  # before what was registered earlier, which would wait for the tasks


def _register(event: str, function: Any) -> None:
    _shell().events.register(event, function)
    _installs.append((event, function))


def _say(definitions: Definitions) -> None:
    for line in definitions.look(_shell().user_ns):
        print(line)


def detach() -> None:
    """The runtime has stopped."""
    while _installs:
        _shell().events.unregister(*_installs.pop())
    if _autoreload is not None:
        _autoreload.detach()
    panels.finish()


def _leave() -> None:
    if runtime.is_running():
        runtime.stop(TERMINATED)


def _shell() -> Any:
    return sys.modules["IPython"].get_ipython()
