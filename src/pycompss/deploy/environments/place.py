"""A place where commands run: this machine, one that ssh reaches, or a container.

A command is a text for the shell there. What the user wrote stands in it quoted, word by word; names of places are
checked, so that none is read as an option.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from pycompss.errors import ConfigurationError

_LOGIN = re.compile(r"(?:([A-Za-z_][\w.-]*)@)?([A-Za-z0-9][\w.-]*)(?::(\d+))?", re.ASCII)

_NOT_REACHED, _NOT_FOUND = 255, 127  # exit codes of ssh, and of shells
_OURS = ("pycompss", "runcompss")


@dataclass(frozen=True, slots=True)
class Place:
    """login: `[user@]host[:port]`; "" = this machine, or a container of it.

    modules, file: loaded or sourced before every command. container, engine: its name, and the program that knows it.
    directory: where commands run if they do not say it, as a text for the shell there.
    """

    login: str = ""
    modules: tuple[str, ...] = ()
    file: str = ""
    container: str = ""
    engine: str = ""
    directory: str = ""

    def text(self, command: str, directory: str = "") -> str:
        """What the shell there is told. directory: a text for the shell."""
        parts = [f". {shlex.quote(self.file)}"] if self.file else []
        parts += [f"module load {shlex.quote(name)}" for name in self.modules]
        where = directory or self.directory
        parts += [f"cd {where}"] if where else []
        return " && ".join([*parts, command])

    def words(self, command: str, directory: str = "", *, on_terminal: bool = False) -> list[str]:
        """The words of a process that does it. on_terminal: it is the user's, if there is one."""
        text = self.text(command, directory)
        if self.container:
            terminal = ("-t",) if on_terminal and sys.stdin.isatty() and sys.stdout.isatty() else ()
            return [self.engine, "exec", "-i", *terminal, self.container, "sh", "-c", text]
        if not self.login:
            return ["bash", "-c", text]
        user, host, port = parts_of(self.login)
        options = [*(("-l", user) if user else ()), *(("-p", port) if port else ())]
        return ["ssh", *options, "--", host, f"bash -lc {shlex.quote(text)}"]

    def run(self, words: Sequence[str], directory: str = "") -> int:
        """Run a command with our own input and output; returns its exit code, or that of a missing command.

        When nothing ran, what ssh or the shell said is followed by what to try.
        """
        self._wake()
        code = subprocess.run(self.words(shlex.join(words), directory, on_terminal=True), check=False).returncode
        sys.stderr.write(self._advice(words, code))
        return code

    def _advice(self, words: Sequence[str], code: int) -> str:
        if self.login and code == _NOT_REACHED:
            problem = f"nothing ran on {self.login}, if the command did not end so by itself"
            found, attempt = "ssh ended", shlex.join([*self.words("")[:-1], "true"])
        elif code == _NOT_FOUND and words[0] in _OURS:
            problem, found = f"{words[0]} could not be run ({self.name})", "the shell ended"
            attempt = "pip install 'purecompss[cluster]' there, or make an environment that finds it: -m FILE MODULE…"
        else:
            return ""
        asked = shlex.join(words)
        return (
            f"pycompss: {problem}\n    asked: {asked}\n    found: {found} with exit code {code}, see above\n"
            f"    try:   {attempt}\n"
        )

    def ask(self, words: Sequence[str], directory: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command, and keep what it says."""
        self._wake()
        command = self.words(shlex.join(words), directory)
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def do(self, command: str) -> None:
        """Run a text of ours; raises ConfigurationError with what it said against it."""
        self._wake()
        done = subprocess.run(self.words(command), capture_output=True, text=True, check=False)
        if done.returncode:
            raise ConfigurationError(f"{self.name}: {done.stderr.strip() or f'exit code {done.returncode}'}")

    def copy(self, source: str, target: str, files: Sequence[str] = (".",)) -> None:
        """Copy what is in a directory here into one there. target: a text for the shell there."""
        self._wake()
        packing = ["tar", "-C", source, "-cf", "-", "--", *files]
        unpacking = self.words(f"mkdir -p {target} && tar -C {target} -xf -", "/" if self.container else "")
        with subprocess.Popen(packing, stdout=subprocess.PIPE) as packed:
            done = subprocess.run(unpacking, stdin=packed.stdout, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode or packed.returncode:
            raise ConfigurationError(f"{source} cannot be copied to {self.name}: {done.stderr.strip()}")

    def _wake(self) -> None:
        """A container may have ended with the machine; one that runs is left alone."""
        if not self.container:
            return
        command = [self.engine, "start", self.container]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        except OSError as error:
            raise ConfigurationError(f"{self.engine} cannot be run: {error.strerror}") from None
        if done.returncode:
            raise ConfigurationError(
                f"{self.name} cannot be started\n    asked: {shlex.join(command)}\n    found: {done.stderr.strip()}\n"
                "    try:   pycompss environment remove, and pycompss init again"
            )

    @property
    def is_here(self) -> bool:
        """Whether commands run on this machine, as they would without an environment."""
        return not (self.login or self.container)

    @property
    def name(self) -> str:
        return f"container {self.container}" if self.container else self.login or "this machine"


def parts_of(login: str) -> tuple[str, str, str]:
    """User, host and port, empty where nothing is said; raises ConfigurationError for what is no login."""
    match = _LOGIN.fullmatch(login)
    if match is None:
        raise ConfigurationError(f"{login!r}: expected user@host or user@host:port")
    user, host, port = match.groups(default="")
    return user, host, port
