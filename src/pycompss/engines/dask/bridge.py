"""The bridge: a process of its own between the program and the agents. It begins in `setting_out`.

It runs the scheduler (whose loop the program's code can therefore never block) and starts the agents, or looks for
them in a cluster that exists; it holds the lines to all agents, and serves the program's arena to them. It decides
nothing, and ends when the program does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import shutil
import socket
import sys
import time
from dataclasses import replace
from typing import Any

from pycompss.engines.dask import cluster, clusters, connections, gateways, messages, nursery, stay
from pycompss.engines.dask.admission import Admission
from pycompss.engines.dask.channel import Channel
from pycompss.engines.dask.numbering import PROGRAM
from pycompss.engines.dask.opening import Opening, Share
from pycompss.engines.dask.peer import Peer
from pycompss.engines.dask.pulling import Missing, Pulling
from pycompss.engines.dask.relay import Relay
from pycompss.store.mappings import Mappings
from pycompss.worker import wire

LOOK = 0.05  # seconds between looks at who has joined, until all that are expected have
SELDOM = 0.5  # afterwards
EMPTY = 5.0  # seconds in which an existing cluster must get its first worker


class _Unfit(Exception):  # noqa: N818  (nothing went wrong)
    """A worker cannot be a node, and why."""


class Bridge:
    """Passes messages on, in both directions, and values from agents to the program."""

    def __init__(self, channel: Channel, opening: Opening, arena: int, children: nursery.Nursery) -> None:
        self._channel = channel
        self._opening = opening
        self._children = children
        self._mappings = Mappings()
        self._mappings.attach(0, arena)
        self._peers: dict[int, Peer] = {}
        self._known: set[str] = set()  # addresses to which there is a line, or was
        self._shares = {share.name: share for share in opening.shares}
        self._reserved = {share.name: index for index, share in enumerate(opening.shares)}  # until they have come
        self._extra: dict[str, Share] = {}  # agents that the program has asked for
        self._here: set[str] = set()  # agents that have come
        self._guests: set[str] = set()  # workers that have our plugin, but no session yet
        self._admission = Admission(opening)
        self._last_node = len(opening.shares) - 1
        self._dismissed: set[int] = set()  # nodes that left in order
        self._ended = asyncio.Event()
        self.is_orphan = False  # the program has died without a word
        self._busy: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    async def run(self) -> None:
        """Until the program says stop, or is gone."""
        opening = self._opening
        self._cluster = found = await self._found()
        self._connections = await connections.start(found)
        self._pulling = Pulling(opening.terms.run, self._connections, connections.Lost)
        files = self._admission.handlers()
        server = await connections.serve(opening.host, found, self._view_of, Relay(self._pulling).view, files)
        self._pulling.addresses[PROGRAM] = self._admission.program = server.address
        self._loop.add_reader(self._channel.sock, self._hear)
        look = self._loop.create_task(self._look())
        await self._ended.wait()
        self._loop.remove_reader(self._channel.sock)
        look.cancel()
        for peer in self._peers.values():
            peer.leave()
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)
        for guest in list(self._guests):
            await self._expel(guest)
        await self._children.end()
        await self._connections.close()
        await server.close()
        await found.close()
        if self.is_orphan:
            shutil.rmtree(opening.terms.temporary, ignore_errors=True)

    async def _found(self) -> clusters.Cluster:
        opening = self._opening
        if opening.scheduler:
            return await clusters.existing(opening.scheduler, opening.terms.run, stay.session)
        own = await clusters.own(opening.host)
        self._children.begin(own.address, cluster.keys_of(own.security), opening.silence)
        return own

    def _view_of(self, run: str) -> connections.View:
        if run != self._opening.terms.run:
            raise KeyError(run)
        return self._view

    def _view(self, key: Any) -> contextlib.AbstractContextManager[memoryview]:
        return contextlib.nullcontext(self._mappings.shared(*key))

    def _say(self, message: Any) -> None:
        if self._channel.send(message):
            self._loop.add_writer(self._channel.sock, self._flush)

    def _flush(self) -> None:
        if self._channel.flush():
            self._loop.remove_writer(self._channel.sock)

    def _spawn(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    # -- the program --------------------------------------------------------------------------------------------------

    def _hear(self) -> None:
        try:
            while (received := self._channel.receive()) is not None:
                self._obey(received[0])
        except wire.Closed:
            self.is_orphan = True
            self._ended.set()

    def _obey(self, message: tuple[Any, ...]) -> None:
        kind = message[0]
        if kind == messages.SEND:
            peer = self._peers.get(message[1])
            if peer is not None:
                peer.say(message[2])
        elif kind == messages.BRING:
            self._spawn(self._bring(message[1], message[2]))
        elif kind == messages.DISMISS:
            self._dismissed.add(message[1])
            if message[1] in self._peers:
                self._peers[message[1]].leave()
        elif kind == messages.ENLARGE:
            share = pickle.loads(message[1])
            self._extra[share.name] = replace(share, name="")  # it is called as its machine
            self._children.send_for(share, self._opening)
        elif kind == messages.CANCEL:
            self._extra.pop(message[1], None)
            self._children.release(message[1])
        elif kind == messages.STOP:
            self._ended.set()

    async def _bring(self, request: int, wanted: list[Any]) -> None:
        """Copy values into the program's arena."""
        problem, moves = "", []
        for key, offset, nodes in wanted:
            began = time.time()
            try:
                source = await self._pulling.pull(key, nodes, self._mappings.shared(0, offset, key[2]))
                moves.append((key, source, began, time.time()))
            except Missing as error:
                problem = str(error)
        self._say((messages.BROUGHT, request, problem, moves))

    # -- nodes --------------------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        """Open a session with every worker that has joined."""
        try:
            if self._opening.scheduler:
                await self._await_members()
            while True:
                for address, member in (await self._cluster.members()).items():
                    if address not in self._known:
                        self._known.add(address)
                        self._spawn(self._welcome(address, member))
                self._children.check(self._child_ended)
                await asyncio.sleep(LOOK if len(self._known) < len(self._opening.shares) else SELDOM)
        except Exception as error:  # noqa: BLE001  (the program must hear of it)
            self._say((messages.FAILED, f"the cluster cannot be watched any more: {error!r}"))

    async def _await_members(self) -> None:
        """Wait until an existing cluster has workers, and tell the program how many."""
        for _ in range(int(EMPTY / LOOK)):
            found = await self._cluster.members()
            if found:
                self._say((messages.EXPECT, len(found)))
                return
            await asyncio.sleep(LOOK)
        scheduler = self._opening.scheduler
        start = f"start one: dask worker {scheduler}"
        if gateways.is_one(scheduler):
            start = "ask for some: dask_gateway.Gateway().scale_cluster(NAME, 2)"
        self._say((messages.FAILED, f"the Dask cluster at {scheduler} has no workers; {start}"))

    def _child_ended(self, name: str, how: str) -> None:
        if name in self._extra and name not in self._here:
            del self._extra[name]
            self._say((messages.DECLINED, name, f"it ended with {how}"))
        if name in self._reserved:
            more = self._children.last_words(name)
            self._say((messages.FAILED, f"the agent of {name} cannot start: it ended with {how}{more}"))

    async def _welcome(self, address: str, member: clusters.Member) -> None:
        """Make a node of a worker, if it can be one, and hold the line to it until it leaves."""
        name = member.name
        node = self._reserved.get(name, self._last_node + 1)
        self._last_node = max(node, self._last_node)
        share = self._shares.get(name) or self._extra.get(name) or self._admission.share_of(address, member)
        try:
            line, description = await self._open(address, name, node, share)
        except connections.Lost:
            self._known.discard(address)
            return
        except _Unfit as unfit:
            self._say((messages.REFUSED, str(unfit)))
            return
        self._reserved.pop(name, None)
        self._here.add(name)
        self._children.came(name)
        self._pulling.addresses[node] = address
        peer = self._peers[node] = Peer(line, self._opening.silence, lambda: len(self._peers))
        self._say_to_all((messages.ADDRESSES, self._pulling.addresses))
        self._say((messages.JOINED, node, description, name))
        reason = await peer.serve(lambda received: self._say((messages.FROM, node, received)))
        del self._peers[node]
        self._pulling.lost(node)
        self._say_to_all((messages.GONE, node))
        if node in self._dismissed:
            self._children.release(name)
            self._say((messages.LEFT, node, ""))
            return
        self._known.discard(address)
        if not self._ended.is_set():
            await asyncio.sleep(LOOK)  # if it has died, that shows now
            self._say((messages.LEFT, node, self._children.epitaph(name) or reason))

    async def _open(self, address: str, name: str, node: int, share: Share | None) -> tuple[connections.Line, bytes]:
        """A session with a worker, and what its node has. Raises _Unfit, or one of `Lost`."""
        try:
            problem = await self._problem_of(address, (share.name if share else "") or name, share)
        except clusters.Refused as error:
            raise _Unfit(f"the Dask worker {name} at {address} is not used: {error}") from None
        if problem:
            raise _Unfit(problem)
        session = self._admission.session(address, node, share)
        line = await self._connections.open(address, pickle.dumps(session))
        self._guests.discard(address)
        description = (await asyncio.wait_for(line.receive(), self._opening.silence + connections.HANDSHAKE))[0]
        if problem := pickle.loads(description).problem:
            raise _Unfit(problem)
        return line, description

    async def _problem_of(self, address: str, name: str, share: Share | None) -> str:
        """Make a worker able to host an agent, and ask what it has; why it cannot be used, if it cannot."""
        self._guests.add(address)
        await self._cluster.admit(address)
        problem = await self._admission.problem_of(self._connections, address, name, share)
        for remark in self._admission.remarks():
            self._say((messages.REMARK, remark))
        if problem:
            await self._expel(address)
        return problem

    async def _expel(self, address: str) -> None:
        self._guests.discard(address)
        with contextlib.suppress(clusters.Refused, *connections.Lost):
            await self._cluster.expel(address)

    def _say_to_all(self, message: tuple[Any, ...]) -> None:
        data = wire.pack(message)
        for peer in self._peers.values():
            peer.say(data)


async def _run(channel: Channel, opening: Opening, arena: int, children: nursery.Nursery) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await Bridge(channel, opening, arena, children).run()


def main(sock: socket.socket, opening: Opening, fds: list[int], children: nursery.Nursery) -> None:
    """The rest of the process's life. children: the agents on other machines, which are on their way."""
    cluster.configure(os.path.join(opening.terms.temporary, "bridge"), opening.silence)
    for share in opening.shares:
        if not share.start:
            children.fork(share, opening, besides=(sock.fileno(), *fds))
    channel = Channel(sock)
    try:
        asyncio.run(_run(channel, opening, fds[0], children))
    except clusters.Refused as error:
        channel.send((messages.FAILED, str(error)))
    except Exception as error:  # noqa: BLE001  (the program must hear of it)
        channel.send((messages.FAILED, f"the cluster cannot be started: {error!r}"))
    finally:
        children.kill()
    sys.stdout.flush()
    os._exit(0)  # nothing of Dask's threads is waited for
