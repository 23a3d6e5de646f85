"""The boxes of a graph: which clusters surround a task, and which tasks a group has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from pycompss.core.parameter import Direction
from pycompss.observe import dottext
from pycompss.observe.dotbody import ROOT, Body, Path

Sharing = Sequence[tuple[int, str]]  # direction, and the version that all members of the group write


def sharing_of(shared: Iterable[tuple[int, str]], writes: Iterable[str]) -> Sharing:
    """The groups of writers that a task belongs to: of the data in `shared`, the versions in `writes`."""
    if not shared:
        return ()
    directions = {datum: direction for direction, datum in shared}
    versions = [(directions.get(version.partition("v")[0]), version) for version in writes]
    return [(direction, version) for direction, version in versions if direction is not None]


class Clusters:
    """Clusters of one graph, declared to its body when they are first needed."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._open: dict[tuple[str, ...], str] = {}  # names of nested groups -> cluster of the innermost
        self._occurrences: dict[str, int] = {}
        self._members: dict[str, list[int]] = {}
        self._latest: dict[str, str] = {}  # group -> its cluster
        self._commutative: dict[tuple[Path, str], str] = {}
        self._commutatives = 0
        self._reduction: tuple[Path, int, str] = (ROOT, -1, "")  # path, task type, cluster

    def path_of(
        self,
        task: int,
        type_: int,
        groups: tuple[str, ...],
        sharing: Sharing,
        flags: Collection[str],
    ) -> Path:
        path = tuple(self._group(groups[: depth + 1]) for depth in range(len(groups))) if groups else ROOT
        for name in groups:
            self._members.setdefault(name, []).append(task)
        if "reduce" in flags:
            return (*path, self._reduce(path, type_, task))
        self.end_reduction()
        for direction, version in sharing:
            if direction == Direction.COMMUTATIVE:
                return (*path, self._commute(path, version))
        return path

    def ends_in_group(self, path: Path) -> bool:
        """True in the box of a group, false outside and among swapping or reducing tasks."""
        return bool(path) and path[-1].strip('"').startswith("clusterTasks")

    def is_open(self, cluster: str) -> bool:
        return cluster in self._open.values()

    def close_group(self, name: str) -> None:
        """The next group of that name is another one."""
        for names in [names for names in self._open if name in names]:
            del self._open[names]

    def take_members(self, name: str) -> tuple[str, list[int]]:
        """Cluster and tasks of a group, for the last time."""
        return self._latest.pop(name, ""), self._members.pop(name, [])

    def forget_members(self) -> None:
        self._members.clear()
        self._latest.clear()
        self._commutative.clear()

    def end_reduction(self) -> None:
        self._reduction = (ROOT, -1, "")

    def _group(self, names: tuple[str, ...]) -> str:
        name = names[-1]
        cluster = self._open.get(names)
        if cluster is None:
            occurrence = self._occurrences[name] = self._occurrences.get(name, 0) + 1
            cluster = self._open[names] = dottext.group_id(name, occurrence)
            self._body.declare(cluster, dottext.group_cluster(cluster, name))
        self._latest[name] = cluster
        return cluster

    def _commute(self, path: Path, version: str) -> str:
        cluster = self._commutative.get((path, version))
        if cluster is None:
            self._commutatives += 1
            cluster, opening = dottext.commutative_cluster(self._commutatives)
            self._body.declare(cluster, opening)
            self._commutative[path, version] = cluster
        return cluster

    def _reduce(self, path: Path, type_: int, task: int) -> str:
        """Consecutive tasks of one reducing type are one reduction."""
        if self._reduction[:2] != (path, type_):
            cluster, opening = dottext.reduce_cluster(task)
            self._body.declare(cluster, opening)
            self._reduction = (path, type_, cluster)
        return self._reduction[2]
