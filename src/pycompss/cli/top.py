"""`pycompss top [RUN]`: a run in the terminal, live or finished."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import time
from collections.abc import Collection, Sequence
from typing import Any

from pycompss.cli import runs
from pycompss.monitor.following import Following
from pycompss.observe.progress import duration
from pycompss.observe.records import ENDED, STAGES, Stage
from pycompss.observe.runview import RunView

_COLOURS = {
    Stage.WAITING: "bright_black",
    Stage.READY: "yellow",
    Stage.RUNNING: "blue",
    Stage.FINISHED: "green",
    Stage.FAILED: "red",
    Stage.CANCELLED: "magenta",
}
_WIDE = 60  # characters of the bar
_MOST = 12  # lines of each table


def top(words: Sequence[str]) -> int:
    """Show a run until it ends, or Ctrl-C; the exit code."""
    parser = argparse.ArgumentParser("pycompss top", description="Show a run in the terminal.")
    parser.add_argument("run", nargs="?", metavar="RUN", help="folder of a run, or its name; the latest")
    given = parser.parse_args(words)
    if importlib.util.find_spec("rich") is None:
        sys.stderr.write("pycompss top needs pip install 'purecompss[monitor]'\n")
        return 1
    try:
        _show(runs.folder_of(given.run))
    except (OSError, ValueError) as error:
        return runs.failed(error)
    except KeyboardInterrupt:
        pass
    return 0


def _show(folder: str) -> None:
    from rich.live import Live  # noqa: PLC0415  (optional)

    with Following(folder) as following, Live(refresh_per_second=4) as live:
        following.catch_up()
        while True:
            with following.look() as view:
                live.update(picture(view, following.now, following.complaints))
                if view.ended is not None:
                    break
            time.sleep(0.25)
    if not live.console.is_terminal:  # there it has ended the last line itself
        sys.stdout.write("\n")


def picture(view: RunView, now: float, complaints: Sequence[str] = ()) -> Any:
    """All of it, for rich."""
    from rich.console import Group  # noqa: PLC0415  (optional)
    from rich.text import Text  # noqa: PLC0415

    notes = [Text(text, style="yellow") for text in complaints]
    failures = [
        Text(f"task {task.id}: {task.message.partition(chr(10))[0]}", style="red", no_wrap=True, overflow="ellipsis")
        for task in view.failures[-5:]
    ]
    return Group(_head(view, now), _bar(view), _types(view), _nodes(view), *failures, *notes)


def _head(view: RunView, now: float) -> Any:
    from rich.text import Text  # noqa: PLC0415

    text = Text(f"{os.path.basename(view.application) or 'interactive session'}  ", style="bold")
    text.append(f"{view.state}, {duration(now - view.began)}", style="not bold dim")
    return text


def _bar(view: RunView) -> Any:
    from rich.text import Text  # noqa: PLC0415

    total = len(view.tasks) or 1
    text = Text()
    for stage in (Stage.FINISHED, Stage.FAILED, Stage.CANCELLED, Stage.RUNNING, Stage.READY, Stage.WAITING):
        text.append("━" * round(_WIDE * view.stages[stage] / total), style=_COLOURS[stage])
    ended = sum(view.stages[stage] for stage in ENDED)
    counts = " · ".join(f"{view.stages[stage]} {stage.name.lower()}" for stage in STAGES if view.stages[stage])
    text.append(f"\n{ended} of {len(view.tasks)} tasks{': ' * bool(counts)}{counts}")
    return text


def _types(view: RunView) -> Any:
    table = _table("type", "tasks", "waiting", "running", "finished", "failed", "mean", "max")
    kinds = sorted(view.types.values(), key=lambda kind: -kind.count)
    modules = {kind.name.partition(".")[0] for kind in kinds}
    for kind in kinds[:_MOST]:
        waiting = kind.stages[Stage.WAITING] + kind.stages[Stage.READY]
        numbers = (kind.count, waiting, *(kind.stages[s] for s in (Stage.RUNNING, Stage.FINISHED, Stage.FAILED)))
        table.add_row(_short(kind.name, modules), *map(str, numbers), f"{kind.mean:.3f} s", f"{kind.most:.3f} s")
    _note_rest(table, len(kinds))
    return table


def _short(name: str, modules: Collection[str]) -> str:
    """Without the module, if all tasks are of one."""
    return name.partition(".")[2] or name if len(modules) == 1 else name


def _nodes(view: RunView) -> Any:
    table = _table("node", "units", "running", "finished", "failed", "busy")
    nodes = sorted(view.nodes.values(), key=lambda node: (node.is_gone, -node.running))  # those that do something
    for node in nodes[:_MOST]:
        numbers = (node.units, node.running, node.finished, node.failed)
        table.add_row(f"{node.name}{' (gone)' * node.is_gone}", *map(str, numbers), f"{node.busy:.1f} s")
    _note_rest(table, len(view.nodes))
    return table


def _note_rest(table: Any, number: int) -> None:
    if number > _MOST:
        table.add_row(f"… and {number - _MOST} more")


def _table(first: str, *others: str) -> Any:
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(first, no_wrap=True, overflow="ellipsis")
    for name in others:
        table.add_column(name, justify="right")
    return table
