"""`pycompss trace-report [--html[=FILE]] [RUN]`: what a run's time went into."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from pycompss.cli.runs import complain, failed, folder_of, naming
from pycompss.observe.analysis import Analysis
from pycompss.observe.journalfile import NAME, read
from pycompss.observe.report import lines
from pycompss.observe.reporthtml import page

_USAGE = """Usage: pycompss trace-report [--html[=FILE]] [RUN]

RUN: the folder of a run, or its name in ~/.COMPSs (default: the latest)
--html: with pictures, in a file (default: trace/report.html in the run's folder)
"""


def report(words: Sequence[str]) -> int:
    """Show it; returns the exit code."""
    if any(word in ("-h", "--help") for word in words):
        sys.stdout.write(_USAGE)
        return 0
    html = [word for word in words if word.partition("=")[0] == "--html"]
    runs = [word for word in words if not word.startswith("-")]
    unknown = [word for word in words if word not in html and word not in runs]
    if unknown or len(runs) > 1 or len(html) > 1:
        culprit = f"Bad argument: {unknown[0]}" if unknown else "Name one run, and one file."
        sys.stderr.write(f"{culprit}\n{_USAGE}")
        return 1
    try:
        run = folder_of(runs[0] if runs else None)
        analysis = Analysis()
        analysis.read(read(os.path.join(run, NAME), complain))
        if html:
            return _write(analysis, html[0].partition("=")[2] or os.path.join(run, "trace", "report.html"))
        sys.stdout.writelines(f"{line}\n" for line in lines(analysis.figures()))
    except (OSError, ValueError) as error:
        return failed(error)
    return 0


def _write(analysis: Analysis, path: str) -> int:
    figures = analysis.figures()
    os.makedirs(os.path.dirname(os.path.abspath(path)), mode=0o700, exist_ok=True)
    with naming(path), open(path, "w", encoding="utf-8") as file:
        file.writelines(page(analysis, figures))
    sys.stdout.write(f"Output file: {path}\n")
    return 0
