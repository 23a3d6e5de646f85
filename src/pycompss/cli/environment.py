"""`pycompss init`, `environment`, `exec`: where commands run; with the words of COMPSs' manual, and its newer ones."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from pycompss.cli import initialisation
from pycompss.deploy.environments import store
from pycompss.errors import ConfigurationError

_FAILED = 1
_ALL = "all"
Verb = Callable[[argparse.Namespace], int]


def init(words: Sequence[str]) -> int:
    """`pycompss init [-n NAME] local|remote|cluster|docker …`."""
    return carry_out(initialisation.options_of(argparse.ArgumentParser("pycompss init", allow_abbrev=False)), words)


def environment(words: Sequence[str]) -> int:
    """`pycompss environment init|list|show|change|remove …`; without a verb: list."""
    parser = argparse.ArgumentParser("pycompss environment", allow_abbrev=False)
    verbs = parser.add_subparsers(required=True, metavar="init|list|show|change|remove")
    initialisation.options_of(verbs.add_parser("init", aliases=["i"], allow_abbrev=False))
    verbs.add_parser("list", aliases=["l"]).set_defaults(verb=_list)
    show = verbs.add_parser("show", aliases=["s"])
    show.add_argument("name", nargs="?")
    show.set_defaults(verb=_show)
    change = verbs.add_parser("change", aliases=["c"])
    change.add_argument("name")
    change.set_defaults(verb=_change)
    remove = verbs.add_parser("remove", aliases=["r", "rm"])
    remove.add_argument("names", nargs="+", metavar="NAME|all")
    remove.add_argument("-f", "--force", "-y", "--yes", action="store_true", help="and their applications")
    remove.set_defaults(verb=_remove)
    return carry_out(parser, words or ["list"])


def listed(words: Sequence[str]) -> int:
    """`pycompss status`, `pycompss envs`."""
    return environment(["list", *words])


def change(words: Sequence[str]) -> int:
    """`pycompss use NAME`, `pycompss activate NAME`."""
    return environment(["change", *words])


def default(words: Sequence[str]) -> int:
    """`pycompss default`."""
    return environment(["change", store.DEFAULT, *words])


def reset(words: Sequence[str]) -> int:
    """`pycompss reset [-y]`, `pycompss wipe [-y]`."""
    return environment(["remove", _ALL, *words])


def execute(words: Sequence[str]) -> int:
    """`pycompss exec COMMAND…` in the active environment; returns its exit code."""
    if not words:
        sys.stderr.write("Usage: pycompss exec COMMAND …\n")
        return _FAILED
    return guarded(lambda: _executed(words))


def _executed(words: Sequence[str]) -> int:
    known = store.get(store.active())
    return known.place.run(words, store.directory_for(known, os.getcwd()))


def carry_out(parser: argparse.ArgumentParser, words: Sequence[str]) -> int:
    """Do what the words say; returns the exit code."""

    def verb() -> int:
        asked = parser.parse_args(list(words))
        do: Verb = asked.verb
        return do(asked)

    return guarded(verb)


def guarded(action: Callable[[], int]) -> int:
    """What goes wrong is one message, and an exit code."""
    try:
        return action()
    except (ConfigurationError, OSError) as error:
        sys.stderr.write(f"pycompss: {getattr(error, 'message', error)}\n")
        return _FAILED


def _list(_asked: argparse.Namespace) -> int:
    current = store.active()
    for name in store.names():
        known = store.get(name)
        print(f"{'*' if name == current else ' '} {name:<20} {known.type:<8} {known.place.name}")
    return 0


def _show(asked: argparse.Namespace) -> int:
    known = store.get(asked.name or store.active())
    print(f"name: {known.name}\ntype: {known.type}\nplace: {known.place.name}")
    if known.container:
        print(f"image: {known.image}")
    if known.working_dir:
        print(f"directory: {known.working_dir}")
    print(f"modules: {' '.join(known.modules) or '-'}\nfile: {known.setup_file or '-'}")
    print(f"applications: {' '.join(known.apps) or '-'}")
    return 0


def _change(asked: argparse.Namespace) -> int:
    store.activate(asked.name)
    print(f"Environment {asked.name} is active")
    return 0


def _remove(asked: argparse.Namespace) -> int:
    everything = asked.names == [_ALL]
    names = [name for name in store.names() if name != store.DEFAULT] if everything else asked.names
    force = asked.force or _agreed(names)
    stay = [why for why in (_removed(name, force=force) for name in names) if why]
    if stay:
        raise ConfigurationError("\n".join(stay))
    return 0


def _removed(name: str, *, force: bool) -> str:
    """Why it stays; empty if it is gone."""
    try:
        store.remove(name, force=force)
    except ConfigurationError as error:
        return str(error.message)
    print(f"Environment {name} removed")
    return ""


def _agreed(names: Sequence[str]) -> bool:
    """Ask somebody at a terminal whether deployed applications may go, too."""
    apps = [f"{app} ({name})" for name in names if name in store.names() for app in store.get(name).apps]
    if not apps or not sys.stdin.isatty():
        return False
    return input(f"The applications {', '.join(apps)} are deleted, too. Go on? [y/N] ").lower() in ("y", "yes")
