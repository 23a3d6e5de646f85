"""Curves over the number of nodes, as a picture in SVG: two panels, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence

WIDTH, HEIGHT, LEFT, TOP = 430, 250, 70, 40
COLOURS = ("#1b6ca8", "#c8553d", "#3a7d44", "#7a4e9f")
SPEEDS = {"sent_per_s": "sent", "ended_per_s": "ended", "flow_per_s": "short ones", "data_per_s": "with data"}
SIZES = {"memory_mb": "MB, all units busy", "flow_bytes": "bytes, short ones", "data_bytes": "bytes, with data"}
PANELS = (
    ("tasks a second", 10**3, 10**5, SPEEDS),
    ("megabytes of the master, and bytes a task", 10**0, 10**4, SIZES),
)


def picture(found: Sequence[dict[str, float]]) -> str:
    """found: figures by number of nodes, as `nodes.py` measures them."""
    size = f'width="{2 * (WIDTH + LEFT) + 20}" height="{HEIGHT + TOP + 50}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, panel in enumerate(PANELS):
        parts += [f'<g transform="translate({LEFT + number * (WIDTH + LEFT)},{TOP})">', *_panel(found, *panel), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _panel(found: Sequence[dict[str, float]], title: str, low: float, high: float, lines: dict[str, str]) -> list[str]:
    nodes = [one["nodes"] for one in found]

    def x(value: float) -> float:
        return _place(value, nodes[0], nodes[-1]) * (WIDTH - 120)

    def y(value: float) -> float:
        return HEIGHT - _place(value, low, high) * HEIGHT

    parts = [f'<text x="0" y="-15" font-weight="bold">{title}</text>']
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        at = y(10**power)
        parts.append(f'<line x1="0" x2="{WIDTH - 120}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="-8" y="{at + 4:.1f}" text-anchor="end">{10**power:,}</text>')
    parts += [f'<text x="{x(value):.1f}" y="{HEIGHT + 20}" text-anchor="middle">{value:,.0f}</text>' for value in nodes]
    parts.append(f'<text x="{(WIDTH - 120) / 2}" y="{HEIGHT + 40}" text-anchor="middle">nodes of 48 units</text>')
    names = sorted(lines, key=lambda key: -found[-1][key])
    spots = _apart([y(found[-1][key]) for key in names])
    for key, spot in zip(names, spots, strict=True):
        colour = COLOURS[list(lines).index(key)]
        points = " ".join(f"{x(one['nodes']):.1f},{y(one[key]):.1f}" for one in found)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{WIDTH - 112}" y="{spot + 4:.1f}" fill="{colour}">{lines[key]}</text>')
    return parts


def _place(value: float, low: float, high: float) -> float:
    return math.log(max(value, low) / low) / math.log(high / low) if high > low else 0.0


def _apart(spots: list[float]) -> list[float]:
    """The same from the top down, so far from one another that text can be read."""
    for index in range(1, len(spots)):
        spots[index] = max(spots[index], spots[index - 1] + 14)
    return spots
