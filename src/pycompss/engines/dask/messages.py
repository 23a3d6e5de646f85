"""What the program's process, the bridge and the agents say to each other: tuples of plain values, by `marshal`.

The bridge passes on what the program and an agent have to say to each other without looking into it.
"""

from __future__ import annotations

from typing import Final

# -- program to bridge
OPEN: Final = 0  # (OPEN, pickled `Opening`) with the file descriptor of the program's arena
SEND: Final = 1  # (SEND, node, message for its agent)
BRING: Final = 2  # (BRING, request, [(range, offset in the program's arena, nodes that have it), …])
STOP: Final = 3  # (STOP,)
DISMISS: Final = 4  # (DISMISS, node): it may leave
ENLARGE: Final = 5  # (ENLARGE, pickled `Share`): start this one, too
CANCEL: Final = 6  # (CANCEL, name of an agent that has not come): it need not come

# -- bridge to program
JOINED: Final = 0  # (JOINED, node, pickled `Description`, name of its agent)
LEFT: Final = 1  # (LEFT, node, reason)
FROM: Final = 2  # (FROM, node, message of its agent)
# (BROUGHT, request, what went wrong | "", [(range, node that gave it, began, ended), …])
BROUGHT: Final = 3
FAILED: Final = 4  # (FAILED, why there are no nodes)
EXPECT: Final = 5  # (EXPECT, how many nodes an existing cluster has)
DECLINED: Final = 7  # (DECLINED, name of an agent that was to come later, why it does not)
REFUSED: Final = 6  # (REFUSED, why a worker of that cluster is not used)
REMARK: Final = 8  # (REMARK, what is to be known of a worker that is used)

# -- program to agent
RUN: Final = 0  # (RUN, slot, pickled reservation | None: known, [(number, function), …], [task, …], places)
CLOSE: Final = 1  # (CLOSE, slot)
TAKE_BACK: Final = 2  # (TAKE_BACK, slot)
INTERRUPT: Final = 3  # (INTERRUPT, slot, task)
REPLY: Final = 4  # (REPLY, slot, request, ok, value, places)
RELEASE: Final = 5  # (RELEASE, [range, …]): made here, or copied to here
ADDRESSES: Final = 6  # (ADDRESSES, {node: address}), from the bridge
GONE: Final = 7  # (GONE, node), from the bridge
KEEP: Final = 8  # (KEEP, node, places): copy what that node has, which is about to leave; answered by KEPT
CLOCK: Final = 9  # (CLOCK, when it was asked): answered by TIME

# -- agent to program
EVENTS: Final = 0  # (EVENTS, [event of the local engine, …])
# (COPIED, [(range, node that gave it, began, ended), …], now): the node has these, too; times by its clock
COPIED: Final = 1
MISSING: Final = 2  # (MISSING, [(range, why), …]): nobody who should have these gave them
LEAVING: Final = 3  # (LEAVING,): the node is asked to go
KEPT: Final = 4  # (KEPT, node): all that could be copied of what that node had was copied
SPILLED: Final = 5  # (SPILLED, [bytes of a value that went to the node's disk, …], [of one that is read from there, …])
TIME: Final = 6  # (TIME, when it was asked by the program's clock, when that came by ours)
# (SEEN, [(slot, task, began), …] | None: as before, [(worker, MiB), …] | None: not asked for, now): of a run that is
# observed; times by the node's clock
SEEN: Final = 7
# (STAGED, [task, …], began, now): the tasks waited from then on for copies of what they read; of an observed run
STAGED: Final = 8

# `places` says of ranges that were made on other nodes who has them: {range: (node, …)}, or None
