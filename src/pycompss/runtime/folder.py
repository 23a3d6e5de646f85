"""What a run leaves behind: one folder, `<log_dir>/.COMPSs/<program>_NN/`.

The number NN is the first free one, from 01 on and past 99. Making the folder is what claims the number, so two runs
that start together get two. It is private (mode 0700): it holds what tasks print. Folders inside it, and the files
of the log, appear when something is put there.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import count

from pycompss.runtime.config import Config
from pycompss.util import stderr

_PRIVATE = 0o700
_PART = 1 << 20  # bytes read at a time


class RunFolder:
    """The folder of one run; `path` is absolute. Made by `create`."""

    def __init__(self, path: str, config: Config) -> None:
        self.path = path
        self._config = config
        self._folders: dict[str, str] = {}
        self._temporary = self._folder_of_temporary_files()

    @property
    def jobs(self) -> str:
        """Where the output of tasks lies: `job<N>_NEW.out` and the like."""
        return self._made("jobs")

    @property
    def monitor(self) -> str:
        return self._made("monitor")

    @property
    def workers(self) -> str:
        """Where the output of worker processes lies."""
        return self._made("workers")

    @property
    def temporary(self) -> str:
        """`tmpFiles/`, the master's working directory; `close` removes it."""
        return self._made("tmpFiles", self._temporary)

    def keep_temporary(self) -> None:
        """`close` leaves `tmpFiles/` where it is."""
        self._folders.pop("tmpFiles", None)

    def file(self, name: str) -> str:
        """Path of a file directly in the folder."""
        return os.path.join(self.path, name)

    def log(self, text: str) -> None:
        """A line of the run's own doings, in `pycompss.log`."""
        self._append("pycompss.log", text)

    def error(self, text: str) -> None:
        """A line about something that went wrong, in `pycompss.err`."""
        self._append("pycompss.err", text)

    def close(self) -> None:
        """Remove the temporary files, unless the run keeps its working directories, and what is empty."""
        if "workers" in os.listdir(self.path):
            _remove_empty_files(os.path.join(self.path, "workers"))
            if self._config.logs("debug"):
                _gather(os.path.join(self.path, "workers"))
        if self._config.keep_workingdir or "tmpFiles" not in self._folders:
            return
        import shutil  # noqa: PLC0415  (only runs that made temporary files pay for it)

        path = self._folders.pop("tmpFiles")
        shutil.rmtree(path, ignore_errors=True)
        if self._config.master_working_dir:
            _remove_empty(os.path.dirname(path), os.path.dirname(os.path.dirname(path)))

    def discard(self) -> None:
        """The run has not begun: what is empty goes."""
        for folder in self._folders.values():
            _remove_empty(folder)
        _remove_empty(self.path)

    def _append(self, name: str, text: str) -> None:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        try:
            with open(self.file(name), "a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(f"[{stamp}] {text}\n")
        except OSError:  # a full disk must not end the program
            return

    def _made(self, name: str, path: str | None = None) -> str:
        if name not in self._folders:
            path = path or os.path.join(self.path, name)
            os.makedirs(path, mode=_PRIVATE, exist_ok=True)
            self._folders[name] = path
        return self._folders[name]

    def _folder_of_temporary_files(self) -> str:
        base = self._config.master_working_dir
        if not base:
            return os.path.join(self.path, "tmpFiles")
        identity = self._config.uuid or f"{os.path.basename(self.path)}-{os.getpid()}"
        return os.path.join(os.path.abspath(base), ".COMPSs", identity, "tmpFiles")


def _remove_empty(*folders: str) -> None:
    for folder in folders:
        try:
            os.rmdir(folder)
        except OSError:  # another run uses it
            return


def create(config: Config) -> RunFolder:
    """Make the folder of a run; where that cannot be, a private temporary one, with a notice on stderr."""
    try:
        return RunFolder(_claim(config), config)
    except OSError as error:
        return RunFolder(_elsewhere(config, error), config)


def _claim(config: Config) -> str:
    if config.specific_log_dir:
        path = os.path.abspath(config.specific_log_dir)
        os.makedirs(path, mode=_PRIVATE, exist_ok=True)
        return path
    base = os.path.join(os.path.abspath(config.log_dir), ".COMPSs")
    os.makedirs(base, mode=_PRIVATE, exist_ok=True)
    return first_free(base, program_name(config.application), os.mkdir)


def first_free(base: str, program: str, make: Callable[[str, int], None]) -> str:
    """Claim the first free number of `program` in `base`: the one whose folder could be made."""
    taken = set(os.listdir(base))
    for number in count(1):
        name = f"{program}_{number:02}"
        if name in taken:
            continue
        try:
            make(os.path.join(base, name), _PRIVATE)
        except FileExistsError:  # another run was faster
            continue
        return os.path.join(base, name)
    raise AssertionError  # count() does not end


def program_name(application: str) -> str:
    """The name that a program gives its folders: that of its file."""
    return os.path.basename(application.rstrip(os.sep)) or "InteractiveMode"


def _elsewhere(config: Config, error: OSError) -> str:
    import tempfile  # noqa: PLC0415  (slow to import, rarely needed)

    path = tempfile.mkdtemp(prefix=f"pycompss-{program_name(config.application)}-")
    reason = error.strerror or str(error)
    wanted = config.specific_log_dir or os.path.join(config.log_dir, ".COMPSs")
    stderr.write(f"[ INFO ] {wanted}: {reason}; the folder of this run is {path}\n")
    return path


def _gather(folder: str) -> None:
    """What the workers of a node printed also becomes one file, `binding_worker_<node>`, as the original has it."""
    parts = []
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        stem, end = os.path.splitext(name)
        node, _, number = stem.removeprefix("worker_").rpartition("_")
        if stem.startswith("worker_") and number.isdigit():
            parts.append((int(number), name, f"binding_worker_{node}{end}"))
    for _, name, whole in sorted(parts):
        with open(os.path.join(folder, name), "rb") as part, open(os.path.join(folder, whole), "ab") as target:
            while text := part.read(_PART):
                target.write(text)


def _remove_empty_files(folder: str) -> None:
    """Workers that printed nothing leave nothing."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.getsize(path) == 0:
            os.unlink(path)
    _remove_empty(folder)
