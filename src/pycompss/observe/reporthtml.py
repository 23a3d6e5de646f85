"""`pycompss trace-report --html`: one file with pictures in it, which needs no network and no script."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from pycompss.observe.analysis import Analysis, Figures
from pycompss.observe.report import headline, shares

_WIDTH, _HEIGHT, _LEFT = 960, 220, 84
_BINS = 240
_MOST_BARS = 4_000  # executions that are drawn one by one
_COLOURS = (
    "#4269d0",
    "#efb118",
    "#ff725c",
    "#6cc5b0",
    "#3ca951",
    "#ff8ab7",
    "#a463f2",
    "#97bbf5",
    "#9c6b4e",
    "#9498a0",
)
_PARTS = ("#3ca951", "#97bbf5", "#efb118", "#ff725c", "#9498a0")
_STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --line: #d5d8dd; --dim: #5d6470 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --paper: #17191c; --line: #3a3f47; --dim: #a2a9b4 } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1000px; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem } svg { width: 100%; height: auto; display: block }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.5rem } dt { color: var(--dim) } dd { margin: 0; font-variant-numeric: tabular-nums }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums } th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--line) }
th:first-child, td:first-child { text-align: left } th { color: var(--dim); font-weight: 500 } i { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em }
text { fill: var(--dim); font: 12px system-ui, sans-serif } .axis { stroke: var(--line) } .key { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .5rem 0 }
"""  # noqa: E501


def page(analysis: Analysis, figures: Figures) -> Iterator[str]:
    """The document in pieces."""
    colours = {kind.name: _COLOURS[number % len(_COLOURS)] for number, kind in enumerate(figures.types)}
    yield f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(figures.application)}</title>"
    yield f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style>"
    yield f"<h1>Run of {escape(figures.application)}</h1><dl>"
    yield from (f"<dt>{escape(name)}<dd>{escape(value)}" for name, value in headline(figures))
    yield "</dl><h2>Where the time of all computing units went</h2>"
    yield from _stack(figures)
    yield "<h2>Computing units at work</h2>"
    yield from _profile(analysis, figures, colours)
    yield _key(colours)
    yield "<h2>Workers</h2>"
    yield from _workers(analysis, figures, colours)
    yield "<h2>Types of tasks</h2>"
    yield from _table(figures, colours)
    path = " + ".join(f"{count} x {escape(name)}" for name, count in figures.path)
    yield f"<h2>Critical path</h2><p>{path}: {figures.critical:.3f} s</p></html>\n"


def _key(colours: dict[str, str]) -> str:
    names = "".join(f"<span><i style='background:{c}'></i>{escape(name)}</span>" for name, c in colours.items())
    return f"<div class=key>{names}</div>"


def _stack(figures: Figures) -> Iterator[str]:
    """One bar, cut into what the time went into."""
    yield f"<svg viewBox='0 0 {_WIDTH} 34' role=img>"
    x, named = 0.0, {}
    for (name, share), colour in zip(shares(figures), _PARTS, strict=True):
        yield f"<rect x='{x:.2f}' width='{share * _WIDTH:.2f}' height=34 fill='{colour}'/>"
        x += share * _WIDTH
        named[f"{name} {share:.1%}"] = colour
    yield f"</svg>{_key(named)}"


def _profile(analysis: Analysis, figures: Figures, colours: dict[str, str]) -> Iterator[str]:
    """How many units were at work, over time, by type."""
    counts = _bins(analysis, figures)
    top = max(figures.units, max((sum(column) for column in zip(*counts.values(), strict=True)), default=1.0))
    scale, step = _HEIGHT / top, (_WIDTH - _LEFT) / _BINS
    yield f"<svg viewBox='0 0 {_WIDTH} {_HEIGHT + 24}' role=img>"
    base = [0.0] * _BINS
    for name, values in counts.items():
        over = [(_LEFT + n * step, _HEIGHT - (base[n] + value) * scale) for n, value in enumerate(values)]
        under = [(_LEFT + n * step, _HEIGHT - base[n] * scale) for n in reversed(range(_BINS))]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in [*over, *under])
        yield f"<polygon points='{points}' fill='{colours[name]}'/>"
        base = [before + value for before, value in zip(base, values, strict=True)]
    full = _HEIGHT - figures.units * scale
    yield f"<line class=axis x1={_LEFT} x2={_WIDTH} y1={full:.1f} y2={full:.1f} stroke-dasharray=4 />"
    yield f"<text x={_LEFT - 8} y={full + 12:.1f} text-anchor=end>{figures.units}</text>"
    yield f"<line class=axis x1={_LEFT} x2={_WIDTH} y1={_HEIGHT} y2={_HEIGHT} />{_times(figures, _HEIGHT)}</svg>"


