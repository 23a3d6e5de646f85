"""`pycompss gengraph FILE.dot`: the task graph as a picture, drawn by Graphviz.

Also in the older form, `compss_gengraph [svg|png|pdf] FILE.dot`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

FORMATS = ("pdf", "svg", "png")
_USAGE = "Usage: pycompss gengraph [--svg|--png|--pdf|--format_extension=FORMAT] FILE.dot\n"


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
    if not os.path.isfile(source):
        sys.stderr.write(f"[ ERROR ]: {source} does not exist\n")
        return 1
    return _draw(kind, source)


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


def _draw(kind: str, source: str) -> int:
    target = f"{source.removesuffix('.dot')}.{kind}"
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
