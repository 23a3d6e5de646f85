"""The engine for several nodes, on the program's side: commands become messages for agents, their events are reported.

The bridge (`bridge.py`) passes both on. The program's thread never talks to the network, and the bridge never runs the
program's code, so neither can hold up the other.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterable
from typing import Any

from pycompss.core.resources import Node, Slot
from pycompss.engines import protocol
from pycompss.engines.dask import messages
from pycompss.engines.dask.bridging import Bridging, node_of_description
from pycompss.engines.dask.clocks import Clocks
from pycompss.engines.dask.departures import Departures
from pycompss.engines.dask.ear import Ear
from pycompss.engines.dask.errands import Errands
from pycompss.engines.dask.numbering import PROGRAM, is_spill_arena, node_of
from pycompss.engines.dask.opening import Opening, Share
from pycompss.engines.dask.sight import Sight
from pycompss.engines.dask.whereabouts import Whereabouts
from pycompss.engines.local.residence import Look
from pycompss.engines.protocol import Event, Move, Report
from pycompss.engines.token import Token
from pycompss.store.descriptor import BUFFERS, Descriptor, Range, ranges_in
from pycompss.store.shared import SharedMemory
from pycompss.util import stderr
from pycompss.worker import wire


class DaskEngine:
    """Agents on several nodes (`pycompss.engines.protocol.Engine`)."""

    def __init__(self, opening: Opening, memory: SharedMemory) -> None:
        self._opening = opening
        self._clocks = Clocks(time.time)
        self._sight = Sight(self._clocks)
        self._memory = memory
        self._functions: list[bytes] = []
        self._known: dict[int, set[int]] = {}  # node -> numbers of the functions that its agent has
        self._slots: set[int] = set()  # that their agents know
        self._where = Whereabouts()
        self._bridging: Bridging | None = None
        self._ear: Ear | None = None
        self._errands = Errands(memory.arena)
        self._departures = Departures(self._where)

    # -- life ---------------------------------------------------------------------------------------------------------

    def start(self, report: Report) -> list[Node]:
        """Start bridge and agents. Raises PyCOMPSsException when the nodes do not come."""
        self._bridging = bridging = Bridging(self._opening, self._memory.arena.fd)
        try:
            joined = bridging.await_nodes(len(self._opening.shares))
        except BaseException:
            bridging.stop()
            bridging.close()
            raise
        self._ear = Ear(bridging.channel, self._understand, report)
        self._ear.start()
        for node in joined:
            self._known[node.index] = set()
        self._ask_for_time()
        return joined

    def stop(self, *, force: bool = False) -> None:
        bridging, self._bridging = self._bridging, None
        if bridging is not None:
            self._errands.give_up("the run has ended")
            bridging.stop()
            if self._ear is not None:
                self._ear.stop()
            bridging.close()

    def poll(self, seconds: float = 0.0) -> None:
        """A thread of our own reads: wait for what it reports, if anything."""
        if seconds and self._ear is not None:
            self._ear.pause(seconds)

    def wait(self, token: Token) -> None:
        token.sleep()

    def wake(self) -> None:
        """Whoever waits sleeps on its token."""

    def remind(self) -> None:
        if self._ear is not None:
            self._ear.later([(protocol.REMINDED,)])

    # -- what the session asks for ------------------------------------------------------------------------------------

    def functions(self) -> list[bytes]:
        return self._functions

    def let_hand_over(self) -> None:
        """Workers of several nodes have no memory in common."""

    def run(self, slot: Slot, tasks: list[tuple[Any, ...]], ranges: list[Range]) -> None:
        node = slot.node.index
        known = self._known.get(node)
        if known is None:  # it was lost, which is about to be reported
            return
        fresh = {task[1] for task in tasks} - known
        known |= fresh
        for task in tasks:
            if task[6] is not None and "in_place" in task[6]:
                self._drop_copies(ranges_in([task[4][position] for position in task[6]["in_place"]]))
        places = self._where.places(set(ranges), node) if ranges else None
        functions = [(number, self._functions[number]) for number in sorted(fresh)]
        self._tell(node, (messages.RUN, slot.id, self._reservation(slot), functions, tasks, places))

    def _reservation(self, slot: Slot) -> bytes | None:
        if slot.id in self._slots:
            return None
        self._slots.add(slot.id)
        others = [(part.node.index, part.node.name, part.node.address) for part in slot.others]
        return pickle.dumps((slot.requirement, slot.allotment, others))

    def slot_nearby(self) -> int:
        return 0  # messages go to the bridge, whoever they are for

    def close_slot(self, slot: Slot) -> None:
        if slot.id in self._slots:
            self._slots.discard(slot.id)
            self._tell(slot.node.index, (messages.CLOSE, slot.id))

    def take_back(self, slot: Slot) -> None:
        self._tell(slot.node.index, (messages.TAKE_BACK, slot.id))

    def interrupt(self, slot: Slot, task: int) -> None:
        self._tell(slot.node.index, (messages.INTERRUPT, slot.id, task))

    def reply(self, slot: Slot, request: int, ok: bool, value: Any) -> None:
        places = self._where.places(set(ranges_in([value])), slot.node.index)
        self._tell(slot.node.index, (messages.REPLY, slot.id, request, ok, value, places))

    def release(self, ranges: Iterable[Range]) -> tuple[int, ...]:
        for node, keys in self._where.forget(ranges).items():
            if node == PROGRAM:
                for _, offset, length in keys:
                    self._memory.arena.free(offset, length)
                self._memory.arena.cool_down()
            else:
                self._tell(node, (messages.RELEASE, keys))
        return ()  # which of a node's workers it was is the agent's business

    def running(self) -> list[tuple[int, int, float]]:
        self._ask_for_time()  # whoever asks wants times that can be compared
        return self._sight.running()

    def memory(self) -> list[Look]:
        self._ask_for_time()
        return self._sight.memory()

    def _ask_for_time(self) -> None:
        if self._opening.terms.observed or self._opening.terms.memory_profile:
            for node, asked in self._clocks.due(self._known.copy()):
                self._tell(node, (messages.CLOCK, asked))

    def reclaim(self) -> bool:
        return False

    def lies_on(self, node: Node, descriptor: Descriptor) -> bool:
        return all(node_of(arena) == node.index and not is_spill_arena(arena) for arena, _, _ in descriptor[2])

    def has(self, descriptor: Descriptor) -> bool:
        return all(self._where.sources(key) for key in descriptor[2])

    def let_go(self, node: Node, ranges: list[Range]) -> None:
        for other, places in self._departures.begin(node.index, ranges, self._known).items():
            self._tell(other, (messages.KEEP, node.index, places))
        self._dismiss()

    def _dismiss(self) -> None:
        for node in self._departures.ready():
            self._send((messages.DISMISS, node))

    def enlarge(self, name: str, start: tuple[str, ...], units: int) -> None:
        self._send((messages.ENLARGE, pickle.dumps(Share(name, units, start=start))))

    def cancel_agent(self, name: str) -> None:
        self._send((messages.CANCEL, name))

    def is_near(self, node: Node, descriptor: Descriptor) -> bool:
        return all(self._where.is_near(key, node.index) for key in descriptor[2])

    def bring(self, descriptor: Descriptor, moves: list[Move] | None = None) -> Descriptor:
        if type(descriptor) is not tuple or descriptor[0] != BUFFERS:
            return descriptor
        if all(node_of(arena) == PROGRAM for arena, _, _ in descriptor[2]):
            return descriptor
        errand = self._errands.begin(descriptor, self._where.sources)
        self._send((messages.BRING, errand.number, errand.wanted))
        here = errand.wait()
        if moves is not None:
            moves += errand.moves
        return here

    def _drop_copies(self, keys: Iterable[Range]) -> None:
        """The values are about to change where they lie."""
        for node, dropped in self._where.forget(keys, copies_only=True).items():
            self._tell(node, (messages.RELEASE, dropped))

    def _tell(self, node: int, message: tuple[Any, ...]) -> None:
        if node not in self._where.gone:
            self._send((messages.SEND, node, wire.pack(message)))

    def _send(self, message: tuple[Any, ...]) -> None:
        bridging = self._bridging
        if bridging is not None and bridging.channel.send(message) and self._ear is not None:
            self._ear.want_write()

    # -- what the ear hears -------------------------------------------------------------------------------------------

    def _understand(self, message: tuple[Any, ...]) -> list[Event]:
        kind = message[0]
        if kind == messages.FROM:
            return [event for data in message[2] for event in self._from_agent(message[1], wire.unpack(data, [])[0])]
        if kind == messages.BROUGHT:
            self._errands.done(*message[1:])
        elif kind == messages.JOINED:
            node = node_of_description(*message[1:3])
            self._known[node.index] = set()
            return [(protocol.NODE_JOINED, node, message[3])]
        elif kind == messages.DECLINED:
            return [(protocol.NODE_DECLINED, *message[1:])]
        elif kind == messages.LEFT:
            self._where.lost(message[1])
            self._known.pop(message[1], None)
            self._sight.lost(message[1])
            self._departures.lost(message[1])
            self._dismiss()
            return [(protocol.NODE_LOST, *message[1:])]
        elif kind in (messages.REFUSED, messages.REMARK):
            stderr.write(f"WARNING: {message[1]}\n")
        elif kind == messages.FAILED:
            return [(protocol.BROKEN, message[1])]
        return []

    def _copied(self, node: int, copies: list[tuple[Range, int, float, float]], sent: float) -> list[Event]:
        self._where.copied(node, [copy[0] for copy in copies])
        if not self._opening.terms.observed:
            return []
        behind = self._clocks.heard(node, sent)
        return [(protocol.MOVED, node, [(key, source, b + behind, e + behind) for key, source, b, e in copies])]

    def _from_agent(self, node: int, message: tuple[Any, ...]) -> list[Event]:
        kind = message[0]
        if kind == messages.EVENTS:
            return [
                event if event[0] != protocol.OBSERVED else self._clocks.observed(node, event) for event in message[1]
            ]
        if kind == messages.COPIED:
            return self._copied(node, *message[1:])
        if kind == messages.SPILLED:
            return [(protocol.SPILLED, node, *message[1:])]
        if kind == messages.TIME:
            self._clocks.answered(node, *message[1:])
        elif kind == messages.STAGED:
            tasks, began, sent = message[1:]
            behind = self._clocks.heard(node, sent)
            return [(protocol.STAGED, node, tasks, began + behind, sent + behind)]
        elif kind == messages.SEEN:
            self._sight.seen(node, *message[1:])
        elif kind == messages.LEAVING:
            return [(protocol.NODE_LEAVING, node)]
        elif kind == messages.KEPT:
            self._departures.kept(message[1], node)
            self._dismiss()
        elif kind == messages.MISSING:
            self._where.lacks(node, [key for key, _ in message[1]])
        return []
