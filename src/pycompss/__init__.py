"""The PyCOMPSs programming model as pure Python."""

from typing import Any

__version__ = "0.1.0"


def load_ipython_extension(ipython: Any) -> None:
    """`%load_ext pycompss`: the magic `%compss`."""
    from pycompss.interactive import magics  # noqa: PLC0415  (only where somebody looks)

    magics.load(ipython)
