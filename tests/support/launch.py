"""Running a user's program as a user would: a process of its own, a clean environment, nothing left afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import processes

REPOSITORY = Path(__file__).resolve().parents[2]
GRACE = 5.0  # seconds that the processes of a run have to vanish after the program's own
# What a program may see of our environment: where programs and libraries are, and what makes numpy right here.
_INHERITED = (
    "PATH",
    "LD_LIBRARY_PATH",
    "TMPDIR",
    "CI",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "COVERAGE_PROCESS_START",
)


@dataclass(frozen=True)
class Result:
    """How a program ended. `folder` is the directory it ran in; `log_dir` the one that holds `.COMPSs/`."""

    returncode: int
    stdout: str
    stderr: str
    folder: Path
    log_dir: Path

    @property
    def run_folders(self) -> list[Path]:
        """The folders that runs left (`<log_dir>/.COMPSs/<application>_NN`), oldest first."""
        return sorted((self.log_dir / ".COMPSs").glob("*"), key=lambda path: path.stat().st_ctime_ns)

    @property
    def run_folder(self) -> Path:
        """The folder of the last run."""
        return self.run_folders[-1]

    def succeeded(self) -> Result:
        """Itself, if the program ended with exit code 0; else fails the test, showing what it printed."""
        assert self.returncode == 0, f"exit code {self.returncode}\n{self}"
        return self

    def __str__(self) -> str:
        return f"--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


def clean_environment(home: Path, log_dir: Path) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**inherited, "HOME": str(home), "PYCOMPSS_LOG_DIR": str(log_dir), "LANG": "C.UTF-8"}


@dataclass
class Launcher:
    """The `run_program` fixture: everything happens below `root`."""

    root: Path
    runs: int = 0

    def __call__(
        self,
        program: str | Path,
        *args: object,
        engine: str | None = "local",
        workers: int | None = 2,
        launcher: str = "python",
        flags: Sequence[str] = (),
        env: Mapping[str, str | None] | None = None,
        name: str = "app.py",
        stdin: str | None = None,
        timeout: float = 50,
        python: str | Path = sys.executable,
    ) -> Result:
        """Run a program (its source, or the path of its file) to its end.

        `launcher`: "python" (`python app.py`), "pycompss" (`python -m pycompss run FLAGS app.py`), "module"
        (`python -m pycompss FLAGS app.py`) or "runcompss". `env`: set, or with None remove, variables. Every
        call has a working directory of its own; home and log directory are shared by the calls of a test.
        `timeout` in seconds: the test fails with what was printed so far. Fails, too, when a process is left.
        """
        self.runs += 1
        folder = self._folder()
        app = program if isinstance(program, Path) else folder.parent / name
        if isinstance(program, str):
            app.write_text(textwrap.dedent(program))
        command = [*start_of_command(str(python), launcher, flags), str(app), *map(str, args)]
        return self._run(command, folder, self._environment(engine, workers, env or {}), stdin, timeout)

    def command(
        self,
        *command: object,
        env: Mapping[str, str | None] | None = None,
        stdin: str | None = None,
        timeout: float = 50,
    ) -> Result:
        """Run any command under the same conditions."""
        self.runs += 1
        words, environment = [str(word) for word in command], self._environment(None, None, env or {})
        return self._run(words, self._folder(), environment, stdin, timeout)

    def _folder(self) -> Path:
        folder = self.root / f"run{self.runs}" / "cwd"
        folder.mkdir(parents=True)
        return folder

    def _environment(self, engine: str | None, workers: int | None, env: Mapping[str, str | None]) -> dict[str, str]:
        home, logs = self.root / "home", self.root / "logs"
        home.mkdir(exist_ok=True)
        logs.mkdir(exist_ok=True)
        chosen = {"PYCOMPSS_ENGINE": engine, "PYCOMPSS_WORKERS": str(workers) if workers else None, **env}
        merged = {**clean_environment(home, logs), **chosen}
        return {name: value for name, value in merged.items() if value is not None}

    def _run(self, command: list[str], folder: Path, env: dict[str, str], stdin: str | None, timeout: float) -> Result:
        mark = uuid.uuid4().hex
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**env, processes.MARK: mark},
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        stdout, stderr, late = _output(process, mark, stdin, timeout)
        log_dir = Path(env.get("PYCOMPSS_LOG_DIR") or env.get("HOME") or folder)
        result = Result(process.returncode, stdout, stderr, folder, log_dir)
        if late:
            pytest.fail(f"still running after {timeout} s: {' '.join(command)}\n{result}")
        left = processes.left_after(GRACE, mark)
        processes.kill(left)
        if left:
            pytest.fail(f"processes left by {' '.join(command)}: {', '.join(map(str, left))}\n{result}")
        return result


def start_of_command(python: str, launcher: str, flags: Sequence[str]) -> list[str]:
    match launcher:
        case "python":
            return [python, *flags]
        case "pycompss":
            return [python, "-m", "pycompss", "run", *flags]
        case "module":
            return [python, "-m", "pycompss", *flags]
        case "runcompss":
            return [str(Path(python).parent / "runcompss"), *flags]
    message = f'launcher {launcher!r}: choose "python", "pycompss", "module" or "runcompss"'
    raise ValueError(message)


def _output(process: subprocess.Popen[str], mark: str, stdin: str | None, timeout: float) -> tuple[str, str, bool]:
    """Standard output and error, and whether the program had to be killed."""
    try:
        return *process.communicate(stdin, timeout), False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        processes.kill(processes.of_run(mark))
        return *process.communicate(), True
