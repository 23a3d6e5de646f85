"""`--python_memory_profile`: resident memory of the program and of workers over time, in files that `mprof plot` reads.

`mprofile_<date>.dat` is the program, `<node>.dat` a node: the sum of its workers, and each of them (as `mprof run
--multiprocess` writes it). They lie in the working directory, as the original's do; whoever asks for them wants them.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING

from pycompss.engines.local.residence import resident
from pycompss.util import stderr

if TYPE_CHECKING:
    from pycompss.core.resources import Node
    from pycompss.engines.protocol import Engine

PERIOD = 0.1  # seconds between two looks


class MemoryProfile:
    """Looks until it is closed. OSError: a file cannot be written."""

    def __init__(self, engine: Engine, nodes: Sequence[Node], words: tuple[str, ...]) -> None:
        """nodes: of the run; more may come."""
        self._engine = engine
        self._known = nodes
        self._command = " ".join(words)
        self._program = self._file(time.strftime("mprofile_%Y%m%d%H%M%S.dat"))
        self._nodes = {node.index: self._file_of(node.index) for node in nodes}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pycompss-memory", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """A last look; the files are complete."""
        self._closing.set()
        self._thread.join()
        for file in (self._program, *self._nodes.values()):
            file.close()

    def _file(self, name: str) -> IO[str]:
        file = open(name, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115  (closed by close)
        file.write(f"CMDLINE {self._command}\n")
        return file

    def _file_of(self, node: int) -> IO[str]:
        return self._file(f"{self._known[node].name.replace(os.sep, '_')}.dat")

    def _run(self) -> None:
        try:
            while True:
                self._look()
                if self._closing.wait(PERIOD):
                    self._look()
                    return
        except OSError as error:  # the disk is full
            stderr.write(f"WARNING: the memory profile is incomplete: {error}\n")

    def _look(self) -> None:
        now = time.time()
        self._program.write(f"MEM {resident(os.getpid()):.6f} {now:.4f}\n")
        for node, then, sizes in self._engine.memory():
            if node not in self._nodes:
                self._nodes[node] = self._file_of(node)
            file = self._nodes[node]
            file.write(f"MEM {sum(size for _, size in sizes):.6f} {then:.4f}\n")
            file.writelines(f"CHLD {number} {size:.6f} {then:.4f}\n" for number, size in sizes)