def _bins(analysis: Analysis, figures: Figures) -> dict[str, list[float]]:
    """By type, the mean number of units at work in each of equal stretches of time."""
    counts = {kind.name: [0.0] * _BINS for kind in figures.types}
    width = (figures.ended - figures.began) / _BINS or 1.0
    for sign, columns in ((1, analysis.bars), (-1, analysis.waits)):
        for type_, began, ended, _, units in zip(*columns, strict=True):
            values = counts[analysis.types.get(type_, str(type_))]
            first, last = (min(_BINS - 1, max(0, int((t - figures.began) / width))) for t in (began, ended))
            for n in range(first, last + 1):
                start = figures.began + n * width
                values[n] += sign * units * max(0.0, min(ended, start + width) - max(began, start)) / width
    return counts


def _workers(analysis: Analysis, figures: Figures, colours: dict[str, str]) -> Iterator[str]:
    """A line for each worker, a bar for each execution; of many, those that are long enough to be seen."""
    row = 18
    height = row * len(analysis.workers)
    scale = (_WIDTH - _LEFT) / ((figures.ended - figures.began) or 1)
    bars = sorted(zip(*analysis.bars, strict=True), key=lambda bar: bar[1] - bar[2])
    yield f"<svg viewBox='0 0 {_WIDTH} {height + 24}' role=img>"
    for number, worker in enumerate(analysis.workers):
        name = escape(f"{analysis.nodes[worker.node][0]} {worker.number}"[-13:])
        yield f"<text x={_LEFT - 8} y={row * number + 13} text-anchor=end>{name}</text>"
    for type_, began, ended, worker_, _ in bars[:_MOST_BARS]:
        name = analysis.types.get(type_, str(type_))
        x, width = _LEFT + (began - figures.began) * scale, max(0.3, (ended - began) * scale)
        title = f"<title>{escape(name)}, {(ended - began) / 1e6:.3f} ms</title>"
        shape = f"x='{x:.2f}' y={row * worker_ + 2} width='{width:.2f}' height={row - 4} fill='{colours[name]}'"
        yield f"<rect {shape}>{title}</rect>"
    yield f"{_times(figures, height)}</svg>"
    if len(bars) > _MOST_BARS:
        yield f"<p>The longest {_MOST_BARS} of {len(bars)} executions are drawn.</p>"


def _times(figures: Figures, height: int) -> str:
    """Five moments below a picture."""
    places = [(f / 4, ("start", "middle", "middle", "middle", "end")[f]) for f in range(5)]
    return "".join(
        f"<text x='{_LEFT + share * (_WIDTH - _LEFT):.0f}' y={height + 18} text-anchor={anchor}>"
        f"{share * figures.span:.3g} s</text>"
        for share, anchor in places
    )


def _table(figures: Figures, colours: dict[str, str]) -> Iterator[str]:
    heads = ("type", "count", "total s", "mean ms", "min ms", "max ms", "CPU s", "arguments and results s")
    yield f"<table><tr>{''.join(f'<th>{head}' for head in heads)}"
    for kind in figures.types:
        mean = kind.total / kind.count * 1e3
        numbers = (kind.total, mean, kind.least * 1e3, kind.most * 1e3, kind.cpu, kind.overhead)
        cells = "".join(f"<td>{number:.3f}" for number in numbers)
        yield f"<tr><td><i style='background:{colours[kind.name]}'></i>{escape(kind.name)}<td>{kind.count}{cells}"
    yield "</table>"
