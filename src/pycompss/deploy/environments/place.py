"""A place where commands run: this machine, or one that ssh reaches.

A command is a text for the shell there. What the user wrote stands in it quoted, word by word; names of places are
checked, so that none is read as an option.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from pycompss.errors import ConfigurationError

_LOGIN = re.compile(r"(?:([A-Za-z_][\w.-]*)@)?([A-Za-z0-9][\w.-]*)(?::(\d+))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """login: `[user@]host[:port]`; "" = this machine. modules, file: loaded or sourced before every command."""

    login: str = ""
    modules: tuple[str, ...] = ()
    file: str = ""

    def text(self, command: str, directory: str = "") -> str:
        """What the shell there is told. directory: a text for the shell."""
        parts = [f". {shlex.quote(self.file)}"] if self.file else []
        parts += [f"module load {shlex.quote(name)}" for name in self.modules]
        parts += [f"cd {directory}"] if directory else []
        return " && ".join([*parts, command])

    def words(self, command: str, directory: str = "") -> list[str]:
        """The words of a process that does it."""
        text = self.text(command, directory)
        if not self.login:
            return ["bash", "-c", text]
        match = _LOGIN.fullmatch(self.login)
        if match is None:
            raise ConfigurationError(f"{self.login!r}: expected user@host or user@host:port")
        user, host, port = match.groups()
        options = [*(("-l", user) if user else ()), *(("-p", port) if port else ())]
        return ["ssh", *options, "--", host, f"bash -lc {shlex.quote(text)}"]

    def run(self, words: Sequence[str], directory: str = "") -> int:
        """Run a command with our own input and output; returns its exit code, or that of a missing command."""
        return subprocess.run(self.words(shlex.join(words), directory), check=False).returncode

    def do(self, command: str) -> None:
        """Run a text of ours; raises ConfigurationError with what it said against it."""
        done = subprocess.run(self.words(command), capture_output=True, text=True, check=False)
        if done.returncode:
            raise ConfigurationError(f"{self.name}: {done.stderr.strip() or f'exit code {done.returncode}'}")

    def copy(self, source: str, target: str) -> None:
        """Copy what is in a directory here into one there. target: a text for the shell there."""
        packing = ["tar", "-C", source, "-cf", "-", "."]
        unpacking = self.words(f"mkdir -p {target} && tar -C {target} -xf -")
        with subprocess.Popen(packing, stdout=subprocess.PIPE) as packed:
            done = subprocess.run(unpacking, stdin=packed.stdout, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode or packed.returncode:
            raise ConfigurationError(f"{source} cannot be copied to {self.name}: {done.stderr.strip()}")

    @property
    def name(self) -> str:
        return self.login or "this machine"
