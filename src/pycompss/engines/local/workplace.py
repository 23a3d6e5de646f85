"""Where tasks work on a node: in the run's folder, on its own disk, or where the user says."""

from __future__ import annotations

import os
from dataclasses import dataclass

SHARED, LOCAL = "shared_disk", "local_disk"


@dataclass(frozen=True, slots=True)
class Workplace:
    """A folder for this run and node alone.

    path: empty: in the run's folder. staged: where copies of files lie, if any. keep: it stays when the run ends.
    """

    path: str = ""
    staged: str = ""
    keep: bool = False

    def make(self) -> None:
        """Raises OSError."""
        if self.path:
            os.makedirs(self.path, mode=0o700, exist_ok=True)

    def remove(self) -> None:
        if self.path and not self.keep:
            import shutil  # noqa: PLC0415  (most runs have no such folder)

            shutil.rmtree(self.path, ignore_errors=True)


def of_node(all_nodes: str, own: str) -> str:
    """Where tasks of one node work. own: the folder that project.xml tells of it; what the user says of all counts."""
    return own if own and all_nodes in (SHARED, LOCAL) else all_nodes


def base(choice: str) -> str:
    """The folder on this machine that `--worker_working_dir` means; empty: the run's."""
    if choice == SHARED:
        return ""
    import tempfile  # noqa: PLC0415  (slow to import, rarely needed)

    return os.environ.get("LOCAL_DISK_PREFIX") or tempfile.gettempdir() if choice == LOCAL else choice


def of(choice: str, run: str, own: str = "", *, keep: bool = False) -> Workplace:
    """run: a name that no other run and node has. own: the folder that is told of this node alone."""
    folder = base(of_node(choice, own))
    if not folder:
        return Workplace()
    path = os.path.join(folder, f"pycompss-{run}")
    return Workplace(path, os.path.join(path, "staged") if choice == LOCAL else "", keep)


def problem(choice: str) -> str:
    """Why nothing can lie there on this machine; empty if it can."""
    folder = base(choice)
    if not folder:
        return ""
    import tempfile  # noqa: PLC0415  (slow to import, rarely needed)

    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.rmdir(tempfile.mkdtemp(dir=folder))
    except OSError as error:
        return f"{folder}: {error.strerror or error}"
    return ""
