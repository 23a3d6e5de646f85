"""Writers that share a datum take turns, and what they make together is complete with the last of them.

What such a group is: `sharing`. A COMMUTATIVE member is ready when it is nobody's turn at any of its data: it takes all
turns at once, so no two members wait for each other. A member that failed for good fails what the group makes.
"""

from __future__ import annotations

from pycompss.core.failures import Failure
from pycompss.core.invocation import Invocation
from pycompss.core.parameter import Direction
from pycompss.core.settling import Settling
from pycompss.core.sharing import SharedWrite
from pycompss.core.task import STATE_PENDING
from pycompss.core.versions import STATUS_FAILED, STATUS_PENDING, STATUS_READY, Version


class Turns(Settling):
    """Tasks come to shared writes, and leave them."""

    def _take_turns(self, task: Invocation) -> bool:
        """COMMUTATIVE: take all turns that the task needs at once, or queue for the first that is somebody's."""
        mine = [entry for entry in task.shared if entry[0].direction is Direction.COMMUTATIVE]
        for shared, _, _ in mine:
            if shared.busy:
                shared.queue.append(task)
                return False
        for shared, read, write in mine:
            shared.busy = True
            content = Version(shared.version.datum, shared.version.number, task, STATUS_PENDING)
            content.claims = 1
            self.data.claim(shared.content)
            self.data.unclaim(task.reads[read])
            task.reads[read] = shared.content
            self.data.unclaim(task.writes[write])
            task.writes[write] = content
        return True

    def _leave_shared(self, task: Invocation, *, succeeded: bool) -> None:
        """The task ended: pass the turn on, complete the group with its last member."""
        for shared, _, write in task.shared:
            shared.unfinished -= 1
            shared.has_begun = shared.has_begun or task.attempt > 0
            version = task.writes[write]
            if version is shared.version:
                version.claims -= 1
            else:
                self._end_turn(shared, version, succeeded=succeeded)
            if shared.unfinished == 0:
                self._complete_shared(shared)
        for shared, _, _ in task.shared:
            while shared.queue and not shared.busy:
                follower = shared.queue.popleft()
                if follower.state is STATE_PENDING:
                    self._ready(follower)

    def _end_turn(self, shared: SharedWrite, version: Version, *, succeeded: bool) -> None:
        shared.busy = False
        if succeeded and version.status is STATUS_READY:
            self.data.unclaim(shared.content)
            shared.content = self.data.claim(version)
        self.data.unclaim(version)

    def _complete_shared(self, shared: SharedWrite) -> None:
        version = shared.version
        if shared.failure is not None:
            version.failure = shared.failure
            self._settle(version, STATUS_FAILED)
            return
        if not shared.has_begun:  # where its value was to be, nobody has put one
            version.value = None
        if version.value is None:
            self._follow(version, shared.content)
        else:
            self._settle(version, STATUS_READY)


def spoil_shared(task: Invocation, failure: Failure) -> None:
    """Without this member's part, what the group makes is worth nothing."""
    for shared, _, _ in task.shared:
        shared.failure = shared.failure or failure
        shared.open = False
