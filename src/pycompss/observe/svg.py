"""The task graph as SVG: no graphviz needed, quick enough to be drawn again every second.

The fill tells the type, as in `complete_graph.dot`; the ring tells the stage. Texts outside of symbols have the colour
of the text around the picture, so that it is readable on dark pages, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from xml.sax.saxutils import escape

from pycompss.observe import dottext
from pycompss.observe.folding import Drawn, Picture, Symbol, picture
from pycompss.observe.records import Stage, TypeRecord

_ACROSS, _DOWN, _MARGIN = 46, 66, 30  # pixels between symbols, and around them
_RADIUS = 16
_RINGS = {
    Stage.WAITING: ("#9aa0a6", "stroke-dasharray='3 3' fill-opacity='.25'"),
    Stage.READY: ("#e8a200", "fill-opacity='.45'"),
    Stage.RUNNING: ("#12a150", ""),
    Stage.FINISHED: ("#5f6368", ""),
    Stage.FAILED: ("#d93025", ""),
    Stage.CANCELLED: ("#9aa0a6", "stroke-dasharray='2 4' fill-opacity='.1'"),
}
_WORDS = {Stage.FAILED: "failed ✕"}
_TICKER = {Stage.RUNNING: 4, Stage.FAILED: 4}


def svg(tasks: Iterable[Drawn], types: Mapping[int, TypeRecord], *, fit: bool = False) -> str:
    """A picture of these tasks. fit: as wide as the page."""
    found = picture(tasks)
    return "".join(_pieces(found, types, fit=fit))


def _pieces(found: Picture, types: Mapping[int, TypeRecord], *, fit: bool) -> Iterator[str]:
    widest = max(map(len, found.rows), default=1)
    width = 2 * _MARGIN + max(widest, 4) * _ACROSS
    height = 2 * _MARGIN + max(len(found.rows) - 1, 0) * _DOWN
    size = f'width="100%" style="max-width:{width * 3 // 2}px"' if fit else f'width="{width}" height="{height}"'
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="graph of {found.tasks} tasks" font-family="sans-serif" font-size="11" text-anchor="middle">'
    )
    places = {id(symbol): _place(symbol, width) for row in found.rows for symbol in row}
    for (tail, head), number in found.arrows.items():
        yield _arrow(places[tail], places[head], number)
    for row in found.rows:
        for symbol in row:
            yield _symbol(symbol, places[id(symbol)], types)
    yield "</svg>"


def _place(symbol: Symbol, width: int) -> tuple[float, float]:
    return width / 2 + symbol.place * _ACROSS, _MARGIN + symbol.row * _DOWN


def _arrow(tail: tuple[float, float], head: tuple[float, float], number: int) -> str:
    (x0, y0), (x1, y1) = tail, head
    y0, y1 = y0 + _RADIUS, y1 - _RADIUS
    bend = max((y1 - y0) / 2, 12)
    thickness = min(1 + number.bit_length() / 2, 5) if number > 1 else 1
    line = f"M{x0:.0f} {y0:.0f}C{x0:.0f} {y0 + bend:.0f} {x1:.0f} {y1 - bend:.0f} {x1:.0f} {y1:.0f}"
    title = f"<title>{number:,} dependencies</title>" if number > 1 else ""
    return f'<path d="{line}" fill="none" stroke="#8a8f98" stroke-width="{thickness}">{title}</path>'


def _symbol(symbol: Symbol, place: tuple[float, float], types: Mapping[int, TypeRecord]) -> str:
    x, y = place
    ring, more = _RINGS[symbol.stage]
    fill, ink = dottext.colours(symbol.type)
    name = types[symbol.type].name if symbol.type in types else f"type {symbol.type}"
    number = symbol.count
    what = f"{number:,} tasks" if number > 1 else f"task {symbol.first}"
    title = f"<title>{escape(f'{what} of {name}: {symbol.stage.name.lower()}')}</title>"
    text = f"&#215;{_short(number)}" if number > 1 else str(symbol.first)
    ink = "currentColor" if symbol.stage in _PALE else ink
    shape = (
        f'<rect x="{x - _RADIUS - 3:.0f}" y="{y - _RADIUS:.0f}" width="{2 * _RADIUS + 6}" height="{2 * _RADIUS}" rx="6"'
        if number > 1
        else f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{_RADIUS}"'
    )
    stroke = _TICKER.get(symbol.stage, 1.5)
    return (
        f'<g>{title}{shape} fill="{fill}" stroke="{ring}" stroke-width="{stroke}" {more}/>'
        f'<text x="{x:.0f}" y="{y + 4:.0f}" fill="{ink}">{text}</text>'
        f"{_cross(x, y) if symbol.stage is Stage.FAILED else ''}</g>"
    )


def _cross(x: float, y: float) -> str:
    """Beside what has failed: a type may be as red as the ring."""
    line = f'd="M{x + _RADIUS - 5:.0f} {y - _RADIUS - 3:.0f}l8 8m0 -8l-8 8" stroke-linecap="round"'
    return f'<path {line} stroke="#fff" stroke-width="6"/><path {line} stroke="#d93025" stroke-width="3"/>'


_PALE = frozenset({Stage.WAITING, Stage.READY, Stage.CANCELLED})


def _short(number: int) -> str:
    """At most four characters: 950, 12k, 1.2M."""
    if number < 1000:  # noqa: PLR2004
        return str(number)
    return f"{number / 1000:.0f}k" if number < 999_500 else f"{number / 1e6:.1f}M"  # noqa: PLR2004


def legend(types: Mapping[int, TypeRecord], stages: Iterable[Stage]) -> str:
    """What the colours mean, as HTML."""
    kinds = [
        f'<span style="background:{dottext.colours(number)[0]};border:1px solid;{_BOX}"></span>{escape(kind.name)}'
        for number, kind in sorted(types.items())
    ]
    rings = [
        f'<span style="border:2px solid {_RINGS[stage][0]};border-radius:50%;{_BOX}"></span>{word}'
        for stage, word in ((stage, _WORDS.get(stage, stage.name.lower())) for stage in stages)
    ]
    return f'<div style="{_LEGEND}">{"&ensp;".join(kinds)}</div><div style="{_LEGEND}">{"&ensp;".join(rings)}</div>'


_BOX = "display:inline-block;width:10px;height:10px;margin-right:5px;vertical-align:-1px"
_LEGEND = "font-size:12px;margin:4px 0"
