"""Variables that scripts set: `--env_script=FILE` is sourced, and what it changes is what tasks get."""

from __future__ import annotations

import os
from collections.abc import Sequence

from pycompss.errors import ConfigurationError

_SOURCE = 'for script do . "$script" >&2 || exit 1; done; exec env -0'
_OF_THE_SHELL = frozenset({"_", "SHLVL", "PWD", "OLDPWD", "COLUMNS", "LINES"})


def sourced(scripts: Sequence[str]) -> dict[str, str]:
    """The variables that differ after the scripts were sourced one after another; what they print goes to stderr.

    Raises ConfigurationError for a script that is missing or fails.
    """
    if not scripts:
        return {}
    for script in scripts:
        if not os.path.isfile(script):
            raise ConfigurationError(f"env_script {script} does not exist")
    import subprocess  # noqa: PLC0415  (only runs with scripts pay for it)

    done = subprocess.run(["bash", "-c", _SOURCE, "bash", *scripts], stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise ConfigurationError(f"env_script {os.pathsep.join(scripts)}: failed with exit code {done.returncode}")
    entries = (os.fsdecode(entry).partition("=") for entry in done.stdout.split(b"\0") if entry)
    return {name: value for name, _, value in entries if name not in _OF_THE_SHELL and os.environ.get(name) != value}
