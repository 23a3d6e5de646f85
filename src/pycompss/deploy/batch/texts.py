"""How the options of a job are written: each function makes a value of a text, or raises ValueError with its wish.

Scripts are made of these values. No value may end the line it stands in, and what becomes part of a directive holds
no character that a batch system or a shell reads as more than itself.
"""

from __future__ import annotations

import os
import re
import shlex

NOTHING = ("", "default", "disabled", "unset", "none", "None", "null", "NULL", "false", "0")
SYSTEMS = ("slurm", "pbs", "lsf", "sge")

_NAME = re.compile(r"[\w.,:;+@%/=-]+", re.ASCII)
_EXPRESSION = re.compile(r"[\w.,:+@%/=\-&|*\[\]()]+", re.ASCII)
_TITLE = re.compile(r"[\w.,:+@%/=-][\w.,:+@%/= -]*", re.ASCII)
_JOB = re.compile(r"\d[\w.-]*", re.ASCII)
_MEMBER = re.compile(r"\d+(_\d+|\[.*)")


def line(text: str) -> str:
    """Any text of one line."""
    if not text.isprintable():
        raise ValueError("expected one line without control characters")
    return text


def _matching(pattern: re.Pattern[str], text: str, expected: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(expected)
    return text


def name(text: str) -> str | None:
    """The name of something that the batch system knows."""
    return None if text in NOTHING else _matching(_NAME, text, "expected a name: letters, digits and . , : + @ % / = -")


def expression(text: str) -> str | None:
    """Names with operators between them, as Slurm's --constraint takes them."""
    return None if text in NOTHING else _matching(_EXPRESSION, text, "expected names, and between them & | * [ ] ( )")


def title(text: str) -> str:
    return _matching(_TITLE, text, "expected a name: letters, digits, spaces and . , : + @ % / = -")


def job(text: str) -> str | None:
    """The number of a job, such as 1234 or 1234.server."""
    if _MEMBER.fullmatch(text):
        raise ValueError("members of arrays are not waited for; give the number of a whole job")
    return None if text in NOTHING else _matching(_JOB, text, "expected the number of a job, such as 1234")


def no_array(_text: str) -> None:
    raise ValueError(
        "job arrays are refused: a job is one program, whose tasks are what varies. "
        "Loop over the inputs in the program, or submit one job for each"
    )


def image(text: str) -> str | None:
    """A file, made absolute, or a name such as docker://site/image."""
    if text in NOTHING:
        return None
    path = os.path.abspath(os.path.expanduser(line(text)))
    return path if os.path.exists(path) or "://" not in text else text


def words(text: str) -> tuple[str, ...]:
    return tuple(shlex.split(line(text)))


def no_terminal(text: str) -> None:
    if text not in NOTHING:
        raise ValueError(
            "a job has no terminal; try: salloc --nodes=N --exclusive, and there ipython: "
            "import pycompss.interactive as ipycompss; ipycompss.start(). Or --jupyter_notebook"
        )


def flag(text: str) -> str:
    """A directive as the batch system reads it."""
    directive = line(text).replace("#", " ").strip()
    if not directive.startswith("-"):
        raise ValueError("expected an option of the batch system, such as --comment=text")
    if directive.startswith("--array") or re.match(r"(-a|-t|-J)[ =]*\d+-\d", directive):
        no_array(text)
    return directive


def system(text: str) -> str | None:
    if text in NOTHING:
        return None
    if text.lower() not in SYSTEMS:
        raise ValueError(f"expected one of {', '.join(SYSTEMS)}")
    return text.lower()


def megabytes(text: str) -> int | None:
    if text in NOTHING:
        return None
    if not text.isdecimal():
        raise ValueError("expected a number of megabytes, or disabled")
    return int(text)


def file(text: str) -> str:
    """A file that is there; made absolute."""
    path = os.path.abspath(os.path.expanduser(line(text)))
    if not os.path.isfile(path):
        raise ValueError(f"{path} does not exist")
    return path


def directory(text: str) -> str:
    """A directory that is there; made absolute. Batch systems cannot be told every name."""
    path = os.path.abspath(os.path.expanduser(line(text)))
    if not os.path.isdir(path):
        raise ValueError(f"{path} is no directory; make it first")
    if re.search(r"[\"\\`$%]", path):
        raise ValueError(f'batch systems would misread the characters " \\ ` $ % in {path}')
    return path
