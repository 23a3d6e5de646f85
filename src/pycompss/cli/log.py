"""`pycompss log [RUN] [explain TASK]`: what a run's journal says, in words."""

from __future__ import annotations

import os
import re
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pycompss.cli.runs import complain, failed, folder_of
from pycompss.core.events import Event, Kind
from pycompss.observe.explaining import Explanation
from pycompss.observe.journalfile import NAME, Follower, lines
from pycompss.observe.wording import Wording, line

_WORDS = (
    "created ready sent returned running ran finished failed retried cancelled staged data stream program node lost run"
)
_USAGE = """Usage: pycompss log [OPTIONS] [RUN]              what happened
       pycompss log [RUN] explain TASK           why a task waits, where it ran, what failed

RUN: the folder of a run, or its name in ~/.COMPSs (default: the latest)

  --tail[=N]      the last N lines (20)
  -f, --follow    go on until the run has ended
  --task=N        only what concerns this task
  --type=REGEX    only tasks whose name has a match
  --only=WORDS    only these, with commas: created ready sent returned running ran finished failed retried cancelled
                  staged data stream program node lost run
  --json          events as JSON, a line each; these filters choose whole events
"""
_NAMED = re.compile(r"task \d+ \((.*?)\) ")  # how what concerns a task begins
_PERIOD = 0.3  # seconds between two looks at a run that goes on
_PIECE = 5000  # events read at a time


@dataclass(slots=True)
class _Asked:
    words: list[str] = field(default_factory=list)
    tail: int | None = None
    task: int | None = None
    type: str = ""
    only: frozenset[str] = frozenset()
    follow: bool = False
    json: bool = False


def log(words: Sequence[str]) -> int:
    """Show it; returns the exit code."""
    if any(word in ("-h", "--help") for word in words):
        sys.stdout.write(_USAGE)
        return 0
    try:
        asked = _read(words)
    except ValueError as error:
        sys.stderr.write(f"{error}\n{_USAGE}" if str(error).startswith("Bad argument") else f"[ ERROR ]: {error}\n")
        return 1
    try:
        return _explain(asked) if "explain" in asked.words else _show(asked)
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:  # who reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, ValueError) as error:
        return failed(error)


def _read(words: Sequence[str]) -> _Asked:
    asked = _Asked()
    for word in words:
        name, _, value = word.partition("=")
        if name == "--tail":
            asked.tail = _number(name, value or "20")
        elif name == "--task":
            asked.task = _number(name, value)
        elif name == "--type":
            asked.type = _pattern(value)
        elif name == "--only":
            asked.only = _known(value)
        elif word in ("-f", "--follow"):
            asked.follow = True
        elif word == "--json":
            asked.json = True
        elif word.startswith("-"):
            raise ValueError(f"Bad argument: {word}")
        else:
            asked.words.append(word)
    return asked


def _number(option: str, value: str) -> int:
    if not value.isdecimal():
        raise ValueError(f"{option} wants a number, not {value!r}")
    return int(value)


def _pattern(value: str) -> str:
    try:
        return re.compile(value).pattern
    except re.error as error:
        raise ValueError(f"--type wants a regular expression, which {value!r} is not: {error}") from None


def _known(value: str) -> frozenset[str]:
    """The words of `--only`. One that does not exist would find nothing, and nobody would know why."""
    words = frozenset(word.strip() for word in value.split(","))
    if unknown := sorted(words.difference(_WORDS.split())):
        raise ValueError(f"--only does not know {', '.join(map(repr, unknown))}: it wants some of {_WORDS}")
    return words


def _explain(asked: _Asked) -> int:
    before, after = asked.words[: asked.words.index("explain")], asked.words[asked.words.index("explain") + 1 :]
    if len(before) > 1 or len(after) != 1 or not after[0].isdecimal():
        raise ValueError("explain wants the number of one task: pycompss log [RUN] explain TASK")
    path = folder_of(before[0] if before else None)
    explanation = Explanation(int(after[0]))
    with Follower(f"{path}/{NAME}", complain) as follower:
        is_alive = follower.is_written()
        explanation.read(follower.events())
    try:
        told = explanation.lines(is_alive=is_alive)
    except KeyError:
        raise ValueError(f"{path}: there is no task {after[0]}") from None
    sys.stdout.write("".join(f"{line}\n" for line in told))
    return 0


def _show(asked: _Asked) -> int:
    if len(asked.words) > 1:
        raise ValueError(f"one run, please, not {len(asked.words)}")
    path = f"{folder_of(asked.words[0] if asked.words else None)}/{NAME}"
    output = _Output(asked.tail)
    heard: list[str] = []
    wording = Wording(_filter(asked, heard.append if asked.json else output.write))
    is_filtered = asked.task is not None or bool(asked.type or asked.only)
    with Follower(path, complain) as follower:
        for batch in _batches(follower, follow=asked.follow):
            if batch is None:
                output.caught_up()
            elif not asked.json:
                wording.read(batch)
            else:
                for text in lines(_heard(batch, wording, heard) if is_filtered else batch):
                    output.write(f"{text}\n")
    if is_filtered and output.is_empty:
        complain(f"nothing in {path} is what these filters ask for")
    return 0


def _heard(batch: Sequence[Event], wording: Wording, heard: list[str]) -> Iterator[Event]:
    """The events of which the filter of `wording` lets some words through, into `heard`."""
    for event in batch:
        heard.clear()
        wording.read((event,))
        if heard:
            yield event


class _Output:
    """Standard output. tail: of what is there already, only so many lines are shown."""

    def __init__(self, tail: int | None) -> None:
        self._kept: deque[str] | None = deque(maxlen=tail) if tail is not None else None
        self.is_empty = True

    def write(self, text: str) -> None:
        self.is_empty = False
        if self._kept is None:
            sys.stdout.write(text)
        else:
            self._kept.append(text)

    def caught_up(self) -> None:
        """What comes now is new."""
        if self._kept is not None:
            sys.stdout.write("".join(self._kept))
            self._kept = None
        sys.stdout.flush()


def _filter(asked: _Asked, write: Callable[[str], object]) -> Callable[[float, str, int | None, str], None]:
    wanted = re.compile(asked.type) if asked.type else None

    def say(time: float, word: str, task: int | None, text: str) -> None:
        if (
            (asked.task is None or task == asked.task)
            and (not asked.only or word in asked.only)
            and (wanted is None or ((named := _NAMED.match(text)) is not None and wanted.search(named[1])))
        ):
            write(f"{line(time, text)}\n")

    return say


def _batches(follower: Follower, *, follow: bool) -> Iterator[list[Event] | None]:
    """What is there, in pieces, and None after the last; to follow means to wait for more until the run has ended."""
    has_ended = False
    while True:
        is_written = follower.is_written()  # asked before: what was written last is read
        events = follower.events()
        while batch := list(islice(events, _PIECE)):
            has_ended = has_ended or any(event[0] == Kind.RUN_ENDED for event in batch)
            yield batch
        yield None
        if has_ended or not (follow and is_written):
            if not (has_ended or is_written):
                complain("the program was killed, or its disk was full: its journal has no end")
            return
        time.sleep(_PERIOD)
