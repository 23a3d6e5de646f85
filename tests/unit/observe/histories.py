"""Events as a run records them, written down shortly."""

from __future__ import annotations

from pycompss.core.events import Event, Kind
from pycompss.core.parameter import Direction


class History:
    """A list of events that grows by method calls; time is a counter, tasks are numbered from 1."""

    def __init__(self):
        self.events: list[Event] = []
        self.types: dict[str, int] = {}
        self.tasks = 0
        self.groups: list[str] = []

    def record(self, kind: Kind, *fields):
        self.events.append((kind, float(len(self.events)), *fields))

    def task(self, name, reads=(), writes=(), *, shared=(), flags=(), parent=None, groups=None):
        """A call of task type `name`; reads: (label, producer) or, in a collection, (label, producer, parameter)."""
        if name not in self.types:
            self.types[name] = len(self.types)
            self.record(Kind.TYPE_REGISTERED, self.types[name], name)
        self.tasks += 1
        accesses = tuple(_access(position, *read) for position, read in enumerate(reads))
        groups = tuple(self.groups if groups is None else groups)
        self.record(
            Kind.TASK_CREATED,
            self.tasks,
            self.types[name],
            accesses,
            tuple(writes),
            groups,
            tuple(shared),
            frozenset(flags),
            parent,
            0,
            ("app.py", self.tasks),
        )
        return self.tasks

    def wait(self, label, producer=None):
        self.record(Kind.SYNCHRONISED, label, producer)

    def barrier(self, group=None, last=()):
        self.record(Kind.BARRIER, group, tuple(last))

    def open(self, name):
        self.groups.append(name)
        self.record(Kind.GROUP_OPENED, name)

    def close(self):
        self.record(Kind.GROUP_CLOSED, self.groups.pop())

    def executed(self, task, node="localhost", seconds=1.0):
        self.record(Kind.TASK_STARTED, task, node, 0, 1)
        self.record(Kind.TASK_FINISHED, task, node, 0, 1, seconds)


def _access(position, label, producer, collection=None):
    return (collection or f"p{position}", int(Direction.IN), label, producer, collection is not None)


def first() -> History:
    """A program with every kind of synchronisation, as its graph in data/first.dot was drawn."""
    h = History()
    a = h.task("tasks.inc", writes=["d1v2"])
    b = h.task("tasks.inc", [("d1v2", a)], ["d2v2"])
    h.wait("d2v2", b)
    once = h.task("tasks.app", [("d3v1", None)], ["d3v2"])
    twice = h.task("tasks.app", [("d3v2", once)], ["d3v3"])
    h.wait("d3v3", twice)
    written = h.task("tasks.wr", writes=["d4v2"])
    read = h.task("tasks.rd", [("d4v2", written)], ["d5v2"])
    h.wait("d5v2", read)
    h.wait("d4v2", written)  # compss_wait_on_file: nothing new since the last wait
    two = h.task("tasks.two", writes=["d6v2", "d7v2"])
    h.wait("d6v2", two)
    h.wait("d7v2", two)
    h.open("g1")
    members = [h.task("tasks.inc", writes=[f"d{datum}v2"]) for datum in (8, 9, 10)]
    h.close()
    h.barrier("g1", members)
    elements = [(f"d{datum}v2", task, "col") for datum, task in zip((8, 9, 10), members, strict=True)]
    total = h.task("tasks.tot", elements, ["d12v2"])
    h.barrier(None, [total])
    h.wait("d12v2", total)
    before = h.task("tasks.ln", [("d13v1", None)], ["d14v2"])
    after = h.task("tasks.ln", [("d15v1", None)], ["d16v2"])
    h.wait("d14v2", before)
    h.wait("d16v2", after)
    last = h.task("tasks.ln", [("d15v1", None)], ["d17v2"])
    h.wait("d17v2", last)
    return h


def kmeans(iterations=3, fragments=4) -> History:
    """Fragments made once, then rounds of partial sums, a tree of merges, and a wait."""
    h = History()
    data = [h.task("kmeans.generate_fragment", writes=[f"d{i + 1}v2"]) for i in range(fragments)]
    datum = fragments
    for _ in range(iterations):
        queue = []
        for i, source in enumerate(data):
            datum += 1
            queue.append((f"d{datum}v2", h.task("kmeans.partial_sum", [(f"d{i + 1}v2", source)], [f"d{datum}v2"])))
        while len(queue) > 1:
            one, other, *queue = queue
            datum += 1
            queue.append((f"d{datum}v2", h.task("kmeans.merge", [one, other], [f"d{datum}v2"])))
        h.wait(*queue[0])
    return h


def matmul(size=4) -> History:
    """C += A·B by blocks, each block of C a chain of INOUT."""
    h = History()
    latest, made = {}, {}
    for name in "abc":
        for i in range(size):
            for j in range(size):
                datum = len(made) + 1
                made[name, i, j] = f"d{datum}"
                latest[name, i, j] = (f"d{datum}v2", h.task("matmul.generate", writes=[f"d{datum}v2"]))
    for i in range(size):
        for j in range(size):
            for k in range(size):
                reads = [latest["a", i, k], latest["b", k, j], latest["c", i, j]]
                label = f"{made['c', i, j]}v{k + 3}"
                latest["c", i, j] = (label, h.task("matmul.multiply", reads, [label]))
    h.barrier()
    return h


def grouped() -> History:
    """Groups in groups, swapping writers, a reduction, tasks in tasks, collections, replicas."""
    h = History()
    raw = h.task("etl.load", writes=["d1v2", "d2v2", "d3v2", "d4v2"])
    h.open("clean up")
    cleaned = [(f"d{i + 10}v2", h.task("etl.clean", [(f"d{i}v2", raw)], [f"d{i + 10}v2"])) for i in range(1, 5)]
    h.open("check")
    for item in cleaned[:2]:
        h.task("etl.check", [item])
    h.close()
    h.close()
    swap = [(int(Direction.COMMUTATIVE), "d20")]
    for item in cleaned:
        h.task("etl.count", [item, ("d20v1", None)], ["d20v2"], shared=swap)
    h.wait("d20v2")
    partial = [h.task("etl.total", [item], [f"d{30 + n}v2"], flags={"reduce"}) for n, item in enumerate(cleaned)]
    h.task("etl.total", [(f"d{30 + n}v2", t, "col") for n, t in enumerate(partial)], ["d40v2"], flags={"reduce"})
    report = h.task("etl.report", [("d40v2", h.tasks)], ["d41v2"])
    h.task("etl.page", parent=report)
    h.task("etl.page", parent=report)
    h.task("etl.publish", [("d41v2", report)], flags={"replicated"})
    h.barrier()
    return h


def counting() -> History:
    """The program of docs/graph.md."""
    h = History()
    blocks = ["d2v2", "d3v2", "d4v2"]
    split = h.task("counting.split", writes=blocks)
    h.task("counting.archive", [(label, split, "blocks") for label in blocks])
    h.open("counting")
    counts = [(f"d{n + 6}v2", h.task("counting.count", [(b, split)], [f"d{n + 6}v2"])) for n, b in enumerate(blocks)]
    h.close()
    total = h.task("counting.total", [(label, task, "counts") for label, task in counts], ["d10v2"])
    h.wait("d10v2", total)
    h.task("counting.report")
    h.task("counting.report")
    h.barrier()
    return h
