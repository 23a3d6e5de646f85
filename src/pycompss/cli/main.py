"""The commands: `pycompss`, and its old names `runcompss`, `enqueue_compss`, `compss_gengraph`.

`pycompss COMMAND …`; without a command word, `run`. Every command is loaded only when it is called: starting a program
must not pay for what it does not use.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Action = Callable[[Sequence[str]], int]
NOT_AVAILABLE = 2  # exit code
_ENVIRONMENT = ("-eid", "--env_id")
_STORE = "pycompss.deploy.environments.store"
_APP = ("-app", "-an", "--app_name")
_WITH_RUN_OPTIONS = ("run", "enqueue", "config")
_OF_THE_TOOL = ("-p", "--plain", "-s", "--sanitize", "-i", "--info")


@dataclass(frozen=True, slots=True)
class Command:
    """A word after `pycompss`; without `action`, a feature to come."""

    name: str
    says: str
    aliases: tuple[str, ...] = ()
    action: Action | None = None


def main(words: Sequence[str] | None = None) -> int:
    """`pycompss …`; returns the exit code."""
    return _main(sys.argv[1:] if words is None else words, _run_where_active)


def main_of_module(words: Sequence[str]) -> int:
    """`python -m pycompss …`: the same, but a program runs with this interpreter, whatever environment is active."""
    return _main(words, _run)


def _main(words: Sequence[str], run: Action) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        sys.stdout.write(help_text())
        return 0 if words else 1
    leading, rest = _leading_options(words)
    if rest and leading[:1] and leading[0] in _ENVIRONMENT:
        return _in_environment(rest[0], [*leading[1:], *rest[1:]], run)
    command = _COMMANDS.get(rest[0]) if rest else None
    if command is None:
        return run(words)
    if command.action is None:
        sys.stderr.write(f"pycompss {command.name}: not available yet\n")
        return NOT_AVAILABLE
    action = run if command.name == "run" else command.action
    taken = [option for option in leading if not _is_of_the_tool(option, command)]
    return action([*taken, *rest[1:]])


def _in_environment(name: str, words: Sequence[str], run: Action) -> int:
    """`pycompss --env_id NAME COMMAND …`: as if that environment were the active one."""
    from pycompss.cli.environment import guarded  # noqa: PLC0415  (loaded when called)
    from pycompss.deploy.environments import store  # noqa: PLC0415  (the same)

    def do() -> int:
        with store.chosen(name):
            return _main(words, run)

    return guarded(do)


def _is_of_the_tool(option: str, command: Command) -> bool:
    """Whether an option before the command is one of how the tool prints: nothing here depends on these."""
    return option in _OF_THE_TOOL or (option in ("-d", "--debug") and command.name not in _WITH_RUN_OPTIONS)


def runcompss(words: Sequence[str] | None = None) -> int:
    """`runcompss …`, the same as `pycompss run …`."""
    from pycompss.cli.run import run  # noqa: PLC0415  (loaded when called)

    return run(sys.argv[1:] if words is None else words, "runcompss")


def enqueue_compss() -> int:
    """`enqueue_compss …`, the same as `pycompss enqueue …`."""
    return main(["enqueue", *sys.argv[1:]])


def compss_clean_procs() -> int:
    """`compss_clean_procs [--dry_run]`."""
    from pycompss.cli.clean import clean  # noqa: PLC0415  (loaded when called)

    return clean(sys.argv[1:])


def launch_compss() -> int:
    """`launch_compss …`: a program in the job in which this is called."""
    from pycompss.cli.launch import launch  # noqa: PLC0415  (loaded when called)

    return launch(sys.argv[1:])


def compss_gentrace() -> int:
    """`compss_gentrace [OPTIONS] [DIR]`."""
    return _gentrace(sys.argv[1:])


def compss_monitor() -> int:
    """`compss-monitor start|stop|status|restart`."""
    return _monitor(sys.argv[1:])


def compss_gengraph() -> int:
    """`compss_gengraph [svg|png|pdf] FILE.dot`."""
    return _gengraph(sys.argv[1:])


def _leading_options(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """`pycompss -d run app.py`: options before the command belong to it."""
    count = next((number for number, word in enumerate(words) if not word.startswith("-")), len(words))
    return list(words[:count]), list(words[count:])


def _run(words: Sequence[str]) -> int:
    from pycompss.cli.run import run  # noqa: PLC0415  (loaded when called)

    return run(words, "pycompss run")


def _run_where_active(words: Sequence[str]) -> int:
    from pycompss.deploy.environments import active  # noqa: PLC0415  (loaded when called)

    is_chosen = _STORE in sys.modules  # by --env_id
    if not is_chosen and not active.is_any() and not any(word.partition("=")[0] in _APP for word in words):
        return _run(words)
    from pycompss.cli.elsewhere import run  # noqa: PLC0415  (few programs run elsewhere)

    return run(words)


def _config(words: Sequence[str]) -> int:
    from pycompss.cli.settings import show  # noqa: PLC0415  (loaded when called)

    return show(words)


def _gengraph(words: Sequence[str]) -> int:
    from pycompss.cli.gengraph import gengraph  # noqa: PLC0415  (loaded when called)

    return gengraph(words)


def _monitor(words: Sequence[str]) -> int:
    from pycompss.cli.monitor import monitor  # noqa: PLC0415  (loaded when called)

    return monitor(words)


def _top(words: Sequence[str]) -> int:
    from pycompss.cli.top import top  # noqa: PLC0415  (loaded when called)

    return top(words)


def _jupyter(words: Sequence[str]) -> int:
    from pycompss.cli.jupyter import jupyter  # noqa: PLC0415  (loaded when called)

    return jupyter(words)


def _enqueue(words: Sequence[str]) -> int:
    from pycompss.cli.enqueue import enqueue  # noqa: PLC0415  (loaded when called)

    return enqueue(words)


def _job(words: Sequence[str]) -> int:
    from pycompss.cli.job import job  # noqa: PLC0415  (loaded when called)

    return job(words)


def _log(words: Sequence[str]) -> int:
    from pycompss.cli.log import log  # noqa: PLC0415  (loaded when called)

    return log(words)


def _report(words: Sequence[str]) -> int:
    from pycompss.cli.report import report  # noqa: PLC0415  (loaded when called)

    return report(words)


def _gentrace(words: Sequence[str]) -> int:
    from pycompss.cli.gentrace import gentrace  # noqa: PLC0415  (loaded when called)

    return gentrace(words)


def _init(words: Sequence[str]) -> int:
    from pycompss.cli.environment import init  # noqa: PLC0415  (loaded when called)

    return init(words)


def _environment(words: Sequence[str]) -> int:
    from pycompss.cli.environment import environment  # noqa: PLC0415  (loaded when called)

    return environment(words)


def _environments(words: Sequence[str]) -> int:
    from pycompss.cli.environment import listed  # noqa: PLC0415  (loaded when called)

    return listed(words)


def _use(words: Sequence[str]) -> int:
    from pycompss.cli.environment import change  # noqa: PLC0415  (loaded when called)

    return change(words)


def _default(words: Sequence[str]) -> int:
    from pycompss.cli.environment import default  # noqa: PLC0415  (loaded when called)

    return default(words)


def _reset(words: Sequence[str]) -> int:
    from pycompss.cli.environment import reset  # noqa: PLC0415  (loaded when called)

    return reset(words)


def _exec(words: Sequence[str]) -> int:
    from pycompss.cli.environment import execute  # noqa: PLC0415  (loaded when called)

    return execute(words)


def _app(words: Sequence[str]) -> int:
    from pycompss.cli.applications import app  # noqa: PLC0415  (loaded when called)

    return app(words)


def _modulefile(words: Sequence[str]) -> int:
    from pycompss.cli.modulefile import modulefile  # noqa: PLC0415  (loaded when called)

    return modulefile(words)


def compss_xmls_generator() -> int:
    """`compss_xmls_generator [options] [NODE…]`."""
    from pycompss.cli.xmlfiles import generate  # noqa: PLC0415  (loaded when called)

    return generate(sys.argv[1:])


COMMANDS = (
    Command("run", "run an application in the environment", ("r",), _run_where_active),
    Command("config", "show every setting, its value and where that came from", (), _config),
    Command("gengraph", "draw a task graph: FILE.dot to PDF, SVG or PNG", ("gg",), _gengraph),
    Command("enqueue", "submit an application to a batch system", (), _enqueue),
    Command("init", "create an environment", ("i",), _init),
    Command("environment", "list, change or remove environments", ("env",), _environment),
    Command("envs", "list environments", ("status",), _environments),
    Command("use", "change to an environment", ("activate",), _use),
    Command("default", "change to this machine", (), _default),
    Command("reset", "remove all environments", ("wipe",), _reset),
    Command("exec", "run a command in the environment", ("ex", "e"), _exec),
    Command("app", "deploy applications", ("a",), _app),
    Command("job", "submit, list and cancel batch jobs", ("j",), _job),
    Command("modulefile", "write a module file for environment-modules or Lmod", (), _modulefile),
    Command("monitor", "show a run in a browser, live or finished", ("m",), _monitor),
    Command("top", "show a run in the terminal", (), _top),
    Command("jupyter", "start a notebook server", ("jpy", "n"), _jupyter),
    Command("log", "what happened in a run; explain TASK", (), _log),
    Command("trace-report", "what a run's time went into, as text or HTML", (), _report),
    Command("gentrace", "make a trace of a run afterwards", ("gt",), _gentrace),
    Command("components", "add or remove workers", ("c",)),
    Command("inspect", "print a workflow-run crate", ("ins",)),
    Command("tutorial", "try a tutorial", ("tut",)),
)
_COMMANDS = {name: command for command in COMMANDS for name in (command.name, *command.aliases)}


def help_text() -> str:
    """What `pycompss --help` prints."""
    lines = ["Usage: pycompss [COMMAND] …", "", "Commands (without one: run):"]
    lines += [_command_line(command) for command in COMMANDS]
    lines += ["", "pycompss run --help tells the options of a run.", ""]
    return "\n".join(lines)


def _command_line(command: Command) -> str:
    names = ", ".join((command.name, *command.aliases))
    later = "" if command.action else " [not available yet]"
    return f"  {names:<20}{command.says}{later}"
