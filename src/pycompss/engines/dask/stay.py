"""A run's stay on a node, from the agent's side: it opens a session, messages go back and forth, it leaves.

When the line breaks or falls silent, the run is over for this node, and all that it has here ends. The other end sends
something every second, be it nothing but an empty list.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from pycompss.core.resources import Node
from pycompss.engines.dask import messages, own_code, transfers
from pycompss.engines.dask.apart import Apart
from pycompss.engines.dask.cluster import Farewell
from pycompss.engines.dask.connections import Connections, Line, Lost, View
from pycompss.engines.dask.host import Host
from pycompss.engines.dask.numbering import first_arena
from pycompss.engines.dask.opening import Description, Session, Share
from pycompss.engines.dask.pulling import Pulling
from pycompss.engines.dask.values import NodeValues
from pycompss.engines.local import sockets, workplace
from pycompss.engines.local.binding import Affinity
from pycompss.engines.local.engine import LocalEngine
from pycompss.engines.local.settings import Settings
from pycompss.engines.local.workplace import Workplace
from pycompss.store.spill import SpillFile
from pycompss.worker import wire

SILENCE = 30.0  # most seconds without a word after which the program is given up;
SOONER = 0.6  # less if it is less patient itself: what ran here has ended before it runs elsewhere
MORE = 0.25  # this part of its seconds
SHARES = 8  # this part of all memory is shared out from the start
PLACES = 16  # times the limit: places in a worker's arena
ADDRESSES = 1 << 45  # bytes that the arenas of all workers of a node may span
LEAST_STORE = 1 << 28  # bytes


async def session(
    line: Line, opening: bytes, connections: Connections, runs: dict[str, View], farewells: set[Farewell]
) -> None:
    """Serve one run until it leaves."""
    terms = pickle.loads(opening)
    outbox = Outbox()
    apart = _apart(terms, connections)
    problem = await _problem(terms, apart)
    if problem:
        await line.send([pickle.dumps(Description(Share("", 0), "", problem))])
        return
    host, description, view = _move_in(terms, connections, outbox, apart)
    runs[terms.terms.run] = view
    host.start()
    if terms.terms.observed or terms.terms.memory_profile:
        host.observe(memory=terms.terms.memory_profile)
    ended = asyncio.Event()

    async def farewell() -> None:
        outbox.put(wire.pack((messages.LEAVING,)))
        await ended.wait()

    farewells.add(farewell)
    writer = asyncio.get_running_loop().create_task(outbox.send_all(line))
    try:
        outbox.put(pickle.dumps(description))
        await _listen(line, host, outbox, min(SILENCE, SOONER * terms.silence))
    finally:
        writer.cancel()
        line.abort()
        del runs[terms.terms.run]
        host.stop()
        farewells.discard(farewell)
        ended.set()


async def _listen(line: Line, host: Host, outbox: Outbox, seconds: float) -> None:
    patience = Patience(line, seconds)
    watch = asyncio.get_running_loop().create_task(patience.run())
    try:
        while True:
            received = await line.receive()
            patience.heard()
            if not received:
                outbox.answer()
            for data in received:
                host.handle(wire.unpack(data, [])[0])
    except Lost:
        return
    finally:
        watch.cancel()


class Patience:
    """Breaks a line whose other end has been silent for so many seconds. verdict: that it did.

    A process that was stopped, or had no core, could not hear: then the other end gets a little more time.
    """

    def __init__(
        self,
        line: Line,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._line = line
        self._seconds = seconds
        self._clock, self._sleep = clock, sleep
        self._end = 0.0
        self.heard()
        self.verdict = ""

    def heard(self) -> None:
        self._end = self._clock() + self._seconds

    async def run(self) -> None:
        more = self._seconds * MORE
        while (left := self._end - (before := self._clock())) > 0:
            await self._sleep(left)
            if (now := self._clock()) > before + left + more:
                self._end = max(self._end, now + more)
        self.verdict = f"it has not answered for {self._seconds:g} s"
        self._line.abort()


class Outbox:
    """What is to be said next; what has gathered goes as one."""

    def __init__(self) -> None:
        self._messages: list[bytes] = []
        self._has_some = asyncio.Event()

    def put(self, data: bytes) -> None:
        self._messages.append(data)
        self._has_some.set()

    def answer(self) -> None:
        """Say something, even if there is nothing to say."""
        self._has_some.set()

    async def send_all(self, line: Line, pause: Callable[[], float] | None = None) -> None:
        """Until it is cancelled or the line breaks. pause: seconds after which silence is broken."""
        with contextlib.suppress(*Lost):
            while True:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._has_some.wait(), pause() if pause else None)
                self._has_some.clear()
                said, self._messages = self._messages, []
                await line.send(said)


def _move_in(
    opening: Session, connections: Connections, outbox: Outbox, apart: Apart | None
) -> tuple[Host, Description, View]:
    terms = opening.terms
    share = opening.share
    if share is None or share.equipment is None:
        share = terms.describe(share, opening.node)
    machine = os.uname().nodename
    node = Node(opening.node, share.name, share.units, share.memory, share.limit, share.equipment, machine)
    pulling = Pulling(terms.run, connections, Lost, by_bridge=True)
    temporary = apart.temporary if apart else os.path.join(terms.temporary, f"node{opening.node}")
    spill = None if terms.spill is None else SpillFile(lambda: terms.spill or temporary)
    values = NodeValues(opening.node, _store(opening, share), pulling, spill)
    limit = reach = values.memory.arena.limit
    if spill is not None:
        values.memory.share = limit // (SHARES * (1 + share.units))
        reach = _addresses(limit, share.units)
    os.makedirs(temporary, mode=0o700, exist_ok=True)
    engine = LocalEngine(
        [node],
        _settings(opening, apart, temporary, reach, "" if spill is None else spill.directory),
        memory=values.memory,
        affinity=_affinity(opening, share.units),
        first_worker=first_arena(node.index),
    )
    host = Host(engine, node, values, pulling, _packed(outbox.put), apart)
    return host, Description(share, node.address), values.view


def _settings(opening: Session, apart: Apart | None, temporary: str, reach: int, spills: str) -> Settings:
    """Of the engine of this node. reach: of its workers' arenas; spills: where their values go if memory is full."""
    terms = opening.terms
    own = opening.share.environment if opening.share is not None else {}
    return Settings(
        apart.run if apart else terms.folder,
        temporary,
        reach,
        spills,
        workplace=_workplace(opening),
        keep_output=terms.keep_output,
        observed=terms.observed,
        live_output=terms.live_output,
        services=terms.services,
        environment={**terms.environment, **own},
        program=_program(opening, apart),
    )


