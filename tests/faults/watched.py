"""Programs that are watched while they run: signalled, their workers killed, and looked after when they are gone."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import processes
from tests.support.launch import REPOSITORY, Launcher, Result, start_of_command
from tests.support.rendezvous import await_mark, await_true

VANISH = 2.0  # seconds after which nothing of a run may be left
PATIENCE = 30.0  # seconds; only ever used up by a test that fails


@dataclass
class Watched:
    """A program that runs. `folder` is its working directory, where it meets the test by marks."""

    process: subprocess.Popen[str]
    mark: str
    folder: Path
    log_dir: Path
    out: Path = field(init=False)
    err: Path = field(init=False)

    def __post_init__(self) -> None:
        self.out, self.err = self.folder / "stdout.txt", self.folder / "stderr.txt"

    def reached(self, name: str) -> str:
        """Wait until the program or a task marks `name`; the text that it left."""
        try:
            return await_mark(self.folder / name)
        except TimeoutError as error:
            message = f"{error}\n{self.output()}"
            raise TimeoutError(message) from None

    def send(self, number: signal.Signals) -> None:
        """Signal the program alone."""
        self.process.send_signal(number)

    def interrupt(self) -> None:
        """Ctrl-C: the whole foreground process group gets SIGINT."""
        os.killpg(self.process.pid, signal.SIGINT)

    def others(self) -> list[processes.Process]:
        """Everything that belongs to the run besides the program itself."""
        found = processes.of_run(self.mark, ancestor=self.process.pid)
        return [process for process in found if process.pid != self.process.pid and process.state != "Z"]

    def fork_server(self) -> processes.Process:
        return next(process for process in self.others() if process.parent == self.process.pid)

    def workers(self) -> list[processes.Process]:
        server = self.fork_server().pid
        return [process for process in self.others() if process.parent == server]

    def ended(self, seconds: float = PATIENCE) -> Result:
        """Wait for the end; fails when something is left `VANISH` seconds later."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            message = f"still running after {seconds} s\n{self.output()}"
            raise AssertionError(message) from None
        left = processes.left_after(VANISH, self.mark)
        assert not left, f"left behind: {', '.join(map(str, left))}\n{self.output()}"
        return self.output()

    def output(self) -> Result:
        code = self.process.poll()
        texts = (path.read_text(errors="replace") for path in (self.out, self.err))
        return Result(-999 if code is None else code, *texts, self.folder, self.log_dir)

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        processes.kill(processes.left_after(VANISH, self.mark))


@contextlib.contextmanager
def watched(
    launcher: Launcher,
    source: str,
    *args: object,
    workers: int = 2,
    command: str = "python",
    env: Mapping[str, str | None] | None = None,
) -> Iterator[Watched]:
    """Start a program in the background; what is left of it at the end is killed."""
    launcher.runs += 1
    folder, mark = launcher._folder(), uuid.uuid4().hex
    app = folder.parent / "app.py"
    app.write_text(textwrap.dedent(source))
    environment = launcher._environment(
        "local", workers, {"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY}/src", **(env or {})}
    )
    with open(folder / "stdout.txt", "w") as out, open(folder / "stderr.txt", "w") as err:
        process = subprocess.Popen(
            [*start_of_command(sys.executable, command, ()), str(app), *map(str, args)],
            cwd=folder,
            env={**environment, processes.MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
    program = Watched(process, mark, folder, Path(environment["PYCOMPSS_LOG_DIR"]))
    try:
        yield program
    finally:
        program.close()


def has_gone(pid: int) -> bool:
    process = processes.look(pid)
    return process is None or process.state == "Z"


def await_gone(pid: int) -> None:
    await_true(lambda: has_gone(pid), f"the end of process {pid} did not come")


def elapsed(since: float) -> float:
    return time.monotonic() - since
