"""The growing middle of a graph: lines in nested clusters, kept small, readable as valid DOT at any moment.

A line is written once and never changed. What is written is compressed piece by piece (task graphs shrink to a
tenth), so that a graph of a million tasks costs megabytes. A statement that names a node inside a cluster makes the
node a member of it; therefore edges that come from elsewhere wait (`later`) until all clusters are closed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

Path = tuple[str, ...]  # identifiers of the clusters around a line, outermost first
ROOT: Path = ()
_PIECE = 1 << 17  # characters before they are compressed


class Body:
    """Lines of DOT, each in the clusters that were entered before it."""

    def __init__(self) -> None:
        self.path: Path = ROOT
        self._sealed: list[bytes] = []
        self._fresh: list[str] = []
        self._size = 0
        self._later: list[str] = []
        self._openings: dict[str, str] = {}

    def declare(self, cluster: str, opening: str) -> None:
        """Say how a cluster opens, before it is entered for the first time."""
        self._openings[cluster] = opening

    def enter(self, path: Path) -> None:
        """Close and open clusters so that the next line stands in `path`; a cluster may be entered again."""
        if path == self.path:
            return
        common = _common(self.path, path)
        for _ in self.path[common:]:
            self.line("}\n")
        for cluster in path[common:]:
            self.line(self._openings.pop(cluster, "") or f"subgraph {cluster} {{")
        self.path = path
        if not path and self._later:
            later, self._later = self._later, []
            for text in later:
                self.line(text)

    def line(self, text: str) -> None:
        self._fresh.append("\n")
        self._fresh.append(text)
        self._size += len(text) + 1
        if self._size > _PIECE:
            self._seal()

    def later(self, text: str) -> None:
        """Write a line outside of all clusters: now, or when they are closed."""
        if self.path:
            self._later.append(text)
        else:
            self.line(text)

    def pieces(self) -> Iterator[str]:
        """All lines, then what closes the clusters that are still open."""
        for piece in self._sealed:
            yield zlib.decompress(piece).decode()
        yield from self._fresh
        yield "\n}\n" * len(self.path)
        for text in self._later:
            yield f"\n{text}"

    def _seal(self) -> None:
        self._sealed.append(zlib.compress("".join(self._fresh).encode(), 1))
        self._fresh.clear()
        self._size = 0


def _common(one: Path, other: Path) -> int:
    """How many clusters both paths begin with."""
    length = 0
    for a, b in zip(one, other):  # noqa: B905  (the shorter decides)
        if a != b:
            break
        length += 1
    return length
