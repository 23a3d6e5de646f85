"""`pycompss jupyter [arguments]`: a notebook server in this environment.

The process becomes JupyterLab, with the arguments as they were given: nothing of ours stays behind it. It has a menu
"COMPSs" and a kernel "PyCOMPSs" (`interactive/jupyter`), also where a wheel has not put them beside Jupyter's own.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence

import pycompss.interactive
from pycompss.runtime import machine

_SHARED = os.path.join(os.path.dirname(pycompss.interactive.__file__), "jupyter")
HOW = "pip install 'purecompss[jupyter]'"
USAGE = f"""\
Usage: pycompss jupyter [FOLDER or NOTEBOOK] [arguments of `jupyter lab`]

Starts JupyterLab, with a menu "COMPSs" and a kernel "PyCOMPSs", whose runtime starts with it; in others:

    import pycompss.interactive as ipycompss
    ipycompss.start(graph=True, monitor=1000)

Without a browser on this machine add --no-browser and open the address that is printed, over a tunnel if need be:
ssh -L 8888:localhost:8888 THIS_MACHINE. In a remote environment it is a job there, with a tunnel to it; its options are
those of `pycompss job submit`. Needs {HOW}.
"""


def _elsewhere(words: Sequence[str]) -> int | None:
    """In an active environment that is another machine or a container; None: here. A job's own server is here."""
    from pycompss.deploy.environments import store  # noqa: PLC0415  (loaded when called)

    known = store.get(store.active())
    if known.place.is_here or any(os.environ.get(variable) for variable in machine.ALLOCATIONS):
        return None
    from pycompss.cli import environment, remote_jupyter  # noqa: PLC0415  (few need it)

    return environment.guarded(lambda: remote_jupyter.jupyter(known, words))


def jupyter(words: Sequence[str]) -> int:
    """Become JupyterLab; returns only if that is impossible."""
    if any(word in ("-h", "--help") for word in words):
        sys.stdout.write(USAGE)
        return 0
    if (code := _elsewhere(words)) is not None:
        return code
    if importlib.util.find_spec("jupyterlab") is None:
        sys.stderr.write(f"pycompss jupyter: JupyterLab is not installed; {HOW}\n")
        return 1
    for name, folder in (("JUPYTER_PATH", _SHARED), ("JUPYTER_CONFIG_PATH", os.path.join(_SHARED, "config"))):
        os.environ[name] = os.pathsep.join(filter(None, [folder, os.environ.get(name)]))
    command = [sys.executable, "-m", "jupyterlab", *(word for word in words if word not in ("lab", "-lab"))]
    return os.execv(command[0], command)  # noqa: S606  (no shell is meant)
