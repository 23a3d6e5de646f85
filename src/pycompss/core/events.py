"""The journal: what happened in a run, in the order in which it happened.

Events are plain tuples `(kind, time, *fields)` so that recording costs one append; `time` is in seconds since the
epoch. The coordinator records only when somebody listens. `FIELDS` names the fields of each kind; a `Reader` gets
them as keyword-free method calls: `reader.task_created(time, *fields)` (methods that a reader lacks are skipped).

Workers take notes of what they run, which come with their reports: one TASKS_RAN event for a bundle of tasks. A reader
gets them one by one: `reader.task_ran(ended, node, slot, worker, *run)`.

What happens to every short task is recorded *packed*, together for many tasks, so that it costs next to nothing
(`PACKED`). Nobody but `unpacking` need know: whoever reads a journal gets single events.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

Event = tuple[Any, ...]


class Kind:
    """Numbers of the kinds; plain ones, which a file takes as they are. They never change their meaning."""

    TYPE_REGISTERED: Final = 0
    TASK_CREATED: Final = 1
    TASK_READY: Final = 2
    TASK_ASSIGNED: Final = 3
    TASK_STARTED: Final = 4
    TASK_FINISHED: Final = 5
    TASK_FAILED: Final = 6
    TASK_RETRIED: Final = 7
    TASK_CANCELLED: Final = 8
    SYNCHRONISED: Final = 9
    BARRIER: Final = 10
    GROUP_OPENED: Final = 11
    GROUP_CLOSED: Final = 12
    VERSION_READY: Final = 13
    VERSION_FREED: Final = 14
    RUN_STARTED: Final = 15
    RUN_ENDED: Final = 16
    SPILLED: Final = 17
    RESTORED: Final = 18
    TASKS_RAN: Final = 19
    TASK_RETURNED: Final = 20
    API_CALLED: Final = 21
    TRANSFERRED: Final = 22
    WORKER_LOST: Final = 23
    USER_EVENT: Final = 24
    NEED_REGISTERED: Final = 25
    # packed
    CALL_REGISTERED: Final = 26
    TASK_CALLED: Final = 27
    TASKS_ASSIGNED: Final = 28
    TASKS_FINISHED: Final = 29
    # single
    USER_EVENTS_NAMED: Final = 30
    TASK_SPREAD: Final = 31
    STREAM_OPENED: Final = 32
    STREAM_USED: Final = 33
    NODE_JOINED: Final = 34
    NODE_LEFT: Final = 35
    TASK_STAGED: Final = 36
    REUSED: Final = 37
    FETCHED: Final = 38
    STREAM_PUBLISHED: Final = 39
    STREAM_POLLED: Final = 40
    WORKER_BOUND: Final = 41
    # packed
    TASKS_CALLED: Final = 42
    TASKS_ENDED: Final = 43


FIELDS: dict[int, tuple[str, ...]] = {
    # type: number of the task type, from 0 in order of first call; name: "module.function" or "module.Class.method"
    Kind.TYPE_REGISTERED: ("type", "name"),
    # accesses: ((parameter, direction, read label | None, producer task id | None, collection: bool), …) one per datum
    # read ("d3v2"; every element of a collection is an entry with collection=True and the same parameter name)
    # writes: labels of the versions it makes; groups: names of the open task groups, outermost first
    # shared: ((COMMUTATIVE | CONCURRENT direction value, datum label), …) groups of writers it belongs to
    # flags: a set of "replicated", "distributed", "reduce", "priority"; parent: id of the task that called it or None
    # need: what it asks for, see NEED_REGISTERED; place: (file, line) of the call, or None
    Kind.TASK_CREATED: ("task", "type", "accesses", "writes", "groups", "shared", "flags", "parent", "need", "place"),
    Kind.TASK_READY: ("task",),
    # it was sent to a worker; more than one task of a slot at a time wait there for their turn
    Kind.TASK_ASSIGNED: ("task", "node", "slot", "attempt"),
    # it has several nodes, the one where it runs first; after its TASK_ASSIGNED
    Kind.TASK_SPREAD: ("task", "nodes"),
    # seen to be running by a look at the workers, five times a second; `time` is when it began. Short tasks end unseen
    Kind.TASK_STARTED: ("task", "node", "slot", "attempt"),
    # seconds: time inside the task's own code
    Kind.TASK_FINISHED: ("task", "node", "slot", "attempt", "seconds"),
    # outcome: "retry", "failed", "ignored", "cancel_successors"; message: one line
    Kind.TASK_FAILED: ("task", "node", "slot", "attempt", "outcome", "message"),
    Kind.TASK_RETRIED: ("task", "attempt"),
    Kind.TASK_CANCELLED: ("task",),
    # the program waited for one version: label "d3v2", producer: task id or None
    Kind.SYNCHRONISED: ("label", "producer"),
    # group: name of the task group or None for all tasks; last: ids of the tasks without successors so far
    Kind.BARRIER: ("group", "last"),
    Kind.GROUP_OPENED: ("group",),
    Kind.GROUP_CLOSED: ("group",),
    # a value that lies in shared memory or a file is there; smaller ones are there when their task has finished
    Kind.VERSION_READY: ("label", "bytes", "node"),
    Kind.VERSION_FREED: ("label",),
    # nodes: ((name, computing units, bytes of memory | None, ((kind, devices of that kind), …), GB of storage), …)
    Kind.RUN_STARTED: ("application", "nodes"),
    Kind.NODE_JOINED: ("node", "units", "memory", "devices", "storage"),  # during the run
    Kind.NODE_LEFT: ("node", "reason"),  # reason: why it was lost, "" if it left in order
    Kind.RUN_ENDED: ("exit_code",),
    # the version's value went to disk; node: to whose, if that node did so by itself (then the label is empty)
    Kind.SPILLED: ("label", "bytes", "node"),
    Kind.RESTORED: ("label", "bytes", "node"),  # and is read from there by a task or the program
    # runs: see RUN. It comes before the TASK_FINISHED, TASK_FAILED or TASK_CANCELLED of these tasks
    Kind.TASKS_RAN: ("node", "slot", "worker", "runs"),
    Kind.TASK_RETURNED: ("task",),  # it was sent to a worker, did not begin, and waits again
    # the program was in a call of the API from `began` to `time`. call: wait_on, barrier, barrier_group, open, …
    Kind.API_CALLED: ("call", "began"),
    # a value went from node to node between `began` and `time`; "" is the program's process
    Kind.TRANSFERRED: ("label", "bytes", "source", "target", "began"),
    # a large input of the task lay on its node already (or was on its way there for another): nothing is moved
    Kind.REUSED: ("task", "label", "bytes", "node"),
    # what the task reads had to come from other nodes; from `began` to `time` it waited for that
    Kind.TASK_STAGED: ("task", "node", "began"),
    # the program took the value of a version into its own memory, from `began` to `time`
    Kind.FETCHED: ("label", "bytes", "began"),
    # the cores that a worker's tasks are bound to from now on, and the devices that they have: ((kind, (name, …)), …)
    Kind.WORKER_BOUND: ("node", "worker", "cores", "devices"),
    Kind.WORKER_LOST: ("node", "slot", "reason"),
    # stream_type: "FILES", "OBJECTS" or "PSCOS"; alias and folder may be ""
    Kind.STREAM_OPENED: ("stream", "stream_type", "alias", "folder"),
    # before its TASK_CREATED: the task is submitted as a consumer (IN) or producer (OUT) of the stream
    Kind.STREAM_USED: ("task", "stream", "direction"),
    # task: None for the program
    Kind.STREAM_PUBLISHED: ("stream", "task", "items"),
    # from `began` to `time`; only polls that got something, or waited for it
    Kind.STREAM_POLLED: ("stream", "task", "items", "began"),
    # of the program itself (those of tasks are among the marks of their runs): type from 8000051 on; value 0: end
    Kind.USER_EVENT: ("type", "value"),
    Kind.USER_EVENTS_NAMED: ("type", "name", "values"),  # values: ((value, name), …)
    # what tasks ask of a node: number, computing units, bytes of memory, all of it in words, devices by kind as above,
    # and bandwidth of its disk
    Kind.NEED_REGISTERED: ("need", "units", "memory", "text", "devices", "storage_bw"),
    # what calls from one line of the program have in common, numbered; fields as of TASK_CREATED
    Kind.CALL_REGISTERED: ("call", "type", "parameters", "groups", "flags", "parent", "need", "place"),
    # not written any more: one call of those that TASKS_CALLED tells of
    Kind.TASK_CALLED: ("task", "call", "reads", "made"),
    # TASK_CREATED of calls that pass literals and futures, one after another, while nothing else happened. first:
    # number of the first task. calls: a list, in which a float is the time of the next one; the integers after it are
    # the datum that it returns (0: none; left out where nothing follows), and of each datum that it reads four:
    # position of the parameter, datum, version, producer (0: none). -n: the following are calls of call n. A task that
    # reads nothing is ready
    Kind.TASKS_CALLED: ("first", "calls"),
    # a bundle of first attempts; ready: those of them whose input is made by others of the bundle, or of earlier ones
    Kind.TASKS_ASSIGNED: ("node", "slot", "tasks", "ready"),
    # not written any more: TASKS_ENDED, whose three columns are here three doubles for each task
    Kind.TASKS_FINISHED: ("node", "slot", "notes", "tasks"),
    # TASK_FINISHED of first attempts. tasks: their numbers. ends: when the user's code ended. Those with such a time
    # (not 0 or None) were so short that no more is noted: this is also their TASKS_RAN. notes: (worker, what is to be
    # added to these times, load of its processor), or None
    Kind.TASKS_ENDED: ("node", "slot", "notes", "tasks", "seconds", "ends"),
}

PACKED: Final = frozenset([*range(Kind.CALL_REGISTERED, Kind.TASKS_FINISHED + 1), Kind.TASKS_CALLED, Kind.TASKS_ENDED])

# What a worker notes of a task: times at which the worker took it up, called the user's function, had its answer and
# was done with the results; processor seconds; the rest, if the task took long enough to be worth the look (else
# None): highest resident memory and bytes read and written by system calls. marks: ((time, type, value), …), events of
# the user's code
RUN: Final = ("task", "began", "called", "returned", "ended", "cpu", "memory", "read", "written", "marks")

NAMES: dict[int, str] = {number: name for name, number in vars(Kind).items() if name.isupper()}
_METHODS = {kind: name.lower() for kind, name in NAMES.items()}


class Reader:
    """Base of everything that people look at: override the methods named after the kinds that matter."""

    def read(self, events: Iterable[Event]) -> None:
        """Feed events in order; unknown kinds and kinds without a method are skipped."""
        methods = {kind: method for kind, name in _METHODS.items() if (method := getattr(self, name, None)) is not None}
        for event in events:
            method = methods.get(event[0])
            if method is not None:
                method(*event[1:])

    def tasks_ran(self, _time: float, node: str, slot: int, worker: int, runs: Iterable[tuple[Any, ...]]) -> None:
        """Hand on what a worker has noted, task by task."""
        task_ran = getattr(self, "task_ran", None)
        if task_ran is not None:
            for run in runs:
                task_ran(run[4], node, slot, worker, *run)
