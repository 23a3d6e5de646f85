"""`pycompss gentrace [RUN]`: the trace of a run, made of its journal afterwards.

Also in the older form, `compss_gentrace [--out_dir=DIR] [--trace_name=NAME] [DIR]`; there are no packages to merge.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from pycompss.cli.runs import complain, failed, folder_of, naming
from pycompss.observe.tracing import KINDS, of_journal

_USAGE = """Usage: pycompss gentrace [--perfetto] [--out_dir=DIR] [--trace_name=LABEL] [--dependencies=false] [RUN]

RUN: the folder of a run, or its name in ~/.COMPSs (default: the latest)
"""
_IGNORED = ("-d", "--log_dir", "--log_level", "--keep_packages", "--custom_threads")


@dataclass(slots=True)
class _Asked:
    run: str | None = None
    kind: str = "paraver"
    folder: str = ""
    label: str = ""
    dependencies: bool = True


def gentrace(words: Sequence[str]) -> int:
    """Write the trace; returns the exit code."""
    if any(word in ("-h", "--help") for word in words):
        sys.stdout.write(_USAGE)
        return 0
    try:
        asked = _read(words)
    except ValueError as error:
        sys.stderr.write(f"{error}\n{_USAGE}")
        return 1
    try:
        run = folder_of(asked.run)
        with naming(asked.folder or run):
            made = of_journal(
                run, asked.kind, complain, folder=asked.folder, label=asked.label, dependencies=asked.dependencies
            )
    except (OSError, ValueError) as error:
        return failed(error)
    sys.stdout.write(f"Output file: {made.base}{'.json' if asked.kind == 'perfetto' else '.prv'}\n")
    return 0


def _read(words: Sequence[str]) -> _Asked:
    asked, left = _Asked(), list(words)
    while left:
        word = left.pop(0)
        name, _, value = word.partition("=")
        if word in ("--download_dir", "--out_dir", "--trace_name") and left:
            value = left.pop(0)
        if name in ("--perfetto", "--paraver"):
            asked.kind = name[2:]
        elif name == "--format" and value in KINDS:
            asked.kind = value
        elif name in ("--out_dir", "--download_dir"):
            asked.folder = value
        elif name in ("--trace_name", "--trace_label"):
            asked.label = value
        elif name == "--dependencies":
            asked.dependencies = value.lower() not in ("false", "no", "off", "0")
        elif name in _IGNORED:
            continue
        elif word.startswith("-") or asked.run is not None:
            raise ValueError(f"Bad argument: {word}")
        else:
            asked.run = word
    return asked
