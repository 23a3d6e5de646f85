"""Dask clusters as others start them: a scheduler and workers, processes of their own, with Dask's own commands."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support import processes
from tests.support.launch import clean_environment

PATIENCE = 40.0  # seconds for a process of Dask to come up
ASK = """\
import json, sys
from distributed import Client
with Client(scheduler_file=sys.argv[1], set_as_default=False) as client:
    seen = client.run(lambda dask_worker: [sorted(dask_worker.plugins), sorted(dask_worker.handlers), sys.path])
    print(json.dumps([list(seen.values()), client.submit(sum, [1, 2]).result()]))
"""
RETIRE = """\
import sys
from distributed import Client
with Client(scheduler_file=sys.argv[1], set_as_default=False) as client:
    client.retire_workers(names=sys.argv[2:])
"""


@dataclass
class DaskCluster:
    """`file` is what `--scheduler-file` of the scheduler wrote; `environment` holds Dask's configuration."""

    folder: Path
    environment: dict[str, str]
    started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "scheduler.json"

    @property
    def address(self) -> str:
        return str(json.loads(self.file.read_text())["address"])

    def start(self, name: str, *words: str, before: Sequence[str] = (), **more: str) -> subprocess.Popen[bytes]:
        """`dask WORDS`; before: words that start it; more: variables of its own."""
        with open(self.folder / f"{name}.log", "ab") as log:
            command = (*before, sys.executable, "-m", "dask", *words)
            process = subprocess.Popen(
                command, env={**self.environment, **more}, cwd=self.folder, stdout=log, stderr=log
            )
        self.started[name] = process
        return process

    def scheduler(self, *more: str) -> None:
        words = ("scheduler", "--host=127.0.0.1", "--port=0", "--no-dashboard", f"--scheduler-file={self.file}")
        process = self.start("scheduler", *words, *more)
        self._await("scheduler", process, self.file.exists)

    def worker(self, name: str, *more: str, **own: Any) -> subprocess.Popen[bytes]:
        """One that has registered; of one thread, if `more` does not say otherwise."""
        words = (f"--name={name}", "--no-nanny", "--nthreads=1", "--no-dashboard", *more)
        process = self.start(name, "worker", f"--scheduler-file={self.file}", *words, **own)
        log = self.folder / f"{name}.log"
        self._await(name, process, lambda: "Registered to" in log.read_text())
        return process

    def _await(self, name: str, process: subprocess.Popen[bytes], is_there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_there():
            log = (self.folder / f"{name}.log").read_text()
            assert process.poll() is None, log
            assert time.monotonic() < deadline, log
            time.sleep(0.02)

    def end(self, name: str) -> None:
        process = self.started.pop(name)
        process.terminate()
        process.wait()

    def look(self) -> tuple[list[list[list[str]]], int]:
        """Plugins, handlers and search path of each worker, and 1 + 2, as a client of Dask finds them."""
        seen, three = json.loads(self._client(ASK))
        return seen, three

    def retire(self, name: str) -> None:
        """Have a worker close in order, as clusters do that become smaller."""
        self._client(RETIRE, name)
        self.started.pop(name).wait(PATIENCE)

    def _client(self, program: str, *words: str) -> str:
        words = (sys.executable, "-c", program, str(self.file), *words)
        done = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def cluster(folder: Path, *workers: str, **configuration: str) -> Iterator[DaskCluster]:
    """A cluster with workers of these names. configuration: of Dask, `DASK_…=`."""
    home = folder / "home of dask"
    home.mkdir()
    environment = {**clean_environment(home, folder), "TMPDIR": str(folder), **configuration}
    environment[processes.MARK] = str(folder)
    found = DaskCluster(folder, environment)
    try:
        found.scheduler()
        for name in workers:
            found.worker(name)
        yield found
    finally:
        for name in list(found.started):
            found.end(name)
        left = processes.left_after(5, str(folder))
        processes.kill(left)
        assert not left
