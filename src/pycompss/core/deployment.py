"""How the processes of a node start, and where they work: what project.xml says of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deployment:
    """Empty: as on every other node. Paths are those of the node.

    interpreter: of Python, that starts its agent if it is another machine. scripts: sourced before. path: folders that
    stand before `sys.path`; libraries: before LD_LIBRARY_PATH.
    """

    working_dir: str = ""
    interpreter: str = ""
    scripts: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()


AS_ALL = Deployment()