def _affinity(opening: Session, units: int) -> Affinity:
    """Whether tasks are bound to cores: not on a guest that has others, which may be those of other nodes."""
    affinity = opening.terms.affinity
    if opening.is_guest and affinity.cores == "automatic" and units < len(sockets.usable()):
        return replace(affinity, cores="disabled")
    return affinity


def _workplace(opening: Session) -> Workplace:
    """Where tasks work. Where no folder is shared, files are brought by the agent, not by workers."""
    terms, own = opening.terms, opening.share or Share("", 0)
    name = f"{terms.run}-{opening.node}"
    place = workplace.of(terms.working_dir, name, own.deployment.working_dir, keep=terms.keep_workplace)
    return replace(place, staged="") if opening.is_apart else place


def _apart(opening: Session, connections: Connections) -> Apart | None:
    if not opening.is_apart:
        return None
    return Apart(_workplace(opening).path, opening.terms.folder, opening.program, connections, Lost)


async def _problem(opening: Session, apart: Apart | None) -> str:
    """Why this node cannot be used; empty if it can: then it has the program's own modules, or finds the same."""
    own = opening.share or Share("", 0)
    try:
        problem = own_code.problem(own.name, opening.terms.code, own.deployment.path, at_home=apart is None)
        if apart is not None and not problem:
            apart.make()
            await apart.fetch_code(opening.terms.code)
    except (OSError, transfers.Refused) as error:
        return f"node {own.name} (on {os.uname().nodename}) cannot be used: {error}"
    return problem


def _program(opening: Session, apart: Apart | None) -> tuple[list[str], str]:
    """Where workers look for modules, and the directory in which they are."""
    own, terms = opening.share or Share("", 0), opening.terms
    here = [apart.code] if apart else []
    return [*own.deployment.path, *here, *terms.path], apart.directory if apart else terms.directory


def _addresses(limit: int, workers: int) -> int:
    """How far a worker's arena may reach: values that were spilled keep their places in it."""
    return max(limit, min(PLACES * limit, ADDRESSES // max(1, workers)))


def _packed(put: Callable[[bytes], None]) -> Callable[[Any], None]:
    return lambda message: put(wire.pack(message))


def _store(opening: Session, share: Share) -> int:
    """Bytes of shared memory for values of every process of a node."""
    if opening.terms.store_limit is not None:
        return opening.terms.store_limit
    memory = share.memory or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(LEAST_STORE, memory // 2)
