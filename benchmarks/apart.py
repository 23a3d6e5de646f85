"""Running a program apart, listening to its lines of JSON, and leaving nothing of it behind.

Engines start daemons that outlive their parents. While this process is a *subreaper*, such orphans become its
children instead of those of the system's first process, so that all of them are found, and ended.
"""

from __future__ import annotations

import ctypes
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any

import memory
import psutil

HERE = os.path.dirname(os.path.abspath(__file__))
_PR_SET_CHILD_SUBREAPER = 36
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_LOOK = 0.1  # seconds between two looks whether the program has ended
_FAILED = "failed"  # the reason is in what it wrote to stderr
_KILLS = 20  # how often processes that appear again are killed


Said = queue.Queue[str]


@dataclass
class Outcome:
    """What a program said; `error` is "" if it ended well."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    samples: list[memory.Sample] = field(default_factory=list)


def environment(folder: str) -> dict[str, str]:
    """One thread a library; our modules importable everywhere, compiled ones kept; run folders go to `folder`."""
    given = {**os.environ, **_ONE_THREAD, "RAY_USAGE_STATS_ENABLED": "0", "PYCOMPSS_LOG_DIR": folder}
    given.pop("PYTHONDONTWRITEBYTECODE", None)
    given["PYTHONPATH"] = os.pathsep.join(filter(None, (HERE, given.get("PYTHONPATH"))))
    given["PATH"] = os.pathsep.join((os.path.dirname(sys.executable), given.get("PATH", "")))
    return given


@contextmanager
def adopting_orphans() -> Iterator[None]:
    if sys.platform != "linux":
        yield
        return
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def run(command: list[str], patience: float, sample: bool = False) -> Outcome:
    """Run until the program ends, or says nothing for `patience` seconds; then end whatever it has started."""
    others = _below()
    with adopting_orphans(), tempfile.TemporaryFile("w+") as errors, tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            command, env=environment(folder), cwd=folder, start_new_session=True, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
        )  # fmt: skip
        said: Said = queue.Queue()
        reader = threading.Thread(target=_read, args=(process.stdout, said))
        reader.start()
        outcome = Outcome()
        try:
            with memory.sampled(partial(_pids, others), outcome.samples) if sample else nullcontext():
                outcome.error = _listen(process, said, patience, outcome.lines)
        finally:
            _end_all(process, others)
            reader.join()
        if outcome.error == _FAILED:
            errors.seek(0)
            outcome.error = (errors.read().strip().splitlines() or [f"exit code {process.returncode}"])[-1]
    return outcome


def _listen(process: subprocess.Popen[str], said: Said, patience: float, lines: list[dict[str, Any]]) -> str:
    """Collect lines; return why they ended too early, if so. Daemons may hold the output open: its end says nothing."""
    heard = time.monotonic()
    while True:
        has_ended = process.poll() is not None
        try:
            lines += _parsed(said.get(timeout=_LOOK))
            heard = time.monotonic()
        except queue.Empty:
            if has_ended:
                return _FAILED if process.returncode else ""
            if time.monotonic() - heard > patience:
                return f"nothing for {patience:.0f} s"


def _read(stream: IO[str], said: Said) -> None:
    with stream:
        for line in stream:
            said.put(line)


def _parsed(line: str) -> list[dict[str, Any]]:
    """Nothing, if it is not for us."""
    return [json.loads(line)] if line.startswith("{") else []


def _below() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def _pids(others: set[psutil.Process]) -> list[int]:
    return [one.pid for one in _below() - others]


def _end_all(process: subprocess.Popen[str], others: set[psutil.Process]) -> None:
    """Kill until nothing is left: those that are killed may have been about to start more."""
    for _ in range(_KILLS):
        left = _below() - others
        for child in left:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                pass
        psutil.wait_procs(left, timeout=5)
        if not left:
            break
    process.wait()
