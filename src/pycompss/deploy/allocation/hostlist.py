"""Slurm's short forms: of names, `node[01-03,07],login2`, and of numbers per node, `48(x3),24`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

_PIECE = re.compile(r"([^,\[\]]*)(?:\[([^\]]*)\])?")
_REPEATED = re.compile(r"(\d+)(?:\(x(\d+)\))?")
_MOST = 1 << 20  # names that one list may stand for


def expand(text: str) -> list[str]:
    """The names of a list, in its order; raises ValueError for what is none."""
    names: list[str] = []
    for part in _parts(text):
        names += _expanded(part)
        if len(names) > _MOST:
            raise ValueError(f"{text[:80]!r} stands for too many names")
    return names


def _parts(text: str) -> Iterator[str]:
    """The elements of the list: separated by commas outside brackets."""
    depth, start = 0, 0
    for index, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if depth not in (0, 1):
            raise ValueError(f"{text!r} is no list of hosts: brackets do not match")
        if letter == "," and depth == 0:
            yield text[start:index]
            start = index + 1
    if depth:
        raise ValueError(f"{text!r} is no list of hosts: brackets do not match")
    if text[start:]:
        yield text[start:]


def _expanded(part: str) -> list[str]:
    pieces: list[list[str]] = []
    for fixed, ranges in _PIECE.findall(part):
        pieces.append([fixed])
        if ranges:
            pieces.append([name for one in ranges.split(",") for name in _range(one)])
    return ["".join(letters) for letters in itertools.product(*pieces)]


def _range(text: str) -> list[str]:
    """`01-03`: 01, 02, 03; leading zeros stay."""
    first, dash, last = text.partition("-")
    if not (first.isdecimal() and (last.isdecimal() or not dash)):
        raise ValueError(f"{text!r} is no range of numbers")
    numbers = range(int(first), int(last or first) + 1)
    if len(numbers) > _MOST:
        raise ValueError(f"{text!r} stands for too many names")
    return [f"{number:0{len(first)}}" for number in numbers]


def counts(text: str) -> list[int]:
    """One number for each node."""
    found: list[int] = []
    for part in text.split(","):
        match = _REPEATED.fullmatch(part.strip())
        if match is None or int(match[2] or 1) > _MOST:
            raise ValueError(f"{text!r} are no numbers per node")
        found += [int(match[1])] * int(match[2] or 1)
    return found
