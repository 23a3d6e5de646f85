"""The table's rows: what each figure is, and what we want of it.

A goal compares our figure with a number, with another of our own, or with the same figure of another engine ("best" is
the best of the other projects' engines).
"""

from __future__ import annotations

from dataclasses import dataclass

PEERS = ("pool", "loky", "dask", "ray", "parsl")
OURS = "pycompss"


@dataclass(frozen=True)
class Row:
    figure: str
    title: str
    unit: str
    more_is_better: bool = False
    goal: float | None = None  # times what it is compared with
    of: str = ""  # "": a number; an engine; "best"
    own: str = ""  # another figure of ours

    @property
    def wanted(self) -> str:
        if self.goal is None:
            return "–"
        sign = "≥" if self.more_is_better else "≤"
        reference = self.of or self.own
        return f"{sign} {number(self.goal)}" + (f" × {reference}" if reference else "")


def number(value: float) -> str:
    """Three digits that count, thousands apart."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


ROWS = (
    Row("W1", "W1 10,000 empty tasks", "tasks/s", more_is_better=True, goal=6, of="pool"),
    Row("W1 values", "W1 the same, each with a result", "tasks/s", more_is_better=True, of="pool"),
    Row("W2", "W2 one task at a time, median", "µs", goal=0.35, of="pool"),
    Row("W2 p99", "W2 99th percentile", "µs", goal=3, own="W2"),
    Row("W2 p99", "W2 99th percentile beside what is in reach", "µs", of="hardware"),
    Row("W2 p99", "W2 99th percentile beside the sketch", "µs", of="sketch"),
    Row("W3", "W3 chain of 1,000", "µs/task", goal=0.1, of="pool"),
    Row("W4", "W4 tree of 2,047 tasks", "tasks/s", more_is_better=True, goal=5, of="pool"),
    Row("W5-10", "W5 10 MB to 8 readers", "ms", goal=0.8, of="best"),
    Row("W5-100", "W5 100 MB to 8 readers", "ms", goal=0.8, of="best"),
    Row("W5-10-memory", "W5 10 MB, five times: peak memory above idle", "MB", goal=1.2 * 10),
    Row("W5-100-memory", "W5 100 MB: peak memory above idle", "MB", goal=1.2 * 100),
    Row("W6", "W6 80 MB updated 20 times", "s", goal=1.5, of="plain"),
    Row("W7", "W7 512 multiply-adds of blocks", "s", goal=0.65, of="plain"),
    Row("W7", "W7 beside what is in reach", "s", of="hardware"),
    Row("W7", "W7 beside the sketch", "s", of="sketch"),
    Row("W7", "W7 beside the sketch that decides", "s", of="decided"),
    Row("W8", "W8 100,000 pending", "s", goal=0.2, of="pool"),
    Row("W8 memory", "W8 memory that the program adds, for each", "bytes"),
    Row("W8-alive", "W8 memory of each, while none of them has ended", "bytes", goal=1000),
    Row("W9", "W9 a process that runs one task", "ms", goal=1.0, of="loky"),
    Row("W10", "W10 import", "ms", goal=1.0, of="loky"),
    Row("W11", "W11 32 workers, tasks of 10 ms", "× ideal", goal=1.08),
    Row("W12", "W12 METG(50 %)", "µs", goal=0.25, of="best"),
    Row("W12", "W12 the same, absolute", "µs", goal=250),
    Row("W12", "W12 beside the sketch", "µs", of="sketch"),
    Row("W12", "W12 beside the sketch that decides", "µs", of="decided"),
    Row("W12 hardware", "W12 METG(50 % of what is in reach)", "µs", of="best"),
    Row("W12 processes", "W12 speed of one of several busy processes", "× alone", more_is_better=True),
    Row("W13", "W13 1,000,000 empty tasks", "s", goal=30),
    Row("W13 memory", "W13 memory added after 100,000", "MB", goal=5),
    Row("W14 1", "W14 the core alone, 1 node", "tasks/s", more_is_better=True, goal=60_000),
    Row("W14 100", "W14 100 nodes", "tasks/s", more_is_better=True),
    Row("W14 10000", "W14 10,000 nodes", "tasks/s", more_is_better=True, goal=1 / 3, own="W14 1"),
    Row("observed empty", "10,000 empty tasks with graph, trace, monitor, log and summary", "× without", goal=1.25),
    Row("observed 1 ms", "2,000 tasks of 1 ms with all these", "× without", goal=1.03),
    Row("cholesky makespan_s", "Cholesky, 16 × 16 blocks of 256²", "s", goal=0.7, of="best"),
    Row("cholesky peak_mb", "Cholesky: peak memory", "MB", goal=1.0, of="best"),
    Row("shuffle makespan_s", "Shuffle of 1 GB in 64 parts", "s", goal=0.7, of="best"),
    Row("shuffle peak_mb", "Shuffle: peak memory", "MB", goal=1.0, of="best"),
    Row("spilling of_disk", "Working set of 3 × the store: share of the disk's speed", "",
        more_is_better=True, goal=0.5),
)  # fmt: skip
