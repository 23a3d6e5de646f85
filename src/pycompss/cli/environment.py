"""`pycompss init`, `environment`, `exec`, `app`: where commands run, and what is there; old and new words for it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from pycompss.deploy.environments import store
from pycompss.deploy.environments.store import LOCAL, REMOTE, Environment
from pycompss.errors import ConfigurationError

_FAILED = 1
_PATHS = ("/", "./", "../")  # beginnings of files, as names of modules have slashes, too
_LATER = ("docker", "unicore")
Verb = Callable[[argparse.Namespace], int]


def init(words: Sequence[str]) -> int:
    """`pycompss init [-n NAME] local|remote|cluster …`."""
    return _run(_init_parser(argparse.ArgumentParser("pycompss init", allow_abbrev=False)), words)


def environment(words: Sequence[str]) -> int:
    """`pycompss environment init|list|show|change|remove …`."""
    parser = argparse.ArgumentParser("pycompss environment", allow_abbrev=False)
    verbs = parser.add_subparsers(required=True, metavar="init|list|show|change|remove")
    _init_parser(verbs.add_parser("init", aliases=["i"]))
    verbs.add_parser("list", aliases=["l"]).set_defaults(verb=_list)
    show = verbs.add_parser("show", aliases=["s"])
    show.add_argument("name", nargs="?")
    show.set_defaults(verb=_show)
    change = verbs.add_parser("change", aliases=["c"])
    change.add_argument("name")
    change.set_defaults(verb=_change)
    remove = verbs.add_parser("remove", aliases=["r"])
    remove.add_argument("names", nargs="+")
    remove.add_argument("-f", "--force", "-y", action="store_true", help="and their applications")
    remove.set_defaults(verb=_remove)
    return _run(parser, words)


def execute(words: Sequence[str]) -> int:
    """`pycompss exec COMMAND…` in the active environment; returns its exit code."""
    if not words:
        sys.stderr.write("Usage: pycompss exec COMMAND …\n")
        return _FAILED
    return _run(None, words)


def app(words: Sequence[str]) -> int:
    """`pycompss app deploy|list|remove …`."""
    parser = argparse.ArgumentParser("pycompss app", allow_abbrev=False)
    verbs = parser.add_subparsers(required=True, metavar="deploy|list|remove")
    deploy = verbs.add_parser("deploy", aliases=["d"])
    deploy.add_argument("name")
    deploy.add_argument("-sd", "--source_dir", default=os.curdir, metavar="DIR")
    deploy.add_argument("-dd", "--destination_dir", default="", metavar="DIR")
    deploy.set_defaults(verb=_deploy)
    verbs.add_parser("list", aliases=["l"]).set_defaults(verb=_apps)
    remove = verbs.add_parser("remove", aliases=["rm", "r"])
    remove.add_argument("names", nargs="+")
    remove.set_defaults(verb=_undeploy)
    return _run(parser, words)


def _run(parser: argparse.ArgumentParser | None, words: Sequence[str]) -> int:
    """Do what the words say; without parser, they are a command."""
    try:
        if parser is None:
            return store.get(store.active()).place.run(words)
        asked = parser.parse_args(list(words))
        verb: Verb = asked.verb
        return verb(asked)
    except (ConfigurationError, OSError) as error:
        sys.stderr.write(f"pycompss: {getattr(error, 'message', error)}\n")
        return _FAILED


def _init_parser(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("-n", "--name", required=True)
    parser.add_argument("kind", choices=(LOCAL, REMOTE, "cluster", *_LATER), metavar="local|remote|cluster")
    parser.add_argument("-l", "--login", default="", metavar="USER@HOST[:PORT]")
    parser.add_argument("-m", "--modules", nargs="+", default=(), metavar="MODULE|FILE")
    parser.set_defaults(verb=_init)
    return parser


def _init(asked: argparse.Namespace) -> int:
    if asked.kind in _LATER:
        raise ConfigurationError(f"environments of type {asked.kind} are not available yet; local and remote are")
    kind = LOCAL if asked.kind == LOCAL else REMOTE
    if (kind == REMOTE) != bool(asked.login):
        raise ConfigurationError("a remote environment, and no other, needs --login=user@host")
    files = [word for word in asked.modules if word.startswith(_PATHS)]
    if len(files) > 1:
        raise ConfigurationError("one file can be sourced")
    modules = tuple(word for word in asked.modules if not word.startswith(_PATHS))
    store.create(Environment(asked.name, kind, asked.login, modules, "".join(files)))
    print(f"Environment {asked.name} created; `pycompss environment change {asked.name}` makes it the active one")
    return 0


def _list(_asked: argparse.Namespace) -> int:
    current = store.active()
    for name in store.names():
        known = store.get(name)
        print(f"{'*' if name == current else ' '} {name:<20} {known.type:<8} {known.place.name}")
    return 0


def _show(asked: argparse.Namespace) -> int:
    known = store.get(asked.name or store.active())
    print(f"name: {known.name}\ntype: {known.type}\nplace: {known.place.name}")
    print(f"modules: {' '.join(known.modules) or '-'}\nfile: {known.setup_file or '-'}")
    print(f"applications: {' '.join(known.apps) or '-'}")
    return 0


def _change(asked: argparse.Namespace) -> int:
    store.activate(asked.name)
    print(f"Environment {asked.name} is active")
    return 0


def _remove(asked: argparse.Namespace) -> int:
    for name in asked.names:
        store.remove(name, force=asked.force)
        print(f"Environment {name} removed")
    return 0


def _deploy(asked: argparse.Namespace) -> int:
    known = store.get(store.active())
    target = store.deploy(known, asked.name, asked.source_dir, asked.destination_dir)
    print(f"{asked.name} is in {target} ({known.place.name})")
    return 0


def _apps(_asked: argparse.Namespace) -> int:
    for name, place in store.get(store.active()).apps.items():
        print(f"{name}\t{place}")
    return 0


def _undeploy(asked: argparse.Namespace) -> int:
    known = store.get(store.active())
    for name in asked.names:
        known = store.undeploy(known, name)
        print(f"{name} removed")
    return 0
