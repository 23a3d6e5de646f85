"""A module file for environment-modules and Lmod: `module load COMPSs` has this installation found."""

from __future__ import annotations

import os
import re
import sys

from pycompss.errors import ConfigurationError
from pycompss.runtime import console

NAME = "COMPSs"
_TEMPLATE = """\
#%Module1.0
## Written by `pycompss modulefile`.
proc ModulesHelp {{ }} {{ puts stderr {{{title}: tasks in Python programs, in parallel}} }}
module-whatis {{{title}}}
conflict {name}
prepend-path PATH {{{programs}}}
setenv COMPSS_HOME {{{home}}}
setenv COMPSS_PYTHON_VERSION {{{python}}}
"""


def text() -> str:
    """The module file of the interpreter that runs this."""
    home = sys.prefix
    if re.search(r"[{}\\\n]", home):
        raise ConfigurationError(f"{home}: module files cannot hold braces and backslashes")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    programs = os.path.join(home, "bin")
    return _TEMPLATE.format(title=console.VERSION, name=NAME, programs=programs, home=home, python=version)


def write(directory: str, version: str) -> str:
    """Write it where `module use DIRECTORY` finds it; returns the path."""
    path = os.path.join(directory, NAME, version)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text())
    return path
