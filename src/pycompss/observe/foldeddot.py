"""The graph of a large run for Graphviz: tasks folded by type and level (`folding`), as a picture for people.

A circle is one task, a box as many as it says; an edge says how many dependencies it stands for, if not one.
"""

from __future__ import annotations

from collections.abc import Iterator

from pycompss.observe import dottext
from pycompss.observe.folding import Symbol, picture
from pycompss.observe.runview import RunView


def folded(view: RunView) -> Iterator[str]:
    """The text in pieces."""
    found = picture(view.tasks.outlines())
    names = {id(symbol): f"n{number}" for number, symbol in enumerate(s for row in found.rows for s in row)}
    yield dottext.HEADER
    for row in found.rows:
        yield f"\n{{rank=same; {' '.join(f'{names[id(symbol)]};' for symbol in row)}}}"
        yield from (f"\n{names[id(symbol)]}{_symbol(symbol)}" for symbol in row)
    for (tail, head), count in found.arrows.items():
        label = f' [label="{count}"]' if count > 1 else ""
        yield f"\n{names[tail]} -> {names[head]}{label};"
    yield "\n  }\n"
    yield from dottext.legend(sorted((kind.number, kind.name) for kind in view.types.values()))
    yield "}\n"


def _symbol(symbol: Symbol) -> str:
    fill, font = dottext.colours(symbol.type)
    count = symbol.count
    label, shape = (f"{count} tasks", "box") if count > 1 else (str(symbol.first), "circle")
    return f'[label="{label}", shape={shape}, style=filled fillcolor="{fill}" fontcolor="{font}"];'
