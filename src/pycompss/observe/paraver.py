"""Traces for Paraver: `.prv` (what happened), `.pcf` (the words), `.row` (the names).

Application 1 is the program with the runtime, application n + 1 the n-th node: its task 1 is the node itself, task 2
are its workers. A worker's thread runs, then idles; events say which task, of which type, and in which phase it is.
Dependencies are communications of size 0 from the end of one task to the beginning of another.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from time import localtime, strftime

from pycompss.observe import pcf
from pycompss.observe.executions import Need, Ran
from pycompss.observe.spool import Spool
from pycompss.observe.threads import SIZES, Threads
from pycompss.observe.waits import waits_of

_STATE, _EVENT, _COMMUNICATION = 0, 1, 2  # ranks of records of one time
_MAIN, _RUNTIME = (1, 1, 1), (1, 1, 2)

UNKNOWN = 999_999_999  # datum of a transfer whose task has ended meanwhile
Thread = tuple[int, int, int]  # application, task, thread


class ParaverTrace(Threads):
    """Writes a trace when it is closed. base: path without ending; dependencies: draw them."""

    def __init__(self, base: str, *, dependencies: bool = False) -> None:
        super().__init__()
        self.base = base
        self._dependencies = dependencies
        self._spool = Spool()
        self._busy = 0  # ns until which the program's thread is accounted for
        self._own: set[tuple[int, int]] = set()  # types and values of the user's events
        self._open: dict[int, int] = {}  # the last value of each of them in the program
        self._counts = 0
        self._is_open = False  # whether the program has come back from the call that started the runtime
        self._words: list[str] = []  # by number of a worker: its thread
        self._shown: dict[tuple[object, ...], tuple[str, str, str]] = {}  # by what such tasks have in common
        self._accounted: dict[tuple[Thread, int], int] = {}  # ns until which that type is

    # -- what happened ------------------------------------------------------------------------------------------------

    def ran(self, run: Ran) -> None:
        """Few steps: a million tasks come this way."""
        thread, began, called, returned, ended = run.thread, run.began, run.called, run.returned, run.ended
        words = self._words[thread] if thread < len(self._words) else self._words_of(thread)
        before, after, ends = self._shown.get((run.type, run.need, run.cores, run.gpus)) or self._show(run)
        lines = [
            (began, _EVENT, f"E{words}|{began}:{before}{run.task}{after}"),
            (ended, -1, f"E{words}|{ended}:{ends}"),
        ]
        phases = ((began, called, pcf.PARAMETERS), (called, returned, pcf.USER_CODE), (returned, ended, pcf.RESULTS))
        lines += [(t, _EVENT, f"E{words}|{t}:{pcf.PHASE}:{phase}") for t, until, phase in phases if t < until]
        if run.marks:
            self._states(self._executor(thread), run)
            self._marks(self._executor(thread), run)
        else:
            lines.append((began, _STATE, f"S{words}|{began}:{ended}:{pcf.RUNNING}"))
        self._spool.extend(lines)

    def _words_of(self, number: int) -> str:
        """The thread of a worker in words, all of which are kept."""
        self._words += [_words(self._executor(each)) for each in range(len(self._words), len(self.workers))]
        return self._words[number]

    def _show(self, run: Ran) -> tuple[str, str, str]:
        """What events of such tasks say before and after the task's number, and at its end."""
        kind = run.type + 1
        asked = [pair for pair in zip(pcf.ASKED, _asked(run.need), strict=True) if pair[1]]
        shown = ((pcf.TASK, kind), (pcf.TASK_TYPE, kind), (pcf.BINDING_TYPE, kind))
        others = (*asked, *_bound(run))
        types = [type_ for type_, _ in (*shown, (pcf.TASK_ID, 0), *others, (pcf.PHASE, 0))]
        found = self._shown[run.type, run.need, run.cores, run.gpus] = (
            f"{_joined(*chain(*shown))}:{pcf.TASK_ID}:",
            f":{_joined(*chain(*others), pcf.WORKER, pcf.PROCESSING)}",
            _joined(*chain(*((type_, 0) for type_ in types)), pcf.WORKER, pcf.WAITING),
        )
        return found

    def _marks(self, thread: Thread, run: Ran) -> None:
        """Marks within a task, whose times may lie outside by a little; what it has begun ends with it."""
        open_: dict[int, tuple[int, int]] = {}  # the last value and its time
        for at, type_, value in run.marks:
            time = min(max(at, run.began), run.ended)
            if type_ == pcf.PHASE:
                if time < run.ended:
                    self._event(thread, time, type_, value)
                continue
            after = not value and open_.get(type_, (0, -1))[1] == time  # it had no length
            open_[type_] = value, time
            if type_ not in SIZES:
                self._own.add((type_, value))
            self._event(thread, time, type_, value, rank=_COMMUNICATION if after else _EVENT)
        for type_, (value, time) in open_.items():
            if value:
                self._event(thread, run.ended, type_, 0, rank=_COMMUNICATION if time == run.ended else -1)

    def _states(self, thread: Thread, run: Ran) -> None:
        """It runs, but for the times in which it waits for others."""
        since = run.began
        for began, ended in waits_of(run):
            if began > since:
                self._state(thread, since, began, pcf.RUNNING)
            self._state(thread, began, ended, pcf.SYNCHRONISING)
            since = ended
        if since < run.ended:
            self._state(thread, since, run.ended, pcf.RUNNING)

    def depends(self, producer: tuple[int, int], consumer: Ran) -> None:
        if self._dependencies:
            (place, ended), began = producer, max(consumer.began, producer[1])
            sender, receiver = self._executor(place), self._executor(consumer.thread)
            self._communicate(sender, ended, receiver, began, 0)

    def moved(self, label: str, size: int, source: int, target: int, began: int, ended: int) -> None:
        sender, receiver = _main_of(source), _main_of(target)
        self._communicate(sender, began, receiver, ended, size)
        datum = int(label[1:].partition("v")[0]) if label else UNKNOWN
        self._alone(receiver, pcf.TRANSFER, datum, began, ended)

    def staged(self, task: int, node: int, began: int, ended: int) -> None:
        self._alone(_main_of(node), pcf.REQUEST, task, began, ended)

    def _alone(self, thread: Thread, type_: int, value: int, began: int, ended: int) -> None:
        """Something that others of its kind may overlap: of two at a time, the later one's part alone."""
        began = max(began, self._accounted.get((thread, type_), 0))
        if began < ended:
            self._accounted[thread, type_] = ended
            self._event(thread, began, type_, value)
            self._event(thread, ended, type_, 0, rank=-1)

    def _communicate(self, sender: Thread, began: int, receiver: Thread, ended: int, size: int) -> None:
        self._spool.add(began, _COMMUNICATION, f"C{_words(sender)},{began},{_words(receiver)},{ended},{size}")

    def waited(self, call: str, began: int, ended: int) -> None:
        began = max(began, self._busy)
        if call not in pcf.CALLS or ended <= began:
            return
        if began > self._busy:
            self._state(_MAIN, self._busy, began, pcf.RUNNING)
        self._state(_MAIN, began, ended, pcf.RUNNING if call in pcf.WORKING else pcf.SYNCHRONISING)
        api, binding = pcf.CALLS[call]
        self._event(_MAIN, began, pcf.API, api, pcf.BINDING, binding)
        self._event(_MAIN, ended, pcf.API, 0, pcf.BINDING, 0 if call == "stop" else pcf.PROGRAM, rank=-1)
        self._is_open = call != "stop"
        self._busy = ended

    def counted(self, time: int) -> None:
        self._count_of(time, pcf.READY, self.ready)

    def streamed(self, time: int) -> None:
        self._count_of(time, pcf.ITEMS, self.items)

    def _count_of(self, time: int, type_: int, value: int) -> None:
        self._counts += 1
        self._spool.add(time, _EVENT, f"R{self._counts:012},{type_}:{value}")

    def marked(self, time: int, type_: int, value: int) -> None:
        self._open[type_] = value
        self._mark(_MAIN, time, type_, value)

    def _mark(self, thread: Thread, time: int, type_: int, value: int) -> None:
        self._own.add((type_, value))
        self._event(thread, time, type_, value)

    # -- records ------------------------------------------------------------------------------------------------------

    def _executor(self, number: int) -> Thread:
        worker = self.workers[number]
        return (worker.node + 2, 2, worker.number)

    def _state(self, thread: Thread, began: int, ended: int, state: int) -> None:
        self._spool.add(began, _STATE, f"S{_words(thread)}|{began}:{ended}:{state}")

    def _event(self, thread: Thread, time: int, *pairs: int, rank: int = _EVENT) -> None:
        self._spool.add(time, rank, f"E{_words(thread)}|{time}:{_joined(*pairs)}")

    # -- the files ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Write the three files."""
        os.makedirs(os.path.dirname(self.base), mode=0o700, exist_ok=True)
        if self.last > self._busy:
            self._state(_MAIN, self._busy, self.last, pcf.RUNNING)
        for type_ in (type_ for type_, value in self._open.items() if value):
            self._event(_MAIN, self.last, type_, 0, rank=_COMMUNICATION)
        if self._is_open:  # it was killed
            self._event(_MAIN, self.last, pcf.BINDING, 0, rank=_COMMUNICATION)
        for number in range(len(self.workers)):
            is_worker = (pcf.ROLE, pcf.EXECUTOR, pcf.EXECUTOR_ID, number + 1, pcf.WORKER, pcf.WAITING)
            self._event(self._executor(number), 0, *is_worker, rank=_STATE)
            ends = (pcf.ROLE, 0, pcf.EXECUTOR_ID, 0, pcf.WORKER, 0)
            self._event(self._executor(number), self.last, *ends)
        for node, count in enumerate(self._sizes()):
            self._event((node + 2, 1, 1), 0, pcf.EXECUTORS, count)
            self._event((node + 2, 1, 1), self.last, pcf.EXECUTORS, 0, rank=_COMMUNICATION)
        self._event(_RUNTIME, 0, pcf.ROLE, pcf.TASK_DISPATCHER)
        self._event(_RUNTIME, self.last, pcf.ROLE, 0, pcf.READY, 0, pcf.ITEMS, 0, rank=_COMMUNICATION)
        self._write(".prv", self._records())
        self._write(".pcf", pcf.text(self.types, sorted(self._own), self.own_names))
        self._write(".row", self._rows())

    def _write(self, ending: str, pieces: Iterator[str]) -> None:
        with open(self.base + ending, "w", encoding="ascii", errors="backslashreplace", newline="\n") as file:
            file.writelines(pieces)

    def _records(self) -> Iterator[str]:
        yield self._header()
        cpus = self._cpus()
        heads = {f"S{thread}": f"1:{cpu}:{thread}:" for thread, cpu in cpus.items()}
        heads |= {f"E{thread}": f"2:{cpu}:{thread}:" for thread, cpu in cpus.items()}
        count = f"2:{_numbered(cpus, _words(_RUNTIME))}"
        for time, _, text in self._spool.lines():
            first, _, rest = text.partition("|")
            head = heads.get(first)
            if head is not None:
                yield f"{head}{rest}\n"
            elif text[0] == "R":
                yield f"{count}:{time}:{text.partition(',')[2]}\n"
            else:
                yield _communication(cpus, *text[1:].split(","))

    def _header(self) -> str:
        stamp = strftime("%d/%m/%Y at %H:%M", localtime(self.start))
        sizes = self._sizes()
        shown = ",".join(map(str, (2, *(1 + count for count in sizes))))
        applications = "".join(f":2(1:{n + 2},{max(1, count)}:{n + 2})" for n, count in enumerate(sizes))
        return f"#Paraver ({stamp}):{self.last}_ns:{1 + len(sizes)}({shown}):{1 + len(sizes)}:1(2:1){applications}\n"

    def _sizes(self) -> list[int]:
        """How many workers each node has; at least one, so that it has a row."""
        counts = Counter(worker.node for worker in self.workers)
        return [max(1, counts[node]) for node in range(len(self.nodes))]

    def _threads(self) -> Iterator[tuple[Thread, str]]:
        yield _MAIN, "MAIN APP"
        yield _RUNTIME, "RUNTIME TD"
        for node, count in enumerate(self._sizes()):
            yield (node + 2, 1, 1), "WORKER MAIN"
            yield from (((node + 2, 2, number + 1), "EXECUTOR") for number in range(count))

    def _cpus(self) -> dict[str, int]:
        """A processor of its own for every thread."""
        return {_words(thread): number for number, (thread, _) in enumerate(self._threads(), start=1)}

    def _rows(self) -> Iterator[str]:
        hosts = ["master", *(name for name, _ in self.nodes)]
        threads = list(self._threads())
        cpus = [f"{number}.{hosts[thread[0] - 1]}" for number, (thread, _) in enumerate(threads, start=1)]
        names = [f"{name} ({'.'.join(map(str, thread))})" for thread, name in threads]
        for level, lines in (("CPU", cpus), ("NODE", hosts), ("THREAD", names)):
            yield f"LEVEL {level} SIZE {len(lines)}\n" + "".join(f"{line}\n" for line in lines) + "\n"


