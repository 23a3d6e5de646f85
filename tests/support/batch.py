"""Stand-ins for the commands of batch systems: they note their words and input, and print what real ones printed."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest


class FakeCommands:
    """A PATH with nothing but these commands and those of the system that scripts use."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "fake"
        self._bin = self.folder / "bin"
        self._bin.mkdir(parents=True)
        for name in ("sh", "cat"):
            os.symlink(f"/bin/{name}", self._bin / name)
        monkeypatch.setenv("PATH", str(self._bin))

    def add(self, name: str, prints: str = "", *, errors: str = "", code: int = 0, reads: bool = False) -> None:
        """A command that ends like this; `reads`: it takes a script as its input."""
        log, given = shlex.quote(str(self.folder / "calls")), shlex.quote(str(self.folder / "given"))
        lines = [
            "#!/bin/sh",
            f'echo "{name} $*" >>{log}',
            f"cat >{given}" if reads else "",
            f"cat <<'END'\n{prints}\nEND" if prints else "",
            f"cat >&2 <<'END'\n{errors}\nEND" if errors else "",
            f"exit {code}",
        ]
        path = self._bin / name
        path.write_text("\n".join(lines))
        path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        """The calls so far: the name of the command and its words."""
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def script(self) -> str:
        """What the last submission was given."""
        return (self.folder / "given").read_text()
