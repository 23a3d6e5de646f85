"""What a run in the program's process is made of, and how the core's decisions are carried out.

One lock guards the core. The program's threads take it to submit and to wait; the engine's thread takes it to report
what happened. Whoever changed something carries out the commands that the core gave for it, still under the lock, so
commands are carried out in the order in which they were decided. Nothing under the lock runs user code or waits:
whoever waits gives it up meanwhile (`sleeping`).
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from typing import Any

from pycompss.core import commands as cmd
from pycompss.core.coordinator import Coordinator
from pycompss.core.events import Kind
from pycompss.core.policies import order_of
from pycompss.core.resources import Requirement
from pycompss.core.spanning import across
from pycompss.core.versions import Datum, Version
from pycompss.engines.protocol import Engine, Event
from pycompss.runtime import embedded, failures, folder, spillfile
from pycompss.runtime.accesses import Accesses
from pycompss.runtime.call_builder import CallBuilder
from pycompss.runtime.config import Config
from pycompss.runtime.elasticity import Elasticity
from pycompss.runtime.files import Files
from pycompss.runtime.interrupts import Interrupts
from pycompss.runtime.membership import Membership
from pycompss.runtime.nearby import nearby_last
from pycompss.runtime.objects import ObjectTable, real_path
from pycompss.runtime.profiles import expectations
from pycompss.runtime.readers import Readers
from pycompss.runtime.recording import Notes
from pycompss.runtime.sleeping import Sleeping
from pycompss.runtime.spilling import Spilling
from pycompss.runtime.streams import RunStreams
from pycompss.runtime.values import Values
from pycompss.runtime.wire_tasks import WireTasks
from pycompss.runtime.wiring import Wiring
from pycompss.store.descriptor import BUFFERS, size_of
from pycompss.worker.board import Board

LEAST_STORE = 1 << 30  # bytes


class Run(Sleeping):
    """The parts of a run; `core`, `accesses` and `files` exist once the engine has told its nodes (`begin`)."""

    accesses: Accesses
    files: Files

    def __init__(self, config: Config, engine: Engine | None = None) -> None:
        self.config = config
        self.folder = folder.create(config)
        try:
            self.values = Values(config.store_limit or _default_store(), spillfile.of(config, self.folder))
            self._expected = expectations(config)
            self.engine: Engine = engine or _engine(config, self.folder, self.values)
        except BaseException:
            self.folder.discard()
            raise
        self.lock = threading.RLock()  # never taken twice: re-entrant only because it knows its owner
        self._polling = threading.RLock()  # (the same)
        self.interrupts = Interrupts((self.lock, self._polling), self.engine.wake, self.hurry)
        self.table = ObjectTable(real_path)
        self.builder = CallBuilder(self.table, self.values.codec, self)
        self.failures = failures.Reporter(self)
        self.membership = Membership(self)
        self.elasticity = Elasticity(self)
        self.wire_tasks = WireTasks(self)
        self.wiring = Wiring(self)
        self.spilling = Spilling(self)
        self.streams = RunStreams(self)
        self.readers = Readers(self)
        self.stopped = False
        self.started = time.monotonic()
        self.began = time.time()
        self._forgotten: deque[Any] = deque()  # handles of what the program dropped or pickled
        self._is_reminded = False  # a REMINDED event is on its way
        self._requirements: dict[Requirement, Requirement] = {}
        self.board: Board | None = None  # where workers hand results to each other

    def begin(self) -> None:
        """Start the engine; raises what keeps it from starting."""
        self.elasticity.check()
        nodes = self.engine.start(self._on_events)
        self.core = Coordinator(nodes, clock=time.time)
        self.core.expected = self._expected
        self.core.data.lets_literals_go = True
        self.core.scheduler.measure_by(size_of)
        self.core.scheduler.order_by(order_of(self.config.scheduler))
        self.board = self.engine.let_hand_over()
        if self.board is not None:
            self.core.scheduler.hand_over()
        self.accesses = Accesses(self)
        self.notes = Notes(self.core)
        self.files = Files(self)
        self.wiring.start()
        self.spilling.start()
        self.readers.start()
        self.elasticity.start()
        self.interrupts.install()

    def requirement(self, need: Requirement) -> Requirement:
        """The one object that stands for all that are equal to `need`."""
        return self._requirements.setdefault(need, need)

    def whole(self, need: Requirement, processes: int, nodes: int) -> Requirement:
        """What a task needs that runs as many processes, on as many nodes, if `need` is what each process does."""
        if processes > 1:
            from pycompss.runtime.ranks import reservation  # noqa: PLC0415  (few programs need it)

            return self.requirement(reservation(need, processes, nodes, self.core.nodes))
        return self.requirement(across(need, nodes))

    # -- what the program drops ---------------------------------------------------------------------------------------

    def forget(self, handle: Any) -> None:
        """The program dropped a future or an object: noted now, at any moment in any thread; done at the next call.

        Shared memory is given back before that, although the program may not call again for long.
        """
        if handle is not None:
            self._forgotten.append(handle)
            value = handle.current.value
            if type(value) is tuple and value[0] == BUFFERS and not self._is_reminded:
                self._is_reminded = True
                self.engine.remind()

    def note_pickled(self, number: int, datum: Datum) -> None:
        """The program pickled a future: done at the next call, before that writes anything."""
        self._forgotten.append((number, datum))

    def sweep(self, *, now: bool = False) -> None:
        """Forget objects that only we refer to. now: even if there are few."""
        for entry in self.table.sweep(now=now):
            self.forget(entry.handle)

    def release_forgotten(self) -> None:
        """Do what `forget` and `note_pickled` noted, in this order (the lock is held)."""
        self._is_reminded = False
        forgotten = self._forgotten
        release = self.core.data.release
        while forgotten:
            handle = forgotten.popleft()
            if type(handle) is tuple:
                self.wiring.nested.keep(*handle)
            else:
                release(handle)

    def release_reminded(self) -> None:
        """What was forgotten takes shared memory: it is free before the next task gets its place (the lock is held)."""
        self.release_forgotten()
        self.execute()

    # -- carrying out -------------------------------------------------------------------------------------------------

    def execute(self) -> None:
        """Carry out the core's commands, and those that follow from them (the lock is held)."""
        core = self.core
        while core.commands or core.data.freed:
            commands = core.take_commands()
            if len(commands) > 1:
                nearby_last(commands, self.engine)
            for command in commands:
                if type(command) is cmd.Run:
                    self.engine.run(command.slot, *self.wire_tasks.of(command.tasks))
                elif type(command) is cmd.Free:
                    self._free(command.versions)
                elif type(command) is cmd.Wake:
                    command.watch.token.release()
                elif type(command) is cmd.Close:
                    self.engine.close_slot(command.slot)
                else:
                    self._execute_rarely(command)

    def _execute_rarely(self, command: cmd.Command) -> None:
        match command:
            case cmd.TakeBack(slot):
                self.engine.take_back(slot)
            case cmd.Interrupt(task):
                self.wiring.interrupt(task)
            case cmd.Resume(slot, watch):
                self.wiring.resume(slot, watch)
            case cmd.Report(failure, outcome):
                self.failures.report(failure, outcome)

    def _free(self, versions: list[Version]) -> None:
        for version in versions:
            value = version.value
            if version.datum.is_file:
                self.files.remove(version)
                continue
            version.value = None
            if type(value) is not tuple:
                continue
            if self.core.journal is not None:
                self.core.journal.append((Kind.VERSION_FREED, time.time(), version.label))
            if value[0] == BUFFERS:
                self.spilling.freed(version)
                self.values.release(value[2])
                if self.membership.is_elastic:
                    self.membership.freed(version)
        if self.values.idle or self.values.mappings.released:
            self.release_idle()

    def release_idle(self) -> None:
        """Tell the engine which shared memory may be used again."""
        idle = self.values.take_idle()
        if idle:
            for slot in self.engine.release(idle):
                self.core.scheduler.prefer(slot)
            self.values.close_ended()

    def cancel_everything(self) -> None:
        """Cancel every task, without waiting for those that run."""
        with self.lock:
            self.core.cancel_all()
            self.execute()

    def hurry(self) -> None:
        """An interrupt was put off: look around as soon as the main thread holds no lock."""

    def poll(self, seconds: float = 0.0) -> None:
        """Look at what has arrived, or arrives so soon, unless another thread does; an interrupt must not lose it."""
        if self._polling.acquire(timeout=seconds):
            try:
                self.engine.poll(seconds)
            finally:
                self._polling.release()

    def _on_events(self, events: list[Event]) -> None:
        """The engine reports, in a thread of its own."""
        with self.lock:
            self.wiring.handle(events)
            if self.wiring.scarcity.aside:
                self.wiring.give_up_hope()
            self.core.assign()
            self.execute()
            if self.membership.retiring:
                self.membership.let_go()
        self.readers.relieve()


def _engine(config: Config, run_folder: folder.RunFolder, values: Values) -> Engine:
    if config.engine == "dask":
        from pycompss.runtime import clustered  # noqa: PLC0415  (one engine is loaded)

        return clustered.dask_engine(config, run_folder, values)
    return embedded.local_engine(config, run_folder, values)


def _default_store() -> int:
    """Bytes of shared memory for values: half of the machine's memory."""
    return max(LEAST_STORE, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2)
