"""How settings are written: numbers, sizes, booleans, choices.

Every function turns the text of a flag, a variable or a file into a value, or raises ValueError with what it expected.
"""

from __future__ import annotations

import os
from collections.abc import Callable

_WORDS = {
    **dict.fromkeys(("true", "yes", "on", "1", ""), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_UNITS = {"": 1, **{letter: 1000**power for power, letter in enumerate("kmgt", 1)}}
_UNITS |= {f"{letter}i": 1024**power for power, letter in enumerate("kmgt", 1)}


def boolean(text: str) -> bool:
    """True or false, as flags write it; an empty text is true."""
    try:
        return _WORDS[text.strip().lower()]
    except KeyError:
        raise ValueError("expected true or false") from None


def unless_refused(text: str) -> bool:
    """False for a word that means it; everything else, such as `--tracing=extrae`, asks for it."""
    return _WORDS.get(text.strip().lower(), True)


def tracing(text: str) -> str:
    """The kind of trace: "" for a word that refuses, perfetto, or paraver for everything else (`extrae`, `true`)."""
    if not unless_refused(text):
        return ""
    return "perfetto" if text.strip().lower() == "perfetto" else "paraver"


def workplace(text: str) -> str:
    """Where tasks work: a word, or an absolute path."""
    if text in ("shared_disk", "local_disk") or os.path.isabs(text):
        return text
    raise ValueError("expected shared_disk, local_disk, or the absolute path of a folder")


def whole(text: str) -> int:
    """A number from 0 on."""
    if not text.strip().isdecimal():
        raise ValueError("expected a whole number, 0 or more")
    return int(text)


def positive(text: str) -> int:
    """A number from 1 on."""
    if not text.strip().isdecimal() or int(text) == 0:
        raise ValueError("expected a whole number, 1 or more")
    return int(text)


def limit(text: str) -> int | None:
    """A number from 1 on; a negative one means no limit."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number == 0:
        raise ValueError("expected a whole number, 1 or more, or -1")
    return number if number > 0 else None


def megabytes(text: str) -> int | None:
    """A number of megabytes; `disabled` means that nothing is said."""
    if text in ("disabled", "default", ""):
        return None
    return positive(text)


def seconds(text: str) -> float:
    """A time in seconds, 0 or more."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ValueError("expected a number of seconds, 0 or more")
    return value


def size(text: str) -> int:
    """A number of bytes: `512MB`, `2GB` (powers of ten), `2GiB` (powers of two), or a plain number."""
    digits = text.strip().lower().removesuffix("b").strip()
    unit = digits.lstrip("0123456789.")
    try:
        value = float(digits.removesuffix(unit)) * _UNITS[unit.strip()]
    except (ValueError, KeyError):
        value = 0.0
    if value < 1:
        raise ValueError("expected a size such as 512MB or 2GB")
    return int(value)


def paths(text: str) -> tuple[str, ...]:
    """Paths with `:` between them, made absolute."""
    return tuple(os.path.abspath(os.path.expanduser(part)) for part in text.split(os.pathsep) if part)


_SCHEDULERS: tuple[str, ...] = (
    "fifo",
    "lifo",
    "locality",
    "data",
    "successors",
    "lookahead",
    "orderstrict",
    "multiobjective",
)
_SCHEDULERS += ("mosched", "predefined", "taskscheduler", "ready", "loadbalancing")
_CLASSES = "es.bsc.compss."  # every class of COMPSs stands for the nearest order there is


def scheduler(text: str) -> str:
    """The name of a scheduler: a class of COMPSs, or the short name of one."""
    short = text.lower()
    if not short.startswith(_CLASSES) and not any(word in short for word in _SCHEDULERS):
        raise ValueError("expected fifo, lifo, locality, or a class such as LocalityTS")
    return text


_WITHOUT_MAP = ("disabled", "automatic", "dlb")
_MOST_IN_A_MAP = 1 << 16


def affinity(text: str) -> str:
    """What tasks are bound to: a word, or a map such as `0-3,8/4-7`."""
    groups(text)
    return text


def groups(text: str) -> tuple[tuple[int, ...], ...]:
    """The numbers of a map by socket, `/` between them; nothing for a word."""
    if text in _WITHOUT_MAP:
        return ()
    try:
        found = tuple(tuple(_range(part) for part in group.split(",")) for group in text.split("/"))
        numbers = tuple(tuple(number for part in group for number in part) for group in found)
    except ValueError:
        numbers = ()
    every = [number for group in numbers for number in group]
    if not every or len(set(every)) != len(every):
        raise ValueError(f"expected {', '.join(_WITHOUT_MAP)}, or a map such as 0-3,8/4-7")
    return numbers


def _range(part: str) -> range:
    first, dash, last = part.strip().partition("-")
    found = range(int(first), int(last if dash else first) + 1)
    if not 0 < len(found) <= _MOST_IN_A_MAP or found.start < 0:
        raise ValueError(part)
    return found


def one_of(*choices: str) -> Callable[[str], str]:
    """One of a few words."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return text

    return parse
