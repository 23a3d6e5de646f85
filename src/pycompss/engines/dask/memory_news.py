"""What a node's relief (`relief`) learns from the events of its engine, and which of them are for it alone."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from pycompss.engines import protocol
from pycompss.engines.dask.descriptors import renamed
from pycompss.engines.dask.relief import Relief
from pycompss.engines.dask.roomseekers import Seeker
from pycompss.engines.protocol import Event
from pycompss.store.descriptor import BUFFERS, PICKLED, Range, ranges_in, ranges_of
from pycompss.store.room import Freed
from pycompss.store.spill import SPILL

Reply = Callable[[int, int, bool, Any], None]


def take(relief: Relief, event: Event, reply: Reply) -> Event | None:
    """Note an event; what others hear of it."""
    kind = event[0]
    if kind == protocol.COMPLETED:
        return _completed(relief, event)
    if kind == protocol.REQUESTED:
        _, slot, request, method, task, arguments = event
        if method == "room":
            relief.seek(_seeker(slot, request, task, arguments, reply))
            return None
        return _with_names(relief, event, task)
    if kind == protocol.SAID:
        return _with_names(relief, event, event[3])
    if kind == protocol.CLAIMED:
        relief.usage.hold(event[1], event[2])
    elif kind == protocol.UNCLAIMED:
        relief.usage.let_go(event[1], event[2])
    elif kind == protocol.RETURNED:
        relief.usage.returned(event[1])
    elif kind == protocol.LOST:
        relief.usage.lost(event[1])
        if event[2] is not None:
            relief.settle(event[2], ())
    return event


def _completed(relief: Relief, event: Event) -> Event:
    _, slot, completions = event
    made: list[Range] = []
    for completion in completions:
        if completion[2]:
            for value in completion[2]:
                made += ranges_of(value)
    if relief.handed:
        filled = [place for place in made if place[0] == SPILL]
        for completion in completions:
            relief.settle(completion[0], filled)
    relief.usage.ended(slot, completions)
    if not made:
        return event
    names = relief.named({place for place in made if place[0] == SPILL})
    relief.made(key for key in made if key not in names)
    told: Event = renamed(event, names) if names else event
    return told


def _with_names(relief: Relief, event: Event, task: int) -> Event:
    """Values that a running task hands over."""
    made = set(ranges_in(event[2:]))
    if not made:
        return event
    filled = {place for place in made if place[0] == SPILL}.intersection(relief.handed.get(task, ()))
    if not filled:
        relief.made(key for key in made if key[0] != SPILL)
        return event
    relief.handed[task] = [place for place in relief.handed[task] if place not in filled]
    names = relief.named(filled)
    relief.made(key for key in made if key[0] != SPILL)
    told: Event = renamed(event, names)
    return told


def _seeker(slot: int, request: int, task: int, arguments: tuple[Any, ...], reply: Reply) -> Seeker:
    arena, length, attempt = arguments

    def told(place: Range | None, freed: list[Freed]) -> None:
        reply(slot, request, True, ((BUFFERS, b"", (place,)) if place is not None else None, freed))

    def refused(error: BaseException) -> None:
        reply(slot, request, False, (PICKLED, pickle.dumps(error)))

    return Seeker(arena, length, attempt, told, refused, task)
