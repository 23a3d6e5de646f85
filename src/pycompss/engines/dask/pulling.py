"""Copying a value from one of the nodes that have it, whatever becomes of them meanwhile.

Two nodes that do not reach each other may still both reach the bridge, which then passes values on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Protocol

from pycompss.engines.dask.numbering import PROGRAM
from pycompss.store.descriptor import Range

DETOUR = 60.0  # seconds until a node that could not be reached is tried again


class Missing(Exception):  # noqa: N818
    """None of the nodes that should have a value gave it."""


class Pulls(Protocol):
    """Connections to whoever has values."""

    async def pull(self, address: str, run: str, key: Any, into: memoryview, behind: Sequence[int] = ()) -> None: ...


class Pulling:
    """addresses: of all nodes and of the program. broken: what connections raise that break.

    by_bridge: the bridge is asked for what nodes have that cannot be reached.
    """

    def __init__(
        self, run: str, connections: Pulls, broken: tuple[type[BaseException], ...], *, by_bridge: bool = False
    ) -> None:
        self.addresses: dict[int, str] = {}
        self._run = run
        self._connections = connections
        self._broken: tuple[type[BaseException], ...] = (KeyError, *broken)
        self._by_bridge = by_bridge
        self._unreachable: dict[int, float] = {}  # node -> when it is tried again
        self._under_way: dict[asyncio.Task[None], int] = {}

    def lost(self, node: int) -> None:
        """Nothing comes from there any more."""
        self.addresses.pop(node, None)
        for pull, source in self._under_way.items():
            if source == node:
                pull.cancel()

    async def pull(self, key: Range, nodes: Sequence[int], into: memoryview) -> int:
        """Fill `into` from the first node that gives the value, and tell which that was. Raises Missing."""
        reasons: list[str] = []
        for node in nodes:
            if not self._is_cut_off(node) and await self._try(node, key, into, reasons):
                return node
        behind = [node for node in nodes if self._is_cut_off(node)]
        if behind and await self._try(PROGRAM, key, into, reasons, behind):
            return behind[0]
        raise Missing("; ".join(reasons) or "no node has it")

    def _is_cut_off(self, node: int) -> bool:
        return self._by_bridge and self._unreachable.get(node, 0.0) > time.monotonic()

    async def _try(
        self, node: int, key: Range, into: memoryview, reasons: list[str], behind: Sequence[int] = ()
    ) -> bool:
        try:
            await self._from(node, key, into, behind)
        except self._broken as error:
            reasons.append(f"{'the program' if node == PROGRAM else f'node {node}'}: {error!r}")
            if not isinstance(error, KeyError) and node != PROGRAM:
                self._unreachable[node] = time.monotonic() + DETOUR
            return False
        return True

    async def _from(self, node: int, key: Range, into: memoryview, behind: Sequence[int]) -> None:
        address = self.addresses[node]
        work = self._connections.pull(address, self._run, key, into, behind)
        pull = asyncio.get_running_loop().create_task(work)
        self._under_way[pull] = node
        try:
            await pull
        except asyncio.CancelledError:
            if node in self.addresses:  # it is we who are not wanted any more
                pull.cancel()
                raise
            raise KeyError(node) from None
        finally:
            del self._under_way[pull]
