"""`pycompss monitor [RUN]`: the page of a run, live or finished, until Ctrl-C."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pycompss.cli import runs
from pycompss.runtime import monitoring


def monitor(words: Sequence[str]) -> int:
    """Show a run; the exit code."""
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
    if not is_quiet:
        _open(address)
    try:
        serve(folder, waiting, token)
    except (OSError, ValueError) as error:
        waiting.close()
        return runs.failed(error)
    except KeyboardInterrupt:
        pass
    return 0


def _open(address: str) -> None:
    """In a browser, if there is one; the address is printed anyway."""
    import webbrowser  # noqa: PLC0415

    try:
        webbrowser.get()
    except webbrowser.Error:
        print("There is no browser here; from another machine: ssh -L, see docs/monitor.md", flush=True)
    else:
        webbrowser.open(address)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("pycompss monitor", description="Show a run in a browser.")
    parser.add_argument("run", nargs="?", metavar="RUN", help="folder of a run, or its name; the latest")
    parser.add_argument("--port", type=int, default=0, help="8080 if that is free")
    parser.add_argument("--no-browser", action="store_true", help="print the address only")
    return parser
