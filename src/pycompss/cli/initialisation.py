"""The options of `pycompss init`, by the type of the environment, and what becomes of them."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace

from pycompss.deploy.environments import store
from pycompss.deploy.environments.store import DOCKER, LOCAL, REMOTE, Environment
from pycompss.errors import ConfigurationError

_PATHS = ("/", "./", "../")  # beginnings of files, as names of modules have slashes, too


def options_of(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add them."""
    parser.add_argument("-n", "--name", default="")
    kinds = parser.add_subparsers(required=True, metavar="local|remote|cluster|docker", dest="kind")
    _local(_kind(kinds, "local"))
    _remote(_kind(kinds, "remote"))
    _remote(_kind(kinds, "cluster"))
    _docker(_kind(kinds, "docker"))
    unicore = kinds.add_parser("unicore", allow_abbrev=False)
    for option in ("-bu", "-u", "-p", "-t", "-m", "-n"):
        unicore.add_argument(option)
    unicore.set_defaults(verb=_unicore)
    return parser


def _kind(kinds: argparse._SubParsersAction[argparse.ArgumentParser], name: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = kinds.add_parser(name, allow_abbrev=False)
    parser.add_argument("-n", "--name", default=argparse.SUPPRESS)
    parser.add_argument("--setup_file", default="", metavar="FILE", help="sourced before every command")
    return parser


def _local(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-m", "--modules", nargs="+", default=(), metavar="MODULE|FILE")
    parser.add_argument("-w", "--working_dir", default="", metavar="DIR", help="where commands run")
    parser.add_argument("-l", "--log_dir", default="", metavar="DIR", help="where runs are noted")
    parser.set_defaults(verb=_init_local)


def _remote(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-l", "--login", default="", metavar="USER@HOST[:PORT]")
    parser.add_argument("-u", "--username", default="", metavar="USER")
    parser.add_argument("-p", "--password", metavar="PASSWORD", help="refused: ssh logs in with keys")
    parser.add_argument("-m", "--modules", "--machine", nargs="+", default=[], metavar="MODULE|FILE, with -u HOST")
    parser.set_defaults(verb=_init_remote)


def _docker(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-i", "--image", default="", help="default: COMPSS_DOCKER_IMAGE, or one that is made now")
    parser.add_argument("-w", "--working_dir", default=os.curdir, metavar="DIR", help="is mounted as its home")
    parser.add_argument("-l", "--log_dir", default="", metavar="DIR", help="where runs are noted, in the container")
    parser.add_argument("-o", "--options", default="", metavar="TEXT", help="more options of `docker run`")
    parser.add_argument("-p", "--privileged", action="store_true")
    parser.add_argument("-nr", "--no_restart", action="store_true", help="accepted: it starts when it is needed")
    parser.add_argument("-ui", "--update_image", action="store_true", help="get the image anew")
    parser.set_defaults(verb=_init_docker)


def _init_local(asked: argparse.Namespace) -> int:
    directory, log_dir = _folder("working_dir", asked.working_dir), _folder("log_dir", asked.log_dir)
    return _created(_with_modules(Environment(_name(asked), working_dir=directory, log_dir=log_dir), asked))


def _init_remote(asked: argparse.Namespace) -> int:
    if asked.password is not None:
        raise ConfigurationError(
            "passwords are not stored: ssh logs in with a key\n    try:   ssh-copy-id, then the same without -p"
        )
    login = asked.login
    if not login and len(asked.modules) == 1:  # the newer words: -u USER -m HOST
        login, asked.modules = f"{asked.username}@{asked.modules[0]}".removeprefix("@"), []
    elif asked.username and "@" not in login:
        login = f"{asked.username}@{login}"
    if not login:
        raise ConfigurationError("a remote environment, and no other, needs --login=user@host")
    return _created(_with_modules(Environment(_name(asked), REMOTE, login), asked))


def _init_docker(asked: argparse.Namespace) -> int:
    from pycompss.deploy.environments import container  # noqa: PLC0415  (loaded when asked for)

    name = store.check_name(_name(asked))
    store.check_new(name)
    image = asked.image or os.environ.get("COMPSS_DOCKER_IMAGE", "")
    folder = os.path.abspath(asked.working_dir)
    known = Environment(
        name, DOCKER, setup_file=asked.setup_file, image=image, container=f"pycompss-{os.getuid()}-{name}",
        working_dir=folder, log_dir=asked.log_dir,
    )  # fmt: skip
    options = " ".join(filter(None, [asked.options, "--privileged" if asked.privileged else ""]))
    return _created(container.create(known, options, refresh=asked.update_image))


def _unicore(_asked: argparse.Namespace) -> int:
    raise ConfigurationError("environments of type unicore are not available yet; local, remote and docker are")


def _name(asked: argparse.Namespace) -> str:
    name: str = asked.name
    return name or store.free_name(LOCAL if asked.kind == LOCAL else DOCKER if asked.kind == DOCKER else REMOTE)


def _folder(option: str, folder: str) -> str:
    if folder and not os.path.isdir(folder):
        raise ConfigurationError(f"--{option}={folder} is no directory")
    return folder and os.path.abspath(folder)


def _with_modules(known: Environment, asked: argparse.Namespace) -> Environment:
    files = [word for word in (*asked.modules, asked.setup_file) if word.startswith(_PATHS) or word == asked.setup_file]
    files = [file for file in files if file]
    if len(files) > 1:
        raise ConfigurationError("one file can be sourced")
    modules = tuple(word for word in asked.modules if not word.startswith(_PATHS))
    return replace(known, modules=modules, setup_file="".join(files))


def _created(known: Environment) -> int:
    store.create(known)
    sys.stdout.write(
        f"Environment {known.name} created; `pycompss environment change {known.name}` makes it the active one\n"
    )
    return 0
