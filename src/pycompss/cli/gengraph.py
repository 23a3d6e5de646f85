"""`pycompss gengraph FILE.dot|RUN`: the task graph as a picture, drawn by Graphviz.

Also in the older form, `compss_gengraph [svg|png|pdf] FILE.dot`. Graphviz takes minutes for some thousands of tasks;
then the picture is of tasks folded by type and level, of which the journal of the run tells.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from pycompss.cli.runs import complain, failed, folder_of, naming
from pycompss.observe.dot import DotGraph
from pycompss.observe.foldeddot import folded
from pycompss.observe.journalfile import NAME, read
from pycompss.observe.runview import RunView

FORMATS = ("pdf", "svg", "png")
LARGE = 1 << 19  # bytes of a file that is drawn as it is; some 4,000 tasks
_USAGE = (
    "Usage: pycompss gengraph [--svg|--png|--pdf|--format_extension=FORMAT] FILE.dot|RUN\n\n"
    "RUN: the folder of a run, or its name in ~/.COMPSs\n"
)


def gengraph(words: Sequence[str]) -> int:
    """Draw the picture beside the file; returns the exit code."""
    if any(word in ("-h", "--help") for word in words):
        sys.stdout.write(_USAGE)
        return 0
    try:
        kind, source = _read(words)
    except ValueError as error:
        sys.stderr.write(f"{error}\n{_USAGE}")
        return 1
    try:
        source, shown = _found(source)
    except (OSError, ValueError) as error:
        return failed(error)
    return _draw(kind, shown, f"{source.removesuffix('.dot')}.{kind}")


def _found(source: str) -> tuple[str, str]:
    """The graph's file, made of the journal if need be, and the file that is to be drawn. OSError, ValueError."""
    if source.endswith(".dot") and not os.path.exists(source):
        raise FileNotFoundError(f"{source} does not exist")
    if not os.path.isfile(source) or os.path.basename(source) == NAME:
        return _of_run(folder_of(source))
    if os.path.getsize(source) <= LARGE:
        return source, source
    return source, _fold(os.path.dirname(os.path.dirname(os.path.abspath(source))), source)


def _of_run(run: str) -> tuple[str, str]:
    """Draw the graph of the journal anew: the run may have been killed, or was not asked for one."""
    os.makedirs(os.path.join(run, "monitor"), mode=0o700, exist_ok=True)
    source = os.path.join(run, "monitor", "complete_graph.dot")
    _write(run, source)
    return source, source if os.path.getsize(source) <= LARGE else _fold(run, source)


def _write(run: str, target: str) -> None:
    graph = DotGraph()
    graph.read(read(os.path.join(run, NAME), complain))
    with naming(target):
        graph.write(target)


def _fold(run: str, source: str) -> str:
    if not os.path.isfile(os.path.join(run, NAME)):
        raise FileNotFoundError(
            f"{source} is too large for dot, and without the journal of its run ({os.path.join(run, NAME)}) "
            f"it cannot be folded"
        )
    view = RunView(outlines_only=True)
    view.read(read(os.path.join(run, NAME), complain))
    target = f"{source.removesuffix('.dot')}_folded.dot"
    with naming(target), open(target, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(folded(view))
    sys.stdout.write(f"INFO: {len(view.tasks)} tasks are too many for a picture: folded by type and level\n")
    return target


def _read(words: Sequence[str]) -> tuple[str, str]:
    """The format and the file; raises ValueError."""
    kind, files = "pdf", []
    for number, word in enumerate(words):
        asked = word.removeprefix("--").removeprefix("format_extension=").lower()
        if asked in FORMATS and (word.startswith("--") or number < len(words) - 1):
            kind = asked
        elif word.startswith("-"):
            raise ValueError(f"Bad argument: {word}")
        else:
            files.append(word)
    if len(files) != 1:
        raise ValueError("Name one file." if not files else f"Name one file, not {len(files)}.")
    return kind, files[0]


def _draw(kind: str, source: str, target: str) -> int:
    try:
        drawn = subprocess.run(
            ["dot", f"-T{kind}", "-o", target, source], stderr=subprocess.PIPE, text=True, check=False
        )
    except FileNotFoundError:
        sys.stderr.write("[ ERROR ]: Graphviz is needed to draw graphs: install it (apt install graphviz)\n")
        return 1
    if drawn.returncode:
        sys.stderr.write(f"[ ERROR ]: dot could not draw {source}: {drawn.stderr.strip()}\n")
        return 1
    sys.stdout.write(f"Output file: {target}\nINFO: Generating Graph with legend\nDONE\n")
    return 0
