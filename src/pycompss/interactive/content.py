"""What views show: as HTML for notebooks, as text for shells."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from pycompss.observe import dottext, svg
from pycompss.observe.folding import Drawn
from pycompss.observe.records import ENDED, STAGES, Stage
from pycompss.observe.runview import RunView


@dataclass(frozen=True, slots=True)
class Content:
    html: str
    text: str

    def __add__(self, other: Content) -> Content:
        return Content(self.html + other.html, f"{self.text}\n\n{other.text}")


def types(view: RunView) -> Content:
    """Each type of task: how many, how long (seconds)."""
    head = ("", "type", "tasks", "finished", "mean s", "min s", "max s", "failed", "retries")
    rows = [
        (
            _Swatch(dottext.colours(kind.number)[0]),
            kind.name,
            kind.count,
            kind.stages[Stage.FINISHED],
            f"{kind.mean:.3f}",
            f"{kind.least:.3f}",
            f"{kind.most:.3f}",
            kind.stages[Stage.FAILED],
            kind.retries,
        )
        for kind in view.types.values()
    ]
    return _table("Types of tasks", head, rows)


def stages(view: RunView) -> Content:
    """Each type of task: how many at which stage."""
    head = ("type", *(stage.name.lower() for stage in STAGES))
    rows = [(kind.name, *(kind.stages[stage] for stage in STAGES)) for kind in view.types.values()]
    rows.append(("all", *(view.stages[stage] for stage in STAGES)))
    return _table("Tasks by stage", head, rows)


def nodes(view: RunView) -> Content:
    """Each node: what it has, what it does."""
    head = ("node", "computing units", "memory GB", "running", "finished", "failed", "busy s")
    rows = [
        (
            node.name,
            node.units,
            f"{node.memory / 1e9:.1f}" if node.memory else "any",
            node.running,
            node.finished,
            node.failed,
            f"{node.busy:.1f}",
        )
        for node in view.nodes.values()
    ]
    return _table("Nodes", head, rows)


def numbers(view: RunView) -> Content:
    """The run in numbers."""
    seconds = max((view.ended or max(view.now, time.time())) - view.began, 0.0)
    busy = sum(node.busy for node in view.nodes.values())
    units = sum(node.units for node in view.nodes.values())
    rows: list[tuple[object, ...]] = [
        ("tasks", len(view.tasks)),
        ("finished", view.stages[Stage.FINISHED]),
        ("failed", view.stages[Stage.FAILED]),
        ("cancelled", view.stages[Stage.CANCELLED]),
        ("attempts that failed and were repeated", view.retries),
        ("seconds", f"{seconds:.1f}"),
        ("computing units in use, mean", f"{busy / seconds:.1f} of {units}" if seconds else f"0 of {units}"),
        ("depth of the graph", view.depth),
        ("values spilled to disk, MB", f"{view.to_disk[1] / 1e6:.1f}"),
    ]
    return _table("Statistics", ("", "value"), rows)


def progress(view: RunView) -> Content:
    """How far the run is, as a bar."""
    total = len(view.tasks)
    ended = sum(view.stages[stage] for stage in ENDED)
    failed = view.stages[Stage.FAILED]
    words = f"{ended} of {total} tasks · {view.stages[Stage.RUNNING]} running"
    words += f" · {failed} failed" if failed else ""
    part = 100 * ended / total if total else 0.0
    bad = 100 * failed / total if total else 0.0
    bar = (
        f'<div role="progressbar" aria-valuenow="{part:.0f}" style="height:14px;max-width:520px;border-radius:7px;'
        f'overflow:hidden;background:rgba(128,128,128,.25);display:flex"><div style="width:{part - bad:.2f}%;'
        f'background:#12a150"></div><div style="width:{bad:.2f}%;background:#d93025"></div></div>'
    )
    return Content(f'<div style="font-size:13px;margin:4px 0">{bar}{words}</div>', f"{words} ({part:.0f} %)")


def graph(view: RunView, tasks: Iterable[Drawn], *, fit: bool) -> Content:
    """Tasks and their dependencies; `tasks` are gone through several times."""
    found = Counter((task.type, task.stage) for task in tasks)
    if not found:
        return Content("<div><em>no tasks</em></div>", "no tasks")
    stages, types = (sorted({kind[part] for kind in found}) for part in (1, 0))
    kinds = {number: view.types[number] for number in types if number in view.types}
    drawing = f'<div style="overflow:auto;max-height:520px">{svg.svg(tasks, view.types, fit=fit)}</div>'
    each = {stage: sum(count for (_, of), count in found.items() if of == stage) for stage in map(Stage, stages)}
    counts = ", ".join(f"{count} {stage.name.lower()}" for stage, count in each.items())
    return Content(drawing + svg.legend(kinds, list(each)), f"graph of {found.total()} tasks: {counts}")


@dataclass(frozen=True, slots=True)
class _Swatch:
    """A cell that shows a colour."""

    colour: str

    def __str__(self) -> str:
        return ""


_CELL = "padding:3px 10px;white-space:nowrap;text-align:{}"


def _table(title: str, head: Sequence[str], rows: Sequence[tuple[object, ...]]) -> Content:
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    top = "".join(f'<th style="{_CELL.format("right")}">{escape(name)}</th>' for name in head)
    html = (
        f'<div style="margin:6px 0"><strong>{escape(title)}</strong><table style="font-size:13px;'
        f'font-variant-numeric:tabular-nums"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
    )
    return Content(html, f"{title}\n{_text(head, rows)}")


def _cell(value: object) -> str:
    if isinstance(value, _Swatch):
        return f'<td><span style="display:inline-block;width:12px;height:12px;background:{value.colour}"></span></td>'
    is_name = isinstance(value, str) and not value[:1].isdigit()
    return f'<td style="{_CELL.format("left" if is_name else "right")}">{escape(str(value))}</td>'


def _text(head: Sequence[str], rows: Sequence[tuple[object, ...]]) -> str:
    lines = [list(map(str, row)) for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(word.rjust(width) for word, width in zip(line, widths, strict=True)) for line in lines)
