"""`pycompss job submit|status|cancel|list|history`: the user's jobs in the batch system of this machine."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence

from pycompss.cli import enqueue
from pycompss.cli.arguments import BadArgument
from pycompss.cli.enqueue import Request
from pycompss.deploy.batch import record, site, states, systems
from pycompss.deploy.batch.refused import Refused
from pycompss.deploy.batch.systems.system import System
from pycompss.deploy.environments import store
from pycompss.deploy.environments.store import Environment
from pycompss.errors import ConfigurationError

FAILED = 1
_APP = ("-app", "-an", "--app_name")
_USAGE = """\
Usage: pycompss job submit [-e VAR[=VALUE]]… [-eem MODULE]… [options] app.py [arguments]
       pycompss job status|cancel ID
       pycompss job list
       pycompss job history [--job_id ID]
"""
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def job(words: Sequence[str]) -> int:
    """What the words after `pycompss job` say; returns the exit code."""
    verb = _VERBS.get(words[0]) if words else None
    if verb is None:
        asked = bool(words) and words[0] in ("-h", "--help")
        (sys.stdout if asked else sys.stderr).write(_USAGE)
        return 0 if asked else FAILED
    try:
        known = store.get(store.active())
        return verb(words[1:]) if known.place.is_here else _remotely(known, words)
    except BadArgument as error:
        sys.stderr.write(f"Bad argument: {error}\n{_USAGE}")
    except ConfigurationError as error:
        sys.stderr.write(f"pycompss job: {error.message}\n")
    return FAILED


# -- in a remote environment: the same command, there


def _remotely(known: Environment, words: Sequence[str]) -> int:
    words, directory = list(words), ""
    for option in _APP:
        if option in words[:-1]:
            position = words.index(option)
            directory = store.directory(known, words[position + 1])
            del words[position : position + 2]
    return known.place.run(["pycompss", "job", *words], directory)


# -- submit


def _submit(words: Sequence[str]) -> int:
    request, rest = _own_options(list(words))
    if any(word in ("-h", "--help") for word in rest[:1]):
        return enqueue.enqueue(["--help"], "pycompss job submit")
    enqueue.submit(enqueue.read(rest, request), words)
    return 0


def _own_options(words: list[str]) -> tuple[Request, list[str]]:
    """The options of `job submit` whose values are words of their own, and the other words."""
    request, rest = Request(), []
    while words and words[0].startswith("-"):
        word = words.pop(0)
        take = _WITH_VALUE.get(word)
        if take is None:
            rest += [] if word == "-v" else [word]
        elif not words:
            raise BadArgument(f"{word} needs a value")
        else:
            take(request, words.pop(0))
    return request, [*rest, *words]


def _application(request: Request, name: str) -> None:
    """Submit from the folder of a deployed application."""
    place = store.directory(store.get(store.active()), name)
    os.chdir(shlex.split(place)[0])
    request.application = name


def _variable(request: Request, text: str) -> None:
    name, equals, value = text.partition("=")
    if not _VARIABLE.fullmatch(name):
        raise BadArgument(f"{name} is no name of an environment variable")
    if not equals and name not in os.environ:
        raise BadArgument(f"{name} is not set here; give a value: -e {name}=VALUE")
    request.variables[name] = value if equals else os.environ[name]


def _module(request: Request, text: str) -> None:
    request.modules.append(text)


_WITH_VALUE: dict[str, Callable[[Request, str], None]] = {
    **dict.fromkeys(_APP, _application),
    "-e": _variable,
    "-eev": _variable,
    "--extra_env_var": _variable,
    "-eem": _module,
    "--extra_env_mod": _module,
}

# -- the others


def _status(words: Sequence[str]) -> int:
    number = _number(words)
    print(f"SUCCESS:{states.of(number, _system(number))}")
    return 0


def _cancel(words: Sequence[str]) -> int:
    number = _number(words)
    system = _system(number)
    state = system.state(number)
    if state in states.ENDED:
        record.set_status(number, state)
        raise Refused(f"job {number} has ended", asked=f"the end of job {number}", found=state)
    answer = system.cancel(number)
    if answer.code:
        raise Refused(
            f"job {number} cannot be cancelled",
            asked=f"the end of job {number}",
            found=(answer.err.strip() or answer.out.strip()).replace("\n", "; "),
            attempt="pycompss job list",
        )
    record.set_status(number, "CANCELLED")
    print(f"Job `{number}` canceled")
    return 0


def _list(_words: Sequence[str]) -> int:
    jobs = systems.named(site.system(site.find(site.DEFAULT))).jobs()
    print("SUCCESS")
    for number, state, name in jobs:
        print(f"\t{number} - {state} - {name}")
    return 0


def _history(words: Sequence[str]) -> int:
    entries = record.entries()
    wanted = [word.partition("=")[2] or word for word in words if word not in ("--job_id", "--no_table")]
    for number in wanted:
        if number not in entries:
            raise Refused(f"job {number} was not submitted from here", attempt="pycompss job history")
    for number, entry in entries.items():
        if not wanted or number in wanted:
            print("\n".join(_told(number, entry)))
    return 0


def _told(number: str, entry: record.Entry) -> list[str]:
    return [
        f"{number}  {entry.timestamp} UTC  {entry.status}  {entry.app_name}",
        *(f"    environment variable: {name}={value}" for name, value in entry.extra_env_vars.items()),
        *(f"    module: {name}" for name in entry.extra_env_mods),
        f"    arguments: {shlex.join(entry.enqueue_args)}",
    ]


def _number(words: Sequence[str]) -> str:
    if len(words) != 1 or not re.fullmatch(r"\d[\w.\[\]-]*", words[0], re.ASCII):
        raise BadArgument("expected the number of one job")
    return words[0]


def _system(number: str) -> System:
    """The batch system that has the job: the one it was submitted to, or the one that is here."""
    entry = record.entries().get(number)
    key = entry.batch_system if entry is not None else ""
    return systems.named(key or site.system(site.find(site.DEFAULT)))


_VERBS: dict[str, Callable[[Sequence[str]], int]] = {
    **dict.fromkeys(("submit", "sub"), _submit),
    **dict.fromkeys(("status", "st"), _status),
    **dict.fromkeys(("cancel", "cj"), _cancel),
    **dict.fromkeys(("list", "lj"), _list),
    **dict.fromkeys(("history", "hj"), _history),
}
