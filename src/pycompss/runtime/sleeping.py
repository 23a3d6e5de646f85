"""How a thread of the program waits: it gives the lock up, and sleeps until its watch is done.

It registers a `Watch` in the core, and sleeps on a token, which whoever carries out the core's commands releases. A
failure for good wakes every waiting thread; the first that takes it off the list raises it, once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from pycompss.core.coordinator import Coordinator
from pycompss.core.events import Kind
from pycompss.core.failures import Failure
from pycompss.core.versions import Datum, Status, Version
from pycompss.core.watches import Watch
from pycompss.engines.protocol import Engine
from pycompss.engines.token import Token
from pycompss.runtime.failures import Reporter
from pycompss.runtime.interrupts import Interrupts


class Sleeping:
    """Waiting in a run: for a watch, or for versions of data."""

    core: Coordinator
    engine: Engine
    lock: threading.RLock
    failures: Reporter
    interrupts: Interrupts

    def execute(self) -> None:
        """Carry out the core's commands (the lock is held)."""
        raise NotImplementedError

    def sleep(self, watch: Watch) -> None:
        """Sleep until the watch is done, or a task fails for good. The lock is held, and given up meanwhile."""
        watches = self.core.program_watches
        key = id(watch)
        watches[key] = watch
        try:
            self.execute()
            if self.failures.end_of_all is not None and not watch.done:
                raise self.failures.error(self.failures.end_of_all)
            self.interrupts.expect(watch.token)
            self.lock.release()
            try:
                self.engine.wait(watch.token)
            finally:
                self.lock.acquire()
        finally:
            watches.pop(key, None)
            self.interrupts.settle()

    def record_call(self, call: str, began: float) -> None:
        """A call of the API, by which the program waited, is over."""
        if self.core.journal is not None:
            self.core.journal.append((Kind.API_CALLED, time.time(), call, began))

    def raise_unreported(self) -> None:
        """A task failed for good: the next synchronisation says so, once (the lock is held)."""
        unreported = self.core.unreported
        while unreported:
            failure = unreported.pop(0)
            if not failure.reported:
                failure.reported = True
                raise self.failures.error(failure)

    def wait_versions(self, versions: Iterable[Version]) -> None:
        """Wait until all versions are settled (the lock is held)."""
        if self.core.unreported:
            self.raise_unreported()
        watch = Watch(Token())
        if not self.core.watch_versions(watch, versions):
            self.sleep(watch)
            if self.core.unreported:
                self.raise_unreported()

    def wait_settled(self, datum: Datum, call: str = "") -> Version:
        """Wait for the last version of a datum, as the journal shall say; the version that holds its value.

        The lock is held. Raises TaskError if there will be none.
        """
        version = datum.current
        began = time.time() if self.core.journal is not None else 0.0
        self.wait_versions([version])
        while version.content.status is Status.PENDING:  # it was lost, and is made again
            self.wait_versions([version.content])
        if self.core.journal is not None:
            number = version.producer.id if version.producer is not None else None
            self.core.journal.append((Kind.SYNCHRONISED, time.time(), version.label, number))
            self.record_call(call or ("wait_on_file" if datum.is_file else "wait_on"), began)
        if version.status is not Status.READY or version.alias is not None:
            failure = _failure_of(version)
            if failure is not None:
                raise self.failures.error(failure)
        if self.core.barred:
            self.core.forgive(version)
        return version.content


def _failure_of(version: Version) -> Failure | None:
    """Why a settled version has no value; None if it has one (or is void)."""
    content = version.content
    if Status.FAILED in (version.status, content.status):
        return version.failure or content.failure
    return None
