"""A validator of Paraver traces, written from the description of the format.

Records are sorted by time; states of a thread do not overlap; every thread is one of the header's and has a name in the
`.row`; every type has a block in the `.pcf` and, where the block has values, every value is among them; what begins
ends; communications go forward in time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HEADER = re.compile(
    r"#Paraver \(\d\d/\d\d/\d{4} at \d\d:\d\d\):(\d+)_ns:(\d+)\(([\d,]+)\):(\d+)((?::\d+\([\d:,]+\))+)$"
)

Thread = tuple[int, int, int]


@dataclass
class Trace:
    """What a valid trace holds."""

    duration: int
    threads: list[Thread]
    names: dict[Thread, str] = field(default_factory=dict)
    states: dict[Thread, list[tuple[int, int, int]]] = field(default_factory=dict)
    events: list[tuple[Thread, int, int, int]] = field(default_factory=list)  # thread, time, type, value
    communications: list[tuple[Thread, int, Thread, int]] = field(default_factory=list)

    def of_type(self, type_: int) -> list[tuple[Thread, int, int]]:
        return [(thread, time, value) for thread, time, kind, value in self.events if kind == type_]


def load(base: Path) -> Trace:
    """The trace `base.prv` with its companions; AssertionError says what is wrong, with the line."""
    lines = base.with_suffix(".prv").read_text("ascii").splitlines()
    trace, cpus = _header(lines[0])
    _check_rows(base.with_suffix(".row").read_text(), trace, cpus)
    types = _types(base.with_suffix(".pcf").read_text())
    last = 0
    for number, line in enumerate(lines[1:], start=2):
        words = [int(word) for word in line.split(":")]
        kind, cpu, thread, rest = words[0], words[1], (words[2], words[3], words[4]), words[5:]
        assert 1 <= cpu <= cpus, f"line {number}: no such processor"
        assert thread in trace.threads, f"line {number}: no such thread"
        assert last <= rest[0], f"line {number}: not in order of time"
        assert rest[0] <= trace.duration, f"line {number}: after the end"
        last = rest[0]
        if kind == 1:
            _state(trace, thread, rest, number)
        elif kind == 2:
            _events(trace, types, thread, rest, number)
        else:
            assert kind == 3, f"line {number}: no such record"
            _communication(trace, thread, rest, number)
    _check_ends(trace)
    return trace


def _header(line: str) -> tuple[Trace, int]:
    found = HEADER.match(line)
    assert found, line
    duration, nodes, sizes, applications, lists = found.groups()
    cpus = [int(size) for size in sizes.split(",")]
    assert len(cpus) == int(nodes)
    threads = []
    described = re.findall(r":(\d+)\(([\d:,]+)\)", lists)
    assert len(described) == int(applications)
    for application, (tasks, text) in enumerate(described, start=1):
        parts = [part.split(":") for part in text.split(",")]
        assert len(parts) == int(tasks)
        for task, (count, node) in enumerate(parts, start=1):
            assert 1 <= int(node) <= int(nodes)
            threads += [(application, task, thread) for thread in range(1, int(count) + 1)]
    return Trace(int(duration), threads), sum(cpus)


def _check_rows(text: str, trace: Trace, cpus: int) -> None:
    levels = {}
    for block in text.strip().split("\n\n"):
        head, *names = block.splitlines()
        _, level, _, size = head.split()
        assert int(size) == len(names), head
        levels[level] = names
    assert len(levels["CPU"]) == cpus
    assert len(levels["THREAD"]) == len(trace.threads)
    for thread, name in zip(trace.threads, levels["THREAD"], strict=True):
        assert name.endswith(f"({'.'.join(map(str, thread))})"), name
        trace.names[thread] = name


def _types(text: str) -> dict[int, set[int]]:
    """Values by type; an empty set where there are none to name."""
    assert text.startswith("DEFAULT_OPTIONS\n")
    for section in ("STATES\n", "STATES_COLOR\n", "GRADIENT_COLOR\n", "GRADIENT_NAMES\n"):
        assert section in text, section
    return dict(_blocks(text))


def _blocks(text: str) -> Iterator[tuple[int, set[int]]]:
    for block in text.split("EVENT_TYPE\n")[1:]:
        head, _, values = block.partition("VALUES\n")
        listed = {int(line.split(None, 1)[0]) for line in values.split("\n\n")[0].splitlines()}
        assert not listed or 0 in listed, head
        yield int(head.split()[1]), listed


def _state(trace: Trace, thread: Thread, rest: list[int], number: int) -> None:
    began, ended, state = rest
    assert began <= ended <= trace.duration, f"line {number}: ends before it begins, or after all"
    assert 0 <= state <= 15, f"line {number}: no such state"
    others = trace.states.setdefault(thread, [])
    assert not others or others[-1][1] <= began, f"line {number}: states overlap"
    others.append((began, ended, state))


def _events(trace: Trace, types: dict[int, set[int]], thread: Thread, rest: list[int], number: int) -> None:
    time, pairs = rest[0], rest[1:]
    assert pairs, f"line {number}: no event"
    assert len(pairs) % 2 == 0, f"line {number}: a type without value"
    for type_, value in zip(pairs[::2], pairs[1::2], strict=True):
        assert type_ in types, f"line {number}: type {type_} is not in the .pcf"
        assert not types[type_] or value in types[type_], f"line {number}: value {value} of {type_} is not in the .pcf"
        trace.events.append((thread, time, type_, value))


def _communication(trace: Trace, sender: Thread, rest: list[int], number: int) -> None:
    logical, sent, _cpu, *receiver, received, physical, size, _tag = rest
    assert tuple(receiver) in trace.threads, f"line {number}: no such receiver"
    assert logical <= sent <= received <= physical, f"line {number}: received before it was sent"
    assert size >= 0
    trace.communications.append((sender, sent, (receiver[0], receiver[1], receiver[2]), received))


def _check_ends(trace: Trace) -> None:
    open_: dict[tuple[Thread, int], int] = {}
    for thread, time, type_, value in trace.events:
        if value:
            open_[thread, type_] = time
        else:
            open_.pop((thread, type_), None)
    assert not open_, f"never end: {open_}"
