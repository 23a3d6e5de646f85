"""`pycompss jupyter [arguments]`: a notebook server in this environment.

The process becomes JupyterLab, with the arguments as they were given: nothing of ours stays behind it. Its kernels have
`import pycompss.interactive as ipycompss`.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence

HOW = "pip install 'purecompss[jupyter]'"
USAGE = f"""\
Usage: pycompss jupyter [FOLDER or NOTEBOOK] [arguments of `jupyter lab`]

Starts JupyterLab; in a notebook:

    import pycompss.interactive as ipycompss
    ipycompss.start(graph=True, monitor=1000)

Without a browser on this machine add --no-browser and open the address that is printed, over a tunnel if need be:
ssh -L 8888:localhost:8888 THIS_MACHINE. Needs {HOW}.
"""


def jupyter(words: Sequence[str]) -> int:
    """Become JupyterLab; returns only if that is impossible."""
    if any(word in ("-h", "--help") for word in words):
        sys.stdout.write(USAGE)
        return 0
    if importlib.util.find_spec("jupyterlab") is None:
        sys.stderr.write(f"pycompss jupyter: JupyterLab is not installed; {HOW}\n")
        return 1
    command = [sys.executable, "-m", "jupyterlab", *(word for word in words if word != "lab")]
    return os.execv(command[0], command)  # noqa: S606  (no shell is meant)
