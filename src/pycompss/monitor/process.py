"""The monitor as a process: for a run that goes on (`-m`), or by hand (`pycompss monitor`).

Most runs with `-m` end before anybody looks. So what makes the page is loaded when the first one does, and until then
the cores are the program's.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Callable

from pycompss.util.background import step_back

LAST_WORD = 1.0  # seconds that the page has to ask once more when the run is over


def serve(folder: str, listening: socket.socket, token: str, begin: Callable[[], object]) -> None:
    """Show the run of a folder until an interrupt; `begin` is called when there is something to show.

    ValueError, OSError: it has no journal that could be read.
    """
    from pycompss.monitor import server  # noqa: PLC0415  (see above)
    from pycompss.monitor.following import Following  # noqa: PLC0415

    with Following(folder) as following, listening:
        begin()
        server.server(following, token).run([listening])


def accompany(folder: str, number: int) -> None:
    """Show a run as long as it goes on: called by the run, in a process of its own.

    The first line of the standard input is the token; its end is the end of the run. number: of the socket that the run
    has opened, so that it knew the address at once.
    """
    token = sys.stdin.readline().strip()
    with socket.socket(fileno=number) as listening:
        try:
            if _is_asked(listening):
                _answer(folder, listening, token)
        finally:  # also of a run that was killed: another program may have that port tomorrow
            with contextlib.suppress(FileNotFoundError):
                os.remove(os.path.join(folder, "monitor", "address"))


def _is_asked(listening: socket.socket) -> bool:
    """Wait until somebody looks; False if the run has ended before."""
    ready, _, _ = select.select([sys.stdin, listening], [], [])
    return listening in ready


def _answer(folder: str, listening: socket.socket, token: str) -> None:
    from pycompss.monitor import server  # noqa: PLC0415  (see above)
    from pycompss.monitor.following import Following  # noqa: PLC0415

    step_back()  # not earlier: somebody waits for the page
    with Following(folder) as following:
        web = server.server(following, token)

        def wait() -> None:
            select.select([sys.stdin], [], [])
            if time.monotonic() - following.asked < 2 * LAST_WORD:  # somebody looks
                following.has_told.wait(LAST_WORD)
            web.should_exit = True

        threading.Thread(target=wait, name="pycompss-run", daemon=True).start()
        web.run([listening])
