"""The commands: `pycompss`, and its old names `runcompss`, `enqueue_compss`, `compss_gengraph`.

`pycompss COMMAND …`; without a command word, `run`. What commands there are: `commands`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from pycompss.cli.commands import OF_NAME, Action, Command, help_text

NOT_AVAILABLE = 2  # exit code
_ENVIRONMENT = ("-eid", "--env_id")
_STORE = "pycompss.deploy.environments.store"
_APP = ("-app", "-an", "--app_name")
_WITH_RUN_OPTIONS = ("run", "enqueue", "config")
_OF_THE_TOOL = ("-p", "--plain", "-s", "--sanitize", "-i", "--info")


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
    command = OF_NAME.get(rest[0]) if rest else None
    if command is None:
        return _misspelt(rest[0]) if rest and _near(rest[0]) else run(words)
    if not command.entry:
        sys.stderr.write(f"pycompss {command.name}: not available yet\n")
        return NOT_AVAILABLE
    action = run if command.name == "run" else command.load()
    taken = [option for option in leading if not _is_of_the_tool(option, command)]
    return action([*taken, *rest[1:]])


def _near(word: str) -> list[str]:
    """The command that is probably meant by what is neither one nor an application."""
    if "." in word or os.path.exists(word):
        return []
    import difflib  # noqa: PLC0415  (only for a mistake)

    return difflib.get_close_matches(word.lower(), OF_NAME, n=1, cutoff=0.8)


def _misspelt(word: str) -> int:
    sys.stderr.write(f"[ ERROR ]: There is no command, and no application, {word} (did you mean {_near(word)[0]}?)\n")
    return 1


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
    return main(["gentrace", *sys.argv[1:]])


def compss_monitor() -> int:
    """`compss-monitor start|stop|status|restart`."""
    return main(["monitor", *sys.argv[1:]])


def compss_gengraph() -> int:
    """`compss_gengraph [svg|png|pdf] FILE.dot`."""
    return main(["gengraph", *sys.argv[1:]])


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


def compss_xmls_generator() -> int:
    """`compss_xmls_generator [options] [NODE…]`."""
    from pycompss.cli.xmlfiles import generate  # noqa: PLC0415  (loaded when called)

    return generate(sys.argv[1:])
