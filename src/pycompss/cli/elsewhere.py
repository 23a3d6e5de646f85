"""`pycompss run` in the active environment: here as ever, or by the `runcompss` of that place."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

from pycompss.cli.environment import guarded
from pycompss.deploy.environments import store
from pycompss.deploy.environments.store import Environment
from pycompss.errors import ConfigurationError
from pycompss.runtime import machine

APP = ("-app", "-an", "--app_name")


def run(words: Sequence[str]) -> int:
    """`pycompss run [-app NAME] [options] app.py [arguments]`; returns the exit code. What is in a job runs there."""
    return guarded(lambda: _run(list(words)))


def _run(words: list[str]) -> int:
    known = store.get(store.active())
    application = without_application(words)
    if known.log_dir:
        words = [f"--log_dir={known.log_dir}", *words]
    if known.place.is_here or any(os.environ.get(variable) for variable in machine.ALLOCATIONS):
        return _here(known, application, words)
    directory = store.directory(known, application) if application else store.directory_for(known, os.getcwd())
    return known.place.run(["runcompss", *words], directory)


def _here(known: Environment, application: str, words: list[str]) -> int:
    from pycompss.cli.run import run as run_here  # noqa: PLC0415  (loaded when it is needed)

    if known.modules or known.setup_file:
        directory = store.directory(known, application) if application else shlex.quote(os.getcwd())
        return known.place.run(["runcompss", *words], directory)
    if application:
        os.chdir(shlex.split(store.directory(known, application))[0])
    return run_here(words, "pycompss run")


def without_application(words: list[str]) -> str:
    """Take `-app NAME` out of the options before the program; returns the name, or nothing."""
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in APP:
            if not equals and position + 1 == len(words):
                raise ConfigurationError(f"{name} needs the name of an application: pycompss app list")
            taken = 1 if equals else 2
            value = value if equals else words[position + 1]
            del words[position : position + taken]
            return value
        if not word.startswith("-"):
            break
    return ""
