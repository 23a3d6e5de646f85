"""The task graph, as the programming model's users know it: `monitor/complete_graph.dot`.

One circle a task, coloured by its type; one edge a dependency, labelled with the version that is read; one octagon
for each point where the program waited. Octagons cut the graph into epochs: inside an epoch, edges go from task to
task; data of an earlier epoch come from the latest octagon. After a barrier nothing of before is worth an edge.

The graph depends on the order of calls alone, never on which task happened to finish first: two runs of a program
give the same picture (but for the numbers of tasks that are called inside of tasks).
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path as FilePath

from pycompss.core.events import Reader
from pycompss.observe import dottext
from pycompss.observe.dotbody import ROOT, Body, Path
from pycompss.observe.dotclusters import Clusters, sharing_of
from pycompss.observe.dotstreams import Streams

Access = tuple[str, int, "str | None", "int | None", bool]  # see core.events.FIELDS
Place = tuple[int, Path]  # epoch of a task, and the clusters around it
_MAIN = "#8B0000"
_WAIT = "#ff0000"


class DotGraph(Reader):
    """Builds `complete_graph.dot` from events; `text` and `write` give a whole valid graph at any moment.

    Memory grows with the tasks since the last barrier, and slowly (some ten bytes a task) with all others.
    """

    def __init__(self) -> None:
        self._body = Body()
        self._types: dict[int, str] = {}
        self.octagons = 0  # number of the latest one
        self._is_fresh = True  # no task since the latest octagon
        self._octagon_home: Path | None = None  # clusters in which the latest one is drawn, once that is settled
        self._live: dict[int, Place] = {}  # tasks that no barrier has covered
        self._loose: set[int] = set()  # those without an edge to a successor or an octagon
        self._place: Place = (0, ROOT)
        self._writers: dict[str, list[int]] = {}  # members of CONCURRENT and COMMUTATIVE groups, by version
        self._clusters = Clusters(self._body)
        self._streams = Streams()
        self._body.line(dottext.octagon(0, "main", _MAIN))

    # -- events --------------------------------------------------------------------------------------------------

    def type_registered(self, _time: float, type_: int, name: str) -> None:
        self._types[type_] = name

    def task_created(
        self,
        _time: float,
        task: int,
        type_: int,
        accesses: Iterable[Access],
        writes: Sequence[str],
        groups: Sequence[str],
        shared: Sequence[tuple[int, str]],
        flags: Collection[str],
        parent: int | None,
        *_rest: object,
    ) -> None:
        sharing = sharing_of(shared, writes)
        path = self._clusters.path_of(task, type_, tuple(groups), sharing, flags)
        self._body.enter(path)
        self._body.line(dottext.node(task, type_, _shape(flags)))
        if parent in self._live:  # a task inside a task belongs to the time of its caller, whenever it was called
            epoch = self._live[parent][0]
        else:
            epoch = self.octagons
            self._is_fresh = False
        if not (accesses and self._depend(task, accesses, epoch)):
            self._hang(task, parent, epoch)
        if self._place != (epoch, path):
            self._place = (epoch, path)
        self._live[task] = self._place
        self._loose.add(task)
        for line in self._streams.taken(task):
            self._body.later(line)
        for _, version in sharing:
            self._writers.setdefault(version, []).append(task)

    def stream_opened(self, _time: float, stream: int, _type: str, alias: str, _folder: str) -> None:
        self._streams.names[stream] = alias

    def stream_used(self, _time: float, task: int, stream: int, direction: int) -> None:
        self._streams.note(task, stream, direction)

    def synchronised(self, _time: float, label: str, producer: int | None) -> None:
        producers = self._producers(label, producer)
        if self._is_fresh or not producers:
            return
        self._octagon("sync", "")
        for task in producers:
            self._body.line(dottext.data_edge(str(task), f"Synchro{self.octagons}", [label]))
        self._loose.difference_update(producers)

    def barrier(self, _time: float, group: str | None, _last: object) -> None:
        self._octagon("barrier", " [color=grey]")
        if group is None:
            self._join_all()
        else:
            self._join_group(group)

    def group_closed(self, _time: float, group: str) -> None:
        self._clusters.close_group(group)

    # -- edges ---------------------------------------------------------------------------------------------------

    def _depend(self, task: int, accesses: Iterable[Access], epoch: int) -> bool:
        """Draw what the task reads from other tasks; False when there is nothing to draw.

        What bears the name of one parameter and comes from one task are elements of a collection: they share an edge.
        """
        edges: dict[tuple[str, str], dict[str, None]] = {}
        for parameter, _, label, producer, _ in accesses:
            for source in self._producers(label, producer) if label else ():
                tail = self._tail(source, epoch)
                if tail and label and source != task:
                    edges.setdefault((tail, parameter), {})[label] = None
        lines = {dottext.data_edge(tail, str(task), list(labels)): tail for (tail, _), labels in edges.items()}
        for line, tail in lines.items():
            self._edge(tail, line)
        return bool(lines)

    def _producers(self, label: str, producer: int | None) -> Sequence[int]:
        return self._writers.get(label, ()) if producer is None else (producer,)

    def _tail(self, producer: int, epoch: int) -> str:
        """Where an edge for data of `producer` begins; nothing when a barrier lies in between."""
        place = self._live.get(producer)
        if place is None:
            return ""
        self._loose.discard(producer)
        return str(producer) if place[0] == epoch else f"Synchro{epoch}"

    def _hang(self, task: int, parent: int | None, epoch: int) -> None:
        """A task without predecessors hangs from the latest octagon, or from the task that called it."""
        if parent in self._live:
            self._edge(str(parent), f"{parent} -> {task} [style=dotted];")
            self._loose.discard(parent)
        else:
            self._edge(f"Synchro{epoch}", f"Synchro{epoch} -> {task};")

    def _edge(self, tail: str, line: str) -> None:
        """Write an edge where it does not draw its tail into a foreign cluster."""
        path = self._body.path
        home = self._settle_octagon(tail, path) if tail.startswith("Synchro") else self._live[int(tail)][1]
        if home == path:
            self._body.line(line)
        else:
            self._body.later(line)

    def _settle_octagon(self, octagon: str, path: Path) -> Path:
        """An octagon is drawn in the first group that hangs from it while it is the latest, or in none."""
        if octagon != f"Synchro{self.octagons}":
            return ROOT
        if self._octagon_home is None and self._clusters.ends_in_group(path):
            self._octagon_home = path
        return self._octagon_home or ROOT

    # -- octagons ------------------------------------------------------------------------------------------------

    def _octagon(self, label: str, properties: str) -> None:
        self._body.enter(ROOT)
        self.octagons += 1
        self._is_fresh = True
        self._octagon_home = None
        self._clusters.end_reduction()
        self._body.line(dottext.octagon(self.octagons, label, _WAIT))
        self._body.line(f"Synchro{self.octagons - 1} -> Synchro{self.octagons}{properties};")

    def _join_all(self) -> None:
        for task in sorted(self._loose):
            self._body.line(f"{task} -> Synchro{self.octagons} [color=grey];")
        self._live.clear()
        self._loose.clear()
        self._writers.clear()
        self._clusters.forget_members()

    def _join_group(self, name: str) -> None:
        cluster, members = self._clusters.take_members(name)
        if not members:
            return
        if self._clusters.is_open(cluster):
            self._octagon_home = ROOT  # an edge that leaves a box must not end in it
        tail = cluster.strip('"')
        self._body.line(f'{members[-1]} -> Synchro{self.octagons} [color=grey][ ltail="{tail}" ];')
        self._loose.difference_update(members)
        for task in members:
            self._live.pop(task, None)

    # -- the result ----------------------------------------------------------------------------------------------

    def pieces(self) -> Iterator[str]:
        """The text in pieces, for graphs that are too large for one string."""
        yield dottext.HEADER
        yield from self._body.pieces()
        yield "  }\n"
        yield from dottext.legend(sorted(self._types.items()))
        yield "}\n"

    def text(self) -> str:
        """A complete graph of everything read so far."""
        return "".join(self.pieces())

    def write(self, path: str | FilePath) -> None:
        """Replace the file at `path` in one step: whoever reads it sees an old or a new graph, never half of one."""
        temporary = f"{path}.tmp"
        try:
            with open(temporary, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(self.pieces())
            os.replace(temporary, path)
        except BaseException:
            FilePath(temporary).unlink(missing_ok=True)
            raise


def _shape(flags: Collection[str]) -> str:
    if "service" in flags:
        return "diamond"
    return "doublecircle" if "replicated" in flags else "circle"
