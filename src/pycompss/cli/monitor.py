"""`pycompss monitor [RUN]`: the page of a run, live or finished, until Ctrl-C; in the background: `monitor_service`."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Sequence

from pycompss.cli import monitor_service, runs
from pycompss.runtime import monitoring


def monitor(words: Sequence[str]) -> int:
    """Show a run; the exit code."""
    if words and words[0] in monitor_service.WORDS:
        return monitor_service.service(words)
    given = _parser().parse_args(words)
    try:
        monitoring.check()
        folder = runs.folder_of(given.run)
        waiting = monitoring.listening(given.port)
    except (FileNotFoundError, monitoring.CannotMonitor) as error:
        return runs.failed(error)
    return _serve(folder, waiting, is_quiet=given.no_browser)


def _serve(folder: str, waiting: monitoring.Socket, *, is_quiet: bool) -> int:
    from pycompss.monitor.process import serve  # noqa: PLC0415  (what it needs is there)

    token = monitoring.new_token()
    address = monitoring.address(waiting, token)
    print(f"{folder}\n{address}\nCtrl-C ends it.", flush=True)
    try:
        serve(folder, waiting, token, (lambda: None) if is_quiet else (lambda: _open(address)))
    except (OSError, ValueError) as error:
        waiting.close()
        return runs.failed(error)
    except KeyboardInterrupt:
        pass
    return 0


def _open(address: str) -> None:
    """In a browser, if there is one; one that does not return holds nothing up."""
    threading.Thread(target=_browse, args=(address,), name="pycompss-browser", daemon=True).start()


def _browse(address: str) -> None:
    import webbrowser  # noqa: PLC0415

    try:
        is_open = _has_screen() and webbrowser.open(address)
    except (webbrowser.Error, OSError):
        is_open = False
    if not is_open:
        # not print: its lock must not be held by this thread when the command ends
        os.write(1, b"No browser could be opened here; from another machine: ssh -L, see docs/monitor.md\n")


def _has_screen() -> bool:
    """Without one, Python would start a browser that writes over the terminal."""
    wanted = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in wanted)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("pycompss monitor", description="Show a run in a browser.")
    parser.add_argument("run", nargs="?", metavar="RUN", help="folder of a run, or its name; the latest")
    parser.add_argument("--port", type=int, default=0, help="8080 if that is free")
    parser.add_argument("--no-browser", "--no_browser", action="store_true", help="print the address only")
    return parser
