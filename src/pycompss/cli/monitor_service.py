"""`pycompss monitor start|stop|status|restart [RUN]`: the page of a run, served in the background.

The older form is `compss-monitor start|…`. What runs is the same command without one of these words; a file in
`~/.COMPSs` tells which process it is, so that only that one is ended.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import psutil

from pycompss.cli import runs

WORDS = ("start", "stop", "status", "restart")
PATIENCE = 20.0  # seconds until a page is there, or gone
_LOOK = 0.05
NOT_RUNNING = 3  # exit code of `status`, as services have it


def service(words: Sequence[str]) -> int:
    """Do what the first word says; the exit code."""
    given = _parser().parse_args(words)
    try:
        if given.action == "status":
            return _status()
        if given.action != "start":
            _stop()
        if given.action != "stop":
            return _start(given)
    except OSError as error:
        return runs.failed(error)
    return 0


def _start(given: argparse.Namespace) -> int:
    found = _running()
    if found is not None:
        print(f"The monitor is running already: {found['address']}")
        return 0
    try:
        folder = runs.folder_of(given.run)
    except FileNotFoundError as error:
        if given.run is not None:
            return runs.failed(error)
        print("There is no run to show yet. A run with -m has a page of its own from its first moment.")
        return 0
    port = given.port or int(os.environ.get("COMPSs_MONITOR_PORT") or 0)  # noqa: SIM112  (so it is spelled)
    process, log = _spawn(folder, port)
    address = _await_address(process, log)
    if not address:
        return runs.failed(RuntimeError(_text(log).replace("[ ERROR ]: ", "").strip() or "the monitor did not start"))
    known = {"pid": process.pid, "began": psutil.Process(process.pid).create_time(), "address": address}
    with open(_path("monitor.json"), "w", encoding="utf-8", opener=_private) as file:
        json.dump(known, file)
    print(f"The monitor of {folder} is at {address}")
    return 0


def _spawn(folder: str, port: int) -> tuple[subprocess.Popen[bytes], str]:
    log = _path("monitor.log")
    command = [sys.executable, "-m", "pycompss", "monitor", folder, "--no-browser", f"--port={port}"]
    with open(log, "wb", opener=_private) as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True, cwd="/"
        )
    return process, log


def _await_address(process: subprocess.Popen[bytes], log: str) -> str:
    """Empty if it ended before it had one."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        lines = [line for line in _text(log).splitlines(keepends=True) if line.startswith("http")]
        if lines and lines[0].endswith("\n"):
            return lines[0].strip()
        time.sleep(_LOOK)
    process.kill()
    process.wait()
    return ""


def _stop() -> None:
    found = _running()
    if found is None:
        print("The monitor is not running")
        return
    process = psutil.Process(found["pid"])
    process.send_signal(signal.SIGINT)
    try:
        process.wait(PATIENCE)
    except psutil.TimeoutExpired:
        process.kill()
    os.remove(_path("monitor.json"))
    print("The monitor has been stopped")


def _status() -> int:
    found = _running()
    print("The monitor is not running" if found is None else f"The monitor is running: {found['address']}")
    return NOT_RUNNING if found is None else 0


def _running() -> dict[str, Any] | None:
    """What was noted of the monitor, if that process is still there."""
    try:
        known: dict[str, Any] = json.loads(_text(_path("monitor.json")))
        if psutil.Process(known["pid"]).create_time() == known["began"]:
            return known
    except (OSError, ValueError, KeyError, psutil.Error):
        pass
    return None


def _path(name: str) -> str:
    base = runs.base()
    os.makedirs(base, mode=0o700, exist_ok=True)
    return os.path.join(base, name)


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("pycompss monitor", description="Show a run in a browser, in the background.")
    parser.add_argument("action", choices=WORDS)
    parser.add_argument("run", nargs="?", metavar="RUN", help="folder of a run, or its name; the latest")
    parser.add_argument("--port", type=int, default=0, help="8080 if that is free; COMPSs_MONITOR_PORT")
    for needless in ("--no_browser", "--no-browser", "--no_sudo", "--no_sudo_warning", "--new_monitor"):
        parser.add_argument(needless, action="store_true", help=argparse.SUPPRESS)
    return parser
