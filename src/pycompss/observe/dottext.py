"""Words and sentences of DOT as `complete_graph.dot` uses them: header, colours, labels, cluster names, legend.

Names come from users, so that everything is escaped here: a graph is valid DOT whatever tasks and groups are called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

HEADER = """\
digraph {
  newrank=true;
  rankdir=TB;
  labeljust="l";
  compound= true;
  subgraph dependence_graph {
    ranksep=0.20;
    node[height=0.75];
"""

_LEGEND_HEAD = """\
  subgraph legend {
    rank=sink;
    node [shape=plaintext, height=0.75];
    ranksep=0.20;
    label = "Legend";
    key [label=<
      <table border="0" cellpadding="2" cellspacing="0" cellborder="1">
"""
_LEGEND_TAIL = """\
      </table>
    >]
  }
"""
_NO_ROWS = "<tr>\n<td></td>\n</tr>\n"  # graphviz refuses a table without rows

# fmt: off
_FILLS = (
    "#75c3ff", "#0000ff", "#ffffff", "#ff0000", "#ff00ae", "#b30000", "#00ff00", "#ffff00",
    "#eb0000", "#00a200", "#ff00ff", "#6464b1", "#acae29", "#ff901a", "#02ffb1", "#c0e000",
    "#424242", "#ff0060", "#a9a9a9", "#a90000", "#006dff", "#c83d44", "#c84200", "#002900",
)
# fmt: on
_WHITE_ON = frozenset({0, 1, 5, 8, 9, 13, 16, 17, 19, 21, 23})
_GREY = '"#A9A9A9"'
_BOX = "subgraph {} {{\nshape=rect;\nnode[height=0.75];\n"
_NOT_IN_XML = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SEVERAL = 'color="#024b30",penwidth=2'


def octagon(number: int, label: str, fill: str) -> str:
    """A point where the program waited; number 0 is its beginning."""
    return f'Synchro{number}[label="{label}", shape=octagon, style=filled fillcolor="{fill}" fontcolor="#FFFFFF"];'


def colours(type_: int) -> tuple[str, str]:
    """Fill and text of a type of task; they repeat after 24."""
    colour = (type_ + 1) % len(_FILLS)
    return _FILLS[colour], "#ffffff" if colour in _WHITE_ON else "#000000"


def node(task: int, type_: int, shape: str) -> str:
    """A task; the colour tells its type."""
    fill, font = colours(type_)
    return f'{task}[shape={shape}, style=filled fillcolor="{fill}" fontcolor="{font}"];'


def data_edge(tail: str, head: str, labels: Sequence[str]) -> str:
    """A dependency through one version, or through several elements of one collection."""
    if len(labels) == 1:
        return f'{tail} -> {head} [label="{labels[0]}"];'
    if len(labels) == 2:  # noqa: PLR2004  (more than two are abridged)
        return f'{tail} -> {head} [label="[{labels[0]},{labels[1]}]",{_SEVERAL}];'
    return f'{tail} -> {head} [label="[{labels[0]},...,{labels[-1]}]({len(labels)})",{_SEVERAL}];'


def stream(number: int, alias: str) -> str:
    """A stream between tasks."""
    label = label_of(alias) if alias else f"Stream{number}"
    return f'Stream{number}[shape=rect style="rounded,filled" label="{label}" fillcolor="#a9a9a9"];'


def stream_edge(number: int, task: int, *, is_output: bool) -> str:
    """From who publishes, or to who polls."""
    ends = f"{task} -> Stream{number}" if is_output else f"Stream{number} -> {task}"
    return f"{ends} [style=dashed];"


def group_cluster(id_: str, name: str) -> str:
    """The opening of the box of a task group."""
    return f'{_BOX.format(id_)}color={_GREY}; \nlabel="{label_of(name)}";\n'


def commutative_cluster(number: int) -> tuple[str, str]:
    """Name and opening of the box of tasks that may swap their order."""
    id_ = f"clusterCommutative{number}"
    return id_, f'{_BOX.format(id_)}rank=same;\ncolor={_GREY};\nlabel="CGT{number}";\n'


def reduce_cluster(number: int) -> tuple[str, str]:
    """Name and opening of the box of the tasks of one reduction."""
    id_ = f"clusterReduce{number}"
    return id_, f'{_BOX.format(id_)}color={_GREY};\nlabel="RT{number}";\n'


def group_id(name: str, occurrence: int) -> str:
    """The identifier of a group's cluster: different (name, occurrence) never share one. Occurrences count from 1."""
    text = quote(name.encode("utf-8", "surrogatepass"), safe="")
    if occurrence > 1:
        text += f"#{occurrence}"  # no name can contain it: `#` itself is written %23
    text = f"clusterTasks{text}"
    return text if re.fullmatch("[A-Za-z0-9_]+", text) else f'"{text}"'


def label_of(name: str) -> str:
    """A name inside a quoted label."""
    text = _NOT_IN_XML.sub("\ufffd", name)
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def legend(types: Iterable[tuple[int, str]]) -> Iterable[str]:
    """The table of task types, given as (number, name)."""
    yield _LEGEND_HEAD
    rows = [_row(type_, name) for type_, name in types]
    yield from rows or [_NO_ROWS]
    yield _LEGEND_TAIL


def _row(type_: int, name: str) -> str:
    text = _NOT_IN_XML.sub("\ufffd", name).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    fill = _FILLS[(type_ + 1) % len(_FILLS)]
    return f'<tr>\n<td align="right">{text}</td>\n<td bgcolor="{fill}">&nbsp;</td>\n</tr>\n'