def _main_of(node: int) -> Thread:
    return _MAIN if node < 0 else (node + 2, 1, 1)


def _asked(need: Need) -> tuple[int, ...]:
    """Values of `pcf.ASKED`."""
    return need.units, need.gpus, round(need.memory / 1e6), round(need.bandwidth)


def _bound(run: Ran) -> list[tuple[int, int]]:
    """Where it is bound to: the first core and the first GPU, from 1, and how many cores."""
    found = []
    if run.cores:
        found = [(pcf.CORE, run.cores[0] + 1), (pcf.BINDING_CORE, run.cores[0] + 1), (pcf.CORES, len(run.cores))]
    if run.gpus:
        found += [(pcf.GPU, run.gpus[0] + 1), (pcf.BINDING_GPU, run.gpus[0] + 1)]
    return found


def _communication(cpus: dict[str, int], sender: str, began: str, receiver: str, ended: str, size: str) -> str:
    sender, receiver = _numbered(cpus, sender), _numbered(cpus, receiver)
    return f"3:{sender}:{began}:{began}:{receiver}:{ended}:{ended}:{size}:0\n"


def _joined(*numbers: int) -> str:
    return ":".join(map(str, numbers))


def _words(thread: Thread) -> str:
    return f"{thread[0]}:{thread[1]}:{thread[2]}"


def _numbered(cpus: dict[str, int], text: str) -> str:
    """The text, which begins with a thread, with the number of its processor before it."""
    application, task, thread, *_ = text.split(":", 3)
    return f"{cpus[f'{application}:{task}:{thread}']}:{text}"
