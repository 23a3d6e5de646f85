"""Draw a Paraver trace as Paraver shows it: a line for each thread, tasks in the colours of their types, dependencies.

    pycompss run -t --tracing_task_dependencies examples/merge_sort.py
    python scripts/trace_picture.py ~/.COMPSs/merge_sort.py_01 docs/pictures/trace.png

Above, what every worker executes (as `compss_tasks_dependencies` shows it), below, how many tasks are ready and have no
worker yet. Needs matplotlib.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.patches import Patch

TASK, READY = 8000000, 8000006
COLOURS = ("#5b8cff", "#ffffff", "#ff5a4f", "#ffd24a", "#49d17d", "#c77dff", "#ff9f43", "#4dd0e1", "#f06292", "#aed581")
BACK, LINE, WORDS = "#101418", "#2a323c", "#d7dee8"

Thread = tuple[int, int, int]


@dataclass
class Trace:
    """What is drawn. Times in milliseconds."""

    length: float = 0.0
    bars: dict[Thread, list[tuple[float, float, int]]] = field(default_factory=lambda: defaultdict(list))
    waits: list[tuple[float, float]] = field(default_factory=list)
    lines: list[tuple[Thread, float, Thread, float]] = field(default_factory=list)
    ready: list[tuple[float, int]] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    threads: dict[Thread, str] = field(default_factory=dict)


def load(base: Path) -> Trace:
    """A trace from its three files; base: path without ending."""
    trace = Trace()
    _read_rows(base.with_suffix(".row").read_text(), trace)
    _read_names(base.with_suffix(".pcf").read_text(), trace)
    running: dict[Thread, tuple[float, int]] = {}
    head, *records = base.with_suffix(".prv").read_text().splitlines()
    trace.length = int(head.split("):", 1)[1].partition("_ns")[0]) / 1e6
    for record in records:
        kind, *words = map(int, record.split(":"))
        thread = (words[1], words[2], words[3])
        if kind == 1 and words[6] == 5:  # noqa: PLR2004  (the state in which the program waits)
            trace.waits.append((words[4] / 1e6, words[5] / 1e6))
        elif kind == 2:  # noqa: PLR2004  (an event)
            pairs = dict(zip(words[5::2], words[6::2], strict=True))
            _note(trace, running, thread, words[4] / 1e6, pairs)
        elif kind == 3:  # noqa: PLR2004  (a communication)
            other = (words[7], words[8], words[9])
            trace.lines.append((thread, words[4] / 1e6, other, words[10] / 1e6))
    return trace


def _note(trace: Trace, running: dict[Thread, Any], thread: Thread, time: float, pairs: dict[int, int]) -> None:
    if READY in pairs:
        trace.ready.append((time, pairs[READY]))
    if TASK not in pairs:
        return
    if thread in running:
        began, type_ = running.pop(thread)
        trace.bars[thread].append((began, time, type_))
    if pairs[TASK]:
        running[thread] = (time, pairs[TASK])


def _read_rows(text: str, trace: Trace) -> None:
    for line in text.split("LEVEL THREAD SIZE ", 1)[1].splitlines()[1:]:
        if line.strip():
            name, _, numbers = line.rpartition(" (")
            a, b, c = map(int, numbers.rstrip(")").split("."))
            trace.threads[a, b, c] = name


def _read_names(text: str, trace: Trace) -> None:
    block = text.split(f"0    {TASK}    ", 1)[1].split("VALUES\n", 1)[1].split("\n\n", 1)[0]
    for line in block.splitlines():
        value, name = line.split(None, 1)
        if int(value):
            trace.names[int(value)] = name.rpartition(".")[2]


def draw(trace: Trace, path: Path, title: str) -> None:
    """Write the picture."""
    rows = [(1, 1, 1), *sorted(thread for thread, name in trace.threads.items() if name == "EXECUTOR")]
    places = {thread: place for place, thread in enumerate(rows)}
    style = {"figure.facecolor": BACK, "axes.facecolor": BACK, "text.color": WORDS, "axes.labelcolor": WORDS,
             "xtick.color": WORDS, "ytick.color": WORDS, "axes.edgecolor": LINE, "font.size": 10}  # fmt: skip
    with plt.rc_context(style):
        height = 1.6 + 0.55 * len(rows)
        figure, (upper, lower) = plt.subplots(
            2, 1, sharex=True, figsize=(12, height + 1.2), gridspec_kw={"height_ratios": [height, 1.3], "hspace": 0.08}
        )
        upper.broken_barh([(began, ended - began) for began, ended in trace.waits], (-0.3, 0.6), color="#8a3a3a")
        for thread, bars in trace.bars.items():
            for began, ended, type_ in bars:
                colour = COLOURS[(type_ - 1) % len(COLOURS)]
                upper.broken_barh(
                    [(began, ended - began)], (places[thread] - 0.36, 0.72), color=colour, ec=BACK, lw=0.6
                )
        for sender, at, receiver, until in trace.lines:
            upper.plot([at, until], [places[sender], places[receiver]], color="#ffe600", lw=0.7, alpha=0.8)
        upper.set_yticks(range(len(rows)), [f"{trace.threads[row]} {'.'.join(map(str, row))}" for row in rows])
        upper.invert_yaxis()
        upper.grid(axis="x", color=LINE, lw=0.6)
        upper.set_axisbelow(True)
        upper.set_title(title, loc="left", fontsize=11)
        legend = [Patch(color=COLOURS[(number - 1) % len(COLOURS)], label=name) for number, name in trace.names.items()]
        legend.append(Patch(color="#8a3a3a", label="program waits"))
        upper.legend(
            handles=legend, loc="lower right", bbox_to_anchor=(1, 1), ncols=len(legend), frameon=False, fontsize=9
        )
        lower.step(*zip(*trace.ready, strict=True), where="post", color="#49d17d", lw=1.2)
        lower.set_ylabel("ready tasks")
        lower.set_xlabel("ms")
        lower.set_ylim(bottom=0)
        lower.grid(color=LINE, lw=0.6)
        lower.yaxis.get_major_locator().set_params(integer=True)
        bars = [bar for bars in trace.bars.values() for bar in bars]
        first, last = min(began for began, _, _ in bars), max(ended for _, ended, _ in bars)
        lower.set_xlim(first - (last - first) * 0.02, last + (last - first) * 0.02)
        for axes in (upper, lower):
            axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, dpi=100, bbox_inches="tight", facecolor=BACK)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("run", type=Path, help="folder of a run with -t")
    options.add_argument("picture", type=Path)
    options.add_argument("--title", default="")
    given = options.parse_args()
    base = next((given.run / "trace").glob("*.prv")).with_suffix("")
    draw(load(base), given.picture, given.title or base.name)


if __name__ == "__main__":
    main()
