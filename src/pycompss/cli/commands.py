"""The words after `pycompss`: what each does, its other names, and where it is.

A command is loaded when it is called: starting a program must not pay for what it does not use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

Action = Callable[[Sequence[str]], int]


@dataclass(frozen=True, slots=True)
class Command:
    """A word after `pycompss`. entry: module and function in this package; without, a feature to come."""

    name: str
    says: str
    aliases: tuple[str, ...] = ()
    entry: str = ""

    def load(self) -> Action:
        """What takes the words after the command, and returns the exit code."""
        module, _, function = self.entry.partition(".")
        action: Action = getattr(import_module(f"pycompss.cli.{module}"), function)
        return action


COMMANDS = (
    Command("run", "run an application in the environment", ("r",), "run.run"),
    Command("config", "show every setting, its value and where that came from", (), "settings.show"),
    Command("gengraph", "draw a task graph: FILE.dot to PDF, SVG or PNG", ("gg",), "gengraph.gengraph"),
    Command("enqueue", "submit an application to a batch system", (), "enqueue.enqueue"),
    Command("init", "create an environment", ("i",), "environment.init"),
    Command("environment", "list, change or remove environments", ("env",), "environment.environment"),
    Command("envs", "list environments", ("status",), "environment.listed"),
    Command("use", "change to an environment", ("activate",), "environment.change"),
    Command("default", "change to this machine", (), "environment.default"),
    Command("reset", "remove all environments", ("wipe",), "environment.reset"),
    Command("exec", "run a command in the environment", ("ex", "e"), "environment.execute"),
    Command("app", "deploy applications", ("a",), "applications.app"),
    Command("job", "submit, list and cancel batch jobs", ("j",), "job.job"),
    Command("modulefile", "write a module file for environment-modules or Lmod", (), "modulefile.modulefile"),
    Command("monitor", "show a run in a browser, live or finished", ("m",), "monitor.monitor"),
    Command("top", "show a run in the terminal", (), "top.top"),
    Command("jupyter", "start a notebook server", ("jpy", "n"), "jupyter.jupyter"),
    Command("log", "what happened in a run; explain TASK", (), "log.log"),
    Command("trace-report", "what a run's time went into, as text or HTML", (), "report.report"),
    Command("gentrace", "make a trace of a run afterwards", ("gt",), "gentrace.gentrace"),
    Command("components", "add or remove workers", ("c",)),
    Command("inspect", "print a workflow-run crate", ("ins",)),
    Command("tutorial", "try a tutorial", ("tut",)),
)
OF_NAME = {name: command for command in COMMANDS for name in (command.name, *command.aliases)}


def help_text() -> str:
    """What `pycompss --help` prints."""
    lines = ["Usage: pycompss [COMMAND] …", "", "Commands (without one: run):"]
    lines += [_command_line(command) for command in COMMANDS]
    lines += ["", "pycompss run --help tells the options of a run.", ""]
    return "\n".join(lines)


def _command_line(command: Command) -> str:
    names = ", ".join((command.name, *command.aliases))
    later = "" if command.entry else " [not available yet]"
    return f"  {names:<20}{command.says}{later}"
