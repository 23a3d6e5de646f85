"""`pycompss modulefile [DIRECTORY]`: print a module file, or put it where `module use DIRECTORY` finds it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pycompss import __version__
from pycompss.deploy import modulefile as files
from pycompss.errors import ConfigurationError

_USAGE = "Usage: pycompss modulefile [DIRECTORY]\n"
_FAILED = 1


def modulefile(words: Sequence[str]) -> int:
    """What the words say; returns the exit code."""
    if len(words) > 1 or any(word.startswith("-") for word in words):
        asked = list(words) in (["-h"], ["--help"])
        (sys.stdout if asked else sys.stderr).write(_USAGE)
        return 0 if asked else _FAILED
    try:
        if words:
            path = files.write(words[0], __version__)
            print(f"{path}\nmodule use {words[0]} && module load {files.NAME}/{__version__}")
        else:
            sys.stdout.write(files.text())
    except ConfigurationError as error:
        sys.stderr.write(f"pycompss modulefile: {error.message}\n")
        return _FAILED
    except OSError as error:
        sys.stderr.write(f"pycompss modulefile: {words[0]}: cannot be written: {error.strerror}\n")
        return _FAILED
    return 0
