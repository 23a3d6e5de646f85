"""The seam between the session and an engine.

The session calls the methods while it holds its lock, so they must not block; the engine calls `report` with a batch
of events from a thread of its own. Events are tuples that begin with one of the kinds below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol

from pycompss.core.resources import Node, Slot
from pycompss.engines.token import Token
from pycompss.store.descriptor import Descriptor, Range
from pycompss.worker.board import Board

COMPLETED: Final = 0  # (COMPLETED, slot id, [completion, …]): see worker/wire.py
RETURNED: Final = 1  # (RETURNED, [task id, …]): taken back before they began
LOST: Final = 2  # (LOST, slot id, task id that ran | None, reason, (stdout, stderr) of that task | None)
REQUESTED: Final = 3  # (REQUESTED, slot id, request, method, task id, arguments): answered by `reply`
SAID: Final = 4  # (SAID, slot id, method, task id, arguments)
CLAIMED: Final = 5  # (CLAIMED, worker, ranges that tasks left mapped): comes before these tasks count as ended
UNCLAIMED: Final = 6  # (UNCLAIMED, worker, ranges given up | None: all, it has died)
BROKEN: Final = 7  # (BROKEN, reason): no worker can be started
OUTPUT: Final = 8  # (OUTPUT, task id, stream, text)
REMINDED: Final = 9  # (REMINDED,): `remind` was called
# (OBSERVED, slot id, worker, notes of wire.DONE): comes before the COMPLETED of these tasks
OBSERVED: Final = 10
NODE_JOINED: Final = 11  # (NODE_JOINED, node, the name of its agent)
NODE_LOST: Final = 12  # (NODE_LOST, index, reason | "": it left in order): with all that ran and lay there
NODE_LEAVING: Final = 13  # (NODE_LEAVING, index): it wants to leave; once nothing runs there, `let_go` allows it
NODE_DECLINED: Final = 14  # (NODE_DECLINED, name of an agent, why it does not come)
# (MOVED, node, [(range, node that gave it | -1: the program, began, ended), …]): copies of values, of an observed run
MOVED: Final = 15
SPILLED: Final = 16  # (SPILLED, node, [bytes of a value that went to its disk, …], [of one that is read from there, …])

# (STAGED, node, [task, …], began, ended): tasks waited for copies of what they read, of an observed run
STAGED: Final = 17
# (BOUND, slot id, worker, cores, ((kind, names of devices), …)): before the OBSERVED of its tasks
BOUND: Final = 18

Event = tuple[Any, ...]
Move = tuple[Range, int, float, float]  # see MOVED
Report = Callable[[list[Event]], None]


@dataclass(slots=True)
class Payload:
    """What an engine needs to run an invocation, besides the values of its inputs.

    function: number in the session's table of functions; args, keywords: wire arguments; returns: how many values.
    extras: see worker/wire.py; weights: of inputs, for locality; paths: of the files that it makes.
    """

    function: int
    args: tuple[Any, ...] = ()
    keywords: dict[str, Any] | None = None
    returns: int = 0
    extras: dict[str, Any] | None = None
    weights: dict[int, float] | None = None
    paths: list[Any] = field(default_factory=list)
    updates: list[tuple[int, int]] = field(default_factory=list)  # (input, output) of objects that may change in place
    defaults: Mapping[str, Any] | None = None  # of this call, if it is ignored; None: those of its definition
    unsent: list[int] = field(default_factory=list)  # outputs that the worker does not report (CONCURRENT objects)
    in_place: tuple[int, ...] = ()  # inputs that this attempt updates where they lie
    is_spoilt: bool = False  # an attempt that does not count may have changed those
    plain: ClassVar[bool] = False
    may_hold_values: ClassVar[bool] = True


class _ShortPayload:
    """Of most calls: literals and inputs by position. What can be said of others takes no room here."""

    __slots__ = ()

    keywords: ClassVar[None] = None
    extras: ClassVar[None] = None
    weights: ClassVar[None] = None
    defaults: ClassVar[None] = None
    paths: ClassVar[tuple[Any, ...]] = ()
    unsent: ClassVar[tuple[Any, ...]] = ()
    may_hold_values: ClassVar[bool] = False  # in its arguments


class PlainPayload(_ShortPayload):
    """Of a call that only reads."""

    __slots__ = ("args", "function", "returns")

    updates: ClassVar[tuple[tuple[int, int], ...]] = ()
    in_place: ClassVar[tuple[int, ...]] = ()
    is_spoilt: ClassVar[bool] = False
    plain: ClassVar[bool] = True

    def __init__(self, function: int, args: tuple[Any, ...], returns: int) -> None:
        self.function = function
        self.args = args
        self.returns = returns


class UpdatingPayload(_ShortPayload):
    """Of a call that updates objects as well; `updates`, `in_place` and `is_spoilt` as in `Payload`."""

    __slots__ = ("args", "function", "in_place", "is_spoilt", "returns", "updates")

    plain: ClassVar[bool] = False

    def __init__(
        self, function: int, args: tuple[Any, ...], returns: int, updates: tuple[tuple[int, int], ...]
    ) -> None:
        self.function = function
        self.args = args
        self.returns = returns
        self.updates = updates
        self.in_place: tuple[int, ...] = ()
        self.is_spoilt = False


class Engine(Protocol):
    """Where tasks run."""

    def start(self, report: Report) -> list[Node]:
        """Begin to work; the nodes that tasks may run on."""

    def let_hand_over(self) -> Board | None:
        """Let workers hand small results to each other; None if they cannot. After `start`, before the first task."""

    def run(self, slot: Slot, tasks: list[tuple[Any, ...]], ranges: list[Range]) -> None:
        """Execute wire tasks one after another in the slot; their values lie in these ranges."""

    def slot_nearby(self) -> int:
        """The slot whose worker would take the calling thread's core, were it woken now; 0: there is none."""

    def close_slot(self, slot: Slot) -> None:
        """The slot is given back."""

    def take_back(self, slot: Slot) -> None:
        """Report as RETURNED what has not begun, if possible."""

    def interrupt(self, slot: Slot, task: int) -> None:
        """Stop a running task."""

    def reply(self, slot: Slot, request: int, ok: bool, value: Any) -> None:
        """Answer a REQUESTED event."""

    def release(self, ranges: Iterable[tuple[int, int, int]]) -> Sequence[int]:
        """These ranges of shared memory are free; the slots whose workers have got much of it."""

    def reclaim(self) -> bool:
        """Whoever is idle is asked to give back the memory that it can do without; whether anybody was."""

    def lies_on(self, node: Node, descriptor: Descriptor) -> bool:
        """Whether all buffers of a value are where tasks on `node` may update them."""

    def has(self, descriptor: Descriptor) -> bool:
        """Whether all buffers of a value are on some node that was not lost."""

    def let_go(self, node: Node, ranges: list[Range]) -> None:
        """Nothing runs on the node any more: these of its values go to other nodes, then it is NODE_LOST."""

    def enlarge(self, name: str, start: tuple[str, ...], units: int) -> None:
        """Start an agent of this name by these words; NODE_JOINED or NODE_DECLINED follows. units 0: what there is."""

    def cancel_agent(self, name: str) -> None:
        """An agent that has not come yet is not needed any more."""

    def is_near(self, node: Node, descriptor: Descriptor) -> bool:
        """Whether all buffers of a value are on the node, or on their way there."""

    def bring(self, descriptor: Descriptor, moves: list[Move] | None = None) -> Descriptor:
        """The same value where this process can map it; waits, and the calling thread has no lock.

        moves: gets what had to be copied from nodes.

        Raises Unreachable if nobody gives it: perhaps the value is about to be made again.
        """

    def running(self) -> list[tuple[int, int, float]]:
        """Slot, task and time of beginning of what runs now, if the engine observes it; any thread may ask."""

    def memory(self) -> list[tuple[int, float, list[tuple[int, float]]]]:
        """Looks at the memory of workers since the last call: node, time, (worker, MiB), …; any thread may ask."""

    def functions(self) -> list[bytes]:
        """The table of functions by number; the session appends to it."""

    def poll(self, seconds: float = 0.0) -> None:
        """Handle what has arrived, or arrives within so many seconds (the calling thread has no lock)."""

    def wait(self, token: Token) -> None:
        """Return when `token` is released (the calling thread has no lock)."""

    def wake(self) -> None:
        """Have a thread that waits look at its token again; signal handlers may call it."""

    def remind(self) -> None:
        """Report REMINDED soon, from another call; finalisers may call it, at any moment in any thread."""

    def stop(self, *, force: bool = False) -> None:
        """End all workers."""
